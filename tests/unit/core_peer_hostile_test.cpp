// What a stranger on one connection cannot do: take memory, other peers' rows, or another look at a file than it may have.

#include "support/rows.hpp"
#include "support/scripted_peer.hpp"

#include <doctest/doctest.h>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

/// Only the header of a frame that announces `payload_bytes`.
bytes header_of(wire::message_type type, std::uint32_t payload_bytes) {
    return {static_cast<std::uint8_t>(payload_bytes >> 24),
            static_cast<std::uint8_t>(payload_bytes >> 16),
            static_cast<std::uint8_t>(payload_bytes >> 8),
            static_cast<std::uint8_t>(payload_bytes),
            static_cast<std::uint8_t>(type),
            1,
            0,
            0};
}

/// Says `question` until it is cut off; gives how often.
std::size_t ask_until_cut(scripted_peer& peer, conn_id conn, const wire::message& question) {
    std::size_t count = 0;
    while (!peer.hung_up(conn) && count < 2'000'000) {
        peer.say(conn, question);
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("bounds: who asks to enter again and again and never reads is cut off") {
    core::settings chosen;
    chosen.budget.entries_per_min_host = 1'000'000'000;
    scripted_peer peer(chosen);
    std::vector<std::uint32_t> rows;
    for (std::uint32_t number = 1; number <= 32; ++number) rows.push_back(number);
    peer.start_with_rows(rows);
    const auto greedy = peer.neighbour(77);
    peer.network_takes = false;
    ask_until_cut(peer, greedy, wire::entrada{16});
    CHECK(peer.hung_up(greedy));
    CHECK(peer.queued_bytes(greedy) <= limits::backlog_bytes_max + limits::KiB);
    CHECK(peer.counts().connections_choked == 1);
}

TEST_CASE("bounds: who asks for hashes of nothing and never reads is cut off") {
    settings chosen;
    SUBCASE("no upload limit") {}
    SUBCASE("an upload limit") {
        chosen.upload_bytes_per_s = 2500;
    }
    scripted_peer peer(chosen);
    peer.start();
    const auto greedy = peer.neighbour(77, wire::purpose::transfer);
    peer.network_takes = false;
    const std::size_t asked = ask_until_cut(peer, greedy, wire::get_hashes{content_id{}, 0, 1});
    CHECK(peer.hung_up(greedy));
    CHECK(peer.queued_bytes(greedy) <= limits::backlog_bytes_max + limits::KiB);
    CHECK(asked < limits::backlog_bytes_max / 100);  // BUSY has 20 bytes, and takes a hundred in memory
    CHECK(asked > limits::backlog_bytes_max / 200);
    CHECK(peer->load().queued_bytes == 0);
}

TEST_CASE("bounds: small frames that a slow reader takes in the end leave nothing behind in what is counted") {
    scripted_peer peer;
    peer.start();
    const auto slow = peer.neighbour(77, wire::purpose::transfer);
    peer.network_takes = false;
    for (int round = 0; round < 100; ++round) {
        for (int time = 0; time < 100; ++time) peer.say(slow, wire::get_hashes{content_id{}, 0, 1});
        peer.leave(slow, peer.queued_bytes(slow) * 2 / 3);
    }
    const std::size_t few = peer->load().queued_bytes;
    CHECK(few >= peer.queued_bytes(slow));
    CHECK(few < 100 * 200);
    while (peer.queued_bytes(slow) > 0) peer.leave(slow, std::min<std::size_t>(peer.queued_bytes(slow), 7));
    CHECK(peer->load().queued_bytes == 0);
}

TEST_CASE("bounds: before HELLO no large frame is begun, and after it only one that was asked for") {
    scripted_peer peer;
    peer.start();
    const auto stranger = peer.accept(7);
    peer.deliver(stranger, header_of(wire::message_type::pong, limits::ping_bytes_max));
    CHECK(peer.hung_up(stranger));
    CHECK(peer.counts().frames_refused == 1);
    for (const auto why : {wire::purpose::link, wire::purpose::answer, wire::purpose::transfer}) {
        const auto large = peer.neighbour(8, why);
        peer.deliver(large, header_of(wire::message_type::pong, limits::open_payload_bytes_max + 1));
        CHECK(peer.said_goodbye(large, wire::bye_reason::protocol));
        const auto optional = peer.neighbour(9, why);
        peer.deliver(optional, header_of(static_cast<wire::message_type>(200), limits::open_payload_bytes_max));
        CHECK_FALSE(peer.hung_up(optional));
    }
    CHECK(peer.counts().frames_refused == 4);
}

TEST_CASE("bounds, R10: a large PONG may begin once its PING is out") {
    scripted_peer peer;
    const scripted_file file("song.ogg", 50'000);
    peer.start_with_rows({1});
    peer.neighbour(1);
    peer.feed(input::search{1, wire::query_kind::exact, "song.ogg"});
    const auto answer = peer.neighbour(7, wire::purpose::answer);
    wire::existe said;
    said.id = peer->find_search(1)->id;
    said.entries = {file.entry()};
    peer.say(answer, wire::claim{said.id});
    peer.say(answer, said);
    peer.heard<wire::nonce_shown>(answer);
    peer.heard<wire::ping>(answer);
    peer.deliver(answer, header_of(wire::message_type::pong, limits::ping_bytes_max));
    CHECK_FALSE(peer.hung_up(answer));
}

TEST_CASE("small print, orderly end: BYE takes the row of a peer away from wherever it is said") {
    scripted_peer peer;
    peer.start_with_rows({1});
    const auto elsewhere = peer.accept({site(66).address, 40'000}, 1);
    peer.say(elsewhere, scripted_peer::hello_of(1));
    peer.say(elsewhere, wire::bye{wire::bye_reason::leaving, ""});
    CHECK(core::find(peer->both_tables(), peer_numbered(1)) == nullptr);
}

TEST_CASE("R6: a known peer that speaks from elsewhere has moved, and its row follows") {
    scripted_peer peer;
    peer.start_with_rows({1});
    const auto elsewhere = peer.accept({site(66).address, 40'000}, 1);
    peer.say(elsewhere, scripted_peer::hello_of(1));
    peer.say(elsewhere, wire::entrada{16});
    CHECK(core::find(peer->both_tables(), peer_numbered(1))->addresses ==
          std::vector<endpoint>{{site(66).address, site(1).port}});
}

TEST_CASE("R9: a relayed search makes nobody dial a port of system services") {
    scripted_peer peer;
    peer.start_with_rows({1});
    wire::pesquisa search;
    search.id.value.fill(5);
    search.origin_id = peer_numbered(50);
    search.origin = {site(50).address, 22};
    search.level = 2;
    search.name = "song.ogg";
    peer.say(peer.neighbour(1), search);
    CHECK(peer.counts().searches_refused_origin == 1);
    CHECK(core::find(peer->both_tables(), peer_numbered(50)) == nullptr);
}

TEST_CASE("strangers who come and go by the thousand leave no time limits behind") {
    scripted_peer peer;
    peer.start();
    const std::uint8_t half_a_frame = 0;
    for (std::size_t each = 0; each < 5 * limits::timers_stale_max; ++each) {
        const conn_id conn = peer.accept(7);
        peer.deliver(conn, byte_view(&half_a_frame, 1));
        peer.close(conn);
        CHECK(peer->load().timers <= limits::timers_stale_max + 2);
    }
    const conn_id last = peer.accept(7);
    peer.pass(peer->chosen().times.hello);
    CHECK(peer.hung_up(last));  // the time limit of who is there has not been dropped with the others
}
