// PESQUISA in the machine: who is asked, what is forwarded, what is dropped.

#include "support/scripted_peer.hpp"

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

wire::pesquisa search_of(std::uint32_t origin, std::uint8_t level, std::uint32_t number = 1) {
    wire::pesquisa said;
    said.id = id_cast<query_id>(peer_numbered(number));
    said.origin_id = peer_numbered(origin);
    said.origin = site(origin);
    said.level = level;
    said.name = "song.ogg";
    return said;
}

/// A peer with open links to these primary rows.
struct linked_peer : scripted_peer {
    std::map<std::uint32_t, conn_id> links;

    explicit linked_peer(const std::vector<std::uint32_t>& rows, const settings& chosen = {}) : scripted_peer(chosen) {
        start_with_rows(rows);
        for (const std::uint32_t n : rows) links[n] = neighbour(n);
    }
    /// Who was sent a PESQUISA since the last time, which all carry this level.
    std::vector<std::uint32_t> asked(std::uint8_t level) {
        std::vector<std::uint32_t> list;
        for (const auto& [number, link] : links) {
            if (silent(link)) continue;
            CHECK(heard<wire::pesquisa>(link).level == level);
            list.push_back(number);
        }
        return list;
    }
};

using list = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("R1, R9: the originator sends level 1 to every primary row, with its port and no host") {
    linked_peer peer({1, 2, 3});
    peer.feed(input::search{1, wire::query_kind::exact, "song.ogg"});
    const auto said = peer.heard<wire::pesquisa>(peer.links[1]);
    CHECK(said.level == 1);
    CHECK(said.name == "song.ogg");
    CHECK(said.origin_id == peer_numbered(scripted_peer::own_number));
    CHECK(said.origin == endpoint{host{}, scripted_peer::own_port});
    CHECK(said.id == peer->find_search(1)->id);
    CHECK(peer.asked(1) == list{2, 3});
    CHECK(peer->find_search(1)->neighbours_asked == 3);
}

TEST_CASE("R9: a search is forwarded with one level more, to all but its sender and its originator") {
    linked_peer peer({1, 2, 3, 4});
    peer.say(peer.links[1], search_of(3, 2));
    CHECK(peer.asked(3) == list{2, 4});
    CHECK(peer.counts().searches_forwarded == 2);
}

TEST_CASE("R9: at the exclusive limit a search is never forwarded, above it not even looked at") {
    linked_peer peer({1, 2});
    const scripted_file file("song.ogg", 1000);
    peer.say(peer.links[1], search_of(50, 3, 1));
    CHECK(peer.asked(0).empty());
    peer.feed(input::share_found{file.shared});
    peer.say(peer.links[1], search_of(50, 4, 2));
    CHECK(peer.asked(0).empty());
    CHECK(peer.dials().empty());
    CHECK(peer.counts().searches_refused_level == 1);
    peer.say(peer.links[1], search_of(50, 3, 3));
    CHECK(peer.only<output::dial>().where == site(50));
}

TEST_CASE("R9: the depth limit is a setting") {
    settings chosen;
    chosen.depth = 1;
    linked_peer peer({1, 2}, chosen);
    peer.say(peer.links[1], search_of(1, 1));
    CHECK(peer.asked(0).empty());
    peer.say(peer.links[1], search_of(50, 2, 2));
    CHECK(peer.counts().searches_refused_level == 1);
}

TEST_CASE("R9: a copy of a strictly lower level is forwarded again, any other is not") {
    linked_peer peer({1, 2, 3});
    peer.say(peer.links[1], search_of(50, 2));
    CHECK(peer.asked(3) == list{2, 3});
    peer.say(peer.links[2], search_of(50, 2));
    CHECK(peer.asked(0).empty());
    peer.say(peer.links[3], search_of(50, 1));
    CHECK(peer.asked(2) == list{1, 2});
    peer.say(peer.links[1], search_of(50, 1));
    CHECK(peer.asked(0).empty());
    CHECK(peer.counts().searches_known == 2);
}

TEST_CASE("R9: a search is answered at most once, a copy of a lower level only forwarded") {
    linked_peer peer({1, 2});
    const scripted_file file("a song.ogg", 1000);
    peer.feed(input::share_found{file.shared});
    auto search = search_of(50, 2);
    search.kind = wire::query_kind::words;
    search.name = "song";
    peer.say(peer.links[1], search);
    peer.only<output::dial>();
    CHECK(peer.asked(3) == list{2});
    search.level = 1;
    peer.say(peer.links[1], search);
    CHECK(peer.dials().empty());
    CHECK(peer.asked(2) == list{2});
    CHECK(peer.counts().searches_answered == 1);
}

TEST_CASE("R9: an exact NAME stops at a holder, a search by words or content goes on past it") {
    linked_peer peer({1, 2});
    const scripted_file file("song.ogg", 1000);
    peer.feed(input::share_found{file.shared});
    auto search = search_of(50, 1, 1);
    peer.say(peer.links[1], search);
    CHECK(peer.asked(0).empty());
    search = search_of(50, 1, 2);
    search.kind = wire::query_kind::words;
    peer.say(peer.links[1], search);
    CHECK(peer.asked(2) == list{2});
    search = search_of(50, 1, 3);
    search.kind = wire::query_kind::content;
    search.name = to_hex(file.shared.content);
    peer.say(peer.links[1], search);
    CHECK(peer.asked(2) == list{2});
    CHECK(peer.dials().size() == 3);
}

TEST_CASE("R9: the first hop stamps the host that it sees, whatever was written there, and keeps the port") {
    linked_peer peer({1, 2});
    auto search = search_of(1, 1);
    SUBCASE("no host, as an honest originator says it") {
        search.origin = {host{}, 7000};
    }
    SUBCASE("a victim's address") {
        search.origin = {host::v4({8, 8, 8, 8}), 7000};
    }
    peer.say(peer.links[1], search);
    const auto onward = peer.heard<wire::pesquisa>(peer.links[2]);
    CHECK(onward.origin == endpoint{site(1).address, 7000});
}

TEST_CASE("R9: a search without an originator's address or port, past the first hop, is refused") {
    linked_peer peer({1, 2});
    auto search = search_of(50, 1, 1);
    search.origin = {host{}, 7000};
    peer.say(peer.links[1], search);
    search = search_of(50, 1, 2);
    search.origin.port = 0;
    peer.say(peer.links[1], search);
    search = search_of(1, 1, 3);
    search.origin.port = 0;
    peer.say(peer.links[1], search);
    search = search_of(50, 1, 4);
    search.origin.address = host::v4({224, 0, 0, 1});
    peer.say(peer.links[1], search);
    CHECK(peer.asked(0).empty());
    CHECK(peer.counts().searches_refused_origin == 4);
    CHECK(find(peer->both_tables(), peer_numbered(50)) == nullptr);
}

TEST_CASE("R9: our own search that comes back is dropped") {
    linked_peer peer({1, 2});
    const scripted_file file("song.ogg", 1000);
    peer.feed(input::search{1, wire::query_kind::exact, "song.ogg"});
    CHECK(peer.asked(1) == list{1, 2});
    peer.feed(input::share_found{file.shared});
    auto search = search_of(scripted_peer::own_number, 2);
    search.id = peer->find_search(1)->id;
    peer.say(peer.links[1], search);
    CHECK(peer.asked(0).empty());
    CHECK(peer.dials().empty());
}

TEST_CASE("R1: who originated a search enters the secondary table, unless it is short-lived") {
    linked_peer peer({1});
    peer.say(peer.links[1], search_of(50, 2, 1));
    CHECK(numbers(peer->both_tables().secondary.rows) == list{50});
    auto search = search_of(51, 2, 2);
    search.origin_short_lived = true;
    peer.say(peer.links[1], search);
    const auto link = peer.neighbour(52, wire::purpose::link, true);
    peer.say(link, search_of(52, 1, 3));  // at the first hop its HELLO counts
    CHECK(numbers(peer->both_tables().secondary.rows) == list{50});
}

TEST_CASE("R9: ids are remembered for at least `seen`, and answered anew long after") {
    linked_peer peer({1});
    const scripted_file file("song.ogg", 1000);
    peer.feed(input::share_found{file.shared});
    const auto came = [&] {
        peer.say(peer.links[1], search_of(50, 1));
        return peer.dials().size();
    };
    CHECK(came() == 1);
    peer.pass(peer->chosen().times.seen - 1ns);
    CHECK(came() == 0);
    peer.pass(peer->chosen().times.seen + 1ns);
    CHECK(came() == 1);
}

TEST_CASE("R9, scopes: an originator is forwarded only in a form that the neighbour could reach") {
    tables saved = tables_of(8, 8);
    put_row(saved, peer_numbered(1), {{host::v4({127, 0, 0, 1}), 7001}}, table_choice::primary);
    put_row(saved, peer_numbered(2), {site(2)}, table_choice::primary);
    put_row(saved, peer_numbered(3), {{host::v4({8, 8, 8, 8}), 7003}}, table_choice::primary);
    scripted_peer peer;
    peer.start(saved);
    const host ours_loopback = host::v4({127, 0, 0, 1});
    const host ours_site = host::v4({10, 0, 0, 100});
    const auto link_from = [&](std::uint32_t number, const endpoint& from, const host& ours) {
        const auto link = peer.accept(from, ours);
        peer.secure(link, number);
        peer.say(link, scripted_peer::hello_of(number));
        peer.heard<wire::hello>(link);
        return link;
    };
    const auto here = link_from(1, {ours_loopback, 1}, ours_loopback);
    const auto near = link_from(2, {site(2).address, 1}, ours_site);
    const auto far = link_from(3, {host::v4({8, 8, 8, 8}), 1}, ours_site);
    SUBCASE("a searcher on this machine: others are given our address on their link") {
        const auto asker = link_from(50, {ours_loopback, 2}, ours_loopback);
        peer.say(asker, search_of(50, 1));
        CHECK(peer.heard<wire::pesquisa>(here).origin == endpoint{ours_loopback, 7000});
        CHECK(peer.heard<wire::pesquisa>(near).origin == endpoint{ours_site, 7000});
        CHECK(peer.silent(far));
        CHECK(peer.counts().searches_refused_scope == 1);
    }
    SUBCASE("a searcher of our site") {
        peer.say(near, search_of(50, 1));
        CHECK(peer.heard<wire::pesquisa>(here).origin == site(50));
        CHECK(peer.silent(far));
    }
    SUBCASE("a searcher whom all can reach") {
        auto search = search_of(50, 1);
        search.origin.address = host::v4({9, 9, 9, 9});
        peer.say(near, search);
        CHECK(peer.heard<wire::pesquisa>(here).origin == search.origin);
        CHECK(peer.heard<wire::pesquisa>(far).origin == search.origin);
    }
}

TEST_CASE("bounds: to a neighbour that does not read, forwards are dropped and counted, never queued without end") {
    linked_peer peer({1, 2});
    peer.network_takes = false;
    std::uint32_t number = 1;
    auto search = search_of(50, 1);
    search.name = std::string(1000, 'x');
    while (peer.counts().forwards_dropped_backlog == 0 && number < 10'000) {
        search.id = id_cast<query_id>(peer_numbered(++number));
        peer.say(peer.links[1], search);
    }
    const std::size_t held = peer.queued_bytes(peer.links[2]);
    CHECK(held <= limits::link_backlog_bytes_max);
    CHECK(held > limits::link_backlog_bytes_max - 2000);
    peer.leave(peer.links[2], 10'000);
    search.id = id_cast<query_id>(peer_numbered(++number));
    peer.say(peer.links[1], search);
    CHECK(peer.counts().forwards_dropped_backlog == 1);
    CHECK(peer.queued_bytes(peer.links[2]) > held - 10'000);
}

TEST_CASE("bounds: for a link that is still being dialled little is queued") {
    scripted_peer peer;
    peer.start_with_rows({2});
    const auto link = peer.neighbour(1);
    std::uint32_t number = 1;
    auto search = search_of(50, 1);
    search.name = std::string(1000, 'x');
    while (peer.counts().forwards_dropped_backlog == 0 && number < 1000) {
        search.id = id_cast<query_id>(peer_numbered(++number));
        peer.say(link, search);
    }
    const auto dialled = peer.only<output::dial>();
    CHECK(number < limits::pending_bytes_max / 1000 + 2);
    peer.answer_dial(dialled.conn, 2);
    CHECK(peer.unheard(dialled.conn) == number - 2);
}

TEST_CASE("R3: a primary row loses part of its score with each search that is sent to it") {
    tables saved = tables_of(8, 8);
    store_numbered(saved, 1);
    saved.primary.rows[0].score = 10;
    scripted_peer peer;
    peer.start(saved);
    peer.feed(input::dial_failed{peer.only<output::dial>().conn, "refused"});
    peer.neighbour(1);
    for (search_ticket ticket = 1; ticket <= 3; ++ticket)
        peer.feed(input::search{ticket, wire::query_kind::exact, "a"});
    CHECK(find(peer->both_tables(), peer_numbered(1))->score == doctest::Approx(10 * 0.98 * 0.98 * 0.98));
}

TEST_CASE("a search that nobody could be asked is over at once") {
    scripted_peer peer;
    peer.start();
    const scripted_file file("song.ogg", 1000);
    peer.feed(input::share_found{file.shared});
    peer.feed(input::search{1, wire::query_kind::exact, "song.ogg"});
    CHECK(peer.only<output::search_over>().ticket == 1);
    const search_state* const search = peer->find_search(1);
    REQUIRE(search->results.size() == 1);  // what we share ourselves is said to be here (R12)
    CHECK(search->results[0].here == std::vector<std::string>{"song.ogg"});
    CHECK(search->results[0].answers.empty());
}

TEST_CASE("bounds: only the latest of our searches are remembered") {
    linked_peer peer({1});
    for (search_ticket ticket = 1; ticket <= limits::own_searches_max + 5; ++ticket)
        peer.feed(input::search{ticket, wire::query_kind::exact, "a"});
    CHECK(peer->searches().size() == limits::own_searches_max);
    CHECK(peer->find_search(5) == nullptr);
    CHECK(peer->find_search(6) != nullptr);
    CHECK(peer.all<output::search_over>().size() == 5);  // who is forgotten while it runs is told so
    peer.pass(peer->chosen().times.window);
    CHECK(peer.all<output::search_over>().size() == limits::own_searches_max);
}
