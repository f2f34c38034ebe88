// Keys that somebody has put into the shared folder.

#include "mogshare/secure/network.hpp"
#include "mogshare/store/identity.hpp"
#include "store_folder_scene.hpp"

#include <doctest/doctest.h>

#include <cctype>

using namespace mogshare;
using namespace mogshare::store_test;

TEST_CASE("threats: what begins as the key of a network does is not shared") {
    const std::string key = secure::network_secret::generate().to_text();
    std::string upper = key;
    for (char& each : upper) each = static_cast<char>(std::toupper(static_cast<unsigned char>(each)));
    for (const std::string& text : {key, key + "\n", " \r\n\t" + key, std::string(4000, ' ') + key, upper,
                                    key + std::string(10'000, 'x'), key.substr(0, 30)}) {
        CAPTURE(text.substr(0, 60));
        const temporary_directory home;
        write_file(home / "notes.txt", text);
        const auto shared = opened(home.path());
        const auto hashed = shared->hash(only_file(*shared), go_on);
        REQUIRE_FALSE(hashed.ok());
        CHECK(hashed.error().what.starts_with("refusing to share 'notes.txt': it is the key of a private network"));
    }
    for (const std::string& text : {std::string("mogshare-network-"), "the key is " + key}) {
        const temporary_directory home;
        write_file(home / "notes.txt", text);
        const auto shared = opened(home.path());
        CHECK(shared->hash(only_file(*shared), go_on).ok());
    }
}

TEST_CASE("threats: what begins as the key of a peer does is not shared") {
    const temporary_home home;
    const auto key = store::load_or_make_key(home.paths);
    REQUIRE(key.ok());
    const std::string written = read_file(home.paths.state / "key.pem");
    std::string with_cr;
    for (const char each : written) (with_cr += each == '\n' ? "\r" : "") += each;
    const fs::path copy = home.paths.folder / "copy.pem";
    const auto hashed_as = [&](const std::string& text) {
        write_file(copy, text);
        const auto shared = opened(home.paths.folder);
        return shared->hash(only_file(*shared), go_on);
    };
    for (const std::string& text : {written, key->to_pem(), with_cr, std::string(4000, '\n') + written,
                                    written + std::string(10'000, 'x'), written.substr(0, 60)}) {
        CAPTURE(text.substr(0, 60));
        const auto hashed = hashed_as(text);
        REQUIRE_FALSE(hashed.ok());
        CHECK(hashed.error().what.starts_with("refusing to share 'copy.pem': it is the key of a peer"));
    }
    const std::string first_line = "-----BEGIN PRIVATE KEY-----\n";
    for (const std::string& text :
         {std::string("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA"), "a key:\n" + written, first_line,
          first_line + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", std::string(5000, '\n')}) {
        CAPTURE(text.substr(0, 60));
        CHECK(hashed_as(text).ok());
    }
}
