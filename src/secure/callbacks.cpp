#include "secure/callbacks.hpp"

#include "secure/certificate.hpp"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace mogshare::secure {

int tls_callbacks::read(BIO* from, char* into, int size_bytes) {
    auto& pipe = *static_cast<tls_session::pipe*>(BIO_get_data(from));
    BIO_clear_retry_flags(from);
    const std::size_t count = std::min(static_cast<std::size_t>(size_bytes), pipe.in.size());
    if (count > pipe.allowed_bytes - pipe.taken_bytes) pipe.stopped = true;
    if (pipe.stopped) return -1;
    if (count == 0) {
        BIO_set_retry_read(from);
        return -1;
    }
    std::memcpy(into, pipe.in.data(), count);
    pipe.in = pipe.in.subspan(count);
    pipe.taken_bytes += count;
    return static_cast<int>(count);
}

int tls_callbacks::write(BIO* to, const char* data, int size_bytes) {
    auto& pipe = *static_cast<tls_session::pipe*>(BIO_get_data(to));
    BIO_clear_retry_flags(to);
    // As bytes of the same type: from char they would be copied one by one.
    const auto* const first = reinterpret_cast<const std::uint8_t*>(data);
    pipe.out->insert(pipe.out->end(), first, first + size_bytes);
    return size_bytes;
}

long tls_callbacks::control(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* tls_callbacks::method() {
    static BIO_METHOD* const made = [] {
        BIO_METHOD* const fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "bytes in memory");
        must(fresh != nullptr && BIO_meth_set_read(fresh, read) == 1 && BIO_meth_set_write(fresh, write) == 1 &&
             BIO_meth_set_ctrl(fresh, control) == 1);
        return fresh;
    }();
    return made;
}

// The error that is set decides the alert: 43 (unsupported_certificate), or 42 (bad_certificate) for another peer.
int tls_callbacks::verify(X509_STORE_CTX* chain, void*) {
    auto* const ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto& session = *static_cast<tls_session*>(SSL_get_app_data(ssl));
    const auto judged = judge_certificate(X509_STORE_CTX_get0_cert(chain), X509_STORE_CTX_get0_untrusted(chain));
    if (!judged.ok()) {
        X509_STORE_CTX_set_error(chain, X509_V_ERR_INVALID_PURPOSE);
        session.fail(trouble::wrong_certificate, "it showed a certificate of the wrong kind: " + judged.error());
        return 0;
    }
    if (session.expected_ && *session.expected_ != *judged) {
        X509_STORE_CTX_set_error(chain, X509_V_ERR_HOSTNAME_MISMATCH);
        session.fail(trouble::another_peer,
                     "another peer is there: " + short_hex(*judged) + " instead of " + short_hex(*session.expected_));
        return 0;
    }
    session.them_ = *judged;
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

void tls_callbacks::message(int is_ours, int, int content, const void* data, std::size_t size_bytes, SSL*,
                            void* session) {
    if (is_ours != 0 || content != SSL3_RT_HANDSHAKE || size_bytes == 0) return;
    static_cast<tls_session*>(session)->handshake_message(*static_cast<const std::uint8_t*>(data));
}

}  // namespace mogshare::secure
