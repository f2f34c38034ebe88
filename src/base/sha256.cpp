#include "mogshare/base/sha256.hpp"

#include <openssl/evp.h>

#include <cstdlib>

namespace mogshare {

namespace {

// Fetching the algorithm costs more than hashing a tree node, so it is done once; a context a thread is reused for the same reason.
const EVP_MD* algorithm() {
    static EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return fetched;
}

struct context {
    EVP_MD_CTX* handle = EVP_MD_CTX_new();
    context() = default;
    context(const context&) = delete;
    context& operator=(const context&) = delete;
    ~context() { EVP_MD_CTX_free(handle); }
};

}  // namespace

digest sha256(std::initializer_list<byte_view> parts) {
    thread_local const context own;
    digest out;
    bool ok = own.handle != nullptr && EVP_DigestInit_ex2(own.handle, algorithm(), nullptr) == 1;
    for (const byte_view part : parts) ok = ok && EVP_DigestUpdate(own.handle, part.data(), part.size()) == 1;
    ok = ok && EVP_DigestFinal_ex(own.handle, out.value.data(), nullptr) == 1;
    if (!ok) std::abort();  // no memory, or an OpenSSL without SHA-256: nothing here could be trusted any more
    return out;
}

}  // namespace mogshare
