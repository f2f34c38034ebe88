// A live row is asked before it has to make room.

#include "support/scripted_peer.hpp"

#include <chrono>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

/// A peer whose secondary table holds 101 and 102, and is full.
struct full_peer : scripted_peer {
    static settings small() {
        settings chosen;
        chosen.primary_rows = 1;
        chosen.secondary_rows = 2;
        return chosen;
    }
    full_peer() : scripted_peer(small()) {
        tables saved = tables_of(1, 2);
        store_numbered(saved, 1);
        for (const std::uint32_t number : {101u, 102u}) store_numbered(saved, number, table_choice::secondary);
        start(saved);
        for (const auto& dialled : dials()) feed(input::dial_failed{dialled.conn, "not today"});
        all<output::alone>();
    }
    /// Peer `number` asks to enter, and finds no room.
    void newcomer(std::uint32_t number) {
        const conn_id conn = neighbour(number);
        say(conn, wire::entrada{16});
        heard<wire::rows>(conn);
        close(conn);
    }
    bool has(std::uint32_t number) { return find((**this).both_tables(), peer_numbered(number)) != nullptr; }
};

/// A peer with one primary row, 1, and so many others that it is a wonder if that comes first in the order of turns.
struct turning_peer : scripted_peer {
    static settings small() {
        settings chosen;
        chosen.primary_rows = 2;
        chosen.times.keepalive = 10h;
        chosen.times.link_silence = 24h;
        return chosen;
    }
    turning_peer() : scripted_peer(small()) {
        tables saved = tables_of(2, 10);
        store_numbered(saved, 99);  // who let us in
        store_numbered(saved, 1);
        for (std::uint32_t number = 101; number <= 110; ++number)
            store_numbered(saved, number, table_choice::secondary);
        start(saved);
        for (const auto& dialled : dials()) feed(input::dial_failed{dialled.conn, "not today"});
        all<output::alone>();
    }
    std::uint32_t primary() { return number_of((**this).both_tables().primary.rows.at(1).id); }
};

}  // namespace

TEST_CASE("R3: a newcomer takes the place of the weakest row once that has not answered") {
    full_peer peer;
    peer.newcomer(103);
    const auto asked = peer.only<output::dial>();
    CHECK(asked.where == site(101));
    CHECK(asked.expected == peer_numbered(101));
    CHECK(peer.has(101));
    CHECK_FALSE(peer.has(103));
    peer.feed(input::dial_failed{asked.conn, "refused"});
    CHECK_FALSE(peer.has(101));
    CHECK(peer.has(103));
    CHECK(peer.counts().rows_tested == 1);
    CHECK(peer.counts().rows_replaced == 1);
}

TEST_CASE("R3: a live row stays, and the newcomer goes without") {
    full_peer peer;
    peer.newcomer(103);
    const auto asked = peer.only<output::dial>();
    peer.answer_dial(asked.conn, 101);
    CHECK(peer.said_goodbye(asked.conn, wire::bye_reason::done));
    CHECK(peer.has(101));
    CHECK_FALSE(peer.has(103));
    CHECK(peer.counts().rows_replaced == 0);
    CHECK(peer->links().empty());
}

TEST_CASE("R3: rows are tested one at a time, and not too often") {
    full_peer peer;
    peer.newcomer(103);
    peer.newcomer(104);
    const auto asked = peer.only<output::dial>();
    peer.feed(input::dial_failed{asked.conn, "refused"});
    peer.newcomer(105);
    CHECK(peer.dials().empty());
    CHECK(peer.counts().rows_without_room == 3);
    peer.pass(peer->chosen().times.row_test);
    peer.newcomer(105);
    CHECK(peer.only<output::dial>().where == site(102));
}

TEST_CASE("R3: who has a link with us lives, and is not asked") {
    full_peer peer;
    peer.neighbour(101);
    peer.newcomer(103);
    CHECK(peer.dials().empty());
    CHECK(peer.has(101));
}

TEST_CASE("R3: for want of our own descriptors no row is given away") {
    full_peer peer;
    peer.newcomer(103);
    peer.feed(input::dial_failed{peer.only<output::dial>().conn, "too many open files", true});
    CHECK(peer.has(101));
    CHECK_FALSE(peer.has(103));
}

TEST_CASE("R3: a row that goes by itself while it is tested stands in the way of no later test") {
    full_peer peer;
    peer.newcomer(103);
    const auto asked = peer.only<output::dial>();
    const conn_id link = peer.accept(101);
    peer.say(link, scripted_peer::hello_of(101));
    peer.say(link, wire::bye{wire::bye_reason::leaving, ""});
    CHECK_FALSE(peer.has(101));
    peer.feed(input::dial_failed{asked.conn, "refused"});
    peer.newcomer(104);
    CHECK(peer.has(104));  // in the place that 101 has left
    peer.pass(peer->chosen().times.row_test);
    peer.newcomer(105);
    CHECK(peer.only<output::dial>().where == site(102));
}

TEST_CASE("R3: whose turn it is is asked, and comes up if it lives; one turn in half an hour") {
    turning_peer peer;
    CHECK(peer.primary() == 1);
    peer.pass(limits::row_turn - 1ms);
    CHECK(peer.dials().empty());
    peer.pass(1ms);
    const auto asked = peer.only<output::dial>();
    REQUIRE(asked.expected.has_value());
    CHECK(peer.primary() == 1);
    peer.answer_dial(asked.conn, number_of(*asked.expected));
    CHECK(peer.primary() == number_of(*asked.expected));
    CHECK(peer->links().size() == 1);  // what it is there for needs the link
}

TEST_CASE("R3: whose turn it is and does not answer stays where it is, and another comes up in the next turn") {
    turning_peer peer;
    peer.pass(limits::row_turn);
    const auto first = peer.only<output::dial>();
    peer.feed(input::dial_failed{first.conn, "refused"});
    CHECK(peer.primary() == 1);
    peer.pass(limits::row_turn);
    const auto second = peer.only<output::dial>();
    CHECK(second.expected != first.expected);
    peer.answer_dial(second.conn, number_of(*second.expected));
    CHECK(peer.primary() == number_of(*second.expected));
}

TEST_CASE("R3: whose turn it is and who has a link with us comes up at once") {
    turning_peer peer;
    for (std::uint32_t number = 101; number <= 110; ++number) peer.neighbour(number);
    peer.pass(limits::row_turn);
    CHECK(peer.primary() > 100);
    CHECK(peer.dials().empty());
}

TEST_CASE("R4: the saved row by which a peer enters has to be that peer") {
    tables saved = tables_of(4, 4);
    store_numbered(saved, 1);
    scripted_peer peer;
    peer.start(saved);
    CHECK(peer.only<output::dial>().expected == peer_numbered(1));
}

TEST_CASE("R7: a row of hearsay has no port on which system services listen") {
    settings chosen;
    chosen.join = site(900);
    scripted_peer peer(chosen);
    peer.start();
    const conn_id link = peer.only<output::dial>().conn;
    peer.answer_dial(link, 900);
    wire::rows told;
    told.list = {{peer_numbered(1), {{site(1).address, 22}}}, {peer_numbered(2), {{site(2).address, 1024}}}};
    peer.say(link, told);
    CHECK(find(peer->both_tables(), peer_numbered(1)) == nullptr);
    CHECK(find(peer->both_tables(), peer_numbered(2)) != nullptr);
}

TEST_CASE("small print, restart: hearsay stays hearsay over a restart, and who told it stays known") {
    tables saved = tables_of(4, 4);
    store_numbered(saved, 1, table_choice::primary, peer_numbered(900));
    scripted_peer peer;
    peer.start(saved);
    const table_row& row = peer->both_tables().primary.rows.at(0);
    CHECK(row.hearsay);
    CHECK(row.told_by == peer_numbered(900));
    const auto dialled = peer.only<output::dial>();
    peer.answer_dial(dialled.conn, 1);
    CHECK_FALSE(peer->both_tables().primary.rows.at(0).hearsay);
}
