// The key that a peer is known by: made, written, read, and refused by name.

#include "mogshare/base/sha256.hpp"
#include "mogshare/secure/key.hpp"

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <string>

using namespace mogshare;
using secure::private_key;

namespace {

// RFC 8410, section 10.3, and its public key (10.1).
const std::string known_pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
    "-----END PRIVATE KEY-----\n";

std::string reason(const std::string& text) {
    const auto read = private_key::from_pem(text);
    return read.ok() ? "" : read.error();
}

std::string pem_of(const char* kind, const char* curve = nullptr) {
    EVP_PKEY* key =
        curve ? EVP_PKEY_Q_keygen(nullptr, nullptr, kind, curve) : EVP_PKEY_Q_keygen(nullptr, nullptr, kind);
    REQUIRE(key != nullptr);
    BIO* out = BIO_new(BIO_s_mem());
    REQUIRE(PEM_write_bio_PKCS8PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    char* begin = nullptr;
    const long count = BIO_get_mem_data(out, &begin);
    std::string text(begin, static_cast<std::size_t>(count));
    BIO_free(out);
    EVP_PKEY_free(key);
    return text;
}

}  // namespace

TEST_CASE("private key: the key of RFC 8410 has the id that its public key says") {
    bytes public_der(44);
    REQUIRE(parse_hex("302a300506032b657003210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1",
                      public_der));
    const auto read = private_key::from_pem(known_pem);
    REQUIRE(read.ok());
    CHECK(read->id() == id_cast<peer_id>(sha256(public_der)));
    CHECK(read->to_pem() == known_pem);
}

TEST_CASE("private key: what is written is read as the same peer, and two new keys are two peers") {
    const private_key one = private_key::generate();
    const auto again = private_key::from_pem(one.to_pem());
    REQUIRE(again.ok());
    CHECK(again->id() == one.id());
    CHECK(private_key::generate().id() != one.id());
    const private_key copy = one;
    CHECK(copy.handle() == one.handle());
}

TEST_CASE("private key: line ends after it, of either kind, do no harm") {
    CHECK(reason(known_pem + "\n\r\n") == "");
    CHECK(reason(known_pem.substr(0, known_pem.size() - 1)) == "");
}

TEST_CASE("private key: what is no such key is refused by name") {
    CHECK(reason("") == "it does not begin with '-----BEGIN PRIVATE KEY-----'");
    CHECK(reason("\n" + known_pem) == "it does not begin with '-----BEGIN PRIVATE KEY-----'");
    CHECK(reason("-----BEGIN ENCRYPTED PRIVATE KEY-----\n") == "it is encrypted");
    CHECK(reason(known_pem + "more") == "something follows the key");
    CHECK(reason(known_pem + known_pem) == "something follows the key");
    CHECK(reason(std::string(5000, '-')) == "it is too long for a key");
    CHECK(reason(pem_of("ED448")) == "it is no Ed25519 key");
    CHECK(reason(pem_of("EC", "P-256")) == "it is no Ed25519 key");
    CHECK(reason(pem_of("X25519")) == "it is no Ed25519 key");
    // One byte of DER too many: a zero behind the key.
    CHECK(reason("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhCAA==\n"
                 "-----END PRIVATE KEY-----\n") == "it is no PKCS#8 private key");
}

TEST_CASE("private key: cut at any byte it is refused, but for the last line end") {
    for (std::size_t count = 0; count + 1 < known_pem.size(); ++count) {
        CAPTURE(count);
        CHECK(reason(known_pem.substr(0, count)) != "");
    }
}
