#pragma once
// A peer with a file and somebody who breaks the rules, and the messages that he says.

#include "world.hpp"

#include "mogshare/base/sha256.hpp"

namespace mogshare::testing {

struct hostile_scene {
    world net;
    node peer;
    scripted_endpoint enemy;
    bytes data = some_bytes(300'000, 4);
    content_id content;

    explicit hostile_scene(const core::settings& chosen = {}, const network_options& options = {})
        : net(options), peer(net.add_peer(chosen, lan(1), ordered_id(50))), enemy(net, lan(66), ordered_id(66)) {
        net.start(peer);
        content = net.share(peer, "wanted.bin", data);
        net.run_for(1s);
    }
    endpoint address() const { return net.address(peer); }
    const core::counters& counts() const { return net.peer(peer).counts(); }
    conn_number open(wire::purpose why) {
        const conn_number conn = enemy.dial(address(), why);
        net.run_for(100ms);
        return conn;
    }
    /// The peer still does its work.
    void check_well() {
        const node visitor = net.add_peer({}, lan(250));
        net.start(visitor, address());
        net.run_for(2s);
        const auto ticket = net.search_and_wait(visitor, query_kind::exact, "wanted.bin");
        REQUIRE(net.found(visitor, ticket).answers.size() == 1);
        const core::download_state* got = net.get_and_wait(visitor, ticket);
        REQUIRE(got != nullptr);
        CHECK(got->phase == core::download_phase::done);
    }
};

inline nonce secret_number(std::uint64_t number) {
    return random_source::from_number(number).id<nonce>();
}

inline wire::pesquisa search_by(const peer_id& origin, std::uint16_t port, std::uint64_t number) {
    wire::pesquisa said;
    said.id = id_cast<query_id>(sha256(secret_number(number).view()));
    said.origin_id = origin;
    said.origin.port = port;
    said.name = "wanted.bin";
    return said;
}

inline wire::existe answer_to(const query_id& id, const content_id& content, std::uint64_t size) {
    wire::existe said;
    said.id = id;
    said.level = 1;
    said.slots_free = 3;
    said.matches = 1;
    said.entries = {{"wanted.bin", size, content, size}};
    return said;
}

/// Joins `enemy` to the peer as its only neighbour, so that its searches come to him.
inline conn_number befriend(hostile_scene& scene) {
    const conn_number link = scene.open(wire::purpose::link);
    scene.enemy.say(link, wire::entrada{16});
    scene.net.run_for(100ms);
    REQUIRE(scene.net.peer(scene.peer).both_tables().primary.rows.size() == 1);
    return link;
}

/// The latest search that the enemy has heard.
inline wire::pesquisa heard(hostile_scene& scene, conn_number link) {
    const auto searches = scene.enemy.got<wire::pesquisa>(link);
    REQUIRE_FALSE(searches.empty());
    return searches.back();
}

}  // namespace mogshare::testing
