#pragma once
// The certificate that carries a peer's key. Nobody signs for it, and nothing but the key in it counts.

#include "mogshare/base/result.hpp"
#include "mogshare/secure/key.hpp"
#include "secure/handles.hpp"

#include <string>

namespace mogshare::secure {

/// Self-signed, of this key; the same bytes each time.
owned_certificate make_certificate(const private_key& of);

/// The peer id of a certificate that is what a peer must show: one alone, at most limits::certificate_bytes_max, of an
/// Ed25519 key. Dates, names and its own signature do not count: the handshake's signature shows who has the key.
/// The error is a reason for people. `chain` is what the other side sent, and may be null.
result<peer_id, std::string> judge_certificate(X509* leaf, const STACK_OF(X509) * chain);

}  // namespace mogshare::secure
