// A network that parts and heals: while it is parted each side works with what it has, and afterwards nothing is stuck and what is
// everywhere is found everywhere.

#include "world.hpp"

#include <algorithm>

using namespace mogshare;
using namespace mogshare::testing;

namespace {

constexpr std::size_t peers_count = 10;

struct parted_scene {
    world net;
    random_source chance;
    std::vector<node> peers;
    std::vector<std::vector<node>> halves{{}, {}};
    bytes everywhere;
    std::uint64_t seed;

    explicit parted_scene(std::uint64_t number)
        : net(options(number)), chance(random_source::from_number(number)), seed(number) {
        core::settings chosen;
        chosen.ping_bytes = limits::leaf_bytes;
        for (std::size_t at = 0; at < peers_count; ++at) {
            peers.push_back(net.add_peer(chosen, lan(static_cast<unsigned>(at + 1))));
            halves[at % 2].push_back(peers.back());
        }
        for (const node each : peers) {  // everybody knows everybody
            std::vector<node> others = peers;
            std::erase(others, each);
            net.know(each, others);
        }
        for (std::size_t at = 0; at < peers_count; ++at) {
            net.start(peers[at], at == 0 ? std::nullopt : std::optional(net.address(peers[chance.below(at)])));
            net.run_for(500ms);
        }
        everywhere = some_bytes(400'000 + chance.below(2'000'000), number);
        for (const std::size_t at : {2, 3}) net.share(peers[at], "everywhere.bin", everywhere);  // one in each half
        for (const std::size_t at : {4, 5}) net.wire().set_uplink(peers[at], 200'000);
        net.share(peers[4], "left.bin", some_bytes(900'000, number + 1));
        net.share(peers[5], "right.bin", some_bytes(900'000, number + 2));
        for (const node each : peers) net.search_and_wait(each, query_kind::words, "nothing");  // links stand
    }
    static network_options options(std::uint64_t seed) {
        network_options chosen = seeded(seed);
        chosen.wire.jitter = 15ms;
        chosen.disk_jitter = 5ms;
        chosen.wake_late = 10ms;
        chosen.wire.chunk_bytes_max = seed % 2 == 0 ? 64 * 1024 : 900;
        return chosen;
    }
    void part() { net.wire().partition(halves); }
    void heal(duration time) {
        net.wire().heal();
        net.run_for(time);
    }
    bool left(node one) const { return std::find(halves[0].begin(), halves[0].end(), one) != halves[0].end(); }
    bool same_half(node one, node other) const { return left(one) == left(other); }
    /// Searches, and tells who answered.
    std::vector<node> ask(node who, const std::string& name) {
        const auto ticket = net.search_and_wait(who, query_kind::exact, name);
        CHECK(net.found(who, ticket).over());
        return answerers(net, who, ticket);
    }
    void check_all_find_all() {
        for (const node who : peers) {
            CAPTURE(who);
            const auto ticket = net.search_and_wait(who, query_kind::words, "bin");
            CHECK(net.found(who, ticket).results.size() == 3);
        }
    }
};

digest short_parting(std::uint64_t seed) {
    parted_scene scene(seed);
    world& net = scene.net;
    // Under way across the border when it falls.
    const auto left = net.search_and_wait(scene.peers[7], query_kind::exact, "left.bin");
    net.get(scene.peers[7], left);
    const auto right = net.search_and_wait(scene.peers[6], query_kind::exact, "right.bin");
    net.get(scene.peers[6], right);
    for (const node who : {scene.peers[6], scene.peers[7]}) REQUIRE(net.last_download(who) != nullptr);
    net.run_for(std::chrono::milliseconds(200 + scene.chance.below(1500)));
    const auto open = net.search(scene.peers[8], query_kind::words, "bin");
    scene.part();
    for (const node who : {scene.peers[0], scene.peers[1]}) {
        const auto answered = scene.ask(who, "everywhere.bin");
        CHECK(answered.size() == 1);
        for (const node each : answered) CHECK(scene.same_half(who, each));
    }
    net.run_for(std::chrono::milliseconds(scene.chance.below(8000)));
    scene.heal(10min);
    CHECK(net.found(scene.peers[8], open).over());
    CHECK(net.stuck() == "");
    for (const node who : {scene.peers[6], scene.peers[7]}) CHECK(net.last_download(who)->over());
    scene.check_all_find_all();
    // What the border has cut is finished now, from where it stood.
    for (const auto& [who, name] : {std::pair{scene.peers[7], "left.bin"}, std::pair{scene.peers[6], "right.bin"}}) {
        if (net.file(who, name) == nullptr) {
            const auto again = net.search_and_wait(who, query_kind::exact, name);
            REQUIRE(net.get_and_wait(who, again) != nullptr);
        }
        CHECK(net.file(who, name) != nullptr);
    }
    net.run_for(5min);
    CHECK(net.stuck() == "");
    return net.trace_digest();
}

}  // namespace

TEST_CASE("partition: each side works while it lasts, and once it has healed nothing is stuck and all is found") {
    for (const std::uint64_t seed : seeds(8)) {
        CAPTURE(seed);
        short_parting(seed);
    }
}

TEST_CASE("partition: a run with one is decided by its seed") {
    CHECK(short_parting(3) == short_parting(3));
    CHECK(short_parting(3) != short_parting(4));
}

TEST_CASE("partition: a source on the other side gives way to one on this side within the time for a stall") {
    for (const std::uint64_t seed : seeds(6)) {
        CAPTURE(seed);
        parted_scene scene(seed);
        world& net = scene.net;
        const node me = scene.peers[8];
        net.wire().set_uplink(scene.peers[2], 100'000);  // mine; the other one is elected
        net.wire().set_uplink(scene.peers[3], 400'000);
        const auto ticket = net.search_and_wait(me, query_kind::exact, "everywhere.bin");
        REQUIRE(net.found(me, ticket).answers.size() == 2);
        net.get(me, ticket);
        net.run_for(700ms);
        CHECK(net.last_download(me)->sources[net.last_download(me)->current].peer == net.id(scene.peers[3]));
        scene.part();
        net.run_for(6s);
        CHECK(net.last_download(me)->sources[net.last_download(me)->current].peer == net.id(scene.peers[2]));
        CHECK(net.run_until([&] { return net.last_download(me)->over(); }, 5min));
        CHECK(net.last_download(me)->phase == core::download_phase::done);
        CHECK(*net.file(me, "everywhere.bin") == scene.everywhere);
        scene.heal(10min);
        CHECK(net.stuck() == "");
    }
}

TEST_CASE("partition: one that lasts parts the overlay; each half is whole, and one join makes them one again") {
    for (const std::uint64_t seed : seeds(6)) {
        CAPTURE(seed);
        parted_scene scene(seed);
        world& net = scene.net;
        scene.part();
        for (int round = 0; round < 6; ++round) {  // rows that do not answer are dropped at their third failure
            for (const node who : scene.peers) net.search_and_wait(who, query_kind::words, "nothing");
            net.run_for(1min);
        }
        for (const node who : scene.peers)
            for (const node row : net.primary_of(who)) CHECK(scene.same_half(who, row));
        scene.heal(10min);
        CHECK(net.stuck() == "");
        CHECK(scene.ask(scene.peers[1], "everywhere.bin").size() == 1);
        net.join(scene.peers[0], net.address(scene.peers[1]));
        net.run_for(10s);
        CHECK(scene.ask(scene.peers[1], "everywhere.bin").size() == 2);
        net.run_for(10min);
        CHECK(net.stuck() == "");
    }
}

TEST_CASE("partition: where only one direction passes, nothing hangs, and it mends") {
    for (const std::uint64_t seed : seeds(6)) {
        CAPTURE(seed);
        parted_scene scene(seed);
        world& net = scene.net;
        for (const node from : scene.halves[0])
            for (const node to : scene.halves[1]) net.wire().sever(from, to);
        for (const node who : scene.peers) net.search(who, query_kind::words, "bin");
        net.run_for(std::chrono::seconds(5 + scene.chance.below(20)));
        for (const node who : scene.peers) net.search_and_wait(who, query_kind::exact, "everywhere.bin");
        for (const node from : scene.halves[0])
            for (const node to : scene.halves[1]) net.wire().mend(from, to);
        net.run_for(10min);
        CHECK(net.stuck() == "");
        scene.check_all_find_all();
    }
}
