#pragma once
// The key that a peer is known by: Ed25519, made once for a home and kept there. OpenSSL does all that is done with it.

#include "mogshare/base/ids.hpp"
#include "mogshare/base/result.hpp"

#include <memory>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace mogshare::secure {

/// A private key. Copies share the key; it is wiped with the last of them. Safe to copy and to read from any thread.
class private_key {
public:
    /// A new key, of the operating system's chance.
    static private_key generate();
    /// Exactly one unencrypted PKCS#8 Ed25519 key as PEM, with nothing before it and only line ends after it; the
    /// error is a reason for people, without a name of the file: `it is encrypted`.
    static result<private_key, std::string> from_pem(std::string_view text);

    /// Whether a file that begins so may be a key that to_pem() wrote, with spaces and line ends before it or not, whatever follows: what
    /// should not be shared.
    static bool may_be_one(std::string_view begin_of_file);

    /// PKCS#8 as PEM, unencrypted: whoever reads it is this peer. The caller sees to where it goes.
    std::string to_pem() const;
    /// SHA-256 of the public key as DER SubjectPublicKeyInfo.
    const peer_id& id() const { return id_; }
    /// For OpenSSL; belongs to this object. Never null.
    evp_pkey_st* handle() const { return key_.get(); }

private:
    explicit private_key(std::shared_ptr<evp_pkey_st> key);

    std::shared_ptr<evp_pkey_st> key_;
    peer_id id_;
};

/// The peer id that belongs to a public key: SHA-256 of it as DER SubjectPublicKeyInfo, written anew, so that one key
/// has one id in whatever form it came. `key` is borrowed.
peer_id id_of(const evp_pkey_st* key);

}  // namespace mogshare::secure
