// Everything at once: searches and downloads while links break, peers die, come back, stall and stop reading. Rules hold all the
// time; once the faults have stopped nothing is stuck, and what is there is found and fetched.

#include "world.hpp"

#include "mogshare/trace/replay.hpp"

#include <algorithm>
#include <set>

using namespace mogshare;
using namespace mogshare::testing;

namespace {

constexpr std::size_t peers_count = 14;
constexpr std::size_t files_count = 5;

struct chaos {
    world net;
    random_source chance;
    std::vector<node> peers;
    std::vector<bytes> files;
    std::set<node> down;
    std::set<node> away;
    std::set<node> slow;

    explicit chaos(std::uint64_t seed, bool records = false)
        : net(options(seed)), chance(random_source::from_number(seed * 7919)) {
        core::settings chosen;
        chosen.primary_rows = 5;
        chosen.secondary_rows = 8;
        chosen.entry_rows = 6;
        chosen.ping_bytes = 32 * limits::KiB;
        chosen.downloads_at_once = 2;
        chosen.upload_slots = 2;
        for (std::size_t at = 0; at < peers_count; ++at) {
            chosen.upload_bytes_per_s = at % 4 == 0 ? 400'000 : 0;
            peers.push_back(net.add_peer(chosen, lan(static_cast<unsigned>(at + 1))));
            if (records) net.record(peers.back());
        }
        for (std::size_t at = 0; at < peers_count; ++at) {
            net.start(peers[at], at == 0 ? std::nullopt : std::optional(net.address(peers[chance.below(at)])));
            net.run_for(200ms);
        }
        for (std::size_t number = 0; number < files_count; ++number) {
            files.push_back(some_bytes(1 + chance.below(1'500'000), seed * 100 + number));
            for (int copies = 0; copies < 3; ++copies) net.share(any(), name(number), files.back());
        }
    }

    static network_options options(std::uint64_t seed) {
        network_options chosen = seeded(seed);
        chosen.wire.jitter = 10ms;
        chosen.wire.chunk_bytes_max = seed % 2 == 0 ? 64 * 1024 : 1500;
        chosen.disk_jitter = 10ms;
        chosen.wake_late = 15ms;
        chosen.check_every = 20;
        return chosen;
    }
    static std::string name(std::size_t number) { return "chaos " + std::to_string(number) + ".bin"; }
    node any() { return peers[chance.below(peers.size())]; }

    void work() {
        const node who = any();
        if (!net.alive(who)) return;
        const std::size_t number = chance.below(files_count);
        const bool exact = chance.below(2) == 0;
        const auto ticket =
            net.search(who, exact ? query_kind::exact : query_kind::words, exact ? name(number) : "chaos");
        net.run_for(std::chrono::milliseconds(chance.below(3000)));
        if (!net.alive(who)) return;
        const core::search_state* search = net.peer(who).find_search(ticket);
        if (search == nullptr || search->results.empty()) return;
        net.get(who, ticket, 1 + chance.below(search->results.size()));
        if (chance.below(8) == 0 && net.last_download(who) != nullptr) net.cancel(who, net.last_download(who)->id);
    }

    void fault() {
        const node who = any();
        switch (chance.below(9)) {
            case 0: net.wire().cut(who, any()); break;
            case 1:
                for (const node other : peers) net.wire().cut(who, other);
                break;
            case 2:
                if (net.alive(who)) end(who, false);
                break;
            case 3:
                if (net.alive(who)) end(who, true);
                break;
            case 4: net.wire().vanish(who), away.insert(who); break;
            case 5: net.wire().pause_reading(who, true), slow.insert(who); break;
            case 6: part(); break;
            case 7: net.wire().sever(who, any()); break;
            default: recover(); break;
        }
    }

    /// Two groups that hear nothing of each other until the next recovery.
    void part() {
        std::vector<std::vector<node>> groups(2);
        for (const node each : peers) groups[chance.below(2)].push_back(each);
        net.wire().partition(groups);
    }

    void end(node who, bool orderly) {
        if (orderly)
            net.stop(who);
        else
            net.kill(who);
        down.insert(who);
    }

    void recover() {
        net.wire().heal();
        if (!down.empty()) {
            const node who = *down.begin();
            down.erase(down.begin());
            net.restart(who, true, net.address(peers[who == peers[0] ? 1 : 0]));
        }
        if (!away.empty()) net.wire().reappear(*away.begin()), away.erase(away.begin());
        if (!slow.empty()) net.wire().pause_reading(*slow.begin(), false), slow.erase(slow.begin());
    }

    void heal() {
        net.wire().heal();
        while (!down.empty() || !away.empty() || !slow.empty()) recover();
        net.run_for(10min);
    }

    /// Whatever was begun has ended one way or another; what is left are links, one for a pair.
    void check_nothing_is_stuck() {
        CHECK(net.stuck() == "");
        for (const node who : peers)
            for (const node other : peers) CHECK(net.wire().standing(who, other) <= 1);
    }

    /// Every file that landed anywhere holds what its content says.
    void check_bytes() {
        for (const node who : peers) {
            for (const std::string& path : net.disk(who).paths()) {
                const bytes& data = *net.file(who, path);
                CHECK(std::find(files.begin(), files.end(), data) != files.end());
            }
        }
    }

    void check_progress() {
        std::size_t landed = 0;
        for (const node who : peers) {
            const auto ticket = net.search_and_wait(who, query_kind::words, "chaos");
            const auto& results = net.found(who, ticket).results;
            for (std::size_t at = 0; at < results.size(); ++at) {
                if (!results[at].here.empty()) continue;
                const core::download_state* got = net.get_and_wait(who, ticket, at + 1);
                REQUIRE(got != nullptr);
                CHECK_MESSAGE(got->phase == core::download_phase::done, got->trouble.what);
                ++landed;
            }
        }
        CHECK(landed > 10);
    }
};

void storm(chaos& scene, int rounds) {
    for (int round = 0; round < rounds; ++round) {
        scene.work();
        if (scene.chance.below(2) == 0) scene.fault();
        scene.net.run_for(std::chrono::milliseconds(scene.chance.below(2000)));
    }
}

digest trace_of_storm(std::uint64_t seed) {
    chaos scene(seed);
    storm(scene, 15);
    return scene.net.trace_digest();
}

}  // namespace

TEST_CASE("chaos: rules hold while everything breaks, and afterwards nothing is stuck and everything is found") {
    for (const std::uint64_t seed : seeds(8)) {
        CAPTURE(seed);
        chaos scene(seed);
        storm(scene, 60);
        scene.heal();
        scene.check_nothing_is_stuck();
        scene.check_bytes();
        scene.check_progress();
    }
}

TEST_CASE("chaos: a run is decided by its seed, down to every byte that is sent") {
    const digest first = trace_of_storm(3);
    CHECK(first == trace_of_storm(3));
    CHECK(first != trace_of_storm(4));
}

TEST_CASE("chaos: what each peer took in, fed into another machine, gives the same outputs") {
    chaos scene(5, true);
    storm(scene, 20);
    std::uint64_t steps = 0;
    for (const node who : scene.peers) {
        const auto lives = scene.net.recordings(who);
        CHECK(!lives.empty());
        for (const bytes& life : lives) {
            CAPTURE(who);
            const auto told = trace::replay(life);
            REQUIRE(told);
            CHECK(!told->differs);
            steps += told->steps;
        }
    }
    CHECK(steps > 5000);
}
