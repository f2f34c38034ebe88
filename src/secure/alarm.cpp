#include "secure/alarm.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace mogshare::secure {

namespace {

named_trouble nothing_in_common() {
    return {trouble::nothing_in_common, "no version or algorithm of TLS that both sides know"};
}

/// An alert that the other side has sent.
named_trouble refused(int alert) {
    switch (alert) {
        case SSL_AD_PROTOCOL_VERSION:
        case SSL_AD_HANDSHAKE_FAILURE:
        case SSL_AD_INSUFFICIENT_SECURITY:
        case SSL_AD_MISSING_EXTENSION:
        case SSL_AD_ILLEGAL_PARAMETER: return nothing_in_common();
        case SSL_AD_BAD_CERTIFICATE: return {trouble::refused, "it looked for another peer than this one"};
        case SSL_AD_UNSUPPORTED_CERTIFICATE: return {trouble::refused, "it does not take our certificate"};
        case SSL_AD_CERTIFICATE_REQUIRED: return {trouble::refused, "it wants a certificate"};
        default: break;
    }
    return {trouble::refused, std::string("it refused: ") + SSL_alert_desc_string_long(alert)};
}

named_trouble of_tls(unsigned long error) {
    const int reason = ERR_GET_REASON(error);
    switch (reason) {
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_WRONG_SSL_VERSION:
        case SSL_R_VERSION_TOO_LOW:
        case SSL_R_UNSUPPORTED_SSL_VERSION:
        case SSL_R_INAPPROPRIATE_FALLBACK:
        case SSL_R_NO_SHARED_CIPHER:
        case SSL_R_WRONG_CIPHER_RETURNED:
        case SSL_R_UNKNOWN_CIPHER_RETURNED:
        case SSL_R_NO_SUITABLE_KEY_SHARE:
        case SSL_R_BAD_KEY_SHARE:
        case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
        case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
        case SSL_R_MISSING_SIGALGS_EXTENSION:
        case SSL_R_WRONG_SIGNATURE_TYPE: return nothing_in_common();
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_HTTP_REQUEST:
        case SSL_R_HTTPS_PROXY_REQUEST: return {trouble::not_tls, "it speaks no TLS that is known here"};
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return {trouble::no_certificate, "it showed no certificate"};
        case SSL_R_EXCESSIVE_MESSAGE_SIZE:
            return {trouble::wrong_certificate, "it showed a certificate of the wrong kind: it is too large"};
        case SSL_R_BAD_SIGNATURE: return {trouble::not_its_key, "it has not the key of the certificate that it showed"};
        case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
        case SSL_R_DIGEST_CHECK_FAILED: return {trouble::broken, "bytes were changed on the way"};
        default: break;
    }
    if (reason >= SSL_AD_REASON_OFFSET) return refused(reason - SSL_AD_REASON_OFFSET);
    const char* const text = ERR_reason_error_string(error);
    return {trouble::broken, std::string("it broke the rules of TLS: ") + (text == nullptr ? "unknown" : text)};
}

}  // namespace

named_trouble first_error() {
    const unsigned long error = ERR_peek_error();
    ERR_clear_error();
    if (error != 0 && ERR_GET_LIB(error) == ERR_LIB_SSL) return of_tls(error);
    const char* const text = error == 0 ? nullptr : ERR_reason_error_string(error);
    return {trouble::broken, std::string("it broke the rules of TLS: ") + (text == nullptr ? "unknown" : text)};
}

}  // namespace mogshare::secure
