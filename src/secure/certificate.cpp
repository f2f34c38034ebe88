#include "secure/certificate.hpp"

#include "mogshare/base/limits.hpp"

#include <openssl/asn1.h>

namespace mogshare::secure {

owned_certificate make_certificate(const private_key& of) {
    owned_certificate made(X509_new());
    must(made != nullptr);
    X509* const raw = made.get();
    must(X509_set_version(raw, X509_VERSION_3) == 1);
    must(ASN1_INTEGER_set(X509_get_serialNumber(raw), 1) == 1);
    // Of all times: clocks of peers may be wrong.
    must(ASN1_TIME_set_string_X509(X509_getm_notBefore(raw), "19700101000000Z") == 1);
    must(ASN1_TIME_set_string_X509(X509_getm_notAfter(raw), "99991231235959Z") == 1);
    X509_NAME* const name = X509_get_subject_name(raw);
    const auto* text = reinterpret_cast<const unsigned char*>("mogShare");
    must(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, text, -1, -1, 0) == 1);
    must(X509_set_issuer_name(raw, name) == 1);
    must(X509_set_pubkey(raw, of.handle()) == 1);
    must(X509_sign(raw, of.handle(), nullptr) > 0);
    return made;
}

result<peer_id, std::string> judge_certificate(X509* leaf, const STACK_OF(X509) * chain) {
    if (leaf == nullptr) return failure{std::string("there is none")};
    if (chain != nullptr && sk_X509_num(chain) > 1) return failure{std::string("there is more than one")};
    const int size_bytes = i2d_X509(leaf, nullptr);
    if (size_bytes <= 0 || static_cast<std::size_t>(size_bytes) > limits::certificate_bytes_max)
        return failure{std::string("it is too large")};
    const EVP_PKEY* const key = X509_get0_pubkey(leaf);
    if (key == nullptr || EVP_PKEY_is_a(key, "ED25519") != 1) return failure{std::string("its key is no Ed25519 key")};
    return id_of(key);
}

}  // namespace mogshare::secure
