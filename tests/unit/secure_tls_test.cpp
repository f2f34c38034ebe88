// TLS sessions that understand each other: handshake, proof of the network, data, keys, end.

#include "unit/secure_sessions.hpp"

#include "support/random_text.hpp"

using namespace mogshare;
using namespace mogshare::testing;
using phase = tls_session::phase;

TEST_CASE("TLS: both ends are open and know each other, whatever the chunks, in an open and in a private network") {
    for (const auto& network : {secure::network_key(), a_private_network()}) {
        for (const std::size_t chunk : {1, 2, 5, 7, 64, 1000, 100'000}) {
            CAPTURE(chunk);
            tls_pair pair(network);
            pair.shuttle(chunk);
            CHECK(pair.open());
            CHECK(pair.dialler.session.them() == pair.accepting_key.id());
            CHECK(pair.acceptor.session.them() == pair.dialling_key.id());
            CHECK(pair.dialler.plain.empty());
            CHECK(pair.acceptor.plain.empty());

            const std::string there = random_text(70'000, 1), back = random_text(50'001, 2);
            pair.dialler.say(there);
            pair.acceptor.say(back);
            pair.shuttle(chunk);
            CHECK((pair.acceptor.plain == there));
            CHECK((pair.dialler.plain == back));
        }
    }
}

TEST_CASE("TLS: in the open network the dialler speaks with its proof, in a private one it waits for the acceptor's") {
    tls_pair open;
    open.acceptor.take(open.dialler.sent());
    open.dialler.take(open.acceptor.sent());
    CHECK(open.dialler.is(phase::open));
    CHECK(open.dialler.session.proven());
    open.dialler.say("early");
    open.acceptor.take(open.dialler.sent());
    CHECK(open.acceptor.plain == "early");
    open.acceptor.say("answer");
    open.dialler.take(open.acceptor.sent());
    CHECK(open.dialler.plain == "answer");

    tls_pair closed(a_private_network());
    closed.acceptor.take(closed.dialler.sent());
    closed.dialler.take(closed.acceptor.sent());
    CHECK(closed.dialler.is(phase::proving));
    CHECK_FALSE(closed.dialler.session.proven());
    CHECK(closed.dialler.session.them() == closed.accepting_key.id());
    closed.acceptor.take(closed.dialler.sent());
    CHECK(closed.acceptor.is(phase::open));
    closed.dialler.take(closed.acceptor.sent());
    CHECK(closed.dialler.is(phase::open));
}

TEST_CASE("TLS: the expected peer is taken, and a handshake needs few bytes") {
    const private_key key = private_key::generate(), other = private_key::generate();
    const secure::tls_context dialling(key, {}), accepting(other, {});
    tls_end dialler(dialling, role::dialler, other.id()), acceptor(accepting, role::acceptor);
    std::size_t there_bytes = 0, back_bytes = 0;
    while (!dialler.out.empty() || !acceptor.out.empty()) {
        there_bytes += dialler.out.size();
        acceptor.take(dialler.sent());
        back_bytes += acceptor.out.size();
        dialler.take(acceptor.sent());
    }
    CHECK(dialler.is(phase::open));
    CHECK(acceptor.is(phase::open));
    CHECK(there_bytes < 1000);
    CHECK(back_bytes < 1000);
}

TEST_CASE("TLS: an accepted connection that says nothing costs nothing but its own size") {
    const secure::tls_context accepting(private_key::generate(), {});
    tls_end silent(accepting, role::acceptor);
    silent.take({});
    CHECK(silent.is(phase::handshaking));
    CHECK(silent.out.empty());
    silent.session.end_of_input();
    CHECK(silent.session.what() == trouble::cut);
    CHECK(silent.session.reason() == "the other side closed the connection without a word");
    CHECK(sizeof(tls_session) < 512);
}

TEST_CASE("TLS: a room that is smaller than a record gets it in parts") {
    tls_pair pair;
    pair.shuttle();
    const std::string text = random_text(40'000, 3);
    pair.dialler.say(text);
    const bytes sealed = pair.dialler.sent();
    byte_view in(sealed);
    std::array<std::uint8_t, 33> room{};
    std::string got;
    for (;;) {
        const byte_view part = pair.acceptor.session.take(in, room, pair.acceptor.out);
        got.append(as_text(part));
        if (part.size() < room.size()) break;
    }
    CHECK(in.empty());
    CHECK((got == text));
}

TEST_CASE("TLS: keys change after so many records, in both directions, and nothing is lost") {
    const private_key key = private_key::generate(), other = private_key::generate();
    const secure::tls_context dialling(key, {}, 100), accepting(other, {}, 100);
    tls_end dialler(dialling, role::dialler), acceptor(accepting, role::acceptor);
    std::string there, back;
    const auto carry = [&] {
        while (!dialler.out.empty() || !acceptor.out.empty()) {
            acceptor.take(dialler.sent());
            dialler.take(acceptor.sent());
        }
    };
    carry();
    for (int i = 0; i < 750; ++i) {
        const std::string text = std::to_string(i) + ";";
        there += text;
        dialler.say(text);
        back += "x" + text;
        acceptor.say("x" + text);
        carry();
    }
    CHECK(acceptor.plain == there);
    CHECK(dialler.plain == back);
    CHECK(dialler.is(phase::open));
    CHECK(acceptor.is(phase::open));
}

TEST_CASE("TLS: the end that is said is told from the end that is not") {
    tls_pair pair;
    pair.shuttle();
    pair.dialler.say("goodbye");
    pair.dialler.session.say_end(pair.dialler.out);
    pair.acceptor.take(pair.dialler.sent());
    CHECK(pair.acceptor.plain == "goodbye");
    CHECK(pair.acceptor.is(phase::closed));
    pair.acceptor.session.end_of_input();
    CHECK(pair.acceptor.is(phase::closed));
    pair.dialler.session.say_end(pair.dialler.out);
    CHECK(pair.dialler.out.empty());

    pair.dialler.session.end_of_input();
    CHECK(pair.dialler.is(phase::failed));
    CHECK(pair.dialler.session.what() == trouble::cut);
    CHECK(pair.dialler.session.reason() == "the connection was cut off by the other side");
}

TEST_CASE("TLS: the certificate of a key is always the same bytes") {
    // Two contexts of one key: what they say in the handshake differs by chance alone, so ask by what is seen of them.
    const private_key key = private_key::generate();
    const secure::tls_context one(key, {}), two(key, {});
    CHECK(one.id() == two.id());
    for (const secure::tls_context* each : {&one, &two}) {
        tls_end dialler(*each, role::dialler, key.id()), acceptor(*each, role::acceptor, key.id());
        acceptor.take(dialler.sent());
        dialler.take(acceptor.sent());
        acceptor.take(dialler.sent());
        CHECK(acceptor.session.them() == key.id());
    }
}
