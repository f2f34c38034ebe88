// Keys of networks, their text, and the proof of having one.

#include "mogshare/secure/network.hpp"

#include <doctest/doctest.h>

#include <cctype>
#include <string>

using namespace mogshare;
using secure::network_key;
using secure::network_secret;
using secure::role;

namespace {

std::string reason(const std::string& text) {
    const auto read = network_secret::parse(text);
    return read.ok() ? "" : read.error();
}

peer_id peer_of(std::uint8_t fill) {
    peer_id id;
    id.value.fill(fill);
    return id;
}

const std::string known_text = "mogshare-network-1-000102030405060708090a0b0c0d0e0f-0f74c7c4";

}  // namespace

TEST_CASE("network secret: what is written is read again, and gives the same key") {
    const network_secret one = network_secret::generate();
    const std::string text = one.to_text();
    CHECK(text.size() == 60);
    const auto again = network_secret::parse(text);
    REQUIRE(again.ok());
    CHECK(again->key().value == one.key().value);
    CHECK(again->to_text() == text);
    CHECK(network_secret::generate().to_text() != text);
    CHECK_FALSE(one.key().is_open());
}

TEST_CASE("network secret: a known text has a known key, in any case and with spaces around it") {
    const auto read = network_secret::parse(known_text);
    REQUIRE_MESSAGE(read.ok(), read.error());
    // python3: hmac.new(bytes(range(16)), b"mogShare network key from a secret, 1", "sha256").hexdigest()
    CHECK(to_hex(read->key().value) == "aa4f3b64402718e9c8ecf86ad97994a812cad4d474434b1e4c35ab2ad15aaf9b");
    CHECK(reason("  " + known_text + "\r\n") == "");
    std::string loud = known_text;
    for (char& each : loud) each = static_cast<char>(std::toupper(static_cast<unsigned char>(each)));
    CHECK(reason(loud) == "");
}

TEST_CASE("network secret: what is none is refused by name") {
    CHECK(reason("") == "it is empty");
    CHECK(reason(" \n") == "it is empty");
    CHECK(reason(known_text + "\n" + known_text) == "it has more than one line");
    CHECK(reason("correct horse battery staple") == "it does not begin with 'mogshare-network-1-'");
    CHECK(reason("mogshare-network-2-" + known_text.substr(19)) == "it does not begin with 'mogshare-network-1-'");
    const std::string wrong_length = "it is not 32 digits, '-' and 8 digits: some are missing, or too many";
    CHECK(reason(known_text + "0") == wrong_length);
    CHECK(reason(known_text.substr(0, known_text.size() - 1)) == wrong_length);
    std::string no_digit = known_text;
    no_digit[25] = 'o';
    CHECK(reason(no_digit) == "a character of it is no digit and no letter from a to f");
}

TEST_CASE("network secret: any digit typed wrongly, and any two neighbours swapped, is named a typing error") {
    for (std::size_t at = 19; at < known_text.size(); ++at) {
        if (known_text[at] == '-') continue;
        CAPTURE(at);
        std::string wrong = known_text;
        wrong[at] = wrong[at] == '7' ? '8' : '7';
        CHECK(reason(wrong) == "its last 8 digits do not fit the others: a typing error");
        if (at + 1 == known_text.size() || known_text[at + 1] == '-' || known_text[at] == known_text[at + 1]) continue;
        wrong = known_text;
        std::swap(wrong[at], wrong[at + 1]);
        CHECK(reason(wrong) == "its last 8 digits do not fit the others: a typing error");
    }
}

TEST_CASE("network key: the open network is a published constant") {
    CHECK(network_key().is_open());
    // python3: hashlib.sha256(b"the open mogShare network, 1").hexdigest()
    CHECK(to_hex(network_key().value) == "4e958fbc2a0117531103091d33a2db4bb2dd58f8cb3c9f635de9891415fb1cf0");
    network_key other;
    other.value[31] ^= 1;
    CHECK_FALSE(other.is_open());
}

TEST_CASE("network tag: none in the open network, another one for each key of a network and for each peer") {
    // RFC 8410, section 10.3.
    const auto own = secure::private_key::from_pem(
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
        "-----END PRIVATE KEY-----\n");
    REQUIRE(own.ok());
    CHECK(secure::network_tag(network_key(), *own).empty());
    // python3: label = b"mogShare tag of a network, 1"
    //          hmac.new(raw, label + hmac.new(key, label, "sha256").digest(), "sha256").hexdigest()[:32]
    const network_key key = network_secret::parse(known_text)->key();
    CHECK(secure::network_tag(key, *own) == "c58b2e6fc679e9d6aba8f36cec44da0a");
    network_key other = key;
    other.value[31] ^= 1;
    CHECK(secure::network_tag(other, *own) != secure::network_tag(key, *own));
    CHECK(secure::network_tag(key, secure::private_key::generate()) != secure::network_tag(key, *own));
}

TEST_CASE("network key: a passphrase is stretched by scrypt, salted with the network's name") {
    const auto made = secure::key_from_passphrase("correct horse battery staple", "office");
    REQUIRE(made.ok());
    // python3: hashlib.scrypt(b"correct horse battery staple", n=2**17, r=8, p=1, maxmem=160 << 20, dklen=32,
    //          salt=b"mogShare network key from a passphrase, 1\noffice").hex()
    CHECK(to_hex(made->value) == "03b556fdae892e65819af75d00e7a268953dcedf02ab67b2d0aaa1d617567e4b");
    const auto other_name = secure::key_from_passphrase("correct horse battery staple", "home");
    REQUIRE(other_name.ok());
    CHECK(other_name->value != made->value);
}

TEST_CASE("passphrase strength: what everybody tries first is weak, what was drawn is strong") {
    CHECK(secure::passphrase_bits("") == 0);
    CHECK(secure::passphrase_bits("password") < 10);
    CHECK(secure::passphrase_bits("qwertyuiop") < 20);
    CHECK(secure::passphrase_bits("hydrant-oboe-37-quarkily-mezzo") > 60);
    CHECK(secure::passphrase_bits("x7Qp!2mLz0#vR8sK") > 70);
    CHECK(secure::passphrase_bits(std::string("\xff\xfe\x80 \xc3\xa4", 6)) > 0);
}

TEST_CASE("proof of network: right for one key, role, connection and pair of peers only") {
    const network_key key = network_secret::parse(known_text)->key();
    secure::exporter of{};
    of.fill(7);
    const peer_id dialler = peer_of(1), acceptor = peer_of(2);
    const secure::proof_bytes right = secure::proof(key, role::dialler, of, dialler, acceptor);
    // python3: hmac.new(key, b"\1" + b"\7" * 32 + b"\1" * 32 + b"\2" * 32, "sha256").hexdigest()
    CHECK(to_hex(right) == "48532aea5870e870d7b8c40c75031fbb4533a5f5e37d3b0502920537b00fe125");
    CHECK(secure::same_proof(right, secure::proof(key, role::dialler, of, dialler, acceptor)));

    secure::exporter elsewhere = of;
    elsewhere[0] ^= 1;
    CHECK_FALSE(secure::same_proof(right, secure::proof(network_key(), role::dialler, of, dialler, acceptor)));
    CHECK_FALSE(secure::same_proof(right, secure::proof(key, role::acceptor, of, dialler, acceptor)));
    CHECK_FALSE(secure::same_proof(right, secure::proof(key, role::dialler, elsewhere, dialler, acceptor)));
    CHECK_FALSE(secure::same_proof(right, secure::proof(key, role::dialler, of, acceptor, dialler)));
    CHECK_FALSE(secure::same_proof(right, secure::proof(key, role::dialler, of, dialler, peer_of(3))));
    for (std::size_t at = 0; at < right.size(); ++at) {
        secure::proof_bytes wrong = right;
        wrong[at] ^= 0x80;
        CHECK_FALSE(secure::same_proof(right, wrong));
    }
}
