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
