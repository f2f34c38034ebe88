// What neighbours say of others must cost neither those who speak for themselves their answers, nor this peer its places (R8).

#include "bare_peer.hpp"
#include "scenario/hostile_scene.hpp"

#include <algorithm>
#include <memory>

using namespace mogshare;
using namespace mogshare::testing;

namespace {

constexpr auto internet = core::network_profile::internet;

core::settings with(core::network_profile profile) {
    core::settings chosen;
    chosen.profile = profile;
    return chosen;
}

content::share wanted_file() {
    content::share file;
    file.path = "wanted.bin";
    file.stamp.size = 100;
    return file;
}

/// A made-up originator in a network of its own.
wire::pesquisa for_nobody(std::uint32_t number) {
    wire::pesquisa said = search_by(peer_numbered(1000 + number), 7000, number);
    said.level = 3;
    said.origin.address = host::v4({static_cast<std::uint8_t>(70 + (number >> 16)),
                                    static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number), 9});
    return said;
}

/// A holder, a neighbour of it that searches now and then, and others that lie to the holder.
struct liars_scene {
    world net{options()};
    node hub, honest;
    std::vector<std::unique_ptr<scripted_endpoint>> liars;
    std::vector<conn_number> links;
    std::vector<core::search_ticket> asked;
    std::uint32_t said = 0;

    static network_options options() {
        network_options made;
        made.check_every = 100;
        made.keeps_log = false;
        return made;
    }
    explicit liars_scene(std::uint8_t liar_count) {
        core::settings chosen = with(internet);
        chosen.ping_bytes = 16 * limits::KiB;
        hub = net.add_peer(chosen, endpoint{host::v4({20, 0, 0, 1}), 7000});
        net.start(hub);
        net.share(hub, "wanted.bin", some_bytes(20'000, 1));
        chosen.primary_rows = 1;  // it knows nobody but the hub
        honest = net.add_peer(chosen, endpoint{host::v4({60, 1, 2, 3}), 7000});
        net.start(honest, net.address(hub));
        net.run_for(1s);
        for (std::uint8_t n = 0; n < liar_count; ++n) {
            const endpoint at{host::v4({30, n, 0, 1}), 7000};
            liars.push_back(
                std::make_unique<scripted_endpoint>(net, at, ordered_id(static_cast<std::uint8_t>(66 + n))));
            links.push_back(liars.back()->dial(net.address(hub), wire::purpose::link));
        }
        net.run_for(1s);
    }
    /// Nobody is at its originator's address, and nobody refuses there either.
    void say(std::size_t liar, const wire::pesquisa& search) {
        net.wire().black_hole(search.origin);
        liars[liar]->say(links[liar], search);
    }
    void ask() { asked.push_back(net.search(honest, query_kind::exact, "wanted.bin")); }
    void check_all_answered() {
        net.run_for(5s);
        for (const core::search_ticket each : asked) CHECK(net.found(honest, each).answers.size() == 1);
        for (std::size_t n = 0; n < liars.size(); ++n) CHECK_FALSE(liars[n]->seen(links[n]).closed);
    }
    const core::counters& counts() const { return net.peer(hub).counts(); }
};

/// An address in the /64 `subnet` of one /48.
endpoint of_one_site(std::uint8_t subnet) {
    return {host::v6({0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, subnet, 1}), 7000};
}

}  // namespace

TEST_CASE("attack: searches in the name of dead hosts of a network mute no neighbour there that speaks for itself") {
    liars_scene scene(1);
    for (std::uint32_t second = 0; second < 600; ++second) {
        if (second % 5 == 0) {
            wire::pesquisa search = for_nobody(++scene.said);
            search.origin.address = host::v4({60, 1, 2, static_cast<std::uint8_t>(10 + scene.said % 240)});
            scene.say(0, search);
        }
        if (second % 20 == 7) scene.ask();
        scene.net.run_for(1s);
    }
    CHECK(scene.counts().dials_refused_block > 0);  // what may be said of that network is used up
    CHECK(scene.asked.size() == 30);
    scene.check_all_answered();
}

TEST_CASE("attack: four to six neighbours in networks of their own use up no dial of one that speaks for itself") {
    for (const std::uint8_t count : {std::uint8_t{4}, std::uint8_t{5}, std::uint8_t{6}}) {
        CAPTURE(count);
        liars_scene scene(count);
        for (int tick = 0; tick < 600; ++tick) {
            for (std::size_t liar = 0; liar < count; ++liar) {
                wire::pesquisa search = for_nobody(++scene.said);
                // Now and then one of its own, from a port where nobody listens.
                if (tick % 10 == 9) {
                    const auto port = static_cast<std::uint16_t>(7001 + scene.said);
                    search = search_by(scene.liars[liar]->id(), port, scene.said);
                    search.origin.address = host::v4({30, static_cast<std::uint8_t>(liar), 0, 1});
                }
                scene.say(liar, search);
            }
            if (tick % 40 == 27) scene.ask();
            scene.net.run_for(100ms);
        }
        CHECK(scene.counts().dials_refused_all > 0);  // what may be said of others is used up
        CHECK(scene.asked.size() == 15);
        scene.check_all_answered();
    }
}

TEST_CASE("attack: ever new /64s of one /48 bring no more searches, and cause no more dials, than one address") {
    bare_peer peer(with(internet));
    peer.feed(core::input::share_found{wanted_file()});
    constexpr std::uint32_t links = 8;
    constexpr std::uint32_t at_once = limits::internet.searches_per_s * 10;
    static_assert(limits::search_burst_s == 10);
    std::vector<core::conn_id> open;
    for (std::uint8_t n = 0; n < links; ++n) open.push_back(peer.link(of_one_site(n), peer_numbered(2 + n)));
    std::uint32_t number = 0;
    for (const core::conn_id each : open)
        for (std::uint32_t n = 0; n < at_once; ++n) {
            wire::pesquisa search = for_nobody(++number);
            search.name = "nobody has this";
            peer.say(each, search);
        }
    CHECK(peer.counts().searches_refused_budget == (links - limits::host_searches) * at_once);
    const duration refilled = std::chrono::seconds(60);
    peer.pass(refilled);
    const duration waited = core::settings().times.dial;
    for (int round = 0; round < 4; ++round) {
        for (const core::conn_id each : open)
            for (int n = 0; n < 10; ++n) peer.say(each, for_nobody(++number));
        peer.pass(waited);  // nobody is there
    }
    const double quarter = static_cast<double>(limits::internet.dials_per_min) / limits::neighbour_share;
    const double most = quarter + quarter / 60 * 3 * to_seconds(waited);
    CHECK(static_cast<double>(peer.counts().connections_dialled) <= most);
    CHECK(static_cast<double>(peer.counts().connections_dialled) >= quarter);
    CHECK(peer.counts().dials_refused_neighbour > 0);
}

TEST_CASE("attack: forged searches take no place from newcomers nor from own dials where places are few") {
    for (const auto profile : {core::network_profile::lan, internet})
        for (const std::size_t places : {std::size_t{40}, std::size_t{128}}) {
            CAPTURE(static_cast<int>(profile));
            CAPTURE(places);
            core::settings chosen = with(profile);
            chosen.connections = places;
            bare_peer peer(chosen);
            peer.feed(core::input::share_found{wanted_file()});
            const core::conn_id liar = peer.link({host::v4({30, 0, 0, 1}), 7000}, peer_numbered(2));
            std::uint32_t said = 0;
            std::uint32_t came = 0;
            std::size_t most = 0;  // answers under way
            const auto forge = [&] {
                for (int n = profile == internet ? 2 : 20; n > 0; --n) peer.say(liar, for_nobody(++said));
                most = std::max(most, peer.machine.load().answering);
            };
            const auto comes = [&] {
                const endpoint from{host::v4({50, static_cast<std::uint8_t>(++came), 0, 1}), 7000};
                return peer.greet(from, peer_numbered(9000 + came), wire::purpose::transfer);
            };
            const auto joins = [&](std::uint8_t number) {
                const std::uint64_t before = peer.counts().connections_dialled;
                peer.feed(core::input::join{{host::v4({51, number, 0, 1}), 7000}});
                return peer.counts().connections_dialled == before + 1;
            };
            for (std::uint8_t second = 1; second <= 30; ++second) {
                for (int time = 0; time < 10; ++time) {
                    forge();
                    peer.pass(100ms);
                }
                peer.feed(core::input::closed{comes(), "gone"});
                if (second % 10 == 0) CHECK(joins(second));
            }
            CHECK(peer.counts().answers_refused > 0);  // more answers were asked for than may be under way
            CHECK(most == places / limits::answering_share);
            CHECK(peer.counts().connections_refused == 0);
            // Nor once all the places are taken that are meant for those who come.
            while (peer.counts().connections_refused == 0 && came < 2 * places) comes();
            CHECK(peer.machine.load().connections >= places - places / limits::dialled_share);
            forge();
            for (std::uint8_t number = 100; number < 103; ++number) CHECK(joins(number));
            CHECK(peer.counts().connections_refused == 1);
        }
}
