#include "mogshare/content/catalog.hpp"

#include "mogshare/base/limits.hpp"
#include "mogshare/content/names.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace mogshare;
using namespace mogshare::content;

namespace {

share file(std::string path, std::uint8_t content = 1, std::uint64_t size = 10) {
    share made;
    made.path = std::move(path);
    made.stamp.size = size;
    made.content.value[0] = content;
    made.layer = std::make_shared<const piece_layer>();
    return made;
}

std::vector<std::string> paths(const std::vector<const share*>& shares) {
    std::vector<std::string> all;
    for (const share* one : shares) all.push_back(one->path);
    return all;
}

std::vector<std::string> search(const catalog& held, std::string_view query, std::size_t most = 100) {
    return paths(held.with_words(words_of(query), most));
}

using list = std::vector<std::string>;

}  // namespace

// R8: NAME is the whole relative path or its last component, after NFC, byte for byte.
TEST_CASE("R8: exact search") {
    catalog held;
    held.put(file("b/caf\u00E9.txt"));
    held.put(file("cafe\u0301.txt"));
    held.put(file("Caf\u00E9.txt"));
    held.put(file("a/other.txt"));
    CHECK(paths(held.exact("caf\u00E9.txt", 10)) == list{"b/caf\u00E9.txt", "cafe\u0301.txt"});
    CHECK(paths(held.exact("cafe\u0301.txt", 10)) == list{"b/caf\u00E9.txt", "cafe\u0301.txt"});
    CHECK(paths(held.exact("b/cafe\u0301.txt", 10)) == list{"b/caf\u00E9.txt"});
    CHECK(paths(held.exact("Caf\u00E9.txt", 10)) == list{"Caf\u00E9.txt"});
    CHECK(paths(held.exact("caf\u00E9.txt", 1)) == list{"b/caf\u00E9.txt"});
    CHECK(held.exact("caf\u00E9.txt", 0).empty());
    CHECK(held.exact("a", 10).empty());
    CHECK(held.exact("txt", 10).empty());
    CHECK(held.exact("\xff", 10).empty());
}

TEST_CASE("small print, sub-folders: an exact name is the whole path or its last component, byte for byte after NFC") {
    catalog held;
    held.put(file("music/live/song.ogg"));
    held.put(file("music/live"));
    CHECK(paths(held.exact("music/live/song.ogg", 10)) == list{"music/live/song.ogg"});
    CHECK(paths(held.exact("song.ogg", 10)) == list{"music/live/song.ogg"});
    CHECK(paths(held.exact("live", 10)) == list{"music/live"});
    for (const char* other : {"live/song.ogg", "music", "Song.ogg", "song", "/song.ogg", "music/live/", ""}) {
        CAPTURE(other);
        CHECK(held.exact(other, 10).empty());
    }
}

// C3: every word somewhere in the path, in any order and case, in order of path.
TEST_CASE("C3: search by words") {
    catalog held;
    held.put(file("Música/Água Viva.ogg"));
    held.put(file("docs/agua.txt"));
    held.put(file("docs/viva água.txt"));
    CHECK(search(held, "ÁGUA viva") == list{"Música/Água Viva.ogg", "docs/viva água.txt"});
    CHECK(search(held, "viva") == list{"Música/Água Viva.ogg", "docs/viva água.txt"});
    CHECK(search(held, "oc txt") == list{"docs/agua.txt", "docs/viva água.txt"});
    CHECK(search(held, "txt", 1) == list{"docs/agua.txt"});
    CHECK(search(held, "txt", 0).empty());
    CHECK(search(held, "missing").empty());
    CHECK(search(held, "").empty());
    CHECK(held.with_words({""}, 10).empty());
}

TEST_CASE("C3: a search by words costs what it reads, and ends with what it has found once that is as much as it may") {
    catalog held;
    for (int n = 0; n < 100; ++n) held.put(file("common words " + std::to_string(100 + n)));
    const auto spent = [&](const std::string& query, std::uint64_t allowed_bytes, std::size_t most, std::size_t found,
                           bool cut_short) {
        CAPTURE(query);
        name_reading reading{allowed_bytes};
        CHECK(held.with_words(words_of(query), most, reading).size() == found);
        CHECK(reading.cut_short == cut_short);
        return reading.spent_bytes;
    };
    const std::uint64_t name_bytes = 16, pass = 100 * (name_bytes + 1) / limits::read_pass_share;
    const std::uint64_t word = name_bytes + limits::read_overhead_bytes;
    constexpr std::uint64_t without_end = 1'000'000;
    CHECK(spent("missing", without_end, 10, 0, false) == pass);
    CHECK(spent("words zz", without_end, 10, 0, false) == pass + 100 * 2 * word);
    CHECK(spent("words 150", without_end, 10, 1, false) == pass + 100 * 2 * word);
    // As far as it got, where there are enough before the end.
    CHECK(spent("words", without_end, 10, 10, false) == 10 * (name_bytes + 1) / limits::read_pass_share + 10 * word);
    const std::uint64_t cut = spent("words 150", 20 * word, 10, 0, true);
    CHECK(cut >= 20 * word);
    CHECK(cut < 24 * word);
    CHECK(spent("words 102", 20 * word, 10, 1, true) == cut);
}

// C3: no word matches across the end of one path and the start of the next, not even one with a NUL in it.
TEST_CASE("C3: a word matches within one path") {
    catalog held;
    held.put(file("ab"));
    CHECK(held.with_words({std::string("\0", 1)}, 10).empty());
    held.put(file("cd"));
    CHECK(search(held, "bc").empty());
    CHECK(held.with_words({std::string("b\0c", 3)}, 10).empty());
    CHECK(held.with_words({std::string("\0", 1)}, 10).empty());
    CHECK(held.with_words({"a", std::string("\0", 1)}, 10).empty());
}

// C3: the same content under several names is found as one content.
TEST_CASE("C3: search by content") {
    catalog held;
    held.put(file("two", 7));
    held.put(file("one", 7));
    held.put(file("three", 8));
    CHECK(paths(held.with_content(file("", 7).content)) == list{"one", "two"});
    CHECK(paths(held.with_content(file("", 7).content, 1)) == list{"one"});
    CHECK(held.with_content(file("", 9).content).empty());
}

// C1: a changed file replaces what was known of its path; nothing of the old one is found any more.
TEST_CASE("C1: put replaces") {
    catalog held;
    held.put(file("a/name", 1, 10));
    held.put(file("a/name", 2, 25));
    CHECK(held.size() == 1);
    CHECK(held.total_bytes() == 25);
    CHECK(held.with_content(file("", 1).content).empty());
    CHECK(paths(held.with_content(file("", 2).content)) == list{"a/name"});
    CHECK(held.exact("name", 10).size() == 1);
    CHECK(held.by_path("a/name")->size() == 25);
}

// C1: a removed file is found in no way; others of that name are.
TEST_CASE("C1: remove") {
    catalog held;
    held.put(file("a/name"));
    held.put(file("b/name"));
    CHECK(search(held, "name") == list{"a/name", "b/name"});
    CHECK(held.remove("a/name"));
    CHECK_FALSE(held.remove("a/name"));
    CHECK_FALSE(held.remove("name"));
    CHECK(paths(held.exact("name", 10)) == list{"b/name"});
    CHECK(held.exact("a/name", 10).empty());
    CHECK(search(held, "name") == list{"b/name"});
    CHECK(paths(held.with_content(file("").content)) == list{"b/name"});
    CHECK(held.by_path("a/name") == nullptr);
    CHECK(held.remove("b/name"));
    CHECK(held.size() == 0);
    CHECK(held.total_bytes() == 0);
    CHECK(search(held, "name").empty());
}

// What is listed comes in order of path, and a catalog that was moved still finds what it held.
TEST_CASE("C9: all shares, in order, also after a move") {
    catalog held;
    for (const char* path : {"c", "a/b", "B"}) held.put(file(path));
    CHECK(search(held, "b") == list{"B", "a/b"});
    const catalog moved = std::move(held);
    CHECK(paths(moved.all()) == list{"B", "a/b", "c"});
    CHECK(search(moved, "b") == list{"B", "a/b"});
    CHECK(paths(moved.exact("b", 10)) == list{"a/b"});
}
