// Answers that nobody asked for, that come by the hundred, or that are not true (R2, R8-R11).

#include "bare_peer.hpp"
#include "scenario/hostile_scene.hpp"

#include "support/scripted_file.hpp"

#include <memory>

using namespace mogshare;
using namespace mogshare::testing;

namespace {

/// A peer in the internet profile whose only neighbour is hostile, hears its searches, and has helpers anywhere.
struct answering_scene {
    world net;
    node peer;
    scripted_endpoint enemy{net, {host::v4({30, 0, 0, 1}), 7000}, ordered_id(66)};
    std::vector<std::unique_ptr<scripted_endpoint>> helpers;
    random_source chance = random_source::from_number(9);
    conn_number link = 0;

    answering_scene() : peer(net.add_peer(settings(), endpoint{host::v4({20, 0, 0, 1}), 7000}, ordered_id(50))) {
        net.start(peer);
        link = enemy.dial(net.address(peer), wire::purpose::link);
        net.run_for(100ms);
        enemy.say(link, wire::entrada{16});
        net.run_for(100ms);
    }
    static core::settings settings() {
        core::settings chosen;
        chosen.profile = core::network_profile::internet;
        chosen.ping_bytes = 16 * limits::KiB;
        return chosen;
    }
    query_id search(core::search_ticket& ticket, const std::string& text) {
        ticket = net.search(peer, query_kind::exact, text);
        net.run_for(50ms);
        const auto heard = enemy.got<wire::pesquisa>(link);
        REQUIRE_FALSE(heard.empty());
        return heard.back().id;
    }
    /// Somebody at this address claims to hold `file`; `held` serves it truly.
    void answer(const endpoint& from, const query_id& id, const scripted_file& file, bool truly) {
        helpers.push_back(std::make_unique<scripted_endpoint>(net, from, chance.id<peer_id>()));
        scripted_endpoint& own = *helpers.back();
        own.on_message = [&own, id, &file, truly](conn_number on, const wire::message& what) {
            if (std::holds_alternative<wire::hello>(what) && on % 2 == 1) own.say(on, wire::claim{id});
            if (std::holds_alternative<wire::nonce_shown>(what)) {
                wire::existe said = answer_to(id, file.shared.content, file.data.size());
                said.entries[0].name = file.shared.path;
                own.say(on, said);
            }
            const auto* ping = std::get_if<wire::ping>(&what);
            if (ping == nullptr) return;
            bytes pong = file.pong_to(*ping);
            if (!truly) pong.back() ^= 1;
            own.say_bytes(on, std::move(pong));
        };
        own.dial(net.address(peer), wire::purpose::answer);
    }
    const core::search_state& found(core::search_ticket ticket) const { return net.found(peer, ticket); }
    const core::table_row* row_of(std::size_t helper) const {
        return core::find(net.peer(peer).both_tables(), helpers[helper]->id());
    }
};

endpoint far(std::uint8_t network, std::uint8_t number) {
    return {host::v4({30, network, 0, number}), 7000};
}

}  // namespace

TEST_CASE("attack: answers by the hundred: of one network four are taken, of all together thirty-two") {
    answering_scene scene;
    const scripted_file file("bait.bin", 16 * limits::KiB);
    core::search_ticket ticket = 0;
    const query_id id = scene.search(ticket, "bait.bin");
    for (std::uint8_t number = 1; number <= 20; ++number) scene.answer(far(200, number), id, file, true);
    scene.net.run_for(200ms);
    CHECK(scene.found(ticket).answers.size() == 4);
    for (std::uint8_t network = 1; network <= 80; ++network) scene.answer(far(network, 1), id, file, true);
    scene.net.run_for(10s);
    CHECK(scene.found(ticket).answers.size() == 32);
    CHECK(scene.net.peer(scene.peer).counts().answers_refused_budget == 100 - 32);
    CHECK(scene.net.peer(scene.peer).counts().pings_verified <= limits::pings_per_search_max);
}

TEST_CASE("attack: eight /64s of one /56 answer as one network, and leave a search its other answers") {
    bare_peer peer(answering_scene::settings());
    peer.say(peer.link(far(1, 1), peer_numbered(2)), wire::entrada{16});
    peer.feed(core::input::search{1, query_kind::exact, "wanted.bin"});
    const core::search_state& search = *peer.machine.find_search(1);
    const query_id id = search.id;
    const scripted_file file("wanted.bin", 1000);
    std::uint32_t number = 100;
    const auto answer = [&](const endpoint& from) {
        const core::conn_id conn = peer.greet(from, peer_numbered(++number), wire::purpose::answer);
        peer.say(conn, wire::claim{id});
        peer.say(conn, answer_to(id, file.shared.content, file.data.size()));
    };
    for (std::uint8_t subnet = 0; subnet < 8; ++subnet)
        for (std::uint8_t last = 1; last <= 4; ++last)
            answer({host::v6({0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, subnet, last}), 7000});
    CHECK(search.answers.size() == 4);
    CHECK(peer.counts().answers_refused_budget == 32 - 4);
    answer(far(2, 1));
    CHECK(search.answers.size() == 5);
}

TEST_CASE("attack: answers to no search of ours learn nothing, and leave nothing") {
    answering_scene scene;
    const scripted_file file("bait.bin", 16 * limits::KiB);
    for (std::uint8_t network = 1; network <= 50; ++network)
        scene.answer(far(network, 1), random_source::from_number(network).id<query_id>(), file, true);
    scene.net.run_for(5s);
    CHECK(scene.net.peer(scene.peer).counts().answers_unasked == 50);
    for (std::size_t at = 0; at < scene.helpers.size(); ++at) {
        CHECK(scene.row_of(at) == nullptr);
        CHECK(scene.helpers[at]->got<wire::nonce_shown>(1).empty());
    }
}

TEST_CASE("attack: false answers earn nothing; true ones a point each, and no more than 48 a day") {
    answering_scene scene;
    const scripted_file file("bait.bin", 16 * limits::KiB);
    core::search_ticket ticket = 0;
    const query_id id = scene.search(ticket, "bait.bin");
    scene.answer(far(1, 1), id, file, false);
    scene.answer(far(2, 1), id, file, true);
    scene.net.run_for(5s);
    REQUIRE(scene.row_of(0) != nullptr);
    REQUIRE(scene.row_of(1) != nullptr);
    CHECK(scene.row_of(0)->score == 0);
    CHECK(scene.row_of(1)->score == doctest::Approx(1).epsilon(0.01));
    // Who answers every search of a day, truly, has bought no more than that.
    scripted_endpoint& eager = *scene.helpers[1];
    for (int count = 0; count < 80; ++count) {
        const query_id next = scene.search(ticket, "bait.bin");
        eager.on_message = [&eager, next, &file](conn_number on, const wire::message& what) {
            if (std::holds_alternative<wire::hello>(what) && on % 2 == 1) eager.say(on, wire::claim{next});
            if (std::holds_alternative<wire::nonce_shown>(what)) {
                wire::existe said = answer_to(next, file.shared.content, file.data.size());
                said.entries[0].name = file.shared.path;
                eager.say(on, said);
            }
            if (const auto* ping = std::get_if<wire::ping>(&what)) eager.say_bytes(on, file.pong_to(*ping));
        };
        scene.enemy.say(scene.link, wire::keepalive{});
        eager.dial(scene.net.address(scene.peer), wire::purpose::answer);
        scene.net.run_for(10s);
    }
    CHECK(scene.net.peer(scene.peer).counts().pings_verified == 81);
    CHECK(scene.row_of(1)->earned <= limits::points_per_day / 2);
    CHECK(scene.row_of(1)->earned > limits::points_per_day / 2 - 1);
}
