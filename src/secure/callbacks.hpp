#pragma once
// What OpenSSL calls back, and where that goes.

#include "mogshare/secure/tls.hpp"
#include "secure/handles.hpp"

namespace mogshare::secure {

struct tls_callbacks {
    /// Reads from and writes to a session's pipe; `get` and `put` of a BIO.
    static int read(BIO* from, char* into, int size_bytes);
    static int write(BIO* to, const char* data, int size_bytes);
    static long control(BIO* of, int command, long number, void* pointer);
    static const BIO_METHOD* method();

    /// In place of OpenSSL's verification of a chain.
    static int verify(X509_STORE_CTX* chain, void* unused);
    /// Every protocol message, once the connection is open.
    static void message(int is_ours, int version, int content, const void* data, std::size_t size_bytes, SSL* of,
                        void* session);
};

}  // namespace mogshare::secure
