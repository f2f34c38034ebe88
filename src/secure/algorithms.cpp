#include "mogshare/secure/algorithms.hpp"

#include "secure/handles.hpp"

#include <openssl/decoder.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

namespace mogshare::secure {

namespace {

/// Whether `fetch` finds the algorithm of this name.
template <auto fetch, auto free>
bool there(const char* name) {
    auto* const found = fetch(nullptr, name, nullptr);
    free(found);
    return found != nullptr;
}

bool has_cipher(const char* name) {
    return there<EVP_CIPHER_fetch, EVP_CIPHER_free>(name);
}
bool has_derivation(const char* name) {
    return there<EVP_KDF_fetch, EVP_KDF_free>(name);
}
bool has_keys(const char* name) {
    return there<EVP_KEYMGMT_fetch, EVP_KEYMGMT_free>(name);
}

/// Keys are written and read in their own forms.
bool has_forms() {
    OSSL_ENCODER* const encoder = OSSL_ENCODER_fetch(nullptr, "ED25519", nullptr);
    OSSL_DECODER* const decoder = OSSL_DECODER_fetch(nullptr, "ED25519", nullptr);
    const bool both = encoder != nullptr && decoder != nullptr;
    OSSL_ENCODER_free(encoder);
    OSSL_DECODER_free(decoder);
    return both;
}

}  // namespace

std::vector<std::string> missing_algorithms() {
    std::vector<std::string> missing;
    const auto need = [&missing](bool is_there, const char* name) {
        if (!is_there) missing.emplace_back(name);
    };
    need(there<EVP_MD_fetch, EVP_MD_free>("SHA256"), "SHA-256");
    need(there<EVP_MAC_fetch, EVP_MAC_free>("HMAC"), "HMAC");
    need(has_keys("ED25519") && there<EVP_SIGNATURE_fetch, EVP_SIGNATURE_free>("ED25519"), "Ed25519");
    need(has_keys("X25519") && there<EVP_KEYEXCH_fetch, EVP_KEYEXCH_free>("X25519"), "X25519");
    need(has_cipher("AES-128-GCM"), "AES-128-GCM");
    need(has_derivation("HKDF") && has_derivation("TLS13-KDF"), "the key derivation of TLS 1.3");
    need(has_forms(), "PEM and DER of Ed25519 keys");
    need(RAND_status() == 1, "a source of chance");
    ERR_clear_error();
    return missing;
}

}  // namespace mogshare::secure
