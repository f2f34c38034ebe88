// Many at once: every peer searches and downloads at the same time, the same contents go by several names, and every one of them
// ends with the right bytes.

#include "world.hpp"

#include <algorithm>
#include <map>

using namespace mogshare;
using namespace mogshare::testing;

namespace {

constexpr std::size_t peers_count = 9;
constexpr std::size_t contents_count = 4;

struct crowd {
    world net;
    random_source chance;
    std::vector<node> peers;
    std::map<content_id, bytes> contents;
    std::map<std::pair<node, std::size_t>, core::search_ticket> asked;

    explicit crowd(std::uint64_t seed) : net(options(seed)), chance(random_source::from_number(seed)) {
        core::settings chosen;
        chosen.ping_bytes = limits::leaf_bytes;
        chosen.downloads_at_once = 2;
        chosen.upload_slots = 3;
        for (unsigned each = 0; each < peers_count; ++each) {
            chosen.upload_bytes_per_s = each % 3 == 0 ? 600'000 : 0;
            peers.push_back(net.add_peer(chosen, lan(each + 1)));
        }
        for (const node each : peers) {
            net.start(each, each == peers[0] ? std::nullopt : std::optional(lan(1)));
            net.run_for(300ms);
        }
        for (std::size_t number = 0; number < contents_count; ++number) {
            const bytes data = some_bytes(1 + chance.below(1'200'000), seed * 10 + number);
            contents[id_of(data)] = data;
            // Three holders, each with a name of its own for it, and one with two.
            for (int copy = 0; copy < 3; ++copy) net.share(any(), name(number, copy), data);
            net.share(any(), name(number, 3), data);
        }
        net.run_for(1s);
    }
    static network_options options(std::uint64_t seed) {
        network_options chosen = seeded(seed);
        chosen.wire.jitter = 20ms;
        chosen.disk_jitter = 8ms;
        chosen.wake_late = 5ms;
        chosen.wire.chunk_bytes_max = seed % 2 == 0 ? 64 * 1024 : 3000;
        chosen.check_every = 10;
        return chosen;
    }
    static std::string word(std::size_t number) { return std::string("crowd") + static_cast<char>('a' + number); }
    static std::string name(std::size_t number, int copy) {
        return word(number) + "/copy " + std::to_string(copy) + ".bin";
    }
    node any() { return peers[chance.below(peers.size())]; }

    void all_search() {
        for (const node who : peers)
            for (std::size_t number = 0; number < contents_count; ++number) {
                asked[{who, number}] = net.search(who, query_kind::words, word(number));
                net.run_for(std::chrono::milliseconds(chance.below(20)));
            }
        const auto over = [&](const auto& each) { return net.found(each.first.first, each.second).over(); };
        CHECK(net.run_until([&] { return std::all_of(asked.begin(), asked.end(), over); }, 5min));
    }
    void all_get() {
        for (const auto& [who_and_number, ticket] : asked) {
            // However many names it goes by, and however many have it, it is one result.
            CHECK(net.found(who_and_number.first, ticket).results.size() == 1);
            net.get(who_and_number.first, ticket);
        }
        CHECK(net.run_until(
            [&] { return std::all_of(peers.begin(), peers.end(), [&](node who) { return idle(who); }); }, 30min));
    }
    bool idle(node who) const {
        const auto all = net.peer(who).downloads();
        return std::all_of(all.begin(), all.end(), [](const core::download_state* each) { return each->over(); });
    }
    void check_everybody_has_everything() {
        for (const node who : peers) {
            CAPTURE(who);
            for (const core::download_state* each : net.peer(who).downloads())
                CHECK_MESSAGE(each->phase == core::download_phase::done, each->trouble.what);
            for (const auto& [content, data] : contents) {
                const auto held = net.peer(who).shares().with_content(content);
                REQUIRE(!held.empty());
                for (const content::share* each : held) CHECK(*net.file(who, each->path) == data);
            }
        }
    }
};

digest everybody_at_once(std::uint64_t seed) {
    crowd scene(seed);
    scene.all_search();
    scene.all_get();
    scene.check_everybody_has_everything();
    scene.net.run_for(10min);
    CHECK(scene.net.stuck() == "");
    return scene.net.trace_digest();
}

}  // namespace

TEST_CASE("crowd: all search and fetch at once, contents go by many names, and everybody ends with the right bytes") {
    for (const std::uint64_t seed : seeds(5)) {
        CAPTURE(seed);
        everybody_at_once(seed);
    }
}

TEST_CASE("crowd: a run is decided by its seed") {
    CHECK(everybody_at_once(2) == everybody_at_once(2));
    CHECK(everybody_at_once(2) != everybody_at_once(4));
}
