#pragma once
// Another program's TLS, by OpenSSL itself, with whatever certificate and habits a test wants; in memory.

#include "unit/secure_sessions.hpp"

#include "secure/certificate.hpp"
#include "secure/handles.hpp"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <functional>

namespace mogshare::testing {

struct certificate_wish {
    std::string not_after = "99991231235959Z";
    std::size_t comment_bytes = 0;  ///< makes it larger
};

/// A certificate over `subject`'s key, signed with `signer`'s.
inline secure::owned_certificate certificate_of(EVP_PKEY* subject, EVP_PKEY* signer,
                                                const certificate_wish& wish = {}) {
    secure::owned_certificate made(X509_new());
    X509* const raw = made.get();
    REQUIRE(X509_set_version(raw, X509_VERSION_3) == 1);
    REQUIRE(ASN1_TIME_set_string_X509(X509_getm_notBefore(raw), "19700101000000Z") == 1);
    REQUIRE(ASN1_TIME_set_string_X509(X509_getm_notAfter(raw), wish.not_after.c_str()) == 1);
    REQUIRE(X509_set_pubkey(raw, subject) == 1);
    if (wish.comment_bytes > 0) {
        const std::string text(wish.comment_bytes, 'x');
        X509_EXTENSION* const more = X509V3_EXT_conf_nid(nullptr, nullptr, NID_netscape_comment, text.c_str());
        REQUIRE(more != nullptr);
        REQUIRE(X509_add_ext(raw, more, -1) == 1);
        X509_EXTENSION_free(more);
    }
    const bool own_digest = EVP_PKEY_is_a(signer, "ED25519") == 1 || EVP_PKEY_is_a(signer, "ED448") == 1;
    REQUIRE(X509_sign(raw, signer, own_digest ? nullptr : EVP_sha256()) > 0);
    return made;
}

inline secure::owned_key new_key(const char* kind, const char* more = nullptr) {
    if (std::string(kind) == "RSA")
        return secure::owned_key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}));
    secure::owned_key made(more ? EVP_PKEY_Q_keygen(nullptr, nullptr, kind, more)
                                : EVP_PKEY_Q_keygen(nullptr, nullptr, kind));
    REQUIRE(made != nullptr);
    return made;
}

class stranger {
public:
    explicit stranger(bool dials) : dials_(dials), context_(SSL_CTX_new(TLS_method())) {
        SSL_CTX_set_verify(context_.get(), dials ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
                           [](int, X509_STORE_CTX*) { return 1; });
    }
    SSL_CTX* context() { return context_.get(); }
    /// Shows this certificate, for which it has the key.
    void show(X509* certificate, EVP_PKEY* key) {
        REQUIRE(SSL_CTX_use_certificate(context(), certificate) == 1);
        REQUIRE(SSL_CTX_use_PrivateKey(context(), key) == 1);
    }
    SSL* ssl() {
        if (ssl_) return ssl_.get();
        ssl_.reset(SSL_new(context()));
        in_ = BIO_new(BIO_s_mem());
        out_ = BIO_new(BIO_s_mem());
        SSL_set_bio(ssl_.get(), in_, out_);
        dials_ ? SSL_set_connect_state(ssl_.get()) : SSL_set_accept_state(ssl_.get());
        return ssl_.get();
    }
    /// One turn: takes these bytes, goes on as far as it can, and gives its own.
    bytes turn(byte_view from_us) {
        ssl();
        if (!from_us.empty()) BIO_write(in_, from_us.data(), static_cast<int>(from_us.size()));
        SSL_do_handshake(ssl());
        ERR_clear_error();
        return sent();
    }
    bytes sent() {
        bytes all(BIO_ctrl_pending(out_));
        if (!all.empty()) BIO_read(out_, all.data(), static_cast<int>(all.size()));
        return all;
    }
    /// Talks with one of our sessions until neither has anything to say.
    void talk_with(tls_end& ours) {
        for (int turns = 0; turns < 20; ++turns) {
            const bytes said = turn(ours.sent());
            ours.take(said);
            if (said.empty() && ours.out.empty()) return;
        }
    }
    /// The proof of the open network that belongs to this connection.
    secure::proof_bytes proof_as(role by, const peer_id& dialler, const peer_id& acceptor,
                                 const secure::network_key& of = {}) {
        constexpr std::string_view label = "EXPORTER-mogShare-network-proof";
        secure::exporter exported{};
        REQUIRE(SSL_export_keying_material(ssl(), exported.data(), exported.size(), label.data(), label.size(), nullptr,
                                           0, 0) == 1);
        return secure::proof(of, by, exported, dialler, acceptor);
    }
    void say(byte_view data) {
        std::size_t count = 0;
        REQUIRE(SSL_write_ex(ssl(), data.data(), data.size(), &count) == 1);
    }

private:
    bool dials_;
    secure::owned_context context_;
    secure::owned_ssl ssl_;
    BIO* in_ = nullptr;
    BIO* out_ = nullptr;
};

}  // namespace mogshare::testing
