// The originator's side of an answer in the machine: NONCE, EXISTE, ping and rate.

#include "support/scripted_peer.hpp"

#include "mogshare/base/sha256.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

/// An originator whose search is under way.
struct asking_peer : scripted_peer {
    scripted_file file;
    query_id id;

    explicit asking_peer(std::size_t file_size = 300'000, const settings& chosen = {})
        : scripted_peer(chosen), file("song.ogg", file_size) {
        start_with_rows({1});
        neighbour(1);
        search(1);
    }
    void search(search_ticket ticket) {
        feed(input::search{ticket, wire::query_kind::exact, "song.ogg"});
        id = found(ticket).id;
    }
    const search_state& found(search_ticket ticket = 1) const { return *(*this)->find_search(ticket); }
    conn_id claim(std::uint32_t number) {
        const auto conn = neighbour(number, wire::purpose::answer);
        say(conn, wire::claim{id});
        return conn;
    }
    wire::existe existe(std::uint8_t level = 2) const {
        wire::existe said;
        said.id = id;
        said.level = level;
        said.slots_free = 3;
        said.matches = 1;
        said.entries = {file.entry()};
        return said;
    }
    /// Peer `number` answers, up to EXISTE.
    conn_id answered_by(std::uint32_t number) {
        const auto conn = claim(number);
        heard<wire::nonce_shown>(conn);
        say(conn, existe());
        return conn;
    }
};

}  // namespace

TEST_CASE("R9: CLAIM for a live search is shown its nonce") {
    asking_peer peer;
    const auto conn = peer.claim(7);
    const auto shown = peer.heard<wire::nonce_shown>(conn);
    CHECK(id_cast<query_id>(sha256(shown.secret.view())) == peer.id);
}

TEST_CASE("R9: who was not asked learns nothing") {
    asking_peer peer;
    conn_id conn = 0;
    SUBCASE("an id that is not ours") {
        conn = peer.neighbour(7, wire::purpose::answer);
        peer.say(conn, wire::claim{});
    }
    SUBCASE("a search whose window has passed") {
        peer.pass(peer->chosen().times.window);
        conn = peer.claim(7);
    }
    SUBCASE("a search whose window has passed while a ping goes on") {
        peer.answered_by(8);
        peer.pass(peer->chosen().times.window);
        conn = peer.claim(7);
    }
    SUBCASE("a peer that has answered already") {
        peer.answered_by(7);
        conn = peer.claim(7);
    }
    CHECK(peer.silent(conn));
    CHECK(peer.hung_up(conn));
    CHECK(peer.counts().answers_unasked == 1);
}

TEST_CASE("R2, R10: the rate is Y/t, with t from the request to the last byte, and the answer scores") {
    asking_peer peer;
    peer.pass(100ms);
    const auto conn = peer.claim(7);
    peer.heard<wire::nonce_shown>(conn);
    peer.pass(30ms);
    peer.say(conn, peer.existe());
    const auto ping = peer.heard<wire::ping>(conn);
    CHECK(ping.length == 256 * 1024);
    CHECK(ping.offset % limits::leaf_bytes == 0);
    CHECK(find(peer->both_tables(), peer_numbered(7))->score == 0);
    const bytes pong = peer.file.pong_to(ping);
    const byte_view all(pong);
    peer.pass(50ms);
    peer.deliver(conn, all.first(1000));
    peer.pass(150ms);
    peer.deliver(conn, all.subspan(1000, 100'000));
    peer.pass(300ms);
    peer.deliver(conn, all.subspan(101'000));
    CHECK(peer.hung_up(conn));
    REQUIRE(peer.found().answers.size() == 1);
    const answer& got = peer.found().answers[0];
    CHECK(got.ping == ping_state::done);
    CHECK(got.ping_time == 500ms);
    CHECK(got.ping_bytes == 256 * 1024);
    CHECK(got.rate_bytes_per_s == doctest::Approx(256 * 1024 / 0.5));
    CHECK(got.after == 130ms);
    CHECK(got.round_trip == 30ms);
    CHECK(got.level == 2);
    CHECK(got.where == site(7));
    CHECK(find(peer->both_tables(), peer_numbered(7))->score == 1);
}

TEST_CASE("R2, R10: a PONG that proves nothing earns neither rate nor score") {
    asking_peer peer;
    const auto conn = peer.answered_by(7);
    const auto ping = peer.heard<wire::ping>(conn);
    bytes pong = peer.file.pong_to(ping);
    SUBCASE("wrong bytes") {
        pong[pong.size() - 200'000] ^= 1;
    }
    SUBCASE("another search") {
        pong[limits::frame_header_bytes] ^= 1;
    }
    peer.deliver(conn, pong);
    CHECK(peer.said_goodbye(conn, wire::bye_reason::protocol));
    CHECK(peer.found().answers[0].ping == ping_state::failed);
    CHECK(find(peer->both_tables(), peer_numbered(7))->score == 0);
    CHECK(peer.counts().pings_failed == 1);
}

TEST_CASE("small print, who says EXISTE: it enters the secondary table, unless it is short-lived") {
    asking_peer peer;
    peer.answered_by(7);
    const table_row* const row = peer->both_tables().secondary.find(peer_numbered(7));
    REQUIRE(row != nullptr);
    CHECK(row->addresses == std::vector{site(7)});  // with the port that HELLO says, not the one it dialled from
    const auto conn = peer.neighbour(8, wire::purpose::answer, true);
    peer.say(conn, wire::claim{peer.id});
    peer.heard<wire::nonce_shown>(conn);
    peer.say(conn, peer.existe());
    CHECK(peer.found().answers.size() == 2);
    CHECK(find(peer->both_tables(), peer_numbered(8)) == nullptr);
}

TEST_CASE("R10: at most 2 pings at once, at most 8 a search; answers beyond are listed unranked") {
    asking_peer peer;
    std::vector<conn_id> conns;
    for (std::uint32_t n = 0; n < 10; ++n) conns.push_back(peer.answered_by(200 + n));
    const auto running = [&] {
        std::vector<std::size_t> list;
        for (std::size_t n = 0; n < conns.size(); ++n)
            if (peer.found().answers[n].ping == ping_state::running) list.push_back(n);
        return list;
    };
    CHECK(running() == std::vector<std::size_t>{0, 1});
    for (const std::size_t n : {8, 9}) {
        CHECK(peer.said_goodbye(conns[n], wire::bye_reason::done));
        CHECK(peer.found().answers[n].ping == ping_state::none);
    }
    peer.deliver(conns[1], peer.file.pong_to(peer.heard<wire::ping>(conns[1])));
    CHECK(running() == std::vector<std::size_t>{0, 2});
    peer.close(conns[0]);
    CHECK(running() == std::vector<std::size_t>{2, 3});
    peer.close(conns[5]);  // while it waits for its turn
    peer.pass(peer->chosen().times.ping);
    CHECK(running() == std::vector<std::size_t>{4, 6});
    for (const std::size_t n : {4, 6, 7}) peer.deliver(conns[n], peer.file.pong_to(peer.heard<wire::ping>(conns[n])));
    CHECK(running().empty());
    CHECK(peer.only<output::search_over>().ticket == 1);
    for (const std::size_t n : {1, 2, 3, 4, 6, 7, 8, 9}) CHECK(peer.hung_up(conns[n]));
    CHECK(peer.counts().pings_verified == 4);
    CHECK(peer.counts().answers_unpinged == 2);
}

TEST_CASE("R10: pings of several searches share the line, and nothing is held by those that ended") {
    asking_peer peer;
    for (search_ticket ticket = 1; ticket <= 20; ++ticket) {
        if (ticket > 1) peer.search(ticket);
        std::vector<conn_id> conns;
        for (std::uint32_t n = 0; n < 6; ++n) conns.push_back(peer.answered_by(200 + n));
        for (std::size_t n = 0; n < conns.size(); ++n) {
            if ((n + ticket) % 3 == 0) peer.close(conns[n]);
            if ((n + ticket) % 3 == 1) peer.say(conns[n], wire::bye{wire::bye_reason::leaving, ""});
        }
        peer.pass(3 * peer->chosen().times.ping);
        CHECK(peer.only<output::search_over>().ticket == ticket);
    }
    peer.search(99);
    for (const std::uint32_t n : {300, 301}) peer.heard<wire::ping>(peer.answered_by(n));  // both places are free
    CHECK(peer.silent(peer.answered_by(302)));
}

TEST_CASE("R10: one answer and one ping a peer and search, even over two connections") {
    asking_peer peer;
    const auto first = peer.claim(7);
    const auto second = peer.claim(7);
    peer.heard<wire::nonce_shown>(first);
    peer.heard<wire::nonce_shown>(second);
    peer.say(first, peer.existe());
    peer.heard<wire::ping>(first);
    peer.say(second, peer.existe());
    CHECK(peer.said_goodbye(second, wire::bye_reason::done));
    CHECK(peer.found().answers.size() == 1);
}

TEST_CASE("bounds: answers to one search are limited, however they come") {
    asking_peer peer;
    std::vector<conn_id> conns;
    for (std::uint32_t n = 0; n < limits::answers_per_search_max + 5; ++n) conns.push_back(peer.claim(1000 + n));
    for (const conn_id conn : conns) peer.say(conn, peer.existe());
    CHECK(peer.found().answers.size() == limits::answers_per_search_max);
}

TEST_CASE("R8: entries that were not asked for are left out, and an EXISTE of none ends the connection") {
    asking_peer peer;
    const auto conn = peer.claim(7);
    peer.heard<wire::nonce_shown>(conn);
    auto said = peer.existe();
    wire::entry other = peer.file.entry();
    SUBCASE("another name") {
        other.name = "virus.exe";
    }
    SUBCASE("a forbidden name") {
        other.name = "../song.ogg";
    }
    SUBCASE("a part of it only") {
        other.held = 5;
    }
    SUBCASE("an empty file that is none") {
        other.size = other.held = 0;
    }
    said.entries.push_back(other);
    peer.say(conn, said);
    REQUIRE(peer.found().answers.size() == 1);
    CHECK(peer.found().answers[0].entries == std::vector{peer.file.entry()});
    const auto second = peer.claim(8);
    peer.heard<wire::nonce_shown>(second);
    said.entries = {other};
    peer.say(second, said);
    CHECK(peer.said_goodbye(second, wire::bye_reason::protocol));
}

TEST_CASE("small print, empty files: found, and neither pinged nor scored") {
    asking_peer peer(0);
    const auto conn = peer.answered_by(7);
    CHECK(peer.said_goodbye(conn, wire::bye_reason::done));
    CHECK(peer.found().results.size() == 1);
    CHECK(peer.found().answers[0].ping == ping_state::none);
}

TEST_CASE("C3: one content under several names, from several peers, is one result") {
    asking_peer peer;
    peer.answered_by(7);
    const auto conn = peer.claim(8);
    peer.heard<wire::nonce_shown>(conn);
    auto said = peer.existe();
    said.entries[0].name = "music/song.ogg";
    peer.say(conn, said);
    REQUIRE(peer.found().results.size() == 1);
    CHECK(peer.found().results[0].names == std::vector<std::string>{"song.ogg", "music/song.ogg"});
    CHECK(peer.found().results[0].answers == std::vector<std::size_t>{0, 1});
}

TEST_CASE("time limits at the originator: claim, existe, ping") {
    asking_peer peer;
    const auto& times = peer->chosen().times;
    conn_id conn = 0;
    duration limit{};
    SUBCASE("claim") {
        conn = peer.neighbour(7, wire::purpose::answer);
        limit = times.claim;
    }
    SUBCASE("existe") {
        conn = peer.claim(7);
        limit = times.existe;
    }
    SUBCASE("ping") {
        conn = peer.answered_by(7);
        limit = times.ping;
    }
    peer.forget_said(conn);
    peer.pass(limit - 1ns);
    CHECK_FALSE(peer.hung_up(conn));
    peer.pass(1ns);
    CHECK(peer.said_goodbye(conn, wire::bye_reason::timeout));
    CHECK(peer.only<output::search_over>().ticket == 1);
    if (!peer.found().answers.empty()) CHECK(peer.found().answers[0].ping == ping_state::failed);
}

TEST_CASE("a search is over when its window has passed and its last ping is answered") {
    asking_peer peer;
    const auto& times = peer->chosen().times;
    peer.pass(times.window - 10ms);
    const auto conn = peer.answered_by(7);
    const auto ping = peer.heard<wire::ping>(conn);
    peer.pass(1s);
    CHECK(peer.all<output::search_over>().empty());
    peer.deliver(conn, peer.file.pong_to(ping));
    CHECK(peer.only<output::search_over>().ticket == 1);
    CHECK(peer.found().lasted == times.window - 10ms + 1s);
}

TEST_CASE("bounds: results beyond 1024 of a search are left out and counted") {
    asking_peer peer;
    constexpr std::size_t answers = limits::results_per_search_max / limits::entries_max + 2;
    for (std::uint32_t n = 0; n < answers; ++n) {
        wire::existe said = peer.existe();
        said.entries.assign(limits::entries_max, peer.file.entry());
        for (std::size_t at = 0; at < limits::entries_max; ++at) {
            said.entries[at].content.value[0] = static_cast<std::uint8_t>(n);
            said.entries[at].content.value[1] = static_cast<std::uint8_t>(at);
        }
        peer.say(peer.claim(200 + n), said);
    }
    CHECK(peer.found().answers.size() == answers);
    CHECK(peer.found().results.size() == limits::results_per_search_max);
    CHECK(peer.counts().results_refused == 2 * limits::entries_max);
}
