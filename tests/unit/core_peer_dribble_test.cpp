// Peers that say nothing, and peers whose frames never end: in every purpose and direction there is a time at which they
// are closed, and bytes that dribble in do not put it off.

#include "support/scripted_peer.hpp"

#include "mogshare/base/sha256.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

using wire::purpose;

/// Delivers `data` a byte a second, over and over, until the connection is closed; gives how long that took.
duration dribble(scripted_peer& peer, conn_id conn, const bytes& data, duration most) {
    const time_point begun = peer.now();
    for (std::size_t at = 0; !peer.hung_up(conn) && peer.now() - begun < most; at = (at + 1) % data.size()) {
        peer.deliver(conn, byte_view(data).subspan(at, 1));
        peer.pass(1s);
    }
    return peer.now() - begun;
}

/// A frame of 300 bytes that may come on no connection before it is whole.
bytes long_frame(wire::message_type type) {
    bytes frame{0, 0, 1, 44, static_cast<std::uint8_t>(type), 1, 0, 0};
    frame.resize(308);
    return frame;
}

/// The peer has found something and now waits for what the other side says next on an answer connection that it dialled.
conn_id answering_for(scripted_peer& peer, const scripted_file& file) {
    peer.feed(input::share_found{file.shared});
    const nonce secret = random_source::from_number(4).id<nonce>();
    wire::pesquisa search;
    search.id = id_cast<query_id>(sha256(secret.view()));
    search.origin_id = peer_numbered(7);
    search.origin.port = site(7).port;
    search.name = file.shared.path;
    peer.say(peer.neighbour(7), search);
    const conn_id conn = peer.only<output::dial>().conn;
    peer.answer_dial(conn, 7, purpose::answer);
    peer.heard<wire::claim>(conn);
    peer.say(conn, wire::nonce_shown{secret});
    peer.heard<wire::existe>(conn);
    return conn;
}

}  // namespace

TEST_CASE("who says nothing after HELLO is closed when what is due has not come") {
    const auto silent_for = [](purpose why) {
        scripted_peer peer;
        peer.start();
        const conn_id conn = peer.neighbour(7, why);
        const time_point begun = peer.now();
        while (!peer.hung_up(conn) && peer.now() - begun < 1h) peer.pass(1s);
        CHECK(peer.counts().time_limits_hit == 1);
        return peer.now() - begun;
    };
    const time_limits times;
    CHECK(silent_for(purpose::link) == times.link_silence);
    CHECK(silent_for(purpose::answer) == times.claim);
    CHECK(silent_for(purpose::transfer) == times.upload_idle);
}

TEST_CASE("a frame that comes a byte a second does not put any time limit off") {
    const auto dribbles_for = [](purpose why) {
        scripted_peer peer;
        peer.start();
        const conn_id conn = peer.neighbour(7, why);
        const duration lasted = dribble(peer, conn, long_frame(wire::message_type::bye), 1h);
        CHECK(peer.counts().time_limits_hit == 1);
        while (peer.unheard(conn) > 1) peer.heard<wire::keepalive>(conn);
        CHECK(peer.said_goodbye(conn, wire::bye_reason::timeout));
        return lasted;
    };
    const time_limits times;
    CHECK(dribbles_for(purpose::link) == times.frame);
    CHECK(dribbles_for(purpose::answer) == times.claim);
    CHECK(dribbles_for(purpose::transfer) == times.upload_idle);
}

TEST_CASE("half a frame and then nothing is no frame that has ended") {
    scripted_peer peer;
    peer.start();
    const conn_id link = peer.neighbour(7);
    peer.deliver(link, byte_view(long_frame(wire::message_type::bye)).first(50));
    peer.pass(peer->chosen().times.frame - 1ms);
    CHECK_FALSE(peer.hung_up(link));
    peer.forget_said(link);  // KEEPALIVE
    peer.pass(1ms);
    CHECK(peer.said_goodbye(link, wire::bye_reason::timeout));
}

TEST_CASE("a frame that will be skipped must end in time as well") {
    scripted_peer peer;
    peer.start();
    const conn_id link = peer.neighbour(7);
    const duration lasted = dribble(peer, link, long_frame(static_cast<wire::message_type>(200)), 1h);
    CHECK(lasted == peer->chosen().times.frame);
}

TEST_CASE("frames that each end in time may come for ever, whatever cuts them") {
    for (const std::size_t chunk : {1u, 3u, 10u, 11u, 17u}) {
        CAPTURE(chunk);
        scripted_peer peer;
        peer.start();
        const conn_id link = peer.neighbour(7);
        bytes stream;
        for (int count = 0; count < 100; ++count) {
            const bytes alive = wire::encode(wire::keepalive{});
            stream.insert(stream.end(), alive.begin(), alive.end());
            stream.insert(stream.end(), {0, 0, 0, 0, 200, 1, 0, 0});  // optional, empty
            stream.insert(stream.end(), {0, 0, 0, 2, 200, 1, 0, 0, 1, 2});
        }
        for (std::size_t at = 0; at < stream.size(); at += chunk) {
            peer.deliver(link, byte_view(stream).subspan(at, std::min(chunk, stream.size() - at)));
            peer.pass(3s);
            REQUIRE_FALSE(peer.hung_up(link));
        }
    }
}

TEST_CASE("R8: a holder that waits for its ping is not held by half a PING") {
    scripted_peer peer;
    const scripted_file file("song.ogg", 50'000);
    peer.start();
    const conn_id conn = answering_for(peer, file);
    const duration lasted = dribble(peer, conn, long_frame(wire::message_type::bye), 1h);
    CHECK(lasted <= peer->chosen().times.ping_wait);
    CHECK(peer.counts().time_limits_hit == 1);
}

TEST_CASE("R10: a PONG that comes a byte a second fails its ping, and the search ends") {
    scripted_peer peer;
    const scripted_file file("song.ogg", 50'000);
    peer.start_with_rows({1});
    peer.neighbour(1);
    peer.feed(input::search{1, wire::query_kind::exact, "song.ogg"});
    const conn_id conn = peer.neighbour(7, purpose::answer);
    wire::existe said;
    said.id = peer->find_search(1)->id;
    said.entries = {file.entry()};
    peer.say(conn, wire::claim{said.id});
    peer.say(conn, said);
    peer.heard<wire::nonce_shown>(conn);
    const wire::ping asked = peer.heard<wire::ping>(conn);
    const duration lasted = dribble(peer, conn, file.pong_to(asked), 1h);
    CHECK(lasted == peer->chosen().times.ping);
    CHECK(peer->find_search(1)->answers.at(0).ping == ping_state::failed);
    CHECK(peer->find_search(1)->over());
}
