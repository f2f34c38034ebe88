// Proofs that are wrong, bytes that were changed, and messages without a reason.

#include "unit/secure_stranger.hpp"

using namespace mogshare;
using namespace mogshare::testing;
using phase = tls_session::phase;

namespace {

/// A stranger with a right certificate, past the handshake with an acceptor of ours.
struct known_stranger {
    secure::owned_key key = new_key("ED25519");
    peer_id id = secure::id_of(key.get());
    private_key own = private_key::generate();
    secure::tls_context context;
    tls_end ours;
    stranger them{true};

    explicit known_stranger(const secure::network_key& network = {})
        : context(own, network), ours(context, role::acceptor) {
        them.show(certificate_of(key.get(), key.get()).get(), key.get());
        them.talk_with(ours);
        REQUIRE(ours.is(phase::proving));
    }
    void say(byte_view data) {
        them.say(data);
        ours.take(them.sent());
    }
    void prove() {
        say(them.proof_as(role::dialler, id, own.id()));
        REQUIRE(ours.is(phase::open));
        ours.out.clear();
    }
};

}  // namespace

TEST_CASE("TLS refuses: a wrong proof of the network, without any answer") {
    const secure::network_key network = a_private_network();
    const auto refused = [](known_stranger& one, const secure::proof_bytes& shown) {
        one.say(shown);
        CHECK(one.ours.is(phase::failed));
        CHECK(one.ours.session.what() == trouble::wrong_network);
        CHECK(one.ours.out.empty());
    };
    known_stranger right(network);
    right.say(right.them.proof_as(role::dialler, right.id, right.own.id(), network));
    CHECK(right.ours.is(phase::open));
    known_stranger wrong_key(network);
    refused(wrong_key, wrong_key.them.proof_as(role::dialler, wrong_key.id, wrong_key.own.id()));
    known_stranger reflected(network);
    refused(reflected, reflected.them.proof_as(role::acceptor, reflected.id, reflected.own.id(), network));
    known_stranger relayed(network), elsewhere(network);
    refused(relayed, elsewhere.them.proof_as(role::dialler, relayed.id, relayed.own.id(), network));
    known_stranger in_parts(network);
    secure::proof_bytes shown = in_parts.them.proof_as(role::dialler, in_parts.id, in_parts.own.id(), network);
    shown[31] ^= 1;
    in_parts.say(byte_view(shown).first(31));
    CHECK(in_parts.ours.is(phase::proving));
    in_parts.say(byte_view(shown).last(1));
    CHECK(in_parts.ours.session.what() == trouble::wrong_network);
}

TEST_CASE("TLS refuses: members of two networks, each with a name for it") {
    tls_pair pair(a_private_network(1), a_private_network(2));
    pair.shuttle();
    CHECK(pair.acceptor.session.what() == trouble::wrong_network);
    CHECK(pair.dialler.is(phase::proving));
    pair.dialler.session.end_of_input();
    CHECK(pair.dialler.session.what() == trouble::wrong_network);
    CHECK(pair.dialler.session.reason() != pair.acceptor.session.reason());
}

TEST_CASE("TLS refuses: a handshake cut at any byte opens nothing") {
    bytes flight_of_acceptor, last;
    {
        tls_pair whole;
        whole.acceptor.take(whole.dialler.sent());
        flight_of_acceptor = whole.acceptor.sent();
        whole.dialler.take(flight_of_acceptor);
        last = whole.dialler.sent();
        whole.acceptor.take(byte_view(last).first(last.size() - 1));
        CHECK_FALSE(whole.acceptor.session.proven());
        whole.acceptor.session.end_of_input();
        CHECK(whole.acceptor.session.what() == trouble::cut);
    }
    for (std::size_t cut = 0; cut < flight_of_acceptor.size(); cut += 3) {
        tls_pair pair;
        pair.acceptor.take(pair.dialler.sent());
        const bytes sent = pair.acceptor.sent();
        pair.dialler.take(byte_view(sent).first(std::min(cut, sent.size() - 1)));
        CHECK_FALSE(pair.dialler.session.proven());
        pair.dialler.session.end_of_input();
        CHECK(pair.dialler.is(phase::failed));
    }
}

TEST_CASE("TLS refuses: any byte of the handshake flipped opens nothing with another id") {
    for (int flight = 0; flight < 3; ++flight) {
        for (std::size_t at = 0;; ++at) {
            CAPTURE(flight);
            CAPTURE(at);
            tls_pair pair(a_private_network());
            bytes sent;
            bool beyond = false;
            for (int turn = 0; turn < 4; ++turn) {
                tls_end& from = turn % 2 == 0 ? pair.dialler : pair.acceptor;
                tls_end& to = turn % 2 == 0 ? pair.acceptor : pair.dialler;
                sent = from.sent();
                if (turn == flight) {
                    beyond = at >= sent.size();
                    if (!beyond) sent[at] ^= 0x01;
                }
                to.take(sent);
            }
            if (beyond) break;
            for (const tls_end* each : {&pair.dialler, &pair.acceptor}) {
                const peer_id& other = each == &pair.dialler ? pair.accepting_key.id() : pair.dialling_key.id();
                if (each->session.proven()) CHECK(each->session.them() == other);
                CHECK(each->plain.empty());
            }
            // The minor version of the first record is read by nobody (RFC 8446, 5.1), and is not signed.
            CHECK(pair.open() == (at == 2 && flight < 2));
        }
    }
}

TEST_CASE("TLS ends: a record changed at any byte is not delivered") {
    for (std::size_t at = 0; at < 40; ++at) {
        CAPTURE(at);
        tls_pair pair;
        pair.shuttle();
        pair.dialler.say("eighteen bytes long");
        bytes sealed = pair.dialler.sent();
        if (at >= sealed.size()) break;
        sealed[at] ^= 0x10;
        pair.acceptor.take(sealed);
        pair.acceptor.session.end_of_input();
        CHECK(pair.acceptor.is(phase::failed));
        CHECK(pair.acceptor.plain.empty());
    }
}

TEST_CASE("TLS ends: a record that comes twice is not delivered twice") {
    tls_pair pair;
    pair.shuttle();
    pair.dialler.say("once");
    const bytes sealed = pair.dialler.sent();
    pair.acceptor.take(sealed);
    pair.acceptor.take(sealed);
    CHECK(pair.acceptor.plain == "once");
    CHECK(pair.acceptor.session.what() == trouble::broken);
}

TEST_CASE("TLS bounds: more than 8 KiB before anybody is known is too much") {
    const secure::tls_context context(private_key::generate(), {});
    tls_end ours(context, role::acceptor);
    bytes record(5 + 16'000, 1);
    const bytes head = {22, 3, 1, 0x3e, 0x80};  // a handshake record of 16,000 bytes
    std::copy(head.begin(), head.end(), record.begin());
    ours.take(record);
    CHECK(ours.is(phase::failed));
    CHECK(ours.session.what() == trouble::too_much);
}

TEST_CASE("TLS bounds: changes of keys without data are too much, and other messages after the handshake, too") {
    known_stranger eager;
    eager.prove();
    for (std::uint64_t i = 0; i < limits::key_changes_free; ++i) {
        REQUIRE(SSL_key_update(eager.them.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
        eager.say(as_bytes("x"));
    }
    CHECK(eager.ours.is(phase::open));
    CHECK(eager.ours.plain.size() == limits::key_changes_free);
    REQUIRE(SSL_key_update(eager.them.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
    eager.say(as_bytes("x"));
    CHECK(eager.ours.session.what() == trouble::too_much);

    // A server that sends tickets: nobody asked for them.
    const auto key = new_key("ED25519");
    stranger server(false);
    server.show(certificate_of(key.get(), key.get()).get(), key.get());
    SSL_CTX_set_num_tickets(server.context(), 1);
    const secure::tls_context context(private_key::generate(), {});
    tls_end ours(context, role::dialler);
    server.talk_with(ours);
    CHECK(ours.is(phase::failed));
    CHECK(ours.session.what() == trouble::too_much);
}
