// Who is refused, each by a name of its own.

#include "unit/secure_stranger.hpp"

#include <openssl/params.h>

using namespace mogshare;
using namespace mogshare::testing;
using phase = tls_session::phase;

namespace {

/// How an acceptor of ours ends with this dialler.
std::pair<trouble, std::string> accepting(stranger& dialler) {
    const secure::tls_context context(private_key::generate(), {});
    tls_end ours(context, role::acceptor);
    dialler.talk_with(ours);
    CHECK(ours.is(phase::failed));
    CHECK_FALSE(ours.session.proven());
    return {ours.session.what(), ours.session.reason()};
}

std::pair<trouble, std::string> said(const std::string& bytes_of_it, role as) {
    const secure::tls_context context(private_key::generate(), {});
    tls_end ours(context, as);
    ours.out.clear();
    ours.take(as_bytes(bytes_of_it));
    CHECK(ours.is(phase::failed));
    CHECK(ours.out.empty());
    return {ours.session.what(), ours.session.reason()};
}

}  // namespace

TEST_CASE("TLS refuses: what is no TLS, from either side, without an answer") {
    const std::string old_hello("\0\0\0\x38\1\1\0\0mogShare\0\1\1\0", 20);
    for (const std::string& text :
         {old_hello, std::string("GET / HTTP/1.1\r\n\r\n"), std::string("HTTP/1.1 400 Bad Request\r\n"),
          std::string("SSH-2.0-x\r\n"), std::string("\x16\x16\x16\x16\x16\x16")})
        for (const role as : {role::dialler, role::acceptor})
            CHECK(said(text, as) ==
                  std::pair{trouble::not_tls,
                            std::string("it does not speak TLS: an older mogShare, or another program")});
}

TEST_CASE("TLS refuses: TLS 1.2, and other groups or ciphers, as nothing in common") {
    const auto wrong =
        std::pair{trouble::nothing_in_common, std::string("no version or algorithm of TLS that both sides know")};
    stranger old(true);
    SSL_CTX_set_max_proto_version(old.context(), TLS1_2_VERSION);
    CHECK(accepting(old) == wrong);
    stranger other_group(true);
    SSL_CTX_set1_groups_list(other_group.context(), "P-256");
    CHECK(accepting(other_group) == wrong);

    // As a dialler we say so as well, of a server that has no other certificate than RSA.
    stranger server(false);
    const auto key = new_key("RSA");
    server.show(certificate_of(key.get(), key.get()).get(), key.get());
    const secure::tls_context context(private_key::generate(), {});
    tls_end ours(context, role::dialler);
    server.talk_with(ours);
    CHECK(ours.session.what() == trouble::nothing_in_common);
}

TEST_CASE("TLS refuses: who shows no certificate, or has none that may be shown") {
    stranger none(true);
    CHECK(accepting(none) == std::pair{trouble::no_certificate, std::string("it showed no certificate")});
    for (const auto& [kind, more] :
         {std::pair{"RSA", (const char*)nullptr}, std::pair{"EC", "P-256"}, std::pair{"ED448", (const char*)nullptr}}) {
        stranger other(true);
        const auto key = new_key(kind, more);
        other.show(certificate_of(key.get(), key.get()).get(), key.get());
        CHECK(accepting(other).first == trouble::no_certificate);
    }
}

TEST_CASE("TLS refuses: two certificates, and one that is too large") {
    const auto key = new_key("ED25519");
    stranger two(true);
    const auto own = certificate_of(key.get(), key.get());
    two.show(own.get(), key.get());
    REQUIRE(SSL_CTX_add1_chain_cert(two.context(), own.get()) == 1);
    CHECK(accepting(two) ==
          std::pair{trouble::wrong_certificate,
                    std::string("it showed a certificate of the wrong kind: there is more than one")});
    stranger large(true);
    large.show(certificate_of(key.get(), key.get(), {"99991231235959Z", 1000}).get(), key.get());
    CHECK(accepting(large) == std::pair{trouble::wrong_certificate,
                                        std::string("it showed a certificate of the wrong kind: it is too large")});
}

TEST_CASE("TLS takes: an expired certificate that another key has signed, when its own key is there") {
    const auto key = new_key("ED25519"), signer = new_key("ED25519");
    stranger dated(true);
    dated.show(certificate_of(key.get(), signer.get(), {"19710101000000Z"}).get(), key.get());
    const private_key own = private_key::generate();
    const secure::tls_context context(own, {});
    tls_end ours(context, role::acceptor);
    dated.talk_with(ours);
    CHECK(ours.is(phase::proving));
    CHECK(ours.session.them() == secure::id_of(key.get()));
    dated.say(dated.proof_as(role::dialler, secure::id_of(key.get()), own.id()));
    ours.take(dated.sent());
    CHECK(ours.is(phase::open));
}

TEST_CASE("TLS refuses: another peer than expected, before the dialler has shown who it is") {
    const private_key expected = private_key::generate(), there = private_key::generate();
    const secure::tls_context dialling(private_key::generate(), {}), accepting_one(there, {});
    tls_end dialler(dialling, role::dialler, expected.id()), acceptor(accepting_one, role::acceptor);
    acceptor.take(dialler.sent());
    dialler.take(acceptor.sent());
    CHECK(dialler.session.what() == trouble::another_peer);
    CHECK(dialler.out.size() < 64);  // an alert: no certificate fits
    acceptor.take(dialler.sent());
    CHECK(acceptor.session.what() == trouble::refused);
    CHECK(acceptor.session.reason() == "it looked for another peer than this one");
    CHECK(acceptor.session.them().is_zero());
}

TEST_CASE("TLS refuses: a certificate of another peer's, shown without its key") {
    const private_key victim = private_key::generate();
    const auto own = new_key("ED25519");
    // The victim's public key with the thief's private one: OpenSSL does not look whether they belong together.
    std::array<unsigned char, 32> shown{}, kept{};
    std::size_t count = shown.size();
    REQUIRE(EVP_PKEY_get_raw_public_key(victim.handle(), shown.data(), &count) == 1);
    REQUIRE(EVP_PKEY_get_raw_private_key(own.get(), kept.data(), &count) == 1);
    std::array<OSSL_PARAM, 3> parts = {OSSL_PARAM_construct_octet_string("pub", shown.data(), shown.size()),
                                       OSSL_PARAM_construct_octet_string("priv", kept.data(), kept.size()),
                                       OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX* const making = EVP_PKEY_CTX_new_from_name(nullptr, "ED25519", nullptr);
    EVP_PKEY* forged = nullptr;
    REQUIRE(EVP_PKEY_fromdata_init(making) == 1);
    REQUIRE(EVP_PKEY_fromdata(making, &forged, EVP_PKEY_KEYPAIR, parts.data()) == 1);
    EVP_PKEY_CTX_free(making);
    const secure::owned_key both(forged);
    stranger thief(true);
    thief.show(secure::make_certificate(victim).get(), both.get());
    CHECK(accepting(thief) ==
          std::pair{trouble::not_its_key, std::string("it has not the key of the certificate that it showed")});
}

TEST_CASE(
    "certificates: what is none of a peer is refused by name; a curve with parameters of its own is refused at once") {
    const auto reason = [](EVP_PKEY* key) {
        const auto judged = secure::judge_certificate(certificate_of(key, key).get(), nullptr);
        return judged.ok() ? std::string() : judged.error();
    };
    CHECK(reason(new_key("ED25519").get()) == "");
    CHECK(reason(new_key("RSA").get()) == "its key is no Ed25519 key");
    CHECK(reason(new_key("EC", "P-256").get()) == "its key is no Ed25519 key");
    const auto odd = new_key("EC", "P-256");
    REQUIRE(EVP_PKEY_set_utf8_string_param(odd.get(), "encoding", "explicit") == 1);
    const auto certificate = certificate_of(odd.get(), odd.get());
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate.get(), &der);
    REQUIRE(size > 0);
    const unsigned char* at = der;
    const secure::owned_certificate read(d2i_X509(nullptr, &at, size));  // as it comes from the network
    CHECK_FALSE(secure::judge_certificate(read.get(), nullptr).ok());
    OPENSSL_free(der);
    const auto large = new_key("ED25519");
    CHECK(secure::judge_certificate(certificate_of(large.get(), large.get(), {"99991231235959Z", 1000}).get(), nullptr)
              .error() == "it is too large");
    CHECK(secure::judge_certificate(nullptr, nullptr).error() == "there is none");
    ERR_clear_error();
}

TEST_CASE("certificates: that of a key is always the same bytes, and small") {
    const private_key key = private_key::generate();
    CHECK(X509_cmp(secure::make_certificate(key).get(), secure::make_certificate(key).get()) == 0);
    CHECK(i2d_X509(secure::make_certificate(key).get(), nullptr) < 300);
}
