#include "mogshare/store/identity.hpp"

#include "mogshare/store/network_file.hpp"
#include "store_temporary.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

using namespace mogshare;
using namespace mogshare::store_test;
using store::load_or_make_key;
using store::make_network_file;
using store::read_network_file;

namespace {

fs::path key_path(const temporary_home& home) {
    return home.paths.state / "key.pem";
}

/// An error in two lines that has this reason, and leaves the file as it was.
void refused(const temporary_home& home, std::string_view reason, problem::kind kind) {
    CAPTURE(reason);
    const std::string before = read_file(key_path(home));
    const auto loaded = load_or_make_key(home.paths);
    REQUIRE_FALSE(loaded.ok());
    CHECK(loaded.error().is == kind);
    CHECK(loaded.error().what.starts_with("cannot use this peer's key '"));
    CHECK_MESSAGE(loaded.error().what.find(reason) != std::string::npos, loaded.error().what);
    CHECK_FALSE(loaded.error().hint.empty());
    CHECK(read_file(key_path(home)) == before);
}

}  // namespace

TEST_CASE("small print, identity: a peer keeps its key from its first start on") {
    const temporary_home home;
    const auto made = load_or_make_key(home.paths);
    REQUIRE(made.ok());
    CHECK(load_or_make_key(home.paths)->id() == made->id());
    CHECK(mode_of(key_path(home)) == 0600);
    CHECK(read_file(key_path(home)) == made->to_pem() + "peer id: " + to_hex(made->id()) + "\n");
    CHECK(std::distance(fs::directory_iterator(home.paths.state), {}) == 2);  // .gitignore, and nothing else
    const temporary_home other;
    CHECK(load_or_make_key(other.paths)->id() != made->id());
}

TEST_CASE(
    "small print, identity: a key cut at any byte, or with any byte changed, is an error and never another identity") {
    const temporary_home home;
    REQUIRE(load_or_make_key(home.paths).ok());
    const std::string good = read_file(key_path(home));
    for (std::size_t at = 0; at < 2 * good.size(); ++at) {
        CAPTURE(at);
        std::string bad = good.substr(0, std::min(at, good.size()));
        if (at >= good.size()) {
            bad = good;
            bad[at - good.size()] ^= 0x01;
        }
        write_file(key_path(home), bad);
        const auto loaded = load_or_make_key(home.paths);
        REQUIRE_FALSE(loaded.ok());
        REQUIRE(loaded.error().what.find("it is damaged") != std::string::npos);
        REQUIRE(loaded.error().hint.find("copy of the right file") != std::string::npos);
        REQUIRE(read_file(key_path(home)) == bad);
    }
    write_file(key_path(home), good + "x");
    refused(home, "it is damaged", problem::kind::failed);
    write_file(key_path(home), std::string(5000, 'x'));
    refused(home, "too long", problem::kind::failed);
    write_file(key_path(home), secure::private_key::generate().to_pem());
    refused(home, "the line with the peer's id is missing", problem::kind::failed);
}

TEST_CASE(
    "small print, identity: a key that others have rights on, a link, and what is no file are refused, each by its "
    "name") {
    const temporary_home home;
    REQUIRE(load_or_make_key(home.paths).ok());
    for (const mode_t mode : {mode_t{0640}, mode_t{0604}, mode_t{0620}, mode_t{0601}}) {
        REQUIRE(::chmod(key_path(home).c_str(), mode) == 0);
        refused(home, "others than its owner have rights on it", problem::kind::usage);
        const std::string hint = load_or_make_key(home.paths).error().hint;
        CHECK(hint.find("chmod 600") != std::string::npos);
        // A copy of a key that somebody may have read is no better.
        CHECK(hint.find("read it: move it away, and the peer gets another identity") != std::string::npos);
        CHECK(hint.find("copy") == std::string::npos);
    }
    REQUIRE(::chmod(key_path(home).c_str(), 0600) == 0);
    fs::rename(key_path(home), home.paths.state / "elsewhere");
    fs::create_symlink("elsewhere", key_path(home));
    refused(home, "it is a symbolic link", problem::kind::usage);
    fs::remove(key_path(home));
    fs::create_directory(key_path(home));
    CHECK(load_or_make_key(home.paths).error().what.find("not a regular file") != std::string::npos);
    fs::remove(key_path(home));
    REQUIRE(::mkfifo(key_path(home).c_str(), 0600) == 0);
    CHECK(load_or_make_key(home.paths).error().what.find("not a regular file") != std::string::npos);
    fs::remove(key_path(home));
    fs::create_symlink("nowhere", key_path(home));
    CHECK(load_or_make_key(home.paths).error().what.find("symbolic link") != std::string::npos);
}

TEST_CASE("small print, identity: a key that cannot be read, or is another user's, is refused") {
    const temporary_home home;
    REQUIRE(load_or_make_key(home.paths).ok());
    REQUIRE(::chmod(home.directory.path().c_str(), 0755) == 0);
    REQUIRE(::chmod(home.paths.state.c_str(), 0755) == 0);
    REQUIRE(::chmod(key_path(home).c_str(), 0000) == 0);
    const auto as_user = [&] {
        const as_nobody user;
        return load_or_make_key(home.paths);
    };
    CHECK(as_user().error().what.find("Permission denied") != std::string::npos);
    CHECK_FALSE(as_user().error().hint.empty());
    if (::geteuid() != 0) return;  // only root can give files away
    REQUIRE(::chmod(key_path(home).c_str(), 0644) == 0);
    CHECK(as_user().error().what.find("it belongs to another user") != std::string::npos);
    CHECK(as_user().error().is == problem::kind::usage);
}

TEST_CASE("small print, identity: starts at once make one key") {
    for (int round = 0; round < 20; ++round) {
        const temporary_home home;
        std::vector<peer_id> ids(8);
        std::vector<std::thread> starts;
        for (peer_id& id : ids) {
            starts.emplace_back([&home, &id] {
                if (const auto key = load_or_make_key(home.paths)) id = key->id();
            });
        }
        for (std::thread& each : starts) each.join();
        CHECK_FALSE(ids.front().is_zero());
        CHECK(std::count(ids.begin(), ids.end(), ids.front()) == 8);
        CHECK(load_or_make_key(home.paths)->id() == ids.front());
    }
}

TEST_CASE("small print, identity: without a state folder that can be written there is no key, which is said") {
    const temporary_home home;
    fs::remove_all(home.paths.state);
    const auto made = load_or_make_key(home.paths);
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().what.find("key.pem") != std::string::npos);
    CHECK_FALSE(made.error().hint.empty());
    write_file(home.paths.state, "a file in its place");
    CHECK_FALSE(load_or_make_key(home.paths).ok());
}

TEST_CASE("a network's key file is made once, for its owner alone, and read back") {
    const temporary_directory place;
    const auto secret = secure::network_secret::generate();
    const fs::path path = place / "network.key";
    REQUIRE(make_network_file(path, secret).ok());
    CHECK(mode_of(path) == 0600);
    CHECK(read_file(path) == secret.to_text() + "\n");
    const auto read = read_network_file(path);
    REQUIRE(read.ok());
    CHECK(read->to_text() == secret.to_text());
    fs::create_symlink(path, place / "link");
    CHECK(read_network_file(place / "link")->to_text() == secret.to_text());

    const auto again = make_network_file(path, secure::network_secret::generate());
    REQUIRE_FALSE(again.ok());
    CHECK(again.error().is == problem::kind::usage);
    CHECK(again.error().hint.find("never written over") != std::string::npos);
    CHECK(read_file(path) == secret.to_text() + "\n");
    CHECK_FALSE(make_network_file(place / "link", secret).ok());
    for (const char* precious : {"other.key.new", "other.key.tmp", ".other.key"})
        write_file(place / precious, "theirs");
    REQUIRE(make_network_file(place / "other.key", secret).ok());
    for (const char* precious : {"other.key.new", "other.key.tmp", ".other.key"})
        CHECK(read_file(place / precious) == "theirs");
    CHECK(std::distance(fs::directory_iterator(place.path()), {}) == 6);
    for (const char* nowhere : {"no/such/folder/key", "network.key/below", "folder/", "..", "."}) {
        CAPTURE(nowhere);
        const auto made = make_network_file(place / nowhere, secret);
        REQUIRE_FALSE(made.ok());
        CHECK(made.error().is == problem::kind::usage);
        CHECK_FALSE(made.error().hint.empty());
    }
}

TEST_CASE("a network's key file that is bad, open to others, or not there: each says what to do") {
    const temporary_directory place;
    const fs::path path = place / "network.key";
    const auto told = [&](std::string_view reason, std::string_view hint) {
        const auto read = read_network_file(path);
        REQUIRE_FALSE(read.ok());
        CHECK(read.error().is == problem::kind::usage);
        CHECK_MESSAGE(read.error().what.find(reason) != std::string::npos, read.error().what);
        CHECK_MESSAGE(read.error().hint.find(hint) != std::string::npos, read.error().hint);
    };
    told("there is no such file", "mogshare network new FILE");
    const std::string good = secure::network_secret::generate().to_text();
    write_file(path, good);
    REQUIRE(::chmod(path.c_str(), 0640) == 0);
    told("others than its owner have rights on it", "chmod 600");
    REQUIRE(::chmod(path.c_str(), 0600) == 0);
    CHECK(read_network_file(path).ok());
    write_file(path, "");
    told("it is empty", "copy it again");
    std::string typing_error = good;
    typing_error.back() = typing_error.back() == '0' ? '1' : '0';
    write_file(path, typing_error);
    told("typing error", "copy it again");
    write_file(path, "no key at all");
    told("does not begin with", "copy it again");
}
