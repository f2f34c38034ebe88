#pragma once
// Which network a peer belongs to: a key that all its members have, and the proof of having it.

#include "mogshare/base/ids.hpp"
#include "mogshare/base/result.hpp"
#include "mogshare/secure/key.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace mogshare::secure {

/// What members of a network share. Wiped as it goes. The default is the key of the *open* network: it is published, so
/// that everybody is a member who wants to be.
struct network_key {
    std::array<std::uint8_t, 32> value;

    network_key();
    explicit network_key(const std::array<std::uint8_t, 32>& bytes) : value(bytes) {}
    network_key(const network_key&) = default;
    network_key& operator=(const network_key&) = default;
    ~network_key();

    bool is_open() const;
};

/// The 128 bits that a private network is founded with, as they stand in a key file. Wiped as it goes.
class network_secret {
public:
    static network_secret generate();
    /// Reads what to_text() wrote; line ends and spaces around it, and upper case, do no harm. The error is a reason for
    /// people.
    static result<network_secret, std::string> parse(std::string_view text);
    /// Whether a file that begins so may be a key file, whatever is wrong with it: what should not be shared.
    static bool may_be_one(std::string_view begin_of_file);
    network_secret(const network_secret&) = default;
    network_secret& operator=(const network_secret&) = default;
    ~network_secret();

    /// One line without its end: `mogshare-network-1-`, 32 hex digits, `-`, and 8 more that change with any of them, so that a
    /// typing error is told from another network. No copy of it is left anywhere else: wiping this one is the caller's matter.
    std::string to_text() const;
    network_key key() const;

private:
    network_secret() = default;
    std::string checksum() const;

    std::array<std::uint8_t, 16> value_{};
};

/// The key behind a passphrase: scrypt with N = 2^17, r = 8, p = 1 (128 MiB, some tenths of a second) and a salt of a fixed
/// text and the network's name, so that networks of other names with the same passphrase have other keys. Both are
/// taken byte by byte. An error when there is not that much memory.
result<network_key, std::string> key_from_passphrase(std::string_view passphrase, std::string_view network_name);

/// Names a network to the home that has both keys, and to nobody else: 32 hex digits for a private one, nothing for the open one. For what is
/// kept in a home and must not be used in another network. It gets into names of files and so into logs; without the peer's own key nobody
/// can try passphrases on it.
std::string network_tag(const network_key& key, const private_key& own);

/// An estimate of the bits that somebody who guesses cleverly has to guess (zxcvbn); 0 for none.
double passphrase_bits(std::string_view passphrase);

enum class role : std::uint8_t { dialler = 1, acceptor = 2 };

/// What only this TLS connection has on both sides, and nobody can choose (RFC 8446, 7.5).
using exporter = std::array<std::uint8_t, 32>;
using proof_bytes = std::array<std::uint8_t, 32>;

/// Shows that who plays `by` has the key: HMAC-SHA256(key, role ‖ exporter ‖ dialler's id ‖ acceptor's id). It is good
/// for one connection and one direction: neither a reflected nor a relayed one is right.
proof_bytes proof(const network_key& key, role by, const exporter& of, const peer_id& dialler, const peer_id& acceptor);
/// Compares in a time that says nothing of where they differ.
bool same_proof(const proof_bytes& expected, const proof_bytes& shown);

}  // namespace mogshare::secure
