#include "mogshare/base/sha256.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>

using namespace mogshare;

TEST_CASE("SHA-256 gives the published digests") {
    CHECK(to_hex(sha256(as_bytes(""))) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(to_hex(sha256(as_bytes("abc"))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(to_hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))) ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(to_hex(sha256(as_bytes(std::string(1'000'000, 'a')))) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("parts are hashed as if they were one text") {
    const digest whole = sha256(as_bytes("abc"));
    CHECK(sha256({as_bytes("a"), as_bytes("bc")}) == whole);
    CHECK(sha256({as_bytes(""), as_bytes("ab"), byte_view{}, as_bytes("c")}) == whole);
    CHECK(sha256({}) == sha256(as_bytes("")));
}

TEST_CASE("threads hash side by side") {
    const std::string text(100'000, 'x');
    const digest expected = sha256(as_bytes(text));
    bool same = true;
    std::thread other([&] {
        for (int round = 0; round < 20; ++round) same = same && sha256(as_bytes(text)) == expected;
    });
    for (int round = 0; round < 20; ++round) CHECK(sha256(as_bytes(text)) == expected);
    other.join();
    CHECK(same);
}
