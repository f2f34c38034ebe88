#pragma once
// What OpenSSL hands out, owned.

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <memory>

namespace mogshare::secure {

template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* owned) const {
        Free(owned);
    }
};

using owned_bio = std::unique_ptr<BIO, freed_by<BIO_free>>;
using owned_key = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using owned_certificate = std::unique_ptr<X509, freed_by<X509_free>>;
using owned_pkcs8 = std::unique_ptr<PKCS8_PRIV_KEY_INFO, freed_by<PKCS8_PRIV_KEY_INFO_free>>;
using owned_context = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
using owned_ssl = std::unique_ptr<SSL, freed_by<SSL_free>>;

/// For what fails only when there is no memory, or OpenSSL lacks an algorithm that all of this is built on, which is looked for at the
/// start (missing_algorithms()): nothing could be trusted any more.
inline void must(bool worked) {
    if (!worked) std::abort();
}

}  // namespace mogshare::secure
