// A connection for which there is no memory ends alone.
#include "unit/secure_sessions.hpp"

#include "mogshare/secure/algorithms.hpp"

#include <dlfcn.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>

using namespace mogshare;
using namespace mogshare::testing;
using phase = tls_session::phase;

namespace {

enum class failing { nothing, session, pipe, exporter };
failing now_failing = failing::nothing;

template <class Function>
Function* real(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

// In place of the library's, as the linker takes what it finds first.
extern "C" SSL* SSL_new(SSL_CTX* of) {
    static auto* const library = real<decltype(SSL_new)>("SSL_new");
    return now_failing == failing::session ? nullptr : library(of);
}
extern "C" BIO* BIO_new(const BIO_METHOD* with) {
    static auto* const library = real<decltype(BIO_new)>("BIO_new");
    return now_failing == failing::pipe ? nullptr : library(with);
}
extern "C" int SSL_export_keying_material(SSL* of, unsigned char* out, std::size_t out_bytes, const char* label,
                                          std::size_t label_bytes, const unsigned char* context,
                                          std::size_t context_bytes, int with_context) {
    static auto* const library = real<decltype(SSL_export_keying_material)>("SSL_export_keying_material");
    if (now_failing == failing::exporter) return 0;
    return library(of, out, out_bytes, label, label_bytes, context, context_bytes, with_context);
}

TEST_CASE("TLS refuses: a connection for which there is no memory ends, and the next one is as good as any") {
    for (const failing what : {failing::session, failing::pipe, failing::exporter}) {
        CAPTURE(static_cast<int>(what));
        const private_key key = private_key::generate();
        const secure::tls_context with(key, {});
        now_failing = what;
        tls_end dialler(with, role::dialler);
        now_failing = failing::nothing;
        if (what != failing::exporter) {
            CHECK(dialler.is(phase::failed));
            CHECK(dialler.session.what() == trouble::no_memory);
            CHECK(dialler.out.empty());
            dialler.take(as_bytes("whatever comes"));
            dialler.session.end_of_input();
            CHECK(dialler.session.what() == trouble::no_memory);
        }
        tls_pair pair;
        now_failing = what;
        pair.shuttle();
        now_failing = failing::nothing;
        CHECK_FALSE(pair.open());
        CHECK(pair.acceptor.is(phase::failed));
        CHECK(pair.acceptor.session.what() == trouble::no_memory);
        CHECK_FALSE(pair.acceptor.session.reason().empty());
        CHECK_FALSE(pair.acceptor.session.advice().empty());
        tls_pair next;
        next.shuttle();
        CHECK(next.open());
    }
}

TEST_CASE("the OpenSSL that the tests run with lacks nothing") {
    CHECK(secure::missing_algorithms().empty());
}
