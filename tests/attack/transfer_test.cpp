// Sources that were quick when they were asked and are something else afterwards (R10-R12).

#include "scenario/hostile_scene.hpp"

#include "support/scripted_file.hpp"

#include <memory>

using namespace mogshare;
using namespace mogshare::testing;

namespace {

enum class trick { silent, wrong_bytes, other_size, hangs_up };

/// The hostile source answers first and truly, an honest one far away; then the file is fetched.
void check_fetched_despite(trick how) {
    CAPTURE(static_cast<int>(how));
    hostile_scene scene;
    const scripted_file file("bait.bin", 600'000, 7);
    const node honest = scene.net.add_peer({}, lan(2));
    scene.net.start(honest, scene.address());
    scene.net.share(honest, "bait.bin", file.data);
    scene.net.wire().set_uplink(honest, 500'000);
    scene.net.run_for(1s);
    const conn_number link = scene.open(wire::purpose::link);
    scene.enemy.say(link, wire::entrada{16});
    scene.net.run_for(100ms);
    const auto ticket = scene.net.search(scene.peer, query_kind::exact, "bait.bin");
    scene.net.run_for(50ms);
    const query_id id = heard(scene, link).id;
    std::size_t requests = 0;
    scene.enemy.on_message = [&](conn_number on, const wire::message& what) {
        if (std::holds_alternative<wire::nonce_shown>(what)) {
            wire::existe said = answer_to(id, file.shared.content, file.data.size());
            said.entries[0].name = "bait.bin";
            scene.enemy.say(on, said);
        }
        if (const auto* ping = std::get_if<wire::ping>(&what)) scene.enemy.say_bytes(on, file.pong_to(*ping));
        const auto* asked = std::get_if<wire::request>(&what);
        if (asked == nullptr) return;
        ++requests;
        if (how == trick::hangs_up) scene.enemy.hang_up(on);
        if (how != trick::wrong_bytes && how != trick::other_size) return;
        bytes lie(how == trick::wrong_bytes ? 64 * limits::KiB : 1, 0xEE);
        wire::piece said;
        said.number = asked->number;
        for (std::uint64_t sent = 0; sent < asked->length; sent += lie.size()) {
            said.offset = asked->offset + sent;
            lie.resize(std::min<std::uint64_t>(lie.size(), asked->length - sent));
            said.data = lie;
            scene.enemy.say(on, said);
            if (how == trick::other_size) return;
        }
    };
    const conn_number answer = scene.enemy.dial(scene.address(), wire::purpose::answer);
    scene.net.run_for(50ms);
    scene.enemy.say(answer, wire::claim{id});
    scene.net.run_for(10s);
    const core::search_state& found = scene.net.found(scene.peer, ticket);
    REQUIRE(found.answers.size() == 2);
    for (const core::answer& each : found.answers) CHECK(each.ping == core::ping_state::done);
    const core::download_state* const got = scene.net.get_and_wait(scene.peer, ticket);
    REQUIRE(got != nullptr);
    CHECK(requests > 0);  // it was elected
    CHECK(got->phase == core::download_phase::done);
    const bytes* const landed = scene.net.file(scene.peer, "bait.bin");
    REQUIRE(landed != nullptr);
    CHECK(*landed == file.data);
}

}  // namespace

TEST_CASE(
    "attack: who was quickest in the probe and is silent, wrong or gone afterwards gives way to the next source") {
    for (const trick how : {trick::silent, trick::wrong_bytes, trick::other_size, trick::hangs_up})
        check_fetched_despite(how);
}

TEST_CASE("attack: all upload slots asked for by one stranger, a byte now and then, keep nobody else from fetching") {
    for (const duration pause : {duration(1s), duration(4s), duration(50s)}) {
        CAPTURE(to_seconds(pause));
        hostile_scene scene;
        const node visitor = scene.net.add_peer({}, lan(250));
        scene.net.start(visitor, scene.address());
        scene.net.run_for(2s);
        std::vector<conn_number> held;
        for (std::size_t n = 0; n < core::settings().upload_slots; ++n)
            held.push_back(scene.open(wire::purpose::transfer));
        std::uint32_t number = 0;
        const auto ask = [&] {
            for (const conn_number conn : held) scene.enemy.say(conn, wire::request{++number, scene.content, 0, 1});
            scene.net.run_for(pause);
        };
        ask();
        const auto ticket = scene.net.search_and_wait(visitor, query_kind::exact, "wanted.bin");
        scene.net.get(visitor, ticket);
        for (duration waited{}; waited < 60s; waited += pause) ask();
        const core::download_state* const got = scene.net.last_download(visitor);
        REQUIRE(got != nullptr);
        CHECK(got->phase == core::download_phase::done);
        for (const conn_number conn : held) CHECK_FALSE(scene.enemy.got<wire::piece>(conn).empty());
    }
}

TEST_CASE("attack: all upload slots taken by one stranger who fetches without end keep nobody else from fetching") {
    hostile_scene scene;
    const node visitor = scene.net.add_peer({}, lan(250));
    scene.net.start(visitor, scene.address());
    scene.net.wire().set_uplink(scene.peer, 1'000'000);
    scene.net.run_for(2s);
    std::vector<conn_number> held;
    for (std::size_t n = 0; n < core::settings().upload_slots; ++n) held.push_back(scene.open(wire::purpose::transfer));
    const auto ticket = scene.net.search_and_wait(visitor, query_kind::exact, "wanted.bin");
    std::uint32_t number = 0;
    const auto ask = [&] {
        for (const conn_number conn : held) scene.enemy.say(conn, wire::request{++number, scene.content, 0, 200'000});
        scene.net.run_for(1s);
    };
    for (int second = 0; second < 3; ++second) ask();
    REQUIRE(scene.net.peer(scene.peer).uploads() == held.size());
    scene.net.get(visitor, ticket);
    for (int second = 0; second < 20; ++second) ask();
    const core::download_state* const got = scene.net.last_download(visitor);
    REQUIRE(got != nullptr);
    CHECK(got->phase == core::download_phase::done);
    CHECK(scene.counts().uploads_gave_way >= 1);
}

TEST_CASE(
    "attack: all upload slots held by two addresses that fetch at a trickle under eight ids keep nobody else out") {
    for (const bool one_network : {false, true}) {
        CAPTURE(one_network);
        core::settings chosen;
        chosen.profile = core::network_profile::internet;
        network_options options;
        options.keeps_log = false;
        world net(options);
        const node hub = net.add_peer(chosen, endpoint{host::v4({20, 0, 0, 1}), 7000});
        net.start(hub);
        const content_id content = net.share(hub, "wanted.bin", some_bytes(300'000, 4));
        const node visitor = net.add_peer(chosen, endpoint{host::v4({60, 0, 0, 1}), 7000});
        net.start(visitor, net.address(hub));
        net.run_for(1s);
        std::vector<std::unique_ptr<scripted_endpoint>> thieves;
        std::vector<conn_number> held;
        for (std::uint8_t n = 0; n < chosen.upload_slots; ++n) {
            const auto second = static_cast<std::uint8_t>(n % 2);
            const host from = one_network ? host::v4({30, 0, 0, static_cast<std::uint8_t>(1 + second)})
                                          : host::v4({30, second, 0, 1});
            const endpoint at{from, static_cast<std::uint16_t>(7000 + n)};
            thieves.push_back(
                std::make_unique<scripted_endpoint>(net, at, ordered_id(static_cast<std::uint8_t>(66 + n))));
            held.push_back(thieves.back()->dial(net.address(hub), wire::purpose::transfer));
        }
        net.run_for(200ms);
        std::uint32_t number = 0;
        const auto trickle = [&] {
            ++number;
            for (std::size_t n = 0; n < held.size(); ++n)
                thieves[n]->say(held[n], wire::request{number, content, 0, limits::leaf_bytes});
            net.run_for(4s);  // before a slot is idle
        };
        for (int time = 0; time < 3; ++time) trickle();
        REQUIRE(net.peer(hub).uploads() == chosen.upload_slots);
        const auto ticket = net.search_and_wait(visitor, query_kind::exact, "wanted.bin");
        REQUIRE(net.peer(hub).uploads() == chosen.upload_slots);
        net.get(visitor, ticket);
        for (int time = 0; time < 8; ++time) trickle();
        const core::download_state* const got = net.last_download(visitor);
        REQUIRE(got != nullptr);
        CHECK(got->phase == core::download_phase::done);
        CHECK(net.peer(hub).counts().uploads_gave_way == 1);
    }
}
