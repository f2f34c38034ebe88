// Links between neighbours: opened at first use, one for a pair, given up when silent; rows that come and go with them.

#include "world.hpp"

#include <algorithm>

using namespace mogshare;
using namespace mogshare::testing;

namespace {

/// Two peers that know each other and have no link: ENTRADA is over and its link was cut.
std::pair<node, node> strangers(world& net, const peer_id& lower, const peer_id& higher) {
    const node one = net.add_peer(rigid(1), lan(1), lower);
    const node other = net.add_peer(rigid(1), lan(2), higher);
    net.know(one, {other});
    net.know(other, {one});
    net.start(one);
    net.start(other);
    net.run_for(10s);
    net.wire().cut(one, other);
    net.run_for(1s);
    return {one, other};
}

std::size_t searches_arrived(const virtual_network& net, node at) {
    return net.peer(at).counts().searches_received;
}

}  // namespace

TEST_CASE("small print, two peers dial each other: the link dialled by the lower id stays, and nothing is lost") {
    for (const int late_ms : {0, 1, 4, 5, 6, 9, 10, 11, 14, 15, 16, 25}) {
        for (const bool lower_first : {true, false}) {
            CAPTURE(late_ms);
            CAPTURE(lower_first);
            world net;
            const auto [lower, higher] = strangers(net, ordered_id(1), ordered_id(2));
            REQUIRE(net.wire().standing(lower, higher) == 0);
            const node early = lower_first ? lower : higher;
            const node late = lower_first ? higher : lower;
            for (int count = 0; count < 3; ++count) net.search(early, query_kind::exact, "from early.bin");
            net.run_for(std::chrono::milliseconds(late_ms));
            for (int count = 0; count < 3; ++count) net.search(late, query_kind::exact, "from late.bin");
            net.run_for(1s);
            for (int count = 0; count < 2; ++count) net.search(early, query_kind::exact, "from early again.bin");
            for (int count = 0; count < 2; ++count) net.search(late, query_kind::exact, "from late again.bin");
            net.run_for(10s);
            CHECK(searches_arrived(net, lower) == 5);
            CHECK(searches_arrived(net, higher) == 5);
            CHECK(net.wire().standing(lower, higher) == 1);
            REQUIRE(net.peer(lower).links().size() == 1);
            // Dialled at the same time, the lower one's wins; dialled after the other's stood, there was only one.
            if (late_ms < 5) CHECK(net.peer(lower).links()[0].dialled);
            CHECK(net.peer(lower).both_tables().primary.rows.size() == 1);
            CHECK(net.peer(higher).both_tables().primary.rows.size() == 1);
        }
    }
}

TEST_CASE("small print, two peers dial each other: so it is with byte by byte and with jitter, for many seeds") {
    for (const std::uint64_t seed : seeds(30)) {
        CAPTURE(seed);
        network_options chosen = seeded(seed);
        chosen.wire.jitter = 8ms;
        chosen.wire.chunk_bytes_max = seed % 3 == 0 ? 1 : 40;
        world net(chosen);
        const auto [lower, higher] = strangers(net, ordered_id(1), ordered_id(2));
        random_source chance = random_source::from_number(seed);
        std::size_t of_lower = 0;
        std::size_t of_higher = 0;
        for (int count = 0; count < 20; ++count) {
            const bool by_lower = chance.below(2) == 0;
            net.search(by_lower ? lower : higher, query_kind::exact, "anything.bin");
            ++(by_lower ? of_lower : of_higher);
            net.run_for(std::chrono::milliseconds(chance.below(12)));
        }
        net.run_for(10s);
        CHECK(searches_arrived(net, higher) == of_lower);
        CHECK(searches_arrived(net, lower) == of_higher);
        CHECK(net.wire().standing(lower, higher) == 1);
    }
}

TEST_CASE("a link is opened at first use, kept, and used both ways") {
    world net;
    const auto peers = overlay(net, line_of(2));
    for (int count = 0; count < 5; ++count) {
        net.search_and_wait(peers[0], query_kind::exact, "one.bin");
        net.search_and_wait(peers[1], query_kind::exact, "other.bin");
    }
    CHECK(net.wire().standing(peers[0], peers[1]) == 1);
    std::size_t links = 0;
    for (const travelled* one : net.log().of_type<wire::hello>())
        links += one->why == wire::purpose::link && std::get<wire::hello>(one->what).why == wire::purpose::link ? 1 : 0;
    CHECK(links <= 4);  // two HELLO a connection: one each way of ENTRADA, of which one was superseded
}

TEST_CASE("small print, orderly end: BYE drops the row at once, and the primary table refills from the secondary one") {
    world net;
    const auto peers = overlay(net, star_of(4));
    core::settings small = rigid(2);
    const node watcher = net.add_peer(small, lan(100));
    net.know(watcher, {peers[0], peers[1]}, {peers[2], peers[3]});
    net.start(watcher);
    net.run_for(1s);
    net.search_and_wait(watcher, query_kind::exact, "opens links.bin");
    REQUIRE(net.primary_of(watcher) == std::vector{peers[0], peers[1]});
    net.stop(peers[0]);
    net.run_for(100ms);
    CHECK(net.news<core::output::stopped>(peers[0]).size() == 1);
    CHECK(core::find(net.peer(watcher).both_tables(), net.id(peers[0])) == nullptr);
    CHECK(net.primary_of(watcher).size() == 2);
    CHECK(net.peer(watcher).counts().rows_dropped == 1);
    CHECK(net.wire().standing(peers[0]) == 0);
}

TEST_CASE(
    "small print, a row's peer does not answer: a peer that has just gone without a word keeps its row; a link that "
    "breaks is no failure to answer") {
    world net;
    const auto peers = overlay(net, line_of(2));
    net.kill(peers[1]);
    net.run_for(1s);
    CHECK(net.primary_of(peers[0]) == std::vector{peers[1]});
}

TEST_CASE("small print, a row's peer does not answer: it is left alone, then dropped at the third failure in a row") {
    world net;
    const node asker = net.add_peer(rigid(1), lan(1));
    const node gone = net.add_peer({}, lan(2));
    const node spare = net.add_peer({}, lan(3));
    net.know(asker, {gone}, {spare});
    net.start(spare);
    net.start(asker);  // ENTRADA to `gone` fails, which is not a failure of the row's
    net.run_for(1s);
    const auto dials = [&] { return net.peer(asker).counts().connections_dialled; };
    const auto search = [&] {
        net.search_and_wait(asker, query_kind::exact, "nothing.bin");
        return dials();
    };
    const auto before = dials();
    CHECK(search() == before + 1);
    CHECK(search() == before + 1);  // left alone for ten seconds
    net.run_for(10s);
    CHECK(search() == before + 2);
    net.run_for(10s);
    CHECK(search() == before + 2);  // for twenty now
    net.run_for(10s);
    REQUIRE(net.primary_of(asker) == std::vector{gone});
    CHECK(search() == before + 3);
    CHECK(net.primary_of(asker) == std::vector{spare});  // refilled
    CHECK(core::find(net.peer(asker).both_tables(), net.id(gone)) == nullptr);
    CHECK(net.peer(asker).counts().rows_dropped == 1);
    search();
    net.run_for(1s);
    CHECK(searches_arrived(net, spare) == 1);
}

TEST_CASE(
    "small print, a row's peer does not answer: one success in between, and failures are counted from the beginning") {
    world net;
    const node asker = net.add_peer(rigid(1), lan(1));
    const node shaky = net.add_peer({}, lan(2));
    net.know(asker, {shaky});
    net.start(asker);
    net.run_for(1s);
    const auto fail_once = [&] {
        net.search_and_wait(asker, query_kind::exact, "nothing.bin");
        net.run_for(30s);
    };
    fail_once();
    fail_once();
    net.start(shaky);
    net.search_and_wait(asker, query_kind::exact, "nothing.bin");
    CHECK(searches_arrived(net, shaky) == 1);
    net.kill(shaky);
    net.run_for(1s);
    fail_once();
    fail_once();
    CHECK(net.primary_of(asker) == std::vector{shaky});
    fail_once();
    CHECK(net.primary_of(asker).empty());
}

TEST_CASE("small print, nobody left: when the last row goes, the known address is tried again") {
    world net;
    const node known = net.add_peer({}, lan(1));
    const node asker = net.add_peer({}, lan(2));
    net.start(known);
    net.start(asker, lan(1));
    net.run_for(1s);
    net.stop(known);
    net.run_for(2s);
    REQUIRE(net.primary_of(asker).empty());
    net.restart(known, false);
    CHECK(net.run_until([&] { return !net.primary_of(asker).empty(); }, 30s));
}

TEST_CASE("another peer at a known address is not taken for the one that was there: its row fails and goes") {
    world net;
    const node asker = net.add_peer(rigid(1), lan(1));
    const node before = net.add_peer({}, lan(2), ordered_id(1));
    net.know(asker, {before});
    net.start(before);
    net.start(asker);
    net.run_for(1s);
    net.kill(before);
    net.run_for(1s);
    net.wire().forget_address(lan(2));
    scripted_endpoint successor(net, lan(2), ordered_id(2));
    for (int count = 0; count < 3; ++count) {
        net.search_and_wait(asker, query_kind::exact, "nothing.bin");
        net.run_for(60s);
    }
    CHECK(net.peer(asker).counts().rows_dropped == 1);
    CHECK(core::find(net.peer(asker).both_tables(), net.id(before)) == nullptr);
}

TEST_CASE("a link on which nothing is said is kept alive, and one that has gone silent is closed") {
    world net;
    const auto peers = overlay(net, line_of(2));
    net.run_for(10min);
    CHECK(net.wire().standing(peers[0], peers[1]) == 1);
    CHECK(net.log().count<wire::keepalive>() >= 8);
    CHECK(net.log().count<wire::keepalive>() <= 24);
    net.wire().vanish(peers[1]);
    net.run_for(5min);
    CHECK(net.peer(peers[0]).links().empty());
    CHECK(net.peer(peers[0]).counts().time_limits_hit >= 1);
}

TEST_CASE(
    "a neighbour that does not read bounds our memory: searches to it are dropped and counted, others get theirs") {
    world net;
    const auto peers = overlay(net, {{1}, {0, 2, 3}, {1}, {1}});
    net.search_and_wait(peers[0], query_kind::exact, "opens links.bin");
    net.wire().pause_reading(peers[2], true);
    const std::string long_name(900, 'n');
    for (int count = 0; count < 3000; ++count) {
        net.search(peers[0], query_kind::exact, long_name);
        net.run_for(1ms);
    }
    net.run_for(5s);
    CHECK(net.wire().most_queued_bytes(peers[1], peers[2]) <= limits::link_backlog_bytes_max + 2000);
    CHECK(net.peer(peers[1]).counts().forwards_dropped_backlog > 100);
    CHECK(searches_arrived(net, peers[3]) == 3001);
    net.wire().pause_reading(peers[2], false);
    net.run_for(5s);
    const std::size_t dropped = net.peer(peers[1]).counts().forwards_dropped_backlog;
    CHECK(searches_arrived(net, peers[2]) == 3001 - dropped);
    net.search_and_wait(peers[0], query_kind::exact, "and it goes on.bin");
    CHECK(searches_arrived(net, peers[2]) == 3002 - dropped);
}
