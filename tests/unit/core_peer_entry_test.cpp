// ENTRADA at both sides, in the machine.

#include "support/scripted_peer.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <vector>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

using list = std::vector<std::uint32_t>;

settings joining(std::uint32_t number) {
    settings chosen;
    chosen.join = site(number);
    return chosen;
}

list numbers_of(const wire::rows& rows) {
    list found;
    for (const wire::row& row : rows.list) found.push_back(number_of(row.id));
    return found;
}

wire::rows rows_of(const list& numbers) {
    wire::rows made;
    for (const std::uint32_t n : numbers) made.list.push_back({peer_numbered(n), {site(n)}});
    return made;
}

list counted(std::uint32_t first, std::uint32_t last) {
    list made;
    for (std::uint32_t n = first; n <= last; ++n) made.push_back(n);
    return made;
}

/// What peer `number` is told when it asks; its connection ends again.
list told_to(scripted_peer& peer, std::uint32_t number, std::uint16_t rows_wanted = 16) {
    const auto link = peer.neighbour(number, wire::purpose::link, true);  // short-lived: the tables stay as they are
    peer.say(link, wire::entrada{rows_wanted});
    const list told = numbers_of(peer.heard<wire::rows>(link));
    peer.close(link);
    return told;
}

}  // namespace

TEST_CASE("R4: the first thing that a peer does is ENTRADA to the one known address") {
    scripted_peer peer(joining(7));
    peer.start();
    const auto dialled = peer.only<output::dial>();
    CHECK(dialled.where == site(7));
    CHECK_FALSE(dialled.expected.has_value());
    peer.connect(dialled.conn, 7);
    peer.heard<wire::hello>(dialled.conn);
    CHECK(peer.heard<wire::entrada>(dialled.conn).rows_wanted == 16);
    CHECK(peer.counts().entradas_sent == 1);
}

TEST_CASE("R4: with nobody to ask a peer is alone, and accepts others") {
    scripted_peer peer;
    peer.start();
    CHECK(peer.dials().empty());
    CHECK_FALSE(peer.only<output::alone>().asked.has_value());
    CHECK(told_to(peer, 7).empty());
}

TEST_CASE("small print, restart: exactly one ENTRADA, to the configured address, else to the best saved row") {
    tables saved = tables_of(8, 8);
    for (const std::uint32_t n : {1, 2, 3}) store_numbered(saved, n);
    saved.primary.rows[1].score = 5;
    SUBCASE("best saved row") {
        scripted_peer peer;
        peer.start(saved);
        CHECK(peer.only<output::dial>().where == site(2));
        CHECK(find(peer->both_tables(), peer_numbered(2))->score == 5);
    }
    SUBCASE("configured address") {
        scripted_peer peer(joining(9));
        peer.start(saved);
        CHECK(peer.only<output::dial>().where == site(9));
    }
    SUBCASE("a secondary row where there is no primary one") {
        tables only_secondary = tables_of(8, 8);
        store_numbered(only_secondary, 4, table_choice::secondary);
        scripted_peer peer;
        peer.start(only_secondary);
        CHECK(peer.only<output::dial>().where == site(4));
    }
}

TEST_CASE("R7: the asker stores who answered first, then the rows; what does not fit goes to the secondary table") {
    settings chosen = joining(7);
    chosen.primary_rows = 3;
    scripted_peer peer(chosen);
    peer.start();
    const auto dialled = peer.only<output::dial>();
    peer.answer_dial(dialled.conn, 7);
    peer.say(dialled.conn, rows_of({1, 2, 3, 4}));
    CHECK(numbers(peer->both_tables().primary.rows) == list{7, 1, 2});
    CHECK(numbers(peer->both_tables().secondary.rows) == list{3, 4});
    CHECK(peer.only<output::entered>().rows == 5);
    CHECK(peer.all<output::alone>().empty());
}

TEST_CASE("R7: the asker's own row and rows without an address are not stored") {
    scripted_peer peer(joining(7));
    peer.start();
    const auto dialled = peer.only<output::dial>();
    peer.answer_dial(dialled.conn, 7);
    wire::rows said = rows_of({scripted_peer::own_number, 1});
    said.list.push_back({peer_numbered(2), {{host::v4({0, 0, 0, 0}), 7000}}});
    said.list.push_back({peer_numbered(3), {{host::v4({10, 0, 0, 3}), 0}}});
    peer.say(dialled.conn, said);
    CHECK(numbers(peer->both_tables().primary.rows) == list{7, 1});
}

TEST_CASE("R4, time limit entry: no answer in time, and the peer considers itself alive and alone") {
    scripted_peer peer(joining(7));
    peer.start();
    const auto dialled = peer.only<output::dial>();
    peer.answer_dial(dialled.conn, 7);
    peer.pass(peer->chosen().times.entry - 1ns);
    CHECK(peer.all<output::alone>().empty());
    peer.pass(1ns);
    CHECK(peer.only<output::alone>().asked == site(7));
    CHECK_FALSE(peer.hung_up(dialled.conn));
    SUBCASE("an answer that comes later is as good") {
        peer.say(dialled.conn, rows_of({1}));
        CHECK_FALSE(peer.hung_up(dialled.conn));
        CHECK(numbers(peer->both_tables().primary.rows) == list{7, 1});
    }
}

TEST_CASE("R4: the answer to an earlier ENTRADA, after a join by hand, is no offence") {
    scripted_peer peer(joining(7));
    peer.start();
    const auto first = peer.only<output::dial>();
    peer.answer_dial(first.conn, 7);
    peer.feed(input::join{site(8)});
    const auto second = peer.only<output::dial>();
    peer.answer_dial(second.conn, 8);
    peer.say(first.conn, rows_of({1}));
    peer.say(second.conn, rows_of({2}));
    CHECK_FALSE(peer.hung_up(first.conn));
    CHECK_FALSE(peer.hung_up(second.conn));
    CHECK(numbers(peer->both_tables().primary.rows) == list{7, 1, 8, 2});
}

TEST_CASE("R4: a join by hand does not free an earlier dial of its time limits") {
    scripted_peer peer(joining(7));
    peer.start();
    const auto first = peer.only<output::dial>();
    SUBCASE("of dialling") {
        peer.feed(input::join{site(8)});
    }
    SUBCASE("of HELLO") {
        peer.connect(first.conn, 7);
        peer.feed(input::join{site(8)});
    }
    peer.pass(std::max(peer->chosen().times.dial, peer->chosen().times.hello));
    CHECK(peer.hung_up(first.conn));
}

TEST_CASE(
    "small print, nobody left: the known address is tried again, backing off to 5 minutes, while the primary table is "
    "empty") {
    scripted_peer peer(joining(7));
    peer.start();
    duration pause = peer->chosen().times.join_retry_first;
    for (int attempt = 0; attempt < 10; ++attempt) {
        const auto dialled = peer.only<output::dial>();
        CHECK(dialled.where == site(7));
        peer.feed(input::dial_failed{dialled.conn, "refused"});
        CHECK(peer.only<output::alone>().reason == "refused");
        peer.pass(pause - 1ns);
        CHECK(peer.dials().empty());
        peer.pass(1ns);
        pause = std::min(2 * pause, peer->chosen().times.join_retry_max);
    }
    CHECK(pause == 5min);
    const auto link = peer.neighbour(8);
    peer.say(link, wire::entrada{16});  // R6: now there is a primary row
    peer.feed(input::dial_failed{peer.only<output::dial>().conn, "refused"});
    peer.pass(1h);
    CHECK(peer.dials().empty());
}

TEST_CASE("small print, nobody left: who has a neighbour meanwhile does not try the known address again") {
    scripted_peer peer(joining(7));
    peer.start();
    peer.feed(input::dial_failed{peer.only<output::dial>().conn, "refused"});
    peer.say(peer.neighbour(8), wire::entrada{16});
    peer.pass(peer->chosen().times.join_retry_first);
    CHECK(peer.dials().empty());
}

TEST_CASE("small print, nobody left: the known address is tried again") {
    scripted_peer peer(joining(7));
    peer.start();
    const auto dialled = peer.only<output::dial>();
    peer.answer_dial(dialled.conn, 7);
    peer.say(dialled.conn, rows_of({}));
    peer.say(dialled.conn, wire::bye{wire::bye_reason::leaving, ""});
    CHECK(peer->both_tables().primary.rows.empty());
    peer.pass(peer->chosen().times.join_retry_first);
    CHECK(peer.only<output::dial>().where == site(7));
}

TEST_CASE("small print, identity: the known address is this peer itself") {
    scripted_peer peer(joining(7));
    peer.start();
    const auto dialled = peer.only<output::dial>();
    peer.connect(dialled.conn, scripted_peer::own_number);
    CHECK(peer.silent(dialled.conn));
    CHECK(peer.hung_up(dialled.conn));
    CHECK(peer.only<output::alone>().reason.find("itself") != std::string::npos);
}

TEST_CASE("R5: an answer has at most X rows, half of each table, primary rows first") {
    scripted_peer peer;
    peer.start_with_rows(counted(1, 20));
    for (std::uint32_t n = 301; n <= 320; ++n) {
        const auto answer = peer.neighbour(7);
        wire::pesquisa search;
        search.id = peer_numbered(n) == peer_id{} ? query_id{} : id_cast<query_id>(peer_numbered(n));
        search.origin_id = peer_numbered(n);
        search.origin = site(n);
        search.level = 3;
        search.name = "x";
        peer.say(answer, search);
        peer.close(answer);
    }
    list told = told_to(peer, 500);
    list expected = counted(1, 8);
    for (const std::uint32_t n : counted(301, 308)) expected.push_back(n);
    CHECK(told == expected);
    told = told_to(peer, 501, 6);
    CHECK(told == list{8, 9, 10, 308, 309, 310});
}

TEST_CASE("R5: the asker's own X is a limit, too, and its own row is left out") {
    scripted_peer peer;
    peer.start_with_rows(counted(1, 20));
    CHECK(told_to(peer, 3, 8) == list{1, 2, 4, 5});
    CHECK(told_to(peer, 500, 4) == list{5, 6});
    CHECK(told_to(peer, 501, 1000) == counted(6, 13));
}

TEST_CASE("R5: the same asker within a minute gets the same rows again, and no window moves") {
    scripted_peer peer;
    peer.start_with_rows(counted(1, 20));
    const duration span = peer->chosen().times.entry_repeat;
    CHECK(told_to(peer, 500) == counted(1, 8));
    peer.pass(span - 1ns);
    CHECK(told_to(peer, 500) == counted(1, 8));
    CHECK(told_to(peer, 501) == counted(8, 15));
    CHECK(told_to(peer, 501, 4) == counted(8, 11));  // never more than it asks for now
    peer.pass(1ns);
    CHECK(told_to(peer, 500) == list{15, 16, 17, 18, 19, 20, 1, 2});
}

TEST_CASE("R5: an asker is known by its id: from another address it gets the same run, in a form for that address") {
    scripted_peer peer;
    tables saved = tables_of(1024, 1);
    store_numbered(saved, 1);
    CHECK(store(saved, {peer_numbered(2), {{host::v4({127, 0, 0, 1}), 7002}}, {}}, table_choice::primary) ==
          stored::added);
    for (const std::uint32_t number : counted(3, 20)) store_numbered(saved, number);
    peer.start(saved);
    const auto asked_from = [&](const host& from, const host& ours) {
        const conn_id link = peer.accept({from, 40'000}, ours);
        peer.secure(link, 500);
        peer.say(link, scripted_peer::hello_of(500));
        peer.heard<wire::hello>(link);
        peer.say(link, wire::entrada{16});
        return peer.heard<wire::rows>(link);
    };
    const host loopback = host::v4({127, 0, 0, 1});
    const wire::rows near = asked_from(loopback, loopback);
    CHECK(numbers_of(near) == counted(1, 8));
    CHECK(near.list[1].addresses.front().address == loopback);
    const wire::rows far = asked_from(site(77).address, site(100).address);
    CHECK(numbers_of(far) == counted(1, 8));
    CHECK(far.list[1].addresses.front().address == site(100).address);
    CHECK(numbers_of(asked_from(site(78).address, site(100).address)) == counted(1, 8));
    CHECK(told_to(peer, 501) == counted(8, 15));  // one run has gone out
}

TEST_CASE("R5: the memory of askers is bounded") {
    scripted_peer peer;
    peer.start_with_rows(counted(1, 20));
    const list first = told_to(peer, 500);
    for (std::uint32_t n = 0; n < limits::entry_repeats_max - 1; ++n) told_to(peer, 1000 + n);
    CHECK(told_to(peer, 500) == first);
    told_to(peer, 5000);
    CHECK(told_to(peer, 500) != first);
}

TEST_CASE("R6: the receiver stores the asker with the port it listens on, in the primary table while it has room") {
    settings chosen;
    chosen.primary_rows = 1;
    scripted_peer peer(chosen);
    peer.start();
    for (const std::uint32_t n : {7, 8}) {
        const auto link = peer.neighbour(n);
        peer.say(link, wire::entrada{16});
        CHECK(numbers_of(peer.heard<wire::rows>(link)) == (n == 7 ? list{} : list{7}));
    }
    REQUIRE(numbers(peer->both_tables().primary.rows) == list{7});
    CHECK(numbers(peer->both_tables().secondary.rows) == list{8});
    CHECK(peer->both_tables().primary.rows[0].addresses == std::vector{site(7)});
}

TEST_CASE("small print, short-lived: such an asker is answered and never stored") {
    scripted_peer peer;
    peer.start_with_rows({1});
    CHECK(told_to(peer, 7) == list{1});
    CHECK(find(peer->both_tables(), peer_numbered(7)) == nullptr);
}

TEST_CASE("R5: rows that the asker could not reach are left out, and our own machine's get our address") {
    tables saved = tables_of(8, 8);
    put_row(saved, peer_numbered(1), {{host::v4({127, 0, 0, 1}), 7001}}, table_choice::primary);
    put_row(saved, peer_numbered(2), {site(2)}, table_choice::primary);
    put_row(saved, peer_numbered(3), {{host::v4({8, 8, 8, 8}), 7003}}, table_choice::primary);
    scripted_peer peer;
    peer.start(saved);
    const auto ask = [&](const endpoint& from, const host& ours) {
        const auto link = peer.accept(from, ours);
        peer.secure(link, 500 + from.port);
        peer.say(link, scripted_peer::hello_of(500 + from.port, wire::purpose::link, true));
        peer.heard<wire::hello>(link);
        peer.say(link, wire::entrada{16});
        return peer.heard<wire::rows>(link);
    };
    const host ours_site = host::v4({10, 0, 0, 100});
    const auto near = ask({site(500).address, 1}, ours_site);
    CHECK(numbers_of(near) == list{1, 2, 3});
    CHECK(near.list[0].addresses == std::vector<endpoint>{{ours_site, 7001}});
    const auto far = ask({host::v4({9, 9, 9, 9}), 2}, ours_site);
    CHECK(numbers_of(far) == list{3});
}

TEST_CASE("ROWS that nobody asked for, or too many, end the link") {
    scripted_peer peer;
    peer.start();
    const auto link = peer.neighbour(7);
    peer.say(link, rows_of({1}));
    CHECK(peer.said_goodbye(link, wire::bye_reason::protocol));
    CHECK(find(peer->both_tables(), peer_numbered(1)) == nullptr);

    peer.all<output::alone>();
    peer.feed(input::join{site(8)});
    const auto dialled = peer.only<output::dial>();
    peer.answer_dial(dialled.conn, 8);
    peer.forget_said(dialled.conn);
    peer.say(dialled.conn, rows_of(counted(1, 17)));
    CHECK(peer.said_goodbye(dialled.conn, wire::bye_reason::protocol));
    CHECK(peer->both_tables().primary.rows.empty());
    CHECK(peer.only<output::alone>().asked == site(8));  // R4: it is told, and tried again
}

TEST_CASE("R4: an ENTRADA on the losing link of a pair still has its full time") {
    scripted_peer peer(joining(7));
    peer.start();
    const auto dialled = peer.only<output::dial>();
    peer.answer_dial(dialled.conn, 7);
    peer.neighbour(7);  // the lower id's own dial wins
    peer.pass(peer->chosen().times.entry - 1ns);
    CHECK(peer.all<output::alone>().empty());
    peer.say(dialled.conn, rows_of({1}));
    peer.only<output::entered>();
    peer.forget_said(dialled.conn);
    peer.pass(peer->chosen().times.linger);
    CHECK(peer.said_goodbye(dialled.conn, wire::bye_reason::duplicate));
}
