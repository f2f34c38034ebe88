// What one neighbour, one address and one network may make a peer do, and what happens beyond.

#include "support/scripted_peer.hpp"

#include "mogshare/base/sha256.hpp"

#include <chrono>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

settings internet() {
    settings chosen;
    chosen.profile = network_profile::internet;
    return chosen;
}

endpoint far(std::uint8_t block, std::uint8_t last, std::uint16_t port = 40'000) {
    return {host::v4({20, 0, block, last}), port};
}

/// Peer `number` at a public address dials us and greets.
conn_id from_far(scripted_peer& peer, const endpoint& from, std::uint32_t number,
                 wire::purpose why = wire::purpose::link) {
    const conn_id conn = peer.accept(from, number);
    peer.say(conn, scripted_peer::hello_of(number, why));
    if (!peer.hung_up(conn)) peer.heard<wire::hello>(conn);
    return conn;
}

wire::pesquisa search_number(std::uint32_t number, const endpoint& origin, int level = 2) {
    wire::pesquisa said;
    said.id = id_cast<query_id>(sha256(peer_numbered(number).view()));
    said.origin_id = peer_numbered(50'000);
    said.origin = origin;
    said.level = static_cast<std::uint8_t>(level);
    said.name = "song.ogg";
    return said;
}

}  // namespace

TEST_CASE("R9: distinct searches of one neighbour are limited, copies are not, and others have their own") {
    scripted_peer peer(internet());
    peer.start();
    const conn_id loud = from_far(peer, far(1, 1), 1);
    const std::uint32_t burst = 10 * limits::internet.searches_per_s;
    for (std::uint32_t n = 0; n < burst + 5; ++n) peer.say(loud, search_number(n, far(9, 9, 7000)));
    CHECK(peer->load().searches_seen == burst);
    CHECK(peer.counts().searches_refused_budget == 5);
    for (std::uint32_t n = 0; n < 5; ++n) peer.say(loud, search_number(n, far(9, 9, 7000)));
    CHECK(peer.counts().searches_known == 5);
    const conn_id other = from_far(peer, far(2, 1), 2);
    peer.say(other, search_number(9999, far(9, 9, 7000)));
    CHECK(peer->load().searches_seen == burst + 1);
    peer.pass(1s);
    peer.say(loud, search_number(10'000, far(9, 9, 7000)));
    CHECK(peer->load().searches_seen == burst + 2);
}

TEST_CASE("R9: a copy with a lower level, which goes on again, costs its neighbour as much as a new search") {
    settings chosen;
    chosen.depth = 16;
    chosen.budget.searches_per_s = 20;
    scripted_peer peer(chosen);
    peer.start_with_rows({3});
    const conn_id loud = from_far(peer, far(1, 1), 1);
    peer.neighbour(3);
    const std::uint32_t burst = 10 * chosen.budget.searches_per_s;
    for (int level = 15; level > 0; --level)
        for (std::uint32_t n = 0; n < burst / 10; ++n) peer.say(loud, search_number(n, far(9, 9, 7000), level));
    CHECK(peer.counts().searches_forwarded ==
          burst / 2);  // the rest is for who comes new  // the rest is kept for our own
    CHECK(peer.counts().forwards_refused_budget == burst / 2);
    CHECK(peer.counts().searches_refused_budget == 5 * burst / 10);
    CHECK(peer->load().searches_seen == burst / 10);
}

TEST_CASE("budget: a search that names this peer as its originator is dropped, and counted") {
    scripted_peer peer;
    peer.start_with_rows({3});
    const conn_id link = peer.neighbour(1);
    wire::pesquisa said = search_number(1, site(scripted_peer::own_number));
    said.origin_id = peer_numbered(scripted_peer::own_number);
    peer.say(link, said);
    CHECK(peer.counts().searches_refused_self == 1);
    CHECK(peer.counts().searches_forwarded == 0);
    CHECK(peer->load().searches_seen == 0);
}

TEST_CASE("budget: the memory of searches keeps a reserve for our own") {
    settings chosen;
    chosen.budget.searches_per_s = chosen.budget.frames_per_s = 1'000'000'000;
    scripted_peer peer(chosen);
    peer.start_with_rows({1});
    const conn_id link = peer.neighbour(1);
    wire::pesquisa said = search_number(0, site(9), chosen.depth);
    for (std::uint32_t n = 0; peer.counts().searches_refused_memory == 0; ++n) {
        std::memcpy(said.id.value.data(), &n, sizeof n);
        peer.say(link, said);
        REQUIRE(n <= limits::seen_searches_max);
    }
    CHECK(peer->load().searches_seen == limits::seen_searches_max - limits::seen_searches_reserve);
    peer.feed(input::search{1, wire::query_kind::exact, "a"});
    CHECK(peer->load().searches_seen == limits::seen_searches_max - limits::seen_searches_reserve + 1);
}

TEST_CASE("R8: on the word of others nobody at a private address is dialled in the internet profile") {
    scripted_peer peer(internet());
    peer.start();
    peer.feed(input::share_found{scripted_file("song.ogg", 1000).shared});
    const conn_id link = from_far(peer, far(1, 1), 1);
    peer.say(link, search_number(1, far(9, 9, 7000)));
    CHECK(peer.only<output::dial>().where == far(9, 9, 7000));
    const conn_id near = peer.neighbour(2);
    peer.say(near, search_number(2, site(3)));
    peer.say(near, search_number(3, {host::v4({127, 0, 0, 1}), 7000}));
    CHECK(peer.dials().empty());
    CHECK(peer.counts().dials_refused_scope == 1);
    CHECK(peer.counts().searches_refused_origin == 1);
}

TEST_CASE("R8: forged searches towards one destination cause three dials, however many there are") {
    scripted_peer peer(internet());
    peer.start();
    peer.feed(input::share_found{scripted_file("song.ogg", 1000).shared});
    const conn_id link = from_far(peer, far(1, 1), 1);
    for (std::uint32_t n = 0; n < 50; ++n)
        peer.say(link, search_number(n, far(9, 9, static_cast<std::uint16_t>(7000 + n))));
    const auto dials = peer.dials();
    CHECK(dials.size() == 3);
    for (const auto& each : dials) peer.feed(input::dial_failed{each.conn, "refused"});
    for (int minute = 0; minute < 9; ++minute) {
        peer.pass(1min);
        for (std::uint32_t n = 0; n < 50; ++n)
            peer.say(link, search_number(100 + 50 * static_cast<std::uint32_t>(minute) + n, far(9, 9, 7000)));
    }
    CHECK(peer.dials().empty());
    CHECK(peer.counts().dials_refused_silence > 100);
}

TEST_CASE("budget: ENTRADA from one host is answered so often a minute, then refused with BYE full") {
    scripted_peer peer(internet());
    peer.start();
    const conn_id link = from_far(peer, far(1, 1), 1);
    for (std::uint32_t n = 0; n < limits::internet.entries_per_min_host; ++n) {
        peer.say(link, wire::entrada{16});
        peer.heard<wire::rows>(link);
    }
    peer.say(link, wire::entrada{16});
    CHECK(peer.said_goodbye(link, wire::bye_reason::full));
    CHECK(peer.counts().entradas_refused == 1);
    CHECK(peer->links().empty());
    const conn_id elsewhere = from_far(peer, far(1, 2), 2);
    peer.say(elsewhere, wire::entrada{16});
    peer.heard<wire::rows>(elsewhere);
}

TEST_CASE("budget: who sends more messages than one connection may is cut off") {
    settings chosen;
    chosen.budget.frames_per_s = 10;
    scripted_peer peer(chosen);
    peer.start();
    const conn_id link = peer.neighbour(1);  // HELLO is one
    for (int n = 0; n < 9; ++n) peer.say(link, wire::keepalive{});
    CHECK_FALSE(peer.hung_up(link));
    peer.pass(1s);
    for (int n = 0; n < 10; ++n) peer.say(link, wire::keepalive{});
    CHECK_FALSE(peer.hung_up(link));
    peer.say(link, wire::keepalive{});
    CHECK(peer.hung_up(link));
    CHECK(peer.counts().connections_flooding == 1);
}

TEST_CASE("budget: connections from one host and one network are limited; half-open ones of it give way first") {
    scripted_peer peer(internet());
    peer.start();
    std::vector<conn_id> open;
    for (std::uint32_t n = 0; n < limits::internet.connections_per_host; ++n)
        open.push_back(from_far(peer, far(1, 1), 200 + n));
    CHECK(peer.hung_up(peer.accept(far(1, 1))));
    CHECK(peer.counts().connections_refused_host == 1);
    CHECK_FALSE(peer.hung_up(peer.accept(far(1, 2))));
    peer.close(open.front());
    const conn_id half_open = peer.accept(far(1, 1));
    CHECK_FALSE(peer.hung_up(half_open));
    CHECK_FALSE(peer.hung_up(peer.accept(far(1, 1))));
    CHECK(peer.hung_up(half_open));

    std::uint32_t number = 1000;
    for (std::uint8_t last = 2; peer.counts().connections_refused_block == 0; ++last) {
        from_far(peer, far(1, last), ++number);
        REQUIRE(last < 200);
    }
    CHECK(peer->load().connections == limits::internet.connections_per_block);
    CHECK_FALSE(peer.hung_up(peer.accept(far(2, 1))));
}

TEST_CASE("budget: of one network so many answers to a search are taken, and so many in all") {
    settings chosen = internet();
    chosen.budget.answers_per_search = 6;
    scripted_peer peer(chosen);
    peer.start();
    const conn_id neighbour = from_far(peer, far(1, 1), 1);
    peer.say(neighbour, wire::entrada{16});
    peer.feed(input::search{1, wire::query_kind::exact, "song.ogg"});
    const query_id id = peer->find_search(1)->id;
    REQUIRE_FALSE(peer->find_search(1)->over());
    const auto answer_from = [&](const endpoint& from, std::uint32_t number) {
        const conn_id conn = from_far(peer, from, number, wire::purpose::answer);
        peer.say(conn, wire::claim{id});
        if (peer.hung_up(conn)) return;
        wire::existe said;
        said.id = id;
        said.entries = {scripted_file("song.ogg", 0).entry()};
        peer.say(conn, said);
    };
    for (std::uint8_t last = 1; last <= 6; ++last) answer_from(far(7, last), 200u + last);
    CHECK(peer->find_search(1)->answers.size() == limits::internet.answers_per_block);
    for (std::uint8_t last = 1; last <= 6; ++last) answer_from(far(8, last), 300u + last);
    CHECK(peer->find_search(1)->answers.size() == 6);
    CHECK(peer.counts().answers_refused_budget == 6);
}

TEST_CASE("bans: who breaks the rules four times is not talked to, neither when it dials nor to be dialled") {
    scripted_peer peer;
    peer.start_with_rows({7});
    for (int time = 0; time < 4; ++time) {
        const conn_id conn = peer.neighbour(7);
        peer.say(conn, wire::claim{});
        CHECK(peer.hung_up(conn));
    }
    CHECK(peer.counts().bans == 1);
    const conn_id again = peer.accept(7);
    CHECK(peer.hung_up(again));
    CHECK(peer.counts().connections_refused_banned == 1);
    peer.feed(input::search{1, wire::query_kind::exact, "a"});
    CHECK(peer.dials().empty());
    CHECK_FALSE(peer.hung_up(peer.neighbour(8)));  // at the same address as far as a host is concerned, or elsewhere
    peer.pass(15min);
    CHECK_FALSE(peer.hung_up(peer.neighbour(7)));
}

TEST_CASE("bans: a host at which too many break the rules is refused before any handshake") {
    scripted_peer peer(internet());
    peer.start();
    for (std::uint32_t n = 0; n < 4; ++n) peer.say(from_far(peer, far(1, 1), 200 + n), wire::claim{});
    CHECK(peer.hung_up(peer.accept(far(1, 1))));
    CHECK_FALSE(peer.hung_up(peer.accept(far(1, 2))));
}

TEST_CASE(
    "budget: of the dials that nobody wants one neighbour may cause a quarter, and its own searches count apart") {
    scripted_peer peer(internet());
    peer.start();
    content::share file;
    file.path = "song.ogg";
    file.stamp.size = 100;
    peer.feed(input::share_found{file});
    const conn_id liar = from_far(peer, far(1, 1), 1);
    const auto for_somebody = [](std::uint32_t n) {
        return search_number(
            n, {host::v4({30, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n), 1}), 7000});
    };
    constexpr std::uint32_t quarter = limits::internet.dials_per_min / limits::neighbour_share;
    std::uint32_t dialled = 0;
    for (std::uint32_t n = 0; n < quarter + 5; ++n) {
        peer.say(liar, for_somebody(n));
        for (const auto& each : peer.dials()) {
            ++dialled;
            peer.feed(input::dial_failed{each.conn, "refused"});  // else fewer may be under way at once
        }
    }
    CHECK(dialled == quarter);
    CHECK(peer.counts().dials_refused_neighbour == 5);
    wire::pesquisa own = for_somebody(5000);
    own.origin_id = peer_numbered(1);
    peer.say(liar, own);
    CHECK(peer.dials().size() == 1);
    const conn_id other = from_far(peer, far(2, 1), 2);
    peer.say(other, for_somebody(6000));
    CHECK(peer.dials().size() == 1);
}

TEST_CASE("bounds: a search by content counts as many matching files as any other, be there more") {
    scripted_peer peer;
    peer.start();
    const scripted_file file("song.ogg", 1000);
    for (std::size_t n = 0; n < limits::matches_counted_max + 44; ++n) {
        content::share copy = file.shared;
        copy.path = "copies/" + std::to_string(n);
        peer.feed(input::share_found{copy});
    }
    peer.feed(input::search{1, wire::query_kind::content, to_hex(file.shared.content)});
    REQUIRE(peer->find_search(1)->results.size() == 1);
    CHECK(peer->find_search(1)->results.front().names.size() == limits::matches_counted_max);
}
