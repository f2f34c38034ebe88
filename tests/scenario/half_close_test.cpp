// Half-close: a side that sends no more and still listens. The product reads the end of the stream as the end of the connection
// (runtime/connection.cpp): it closes whole, what it had queued is lost, what had left arrives. A scripted endpoint does it at every
// step of every conversation; nothing may hang after it.

#include "hostile_scene.hpp"

#include "mogshare/base/sha256.hpp"

using namespace mogshare;
using namespace mogshare::testing;

namespace {

network_options shaky(std::uint64_t seed) {
    network_options chosen = seeded(seed);
    chosen.wire.jitter = 20ms;
    chosen.wire.chunk_bytes_max = seed % 3 == 0 ? 5 : 64 * 1024;
    chosen.wake_late = 5ms;
    return chosen;
}

/// A peer that shares a file, and an endpoint that will say half of what it should.
struct half_scene {
    world net;
    node peer = 0;
    std::unique_ptr<scripted_endpoint> other;
    bytes data = some_bytes(200'000, 5);

    explicit half_scene(std::uint64_t seed) : net(shaky(seed)) {
        core::settings chosen;
        chosen.ping_bytes = limits::leaf_bytes;
        peer = net.add_peer(chosen, lan(1), ordered_id(50));
        net.start(peer);
        net.share(peer, "half.bin", data);
        other = std::make_unique<scripted_endpoint>(net, lan(2), ordered_id(60));
    }
    /// HELLO has been exchanged.
    conn_number open(wire::purpose why) {
        const auto conn = other->dial(lan(1), why);
        net.run_until([&] { return !other->got<wire::hello>(conn).empty(); }, 5s);
        return conn;
    }
    /// Some time later both ends are closed, and nothing is left of it.
    void check_gone(conn_number conn) {
        net.run_for(5min);
        CHECK(other->seen(conn).closed);
        CHECK(net.wire().standing(peer, other->number()) == 0);
        CHECK(net.wire().standing(other->number(), peer) == 0);
        CHECK(net.stuck() == "");
    }
    /// The peer's search, which the endpoint is a primary row for.
    wire::pesquisa asked_by_peer() {
        net.run_until([&] { return net.log().count<wire::pesquisa>(peer, other->number()) > 0; }, 10s);
        const auto came = net.log().between<wire::pesquisa>(peer, other->number());
        REQUIRE(!came.empty());
        return std::get<wire::pesquisa>(came.back()->what);
    }
};

wire::request request_of(const half_scene& scene) {
    wire::request said;
    said.number = 1;
    said.content = id_of(scene.data);
    said.length = static_cast<std::uint32_t>(scene.data.size());
    return said;
}

}  // namespace

TEST_CASE("half-close: a link whose other side sends no more ends, before and after ENTRADA") {
    for (const std::uint64_t seed : seeds(6)) {
        for (const int said : {0, 1, 2}) {
            CAPTURE(seed);
            CAPTURE(said);
            half_scene scene(seed);
            const auto conn = scene.other->dial(lan(1));
            scene.net.run_for(100ms);
            if (said > 0) scene.other->say(conn, scene.other->hello(wire::purpose::link));
            if (said > 1) scene.other->say(conn, wire::entrada{16});
            scene.other->half_close(conn);
            scene.check_gone(conn);
            CHECK(scene.other->got<wire::rows>(conn).size() <= (said > 1 ? 1 : 0));
            CHECK(scene.net.peer(scene.peer).links().empty());
        }
    }
}

TEST_CASE("half-close: what had left before the end of the stream came still arrives") {
    half_scene scene(1);
    const auto conn = scene.open(wire::purpose::link);
    scene.other->say(conn, wire::entrada{16});
    scene.net.run_for(1s);
    CHECK(scene.other->got<wire::rows>(conn).size() == 1);
    scene.other->half_close(conn);
    CHECK(!scene.other->seen(conn).closed);
    scene.check_gone(conn);
}

TEST_CASE("half-close: a downloader that asks and then sends no more is let go, whatever has left") {
    for (const std::uint64_t seed : seeds(6)) {
        CAPTURE(seed);
        half_scene scene(seed);
        const auto conn = scene.open(wire::purpose::transfer);
        scene.other->say(conn, request_of(scene));
        scene.net.run_for(std::chrono::milliseconds(seed * 7));
        scene.other->half_close(conn);
        scene.check_gone(conn);
        CHECK(scene.net.peer(scene.peer).uploads() == 0);
    }
}

TEST_CASE("half-close: an originator that shows its nonce, or pings, and then sends no more is let go") {
    for (const std::uint64_t seed : seeds(4)) {
        for (const bool pings : {false, true}) {
            CAPTURE(seed);
            CAPTURE(pings);
            half_scene scene(seed);
            const nonce secret = random_source::from_number(seed).id<nonce>();
            wire::pesquisa asked;
            asked.id = id_cast<query_id>(sha256(secret.view()));
            asked.origin_id = scene.other->id();
            asked.origin.port = 7000;
            asked.name = "half.bin";
            scene.other->on_message = [&](conn_number conn, const wire::message& said) {
                if (std::holds_alternative<wire::claim>(said)) {
                    scene.other->say(conn, wire::nonce_shown{secret});
                    if (!pings) scene.other->half_close(conn);
                }
                if (!std::holds_alternative<wire::existe>(said) || !pings) return;
                scene.other->say(conn, wire::ping{asked.id, id_of(scene.data), 0, limits::leaf_bytes});
                scene.other->half_close(conn);
            };
            const auto link = scene.open(wire::purpose::link);
            scene.other->say(link, asked);
            scene.net.run_for(2s);
            const auto answers = scene.other->accepted(wire::purpose::answer);
            REQUIRE(answers.size() == 1);
            scene.other->hang_up(link);
            scene.check_gone(answers[0]);
            CHECK(scene.net.peer(scene.peer).load().answering == 0);
        }
    }
}

TEST_CASE("half-close: a holder that sends no more after CLAIM, or after EXISTE, costs the search nothing") {
    for (const std::uint64_t seed : seeds(4)) {
        for (const bool answers : {false, true}) {
            CAPTURE(seed);
            CAPTURE(answers);
            half_scene scene(seed);
            const auto link = scene.open(wire::purpose::link);
            scene.other->say(link, wire::entrada{16});  // it is a primary row now
            scene.net.run_for(1s);
            const auto ticket = scene.net.search(scene.peer, query_kind::exact, "wanted.bin");
            const wire::pesquisa asked = scene.asked_by_peer();
            const auto conn = scene.open(wire::purpose::answer);
            scene.other->say(conn, wire::claim{asked.id});
            if (answers) {
                wire::existe said;
                said.id = asked.id;
                said.level = 1;
                said.matches = 1;
                said.entries = {{"wanted.bin", 100'000, id_of(scene.data), 100'000}};
                scene.other->on_message = [&, said](conn_number on, const wire::message& what) {
                    if (!std::holds_alternative<wire::nonce_shown>(what)) return;
                    scene.other->say(on, said);
                    scene.other->half_close(on);
                };
            } else {
                scene.other->half_close(conn);
            }
            scene.net.run_for(20s);
            CHECK(scene.net.found(scene.peer, ticket).over());
            CHECK(scene.net.found(scene.peer, ticket).answers.size() == (answers ? 1 : 0));
            for (const core::answer& one : scene.net.found(scene.peer, ticket).answers)
                CHECK(one.ping == core::ping_state::failed);
            scene.other->hang_up(link);
            scene.check_gone(conn);
        }
    }
}

TEST_CASE("half-close: a source that sends no more in the middle of a piece gives way to the next one") {
    for (const std::uint64_t seed : seeds(6)) {
        CAPTURE(seed);
        world net(shaky(seed));
        const bytes data = some_bytes(300'000, seed);
        const node me = net.add_peer({}, lan(1));
        const node honest = net.add_peer({}, lan(2));
        net.share(honest, "wanted.bin", data);
        net.know(me, {honest});
        net.start(honest);
        net.start(me);
        scripted_endpoint half(net, lan(3), ordered_id(60));
        const auto link = half.dial(lan(1), wire::purpose::link);
        net.run_for(1s);
        half.say(link, wire::entrada{16});  // it is a primary row now
        net.run_for(1s);
        conn_number answering = 0;
        half.on_message = [&](conn_number conn, const wire::message& said) {
            if (std::holds_alternative<wire::pesquisa>(said)) answering = half.dial(lan(1), wire::purpose::answer);
            if (std::holds_alternative<wire::hello>(said) && conn == answering)
                half.say(conn, wire::claim{half.got<wire::pesquisa>(link).back().id});
            if (std::holds_alternative<wire::nonce_shown>(said)) {
                wire::existe answer = answer_to(half.got<wire::pesquisa>(link).back().id, id_of(data), data.size());
                answer.slots_free = 99;  // of two that are unranked this one is elected
                half.say(conn, answer);
            }
            if (std::holds_alternative<wire::ping>(said)) half.hang_up(conn);
            if (const auto* asked = std::get_if<wire::request>(&said)) {
                half.say(conn, wire::piece{asked->number, asked->offset, byte_view(data).subspan(asked->offset, 1000)});
                half.half_close(conn);
            }
        };
        net.disk(honest).set_unreadable(true);
        const auto ticket = net.search_and_wait(me, query_kind::exact, "wanted.bin");
        REQUIRE(net.found(me, ticket).answers.size() == 2);
        net.disk(honest).set_unreadable(false);
        const core::download_state* got = net.get_and_wait(me, ticket);
        REQUIRE(got != nullptr);
        CHECK(got->phase == core::download_phase::done);
        CHECK(*net.file(me, "wanted.bin") == data);
        REQUIRE(got->sources.size() == 2);
        CHECK(got->sources[0].peer == half.id());
        CHECK(got->sources[0].failed == "closed by the other side");
        half.hang_up(link);
        net.run_for(5min);
        CHECK(net.stuck() == "");
    }
}
