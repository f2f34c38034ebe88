#include "mogshare/secure/tls.hpp"

#include "secure/callbacks.hpp"
#include "secure/certificate.hpp"

#include <utility>

namespace mogshare::secure {

namespace {

constexpr const char* ciphers = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";
// What a Certificate message has around one certificate (RFC 8446, 4.4.2).
constexpr long certificate_message_bytes_max = static_cast<long>(limits::certificate_bytes_max) + 16;

void allow_only_ours(SSL_CTX* context) {
    must(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1);
    must(SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1);
    must(SSL_CTX_set_ciphersuites(context, ciphers) == 1);
    must(SSL_CTX_set1_groups_list(context, "X25519") == 1);
    must(SSL_CTX_set1_sigalgs_list(context, "ed25519") == 1);
    must(SSL_CTX_set1_client_sigalgs_list(context, "ed25519") == 1);
}

// A session is what was proven in one handshake, and nothing else ever stands for that.
void forget_sessions(SSL_CTX* context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_clear_options(context, SSL_OP_ENABLE_MIDDLEBOX_COMPAT);  // no dummy messages
    must(SSL_CTX_set_num_tickets(context, 0) == 1);
    must(SSL_CTX_set_max_early_data(context, 0) == 1);
}

}  // namespace

tls_context::tls_context(private_key own, const network_key& network, std::uint64_t records_a_key)
    : own_(std::move(own)), network_(network), records_a_key_(records_a_key), handle_(SSL_CTX_new(TLS_method())) {
    must(handle_ != nullptr);
    allow_only_ours(handle_);
    forget_sessions(handle_);
    SSL_CTX_set_mode(handle_, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_max_cert_list(handle_, certificate_message_bytes_max);
    SSL_CTX_set_verify(handle_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_cert_verify_callback(handle_, tls_callbacks::verify, nullptr);
    const owned_certificate shown = make_certificate(own_);
    must(SSL_CTX_use_certificate(handle_, shown.get()) == 1);
    must(SSL_CTX_use_PrivateKey(handle_, own_.handle()) == 1);
}

tls_context::~tls_context() {
    SSL_CTX_free(handle_);
}

}  // namespace mogshare::secure
