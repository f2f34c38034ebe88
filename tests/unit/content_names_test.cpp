#include "mogshare/content/names.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace mogshare::content;
using namespace std::string_view_literals;
namespace limits = mogshare::limits;

namespace {

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t at = 0; at < times; ++at) all += text;
    return all;
}

}  // namespace

// R12, R13: ordinary names, in any script, with sub-folders, are shared.
TEST_CASE("R12: names that are fit to be shared and written") {
    for (const std::string_view name :
         {"a"sv, "notes.txt"sv, "Música/Ágatha – 1º ato.ogg"sv, "日本語/🎵.flac"sv, "a b/c.tar.gz"sv, "console.log"sv,
          "com0"sv, "com10.txt"sv, "lpt"sv, "a.nul"sv, "com\u2074"sv, "conin"sv, " a"sv, "a..b"sv, "~"sv, "-rf"sv}) {
        CAPTURE(name);
        CHECK_FALSE(check_name(name).has_value());
    }
}

// Names from strangers: no name from a stranger leaves the folder, hides in it, or names a device.
TEST_CASE("R12: names that are refused, each for its reason") {
    CHECK(check_name("") == name_error::empty);
    CHECK(check_name("/etc/passwd") == name_error::absolute);
    CHECK(check_name("/") == name_error::absolute);
    CHECK(check_name("a//b") == name_error::empty_component);
    CHECK(check_name("a/") == name_error::empty_component);
    for (const std::string_view name :
         {"."sv, ".."sv, "../x"sv, "a/../b"sv, "a/.."sv, ".bashrc"sv, "a/.git/config"sv, "..."sv}) {
        CAPTURE(name);
        CHECK(check_name(name) == name_error::dot_component);
    }
    for (const std::string_view name :
         {"caf\xe9"sv, "\xc0\xae\xc0\xae/x"sv, "\xed\xa0\x80"sv, "a\xe2\x82"sv, "\xf4\x90\x80\x80"sv}) {
        CHECK(check_name(name) == name_error::not_utf8);
    }
    for (const std::string_view name : {"a\0b"sv, "a\nb"sv, "\x1b[2J"sv, "a\x7f"sv, "a\u0085"sv, "..\\x"sv, "c:x"sv,
                                        "a?"sv, "a*"sv, "<a>"sv, "a|b"sv, "\"a\""sv}) {
        CAPTURE(name);
        CHECK(check_name(name) == name_error::control);
    }
    for (const std::string_view name :
         {"CON"sv, "con"sv, "Aux.h"sv, "NUL .txt"sv, " prn"sv, "a/com1"sv, "LPT9.tar.gz"sv, "nul."sv, "com5 "sv,
          "COM\u00b9"sv, "com\u00b2.txt"sv, "LPT\u00b3 .x"sv, "conin$"sv, "CONOUT$.log"sv}) {
        CAPTURE(name);
        CHECK(check_name(name) == name_error::reserved);
    }
    for (const std::string_view name : {"trailing "sv, "trailing."sv, "a/b. /c"sv, "a./b"sv, " "sv, "a.txt."sv}) {
        CAPTURE(name);
        CHECK(check_name(name) == name_error::trailing);
    }
}

// Names from strangers: the bounds hold at the last value that is fit and the first that is not.
TEST_CASE("small print, sub-folders: each component of a path is checked by itself") {
    CHECK_FALSE(check_name("a/b/c").has_value());
    for (const std::string bad : {"..", ".hidden", "", "nul", "aux.h", "a.", "a "}) {
        CAPTURE(bad);
        CHECK(check_name(bad + "/b/c").has_value());
        CHECK(check_name("a/" + bad + "/c").has_value());
        CHECK(check_name("a/b/" + bad).has_value());
    }
}

TEST_CASE("R12: bounds of names") {
    CHECK_FALSE(check_name(std::string(limits::component_bytes_max, 'a')).has_value());
    CHECK(check_name(std::string(limits::component_bytes_max + 1, 'a')) == name_error::too_long);
    CHECK(check_name("a/" + std::string(limits::component_bytes_max + 1, 'a')) == name_error::too_long);
    CHECK_FALSE(check_name(repeated("a/", limits::components_max - 1) + "a").has_value());
    CHECK(check_name(repeated("a/", limits::components_max) + "a") == name_error::too_deep);
    const std::string five = repeated(std::string(203, 'a') + "/", 5);
    CHECK_FALSE(check_name(five + "four").has_value());
    CHECK(check_name(five + "five!") == name_error::too_long);
}

// Every reason can be told to the user.
TEST_CASE("every reason to refuse a name has words") {
    for (int error = 0; error <= static_cast<int>(name_error::trailing); ++error) {
        CHECK_FALSE(describe(static_cast<name_error>(error)).empty());
    }
}

// Small print, sub-folders: names are compared after NFC, byte for byte, so case matters.
TEST_CASE("C3: exact names are compared in NFC") {
    CHECK(normalised("caf\u00E9") == normalised("cafe\u0301"));
    CHECK(normalised("cafe\u0301") == "caf\u00E9");
    CHECK(normalised("\u212B") == "\u00C5");
    CHECK(normalised("\u1100\u1161") == "\uAC00");
    CHECK(normalised("Plain.TXT") == "Plain.TXT");
    CHECK(normalised("") == "");
    CHECK(normalised("\uFB01") == "\uFB01");  // a ligature is another name: NFC, not NFKC
    CHECK_FALSE(normalised("\xff").has_value());
    CHECK(normalised("a\0\u00E9"sv) == std::string("a\0\u00E9"sv));
}

// C3: searches by words do not mind case, in any script.
TEST_CASE("C3: folding") {
    CHECK(folded("ÁRVORE") == "árvore");
    CHECK(folded("A\u0301RVORE") == "árvore");
    CHECK(folded("Straße") == folded("STRASSE"));
    CHECK(folded("ΟΔΟΣ") == folded("οδος"));
    CHECK(folded("ABC-xyz") == "abc-xyz");
    CHECK(folded("@[`{") == "@[`{");
    CHECK_FALSE(folded("\xff").has_value());
}

// C3: a query is split at white space of any kind; a doubled or thirty-third word adds nothing.
TEST_CASE("C3: words of a query") {
    using words = std::vector<std::string>;
    CHECK(words_of("Two  words") == words{"two", "words"});
    CHECK(words_of("\tÁgua\u00A0viva\u3000\u2003X\u0085y\n") == words{"água", "viva", "x", "y"});
    CHECK(words_of("b a B A b") == words{"b", "a"});
    CHECK(words_of("a\u200Bb") == words{"a\u200Bb"});  // zero width is not white space
    CHECK(words_of("").empty());
    CHECK(words_of(" \u2028 ").empty());
    CHECK(words_of("ok \xff").empty());
    std::string many;
    for (int at = 0; at < 100; ++at) many += std::to_string(at) + " ";
    CHECK(words_of(many).size() == limits::query_words_max);
    CHECK(words_of(many).back() == "31");
}

// Small print, sub-folders.
TEST_CASE("last component of a path") {
    CHECK(last_component("a/b/c.txt") == "c.txt");
    CHECK(last_component("c.txt") == "c.txt");
    CHECK(last_component("a/") == "");
    CHECK(last_component("") == "");
}

// R12: a name taken by other content becomes `name (2).ext`.
TEST_CASE("R12: numbered names") {
    CHECK(numbered("name.ext", 2) == "name (2).ext");
    CHECK(numbered("a.b/name", 3) == "a.b/name (3)");
    CHECK(numbered("x/name.tar.gz", 10) == "x/name.tar (10).gz");
    CHECK(numbered("name.", 2) == "name (2).");
    CHECK(numbered("é.ogg", 2) == "é (2).ogg");
}

// R12: a numbered name stays within the bounds, keeps its extension, and splits no character.
TEST_CASE("R12: numbered names are cut before the extension") {
    CHECK(numbered(std::string(236, 'a') + ".ext", 2) == std::string(232, 'a') + " (2).ext");
    CHECK(numbered(repeated("é", 118) + ".txt", 2) == repeated("é", 116) + " (2).txt");
    CHECK(numbered("a" + repeated("é", 117) + ".txt", 2) == "a" + repeated("é", 115) + " (2).txt");
    CHECK(numbered("a." + std::string(238, 'x'), 2) == "a." + std::string(234, 'x') + " (2)");
    CHECK(numbered("a." + std::string(235, 'x'), 2) == "a." + std::string(234, 'x') + " (2)");
    CHECK(numbered("a." + std::string(234, 'x'), 2) == "a (2)." + std::string(234, 'x'));
    CHECK(numbered("é." + std::string(233, 'x'), 2) == "é (2)." + std::string(233, 'x'));
    CHECK(numbered("é." + std::string(234, 'x'), 2) == "é." + std::string(233, 'x') + " (2)");
    const std::string folder = repeated(std::string(203, 'd') + "/", 4) + std::string(190, 'd') + "/";
    const std::string made = numbered(folder + "sixteen.byte.ext", 2);
    CHECK(made == folder + "sixteen.b (2).ext");
    CHECK_FALSE(check_name(made).has_value());
}

// R12: where a folder leaves no room at all, the caller learns it from check_name.
TEST_CASE("R12: a path without room for a number is refused") {
    const std::string folder = repeated(std::string(203, 'd') + "/", 4) + std::string(205, 'd') + "/";
    REQUIRE_FALSE(check_name(folder + "a").has_value());
    CHECK(check_name(numbered(folder + "a", 2)) == name_error::too_long);
}
