// Scores in the running overlay: who answers moves up, who never does moves down, and half of the table stays (R2, R3).

#include "world.hpp"

#include <algorithm>

using namespace mogshare;
using namespace mogshare::testing;

namespace {

core::settings two_rows(double scored_share) {
    core::settings chosen;
    chosen.primary_rows = 2;
    chosen.scored_share = scored_share;
    chosen.ping_bytes = limits::leaf_bytes;
    return chosen;
}

double score_of(const virtual_network& net, node who, node of) {
    const core::table_row* row = core::find(net.peer(who).both_tables(), net.id(of));
    return row == nullptr ? -1 : row->score;
}

bool in_primary(const virtual_network& net, node who, node other) {
    return net.peer(who).both_tables().primary.find(net.id(other)) != nullptr;
}

/// An asker with two primary rows, a hub and an idle peer; behind the hub stands a holder.
struct hub_scene {
    world net;
    node asker, hub, idle, holder;

    explicit hub_scene(const core::settings& chosen) {
        asker = net.add_peer(chosen, lan(1));
        hub = net.add_peer(rigid(2), lan(2));
        idle = net.add_peer(rigid(1), lan(3));
        holder = net.add_peer(rigid(1), lan(4));
        net.know(hub, {holder, asker});
        net.know(idle, {asker});
        net.know(holder, {hub});
        for (const node each : {hub, idle, holder}) net.start(each);
        net.run_for(10s);
        net.know(asker, {hub, idle});
        net.start(asker);
        net.run_for(10s);
        net.share(holder, "wanted.bin", some_bytes(100'000, 5));
    }
    void search() { net.search_and_wait(asker, query_kind::exact, "wanted.bin"); }
};

}  // namespace

TEST_CASE(
    "R1, R2, R3: a holder two hops away answers, earns a point, and takes the place of the lowest exchangeable row") {
    hub_scene scene(two_rows(1.0));
    REQUIRE_FALSE(in_primary(scene.net, scene.asker, scene.holder));
    scene.search();
    CHECK(scene.net.peer(scene.asker).counts().pings_verified == 1);
    CHECK(score_of(scene.net, scene.asker, scene.holder) == doctest::Approx(1.0).epsilon(0.001));
    CHECK(in_primary(scene.net, scene.asker, scene.holder));
    CHECK(scene.net.peer(scene.asker).counts().promotions == 1);
    CHECK(scene.net.primary_of(scene.asker).size() == 2);
    CHECK(scene.net.peer(scene.asker).both_tables().primary.rows.size() == 2);
}

TEST_CASE("R3: with half of the table scored, the rows of the other half stay as they came") {
    hub_scene scene(two_rows(0.5));
    const auto& rows = scene.net.peer(scene.asker).both_tables().primary.rows;
    REQUIRE(std::count_if(rows.begin(), rows.end(), [](const auto& row) { return row.exchangeable; }) == 1);
    const auto kept = std::find_if(rows.begin(), rows.end(), [](const auto& row) { return !row.exchangeable; });
    const node stays = *scene.net.node_of(kept->id);
    for (int count = 0; count < 5; ++count) scene.search();
    CHECK(in_primary(scene.net, scene.asker, stays));
    CHECK(in_primary(scene.net, scene.asker, scene.holder));
}

TEST_CASE("R3: with no row scored, nobody moves, and the points are there nevertheless") {
    hub_scene scene(two_rows(0));
    for (int count = 0; count < 5; ++count) scene.search();
    CHECK_FALSE(in_primary(scene.net, scene.asker, scene.holder));
    CHECK(score_of(scene.net, scene.asker, scene.holder) > 4.9);
    CHECK(scene.net.peer(scene.asker).counts().promotions == 0);
}

TEST_CASE("R2: every proved answer scores, chosen or not; an answer with nothing to ping scores nothing") {
    world net;
    const auto peers = overlay(net, star_of(5));
    net.share(peers[1], "wanted.bin", some_bytes(100'000, 1));
    net.share(peers[2], "wanted.bin", some_bytes(100'000, 1));
    net.share(peers[3], "empty wanted.bin", {});
    const auto ticket = net.search_and_wait(peers[0], query_kind::words, "wanted");
    CHECK(net.found(peers[0], ticket).answers.size() == 3);
    CHECK(score_of(net, peers[0], peers[1]) == 1);
    CHECK(score_of(net, peers[0], peers[2]) == 1);
    CHECK(score_of(net, peers[0], peers[3]) == 0);
    CHECK(score_of(net, peers[0], peers[4]) == 0);
}

TEST_CASE(
    "R3: a primary row that is asked and does not answer loses a part of its score each time, and its place in the "
    "end") {
    hub_scene scene(two_rows(1.0));
    scene.net.share(scene.hub, "once.bin", some_bytes(100'000, 9));
    for (int count = 0; count < 2; ++count) scene.net.search_and_wait(scene.asker, query_kind::exact, "once.bin");
    const double before = score_of(scene.net, scene.asker, scene.hub);
    REQUIRE(before > 1.9);
    scene.net.search_and_wait(scene.asker, query_kind::exact, "nothing.bin");
    CHECK(score_of(scene.net, scene.asker, scene.hub) == doctest::Approx(before * 0.98).epsilon(0.001));
    // The hub never answers by itself again, and has the highest score of the two for a while.
    for (int count = 0; count < 60; ++count) scene.net.search_and_wait(scene.asker, query_kind::exact, "nothing.bin");
    CHECK(score_of(scene.net, scene.asker, scene.hub) < 0.7);
    CHECK(in_primary(scene.net, scene.asker, scene.hub));  // nobody has passed it
}

TEST_CASE("R3: ties never swap; the first row that passes the lowest takes its place") {
    world net;
    core::settings chosen = two_rows(1.0);
    chosen.primary_rows = 1;
    chosen.score_use_fade = 0;
    const node asker = net.add_peer(chosen, lan(1));
    const node low = net.add_peer(rigid(2), lan(2));
    const node riser = net.add_peer(rigid(1), lan(3));
    net.know(low, {riser, asker});
    net.know(riser, {low});
    net.start(low);
    net.start(riser);
    net.run_for(10s);
    net.know(asker, {low}, {riser});
    net.know_score(asker, low, 3);
    net.know_score(asker, riser, 3);
    net.start(asker);
    net.share(riser, "of riser.bin", some_bytes(50'000, 2));
    for (int count = 0; count < 3; ++count) net.search_and_wait(asker, query_kind::exact, "nothing.bin");
    CHECK(score_of(net, asker, low) == score_of(net, asker, riser));
    CHECK(in_primary(net, asker, low));
    net.search_and_wait(asker, query_kind::exact, "of riser.bin");
    CHECK(in_primary(net, asker, riser));
    CHECK(net.peer(asker).both_tables().secondary.find(net.id(low)) != nullptr);
}

TEST_CASE("R3: scores halve in the half-life, whether or not searches are made") {
    hub_scene scene(two_rows(1.0));
    scene.search();
    const double before = score_of(scene.net, scene.asker, scene.holder);
    scene.net.run_for(24h);
    scene.net.search_and_wait(scene.asker, query_kind::exact, "nothing.bin");
    const double after = score_of(scene.net, scene.asker, scene.holder);
    CHECK(after == doctest::Approx(before / 2 * 0.98).epsilon(0.01));
}

TEST_CASE("small print, restart: scores come back with the rows") {
    hub_scene scene(two_rows(1.0));
    scene.search();
    scene.net.run_for(5min);  // it has saved
    scene.net.kill(scene.asker);
    scene.net.run_for(1s);
    scene.net.restart(scene.asker, true);
    scene.net.run_for(10s);
    CHECK(score_of(scene.net, scene.asker, scene.holder) == doctest::Approx(1.0).epsilon(0.01));
    CHECK(in_primary(scene.net, scene.asker, scene.holder));
}

TEST_CASE("R3: strangers never push a scored row out of a full secondary table") {
    world net;
    core::settings chosen = rigid(1);
    chosen.secondary_rows = 2;
    chosen.ping_bytes = limits::leaf_bytes;
    const node asker = net.add_peer(chosen, lan(1));
    const node hub = net.add_peer(rigid(20), lan(2));
    const node holder = net.add_peer(rigid(1), lan(3));
    net.know(hub, {holder, asker});
    net.know(holder, {hub});
    net.start(hub);
    net.start(holder);
    net.run_for(5s);
    net.know(asker, {hub});
    net.start(asker);
    net.run_for(5s);
    net.share(holder, "wanted.bin", some_bytes(60'000, 5));
    net.search_and_wait(asker, query_kind::exact, "wanted.bin");
    REQUIRE(score_of(net, asker, holder) > 0.9);
    std::vector<node> strangers;
    for (unsigned number = 10; number < 20; ++number) {
        strangers.push_back(net.add_peer(rigid(1), lan(number)));
        net.start(strangers.back(), net.address(asker));
        net.run_for(2s);
    }
    CHECK(score_of(net, asker, holder) > 0.9);
    CHECK(net.secondary_of(asker).size() == 2);
    // Nor one another: the first one lives, and is asked before it would have to make room.
    CHECK(score_of(net, asker, strangers.front()) == 0);
    CHECK(net.peer(asker).counts().rows_replaced == 0);
    net.kill(strangers.front());
    net.run_for(20s);
    const node late = net.add_peer(rigid(1), lan(30));
    net.start(late, net.address(asker));
    net.run_for(20s);
    CHECK(score_of(net, asker, late) == 0);
    CHECK(net.peer(asker).counts().rows_replaced == 1);
}
