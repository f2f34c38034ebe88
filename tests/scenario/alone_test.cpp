// Peers that have nobody: everyone whom they knew is dead, the introducer comes later, they join themselves, they crash and come
// back with what was saved; over many seeds.

#include "world.hpp"

#include <algorithm>

using namespace mogshare;
using namespace mogshare::testing;

namespace {

network_options shaky(std::uint64_t seed) {
    network_options chosen = seeded(seed);
    chosen.wire.jitter = 25ms;
    chosen.wake_late = 10ms;
    chosen.wire.chunk_bytes_max = seed % 2 == 0 ? 101 : 64 * 1024;
    return chosen;
}

/// Pings of one leaf: with chunks so small, larger ones take long.
core::settings brief() {
    core::settings chosen;
    chosen.ping_bytes = limits::leaf_bytes;
    return chosen;
}

/// A peer that starts with rows of peers that are all dead: their ports refuse, or say nothing at all.
struct dead_scene {
    world net;
    random_source chance;
    node me = 0;
    std::vector<node> dead;

    explicit dead_scene(std::uint64_t seed) : net(shaky(seed)), chance(random_source::from_number(seed)) {
        core::settings chosen = brief();
        chosen.primary_rows = 6;
        me = net.add_peer(chosen, lan(1));
        for (unsigned each = 0; each < 9; ++each) {
            dead.push_back(net.add_peer(chosen, lan(each + 2)));
            if (chance.below(2) == 0) net.wire().black_hole(net.address(dead.back()));
        }
        net.know(me, {dead.begin(), dead.begin() + 6}, {dead.begin() + 6, dead.end()});
        net.start(me);
    }
    /// Whoever asks often learns that nobody is there: each row goes at its third failure.
    void ask_until_empty() {
        for (int round = 0; round < 30 && !rows_gone(); ++round) {
            const auto ticket = net.search_and_wait(me, query_kind::words, "anything");
            CHECK(net.found(me, ticket).answers.empty());
            net.run_for(30s);
        }
    }
    bool rows_gone() const { return net.primary_of(me).empty() && net.secondary_of(me).empty(); }
};

/// The same peers, in whatever order.
bool same_rows(const core::table& one, const core::table& other) {
    const auto known = [&](const core::table_row& row) { return other.find(row.id) != nullptr; };
    return one.rows.size() == other.rows.size() && std::all_of(one.rows.begin(), one.rows.end(), known);
}

digest all_dead(std::uint64_t seed) {
    dead_scene scene(seed);
    world& net = scene.net;
    scene.ask_until_empty();
    CHECK(scene.rows_gone());
    CHECK(!net.news<core::output::alone>(scene.me).empty());
    // Now and then it tries the known address again: nothing else is under way.
    CHECK(net.run_until([&] { return net.stuck().empty(); }, 10s));

    // It works as usual: its own files are found by itself, and whoever enters through it finds them.
    net.share(scene.me, "mine.txt", some_bytes(1000, seed));
    CHECK(net.found(scene.me, net.search_and_wait(scene.me, query_kind::exact, "mine.txt")).results.size() == 1);
    const node visitor = net.add_peer(brief(), lan(100));
    net.start(visitor, net.address(scene.me));
    net.run_for(5s);
    CHECK(net.primary_of(scene.me) == std::vector<node>{visitor});
    const auto ticket = net.search_and_wait(visitor, query_kind::exact, "mine.txt");
    CHECK(answerers(net, visitor, ticket) == std::vector<node>{scene.me});
    net.run_for(10min);
    CHECK(net.stuck() == "");
    return net.trace_digest();
}

}  // namespace

TEST_CASE("small print, nobody left: all rows dead, each is dropped, and the peer is alone and works") {
    for (const std::uint64_t seed : seeds(12)) {
        CAPTURE(seed);
        all_dead(seed);
    }
    CHECK(all_dead(3) == all_dead(3));
    CHECK(all_dead(3) != all_dead(4));
}

TEST_CASE("small print, nobody left: where one of the dead comes back it is entered through within five minutes") {
    for (const std::uint64_t seed : seeds(12)) {
        CAPTURE(seed);
        dead_scene scene(seed);
        world& net = scene.net;
        const node risen = scene.dead.front();  // the row that its ENTRADA went to: no score is higher
        scene.ask_until_empty();
        const auto alone = net.news<core::output::alone>(scene.me);
        REQUIRE(!alone.empty());
        CHECK(alone.back().second.asked == net.address(risen));
        net.run_for(std::chrono::seconds(scene.chance.below(600)));
        net.wire().fill_hole(net.address(risen));
        net.start(risen);
        CHECK(net.run_until([&] { return net.primary_of(scene.me) == std::vector<node>{risen}; }, 5min + 10s));
        net.run_for(1min);
        CHECK(net.stuck() == "");
    }
}

TEST_CASE("R4: an introducer that comes later is entered through, whenever it comes") {
    for (const std::uint64_t seed : seeds(12)) {
        CAPTURE(seed);
        world net(shaky(seed));
        random_source chance = random_source::from_number(seed);
        const node introducer = net.add_peer(brief(), lan(1));
        std::vector<node> early;
        for (unsigned each = 0; each < 5; ++each) {
            early.push_back(net.add_peer(brief(), lan(each + 2)));
            net.start(early.back(), net.address(introducer));
            net.run_for(std::chrono::milliseconds(chance.below(3000)));
        }
        net.run_for(std::chrono::seconds(chance.below(1200)));
        for (const node each : early) CHECK(net.primary_of(each).empty());
        net.start(introducer);
        net.share(introducer, "there.txt", some_bytes(500, seed));
        const auto in = [&](node each) { return !net.primary_of(each).empty(); };
        CHECK(net.run_until([&] { return std::all_of(early.begin(), early.end(), in); }, 6min));
        net.run_for(1min);
        for (const node each : early) {
            const auto ticket = net.search_and_wait(each, query_kind::exact, "there.txt");
            CHECK(answerers(net, each, ticket) == std::vector<node>{introducer});
        }
        net.run_for(10min);
        CHECK(net.stuck() == "");
    }
}

TEST_CASE(
    "small print, identity: who joins himself is alone, and can join others; who joins by either of his addresses, "
    "too") {
    for (const std::uint64_t seed : seeds(8)) {
        CAPTURE(seed);
        world net(shaky(seed));
        const node me = net.add_peer(brief(), std::vector{lan(1), loopback(7000)});
        net.start(me, seed % 2 == 0 ? lan(1) : loopback(7000));
        net.run_for(1min);
        CHECK(net.primary_of(me).empty());
        CHECK(!net.news<core::output::alone>(me).empty());
        const node other = net.add_peer(brief(), lan(2));
        net.start(other);
        net.join(me, net.address(other));
        net.run_for(5s);
        CHECK(net.primary_of(me) == std::vector<node>{other});
        CHECK(net.primary_of(other) == std::vector<node>{me});
        net.run_for(10min);
        CHECK(net.stuck() == "");
    }
}

TEST_CASE("small print, two peers dial each other: at the same moment, over any delays, one link is left") {
    for (const std::uint64_t seed : seeds(30)) {
        CAPTURE(seed);
        world net(shaky(seed));
        random_source chance = random_source::from_number(seed);
        const node a = net.add_peer(brief(), lan(1));
        const node b = net.add_peer(brief(), lan(2));
        net.wire().set_delay(a, b, std::chrono::milliseconds(1 + chance.below(80)));
        net.wire().set_delay(b, a, std::chrono::milliseconds(1 + chance.below(80)));
        net.know(a, {b});
        net.know(b, {a});
        net.share(a, "of a.txt", some_bytes(100, 1));
        net.share(b, "of b.txt", some_bytes(100, 2));
        net.start(a);
        net.run_for(std::chrono::milliseconds(chance.below(60)));
        net.start(b);
        const auto first = net.search(a, query_kind::exact, "of b.txt");
        const auto second = net.search(b, query_kind::exact, "of a.txt");
        net.run_for(10s);
        CHECK(answerers(net, a, first) == std::vector<node>{b});
        CHECK(answerers(net, b, second) == std::vector<node>{a});
        net.run_for(10min);
        CHECK(net.stuck() == "");
        CHECK(net.wire().standing(a, b) == 1);
    }
}

TEST_CASE(
    "small print, restart: peers that crash at any moment come back with the rows that were saved last, and find what "
    "they found before") {
    for (const std::uint64_t seed : seeds(10)) {
        CAPTURE(seed);
        world net(shaky(seed));
        random_source chance = random_source::from_number(seed);
        std::vector<node> peers;
        for (unsigned each = 0; each < 7; ++each) {
            peers.push_back(net.add_peer(brief(), lan(each + 1)));
            net.share(peers.back(), "file of " + std::to_string(each) + ".txt", some_bytes(5'000, each));
        }
        for (const node each : peers) net.start(each, each == peers[0] ? std::nullopt : std::optional(lan(1)));
        net.run_for(10s);
        for (const node each : peers) net.search_and_wait(each, query_kind::words, "file");
        net.run_for(5min);  // everybody has saved
        for (const node each : peers) CHECK(!net.saved(each).primary.rows.empty());
        for (int crash = 0; crash < 6; ++crash) {
            const node who = peers[chance.below(peers.size())];
            net.search(peers[chance.below(peers.size())], query_kind::words, "file");
            net.run_for(std::chrono::milliseconds(chance.below(400)));
            net.kill(who);
            net.run_for(std::chrono::milliseconds(chance.below(5000)));
            net.restart(who, true);
            CHECK(same_rows(net.peer(who).both_tables().primary, net.saved(who).primary));
            CHECK(same_rows(net.peer(who).both_tables().secondary, net.saved(who).secondary));
        }
        net.run_for(10min);
        CHECK(net.stuck() == "");
        for (const node each : peers) {
            const auto ticket = net.search_and_wait(each, query_kind::words, "file");
            CHECK(net.found(each, ticket).results.size() == peers.size());
        }
    }
}

TEST_CASE("small print, restart: a crash costs the rows of the last five minutes, an orderly end none") {
    for (const bool orderly : {false, true}) {
        CAPTURE(orderly);
        world net;
        const node hub = net.add_peer(brief(), lan(1));
        const node early = net.add_peer(brief(), lan(2));
        const node late = net.add_peer(brief(), lan(3));
        net.start(hub);
        net.start(early, lan(1));
        net.run_for(6min);
        net.start(late, lan(1));
        net.run_for(1min);
        REQUIRE(net.primary_of(hub) == std::vector{early, late});
        if (orderly)
            net.stop(hub);
        else
            net.kill(hub);
        net.run_for(10s);
        net.restart(hub, true);
        CHECK(net.primary_of(hub) == (orderly ? std::vector{early, late} : std::vector{early}));
    }
}

TEST_CASE("small print, restart: who crashes before anything was saved enters by the known address, as at first") {
    world net;
    const node hub = net.add_peer(brief(), lan(1));
    const node other = net.add_peer(brief(), lan(2));
    net.start(hub);
    net.start(other, lan(1));
    net.run_for(5s);
    REQUIRE(net.primary_of(other) == std::vector{hub});
    net.kill(other);
    net.run_for(1s);
    net.restart(other, true);
    CHECK(net.primary_of(other).empty());
    net.run_for(10s);
    CHECK(net.primary_of(other) == std::vector{hub});
    CHECK(net.primary_of(hub) == std::vector{other});
}
