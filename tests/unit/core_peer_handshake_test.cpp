// Connections before HELLO: how long they may take, and how many there may be.

#include "support/scripted_peer.hpp"

#include <deque>
#include <string_view>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

output::dial dial_by_search(scripted_peer& peer) {
    peer.feed(input::search{1, wire::query_kind::exact, "a"});
    return peer.only<output::dial>();
}

}  // namespace

TEST_CASE("bounds: half-open connections are limited, the oldest gives way, and each that ends makes room") {
    scripted_peer peer;
    peer.start();
    std::deque<conn_id> waiting;
    std::uint32_t number = 1000;  // each another peer in another network, or a few would be banned
    const auto knock = [&] {
        ++number;
        waiting.push_back(peer.accept({site(number << 8).address, 40'000}, number));
    };
    for (std::size_t n = 0; n < limits::half_open_max; ++n) knock();
    // Each way in which the count can fall, many times over: it must neither leak nor fall twice.
    for (std::uint32_t round = 0; round < 3 * limits::half_open_max; ++round) {
        const conn_id first = waiting.front();
        waiting.pop_front();
        switch (round % 5) {
            case 0: peer.close(first); break;
            case 1: peer.say(first, wire::keepalive{}); break;
            case 2: peer.say(first, wire::bye{wire::bye_reason::done, ""}); break;
            case 3: peer.deliver(first, as_bytes(std::string_view("GET / HTTP"))); break;
            case 4:
                peer.say(first, scripted_peer::hello_of(7, wire::purpose::transfer));
                peer.close(first);
                break;
        }
        knock();
        CHECK(peer.counts().half_open_evicted == round);
        knock();
        CHECK(peer.hung_up(waiting.front()));
        waiting.pop_front();
        CHECK(peer.counts().half_open_evicted == round + 1);
    }
    for (const conn_id each : waiting) CHECK_FALSE(peer.hung_up(each));
    peer.pass(peer->chosen().times.hello);
    for (const conn_id each : waiting) CHECK(peer.hung_up(each));
}

TEST_CASE("bounds: of half-open connections those of the address that has the most give way") {
    scripted_peer peer;
    peer.start();
    const conn_id honest = peer.accept({site(1).address, 40'000});
    std::vector<conn_id> crowd;
    for (std::size_t n = 1; n < 3 * limits::half_open_max; ++n) crowd.push_back(peer.accept({site(2).address, 40'000}));
    CHECK_FALSE(peer.hung_up(honest));
    CHECK(peer.hung_up(crowd.front()));
    CHECK_FALSE(peer.hung_up(crowd.back()));
}

TEST_CASE("bounds: where all places are taken, an idle link of the network with the most gives way with BYE full") {
    settings chosen;
    chosen.connections = 8;  // two of them for those that it dials
    scripted_peer peer(chosen);
    peer.start();
    std::vector<conn_id> links;
    for (const std::uint32_t number : {0x101U, 0x201U, 0x202U, 0x203U, 0x301U, 0x302U})
        links.push_back(peer.neighbour(number));
    CHECK(peer.hung_up(peer.accept(0x204)));  // of the largest crowd itself
    CHECK(peer.counts().connections_refused == 1);
    for (int minute = 0; minute < 5; ++minute) {
        peer.pass(1min);
        for (const conn_id each : links) peer.say(each, wire::keepalive{});
        if (minute == 2) peer.say(links[1], wire::entrada{16});  // it is used, now and then
        if (minute == 3) CHECK(peer.hung_up(peer.accept(0x205)));
    }
    for (const conn_id each : links) peer.forget_said(each);
    const conn_id newcomer = peer.neighbour(0x403);
    CHECK(peer.said_goodbye(links[2], wire::bye_reason::full));
    CHECK(peer.counts().idle_links_evicted == 1);
    for (const std::size_t other : {0U, 1U, 3U, 4U, 5U}) CHECK_FALSE(peer.hung_up(links[other]));
    CHECK_FALSE(peer.hung_up(newcomer));
}

TEST_CASE(
    "bounds: where all places are taken and none is idle, a larger crowd than the newcomer's gives way, links first") {
    settings chosen;
    chosen.connections = 8;  // two of them for those that it dials
    scripted_peer peer(chosen);
    peer.start();
    const auto link = wire::purpose::link, transfer = wire::purpose::transfer;
    std::vector<conn_id> crowd;
    for (const std::uint32_t number : {0x201U, 0x202U, 0x203U, 0x204U})
        crowd.push_back(peer.neighbour(number, number == 0x201U ? transfer : link));
    for (const std::uint32_t number : {0x301U, 0x302U}) peer.neighbour(number);
    peer.pass(1s);
    peer.say(crowd[1], wire::entrada{16});  // so that another said nothing for longer
    const conn_id newcomer = peer.neighbour(0x401);
    CHECK_FALSE(peer.hung_up(newcomer));
    CHECK(peer.said_goodbye(crowd[2], wire::bye_reason::full));
    for (const std::size_t other : {0U, 1U, 3U}) CHECK_FALSE(peer.hung_up(crowd[other]));
    CHECK(peer.counts().connections_gave_way == 1);
    peer.neighbour(0x402);  // three and one: the fourth goes
    CHECK(peer.counts().connections_gave_way == 2);
    CHECK(peer.hung_up(peer.accept(0x403)));  // two and two: nobody has more than it would have
    CHECK(peer.counts().connections_refused == 1);
}

TEST_CASE("a handshake that does not end in time is given up, whoever dialled") {
    scripted_peer peer;
    peer.start_with_rows({7});
    const auto dialled = dial_by_search(peer);
    peer.connect(dialled.conn);
    const conn_id accepted = peer.accept({site(9).address, 40'000});
    peer.pass(peer->chosen().times.handshake - 1ns);
    CHECK_FALSE(peer.hung_up(dialled.conn));
    CHECK_FALSE(peer.hung_up(accepted));
    peer.pass(1ns);
    CHECK(peer.hung_up(dialled.conn));
    CHECK(peer.hung_up(accepted));
    CHECK(find(peer->both_tables(), peer_numbered(7))->failures == 1);
    peer.secure(dialled.conn, 7);  // too late
    CHECK(peer.silent(dialled.conn));
}

TEST_CASE("bounds: a handshake that comes to nothing is counted, on either side, and one that stood is not") {
    settings chosen;
    chosen.join = site(7);
    scripted_peer peer(chosen);
    peer.start();
    peer.close(peer.accept(site(300)));
    CHECK(peer.counts().handshakes_failed == 1);
    const auto dialled = peer.only<output::dial>();
    peer.connect(dialled.conn);
    peer.close(dialled.conn);
    CHECK(peer.counts().handshakes_failed == 2);
    peer.close(peer.accept(8));
    CHECK(peer.counts().handshakes_failed == 2);
}
