// Some neighbours say all that they can, and the others must not notice (R8, R9), under the budgets of either profile.

#include "scenario/hostile_scene.hpp"

#include <map>
#include <memory>

using namespace mogshare;
using namespace mogshare::testing;

namespace {

constexpr std::size_t honest_count = 4;
constexpr duration tick = 100ms;
constexpr int ticks = 200 / static_cast<int>(scenario_part);

endpoint public_address(std::uint8_t network) {
    return {host::v4({20, network, 0, 1}), 7000};
}

/// A peer with a file, its honest neighbours with a file each, and neighbours that flood it.
struct flood_scene {
    world net{options()};
    node hub;
    std::vector<node> honest;
    struct enemy {
        std::unique_ptr<scripted_endpoint> end;
        conn_number link = 0;
    };
    std::vector<enemy> enemies;
    std::uint64_t said = 0;
    std::uint32_t a_tick;
    std::vector<std::pair<node, core::search_ticket>> asked;

    static network_options options() {
        network_options made;
        made.check_every = 100;
        made.keeps_log = false;
        return made;
    }
    /// Alone, an enemy says much more than it may; several keep to what each may, and the honest know nobody but the hub.
    explicit flood_scene(core::network_profile profile, std::uint8_t enemy_count = 1) {
        core::settings chosen;
        chosen.profile = profile;
        chosen.ping_bytes = 16 * limits::KiB;
        chosen.scored_share = 0;
        // As fast as connections are allowed to be, or ten times as fast as searches are taken.
        const limits::budgets budget = core::budgets_of(chosen);
        const bool alone = enemy_count == 1;
        a_tick = alone ? std::min(budget.frames_per_s, 10 * budget.searches_per_s) / 10 : budget.searches_per_s / 10;
        hub = net.add_peer(chosen, public_address(1));
        net.start(hub);
        net.share(hub, "wanted.bin", some_bytes(20'000, 1));
        if (!alone) chosen.primary_rows = 1;
        for (std::uint8_t number = 0; number < honest_count; ++number) {
            honest.push_back(net.add_peer(chosen, public_address(static_cast<std::uint8_t>(2 + number))));
            net.start(honest.back(), net.address(hub));
            net.share(honest.back(), fmt::format("of {}.bin", number), some_bytes(20'000, 2U + number));
            net.run_for(1s);
        }
        for (std::uint8_t number = 0; number < enemy_count; ++number) {
            const auto name = static_cast<std::uint8_t>(66 + number);
            enemies.push_back({std::make_unique<scripted_endpoint>(net, public_address(name), ordered_id(name)), 0});
            enemies.back().link = enemies.back().end->dial(net.address(hub), wire::purpose::link);
        }
        net.run_for(1s);
    }
    scripted_endpoint& first() { return *enemies.front().end; }
    /// The others search each second, and the hub itself, while the neighbour goes on saying what `next` gives.
    void flood(const std::function<wire::pesquisa(std::uint64_t)>& next, int how_long = ticks) {
        for (int at = 0; at < how_long; ++at) {
            for (enemy& each : enemies) {
                bytes frames;
                for (std::uint32_t count = 0; count < a_tick; ++count) {
                    const bytes frame = wire::encode(next(++said));
                    frames.insert(frames.end(), frame.begin(), frame.end());
                }
                if (each.end->seen(each.link).closed) each.link = each.end->dial(net.address(hub), wire::purpose::link);
                each.end->say_bytes(each.link, std::move(frames));
            }
            if (at % 10 == 5) {
                for (const node each : honest)
                    asked.emplace_back(each, net.search(each, query_kind::exact, "wanted.bin"));
                asked.emplace_back(honest[0], net.search(honest[0], query_kind::exact, "of 1.bin"));
                asked.emplace_back(hub, net.search(hub, query_kind::exact, fmt::format("of {}.bin", at / 10 % 4)));
                check_answers(asked.size() - honest_count - 2);
            }
            net.run_for(tick);
        }
        net.run_for(5s);
        check_answers(asked.size());
        CHECK(asked.size() == (honest_count + 2) * static_cast<std::size_t>((how_long + 4) / 10));
    }
    /// The first `count` searches, which have had their time, were each answered by all who have the file.
    void check_answers(std::size_t count) {
        for (; judged < count; ++judged) {
            const auto [who, ticket] = asked[judged];
            const core::search_state& state = net.found(who, ticket);
            CAPTURE(judged);
            CAPTURE(state.text);
            CHECK(state.answers.size() == 1);
        }
    }
    std::size_t judged = 0;
    std::map<query_id, std::uint64_t> numbers;  ///< of the enemy's own searches
    const core::counters& counts() const { return net.peer(hub).counts(); }
};

wire::pesquisa for_nothing(flood_scene& scene, std::uint64_t number) {
    wire::pesquisa search = search_by(scene.first().id(), 7000, number);
    search.origin.address = public_address(66).address;  // as the others tell it
    search.name = "nobody has this";
    return search;
}

/// For a file of the hub, by originators that were made up, each in another network.
wire::pesquisa for_a_victim(std::uint64_t number) {
    wire::pesquisa search = search_by(random_source::from_number(number).id<peer_id>(), 7000, number);
    search.level = 2;
    search.origin.address = host::v4({static_cast<std::uint8_t>(40 + (number >> 16)),
                                      static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number), 1});
    return search;
}

constexpr auto profiles = {core::network_profile::lan, core::network_profile::internet};

}  // namespace

TEST_CASE("attack: a flood of searches by one neighbour keeps out no search of others, nor our own") {
    for (const auto profile : profiles) {
        CAPTURE(static_cast<int>(profile));
        flood_scene scene(profile);
        scene.flood([&](std::uint64_t number) { return for_nothing(scene, number); });
        CHECK(scene.counts().searches_refused_budget > scene.said / 2);
    }
}

TEST_CASE(
    "attack: neighbours that bring as many searches as each may keep out none of those who bring few, nor our own") {
    for (const auto profile : profiles)
        for (const std::uint8_t count : {std::uint8_t{2}, std::uint8_t{4}}) {
            CAPTURE(static_cast<int>(profile));
            CAPTURE(count);
            flood_scene scene(profile, count);
            // So long that what may be brought at once is used up, under sanitizers, too.
            scene.flood([&](std::uint64_t number) { return for_nothing(scene, number); }, 100);
            CHECK(scene.counts().forwards_refused_budget > 0);
        }
}

TEST_CASE("attack: a flood of searches that cause dials takes no answer from others, be the dialled silent or not") {
    for (const auto profile : profiles)
        for (const bool silent : {false, true}) {
            CAPTURE(static_cast<int>(profile));
            CAPTURE(silent);
            flood_scene scene(profile);
            scene.flood([&](std::uint64_t number) {
                const wire::pesquisa search = for_a_victim(number);
                if (silent) scene.net.wire().black_hole(search.origin);
                return search;
            });
            CHECK(scene.counts().connections_dialled > static_cast<std::uint64_t>(ticks) / 2);
        }
}

TEST_CASE("attack: a flood of searches that are answered and never pinged takes no answer from others") {
    for (const auto profile : profiles) {
        CAPTURE(static_cast<int>(profile));
        flood_scene scene(profile);
        scene.first().on_message = [&](conn_number on, const wire::message& what) {
            const auto* claim = std::get_if<wire::claim>(&what);
            if (claim == nullptr) return;
            scene.first().say(on, wire::nonce_shown{secret_number(scene.numbers.at(claim->id))});
        };
        scene.flood([&](std::uint64_t number) {
            const wire::pesquisa search = search_by(scene.first().id(), 7000, number);
            scene.numbers[search.id] = number;
            return search;
        });
        CHECK(scene.counts().searches_answered > 50);
    }
}
