// Searches whose originator is somebody else's address: every holder would dial it (R8, R9, internet profile).

#include "scenario/hostile_scene.hpp"

#include <memory>

using namespace mogshare;
using namespace mogshare::testing;

namespace {

constexpr std::size_t holder_count = 456;  // all that a search reaches at fan-out 8 and three hops
constexpr std::size_t searches = 10'000 / scenario_part;
constexpr std::size_t batch = 200;     // as many as a neighbour may say at once,
constexpr duration batch_every = 10s;  // and again after so long
constexpr std::size_t dials_max = holder_count * limits::internet.dials_unproven;  // 1,368
static_assert(dials_max == 1368 && batch == 10 * limits::internet.searches_per_s);

const endpoint victim_address{host::v4({40, 1, 2, 3}), 7000};

/// 456 holders of a file, and an attacker with a link to each of them.
struct forgers_scene {
    world net{options()};
    std::vector<node> holders;
    scripted_endpoint attacker{net, {host::v4({30, 0, 0, 1}), 7000}, ordered_id(66)};
    std::vector<conn_number> links;
    std::uint64_t said = 0;
    std::optional<node> victim;  ///< on whose line somebody listens
    std::uint64_t opened = 0;    ///< connections that reached it
    std::uint64_t told_bytes = 0;

    static network_options options() {
        network_options made;
        made.check_every = 1000;
        made.keeps_log = false;  // four million searches arrive
        return made;
    }
    forgers_scene() {
        core::settings chosen;
        chosen.profile = core::network_profile::internet;
        for (std::size_t number = 0; number < holder_count; ++number) {
            const auto high = static_cast<std::uint8_t>(number >> 8);
            const auto low = static_cast<std::uint8_t>(number & 0xFF);
            holders.push_back(net.add_peer(chosen, endpoint{host::v4({20, high, low, 1}), 7000}));
            net.start(holders.back());
            net.share(holders.back(), "wanted.bin", some_bytes(20'000, 1));
            links.push_back(attacker.dial(net.address(holders.back()), wire::purpose::link));
        }
        net.wire().set_tap([this](const wire_event& seen) {
            if (seen.to != victim) return;
            opened += seen.what == wire_event::kind::opened ? 1 : 0;
            told_bytes += seen.data.size();
        });
        net.run_for(1s);
    }
    /// Says all of them to every holder within ten minutes. `origin` gives the forged originator of each.
    void forge(const std::function<std::pair<peer_id, endpoint>(std::uint64_t)>& origin) {
        const time_point end = net.now() + 10min;
        for (std::size_t left = searches; left > 0;) {
            bytes frames;
            for (std::size_t count = std::min(left, batch); count > 0; --count, --left) {
                const auto [id, where] = origin(++said);
                wire::pesquisa search = search_by(id, where.port, said);
                search.level = 3;  // as if two others had passed it on
                search.origin.address = where.address;
                const bytes frame = wire::encode(search);
                frames.insert(frames.end(), frame.begin(), frame.end());
            }
            for (const conn_number link : links) attacker.say_bytes(link, frames);
            net.run_for(batch_every);
        }
        REQUIRE(net.now() < end);
        net.run_for(end - net.now());
    }
    std::uint64_t sum(std::uint64_t core::counters::*which) const {
        std::uint64_t all = 0;
        for (const node each : holders) all += net.peer(each).counts().*which;
        return all;
    }
    void check_dials() const {
        CHECK(sum(&core::counters::searches_received) == holder_count * searches);
        const std::uint64_t dials = sum(&core::counters::connections_dialled);
        MESSAGE("dials to the victim in ten minutes: " << dials);
        CHECK(dials <= dials_max);
        CHECK(dials > 0);
        if (victim) CHECK(opened == dials);
    }
};

/// Whoever dials it, it notes the messages and hangs up where it is told to.
struct victim_of {
    scripted_endpoint end;
    explicit victim_of(forgers_scene& scene) : end(scene.net, victim_address, ordered_id(77)) {
        scene.victim = end.number();
        end.on_message = [this](conn_number on, const wire::message& what) {
            if (std::holds_alternative<wire::claim>(what)) end.hang_up(on, true);
        };
    }
};

}  // namespace

TEST_CASE(
    "attack: 10,000 forged searches through 456 holders are 1,368 dials at most, and the victim's key ends each") {
    forgers_scene scene;
    victim_of victim(scene);
    scene.forge([&](std::uint64_t number) {
        return std::pair(random_source::from_number(number).id<peer_id>(), victim_address);
    });
    scene.check_dials();
    for (conn_number conn = 2; victim.end.knows(conn); conn += 2) {
        CHECK(victim.end.seen(conn).got.empty());
        CHECK(victim.end.seen(conn).closed);
    }
    CHECK(scene.told_bytes == 0);
}

TEST_CASE("attack: 10,000 forged searches in the name of the victim itself bring it a HELLO and a query id each") {
    forgers_scene scene;
    victim_of victim(scene);
    scene.forge([&](std::uint64_t) { return std::pair(victim.end.id(), victim_address); });
    scene.check_dials();
    std::uint64_t expected_bytes = 0;
    for (conn_number conn = 2; victim.end.knows(conn); conn += 2) {
        const auto& got = victim.end.seen(conn).got;
        REQUIRE(got.size() == 2);
        REQUIRE(std::holds_alternative<wire::hello>(got[0]));
        REQUIRE(std::holds_alternative<wire::claim>(got[1]));
        for (const wire::message& each : got) expected_bytes += wire::encode(each).size();
    }
    CHECK(scene.told_bytes == expected_bytes);
}

TEST_CASE(
    "attack: 10,000 forged searches for ever other ports of a victim that takes no connections are no more dials") {
    forgers_scene scene;
    scene.forge([&](std::uint64_t number) {
        const auto port = static_cast<std::uint16_t>(7000 + number % 10'000);
        return std::pair(random_source::from_number(number).id<peer_id>(), endpoint{victim_address.address, port});
    });
    scene.check_dials();
}
