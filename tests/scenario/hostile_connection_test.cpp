// Connections of others who break the rules: garbage, silence, messages out of place, and requests without end. What they
// say is refused, counted, and costs nobody but them.

#include "hostile_scene.hpp"

using namespace mogshare;
using namespace mogshare::testing;

TEST_CASE("garbage instead of HELLO closes the connection and is counted") {
    for (const std::size_t size : {8u, 9u, 100u, 70'000u}) {
        CAPTURE(size);
        hostile_scene scene;
        const conn_number conn = scene.enemy.dial(scene.address());
        scene.net.run_for(100ms);
        scene.enemy.say_bytes(conn, some_bytes(size, size));
        scene.net.run_for(1s);
        CHECK(scene.enemy.seen(conn).closed);
        CHECK(scene.counts().frames_refused == 1);
        scene.check_well();
    }
}

TEST_CASE("a connection that says nothing, or half a HELLO, is closed in time") {
    for (const std::size_t part : {0u, 5u, 20u}) {
        CAPTURE(part);
        hostile_scene scene;
        const conn_number conn = scene.enemy.dial(scene.address());
        scene.net.run_for(100ms);
        bytes hello = wire::encode(scene.enemy.hello(wire::purpose::link));
        hello.resize(part);
        if (part > 0) scene.enemy.say_bytes(conn, hello);
        scene.net.run_for(4s);
        CHECK_FALSE(scene.enemy.seen(conn).closed);
        scene.net.run_for(2s);
        CHECK(scene.enemy.seen(conn).closed);
        CHECK(scene.counts().time_limits_hit == 1);
    }
}

TEST_CASE("a HELLO that comes a byte a second does not prolong its time limit") {
    hostile_scene scene;
    const conn_number conn = scene.enemy.dial(scene.address());
    scene.net.run_for(100ms);
    const bytes hello = wire::encode(scene.enemy.hello(wire::purpose::link));
    for (std::size_t at = 0; at < 8; ++at) {
        scene.enemy.say_bytes(conn, {hello[at]});
        scene.net.run_for(1s);
    }
    CHECK(scene.enemy.seen(conn).closed);
}

TEST_CASE("HELLO of another version is refused with BYE `version`, whoever dialled") {
    hostile_scene scene;
    const conn_number conn = scene.enemy.dial(scene.address());
    scene.net.run_for(100ms);
    wire::hello other = scene.enemy.hello(wire::purpose::link);
    other.version = 1;
    scene.enemy.say(conn, other);
    scene.net.run_for(1s);
    CHECK(scene.enemy.bye(conn) == wire::bye_reason::version);
    CHECK(scene.enemy.seen(conn).closed);

    scene.enemy.greets = false;
    scene.enemy.on_message = [&](conn_number on, const wire::message& said) {
        if (std::holds_alternative<wire::hello>(said)) scene.enemy.say(on, other);
    };
    scene.net.join(scene.peer, lan(66));
    scene.net.run_for(1s);
    const auto dialled = scene.enemy.accepted(wire::purpose::link);
    REQUIRE(dialled.size() == 1);
    CHECK(scene.enemy.bye(dialled[0]) == wire::bye_reason::version);
    const auto alone = scene.net.news<core::output::alone>(scene.peer);
    CHECK(alone.back().second.reason.find("version") != std::string::npos);
}

TEST_CASE("unknown features and optional frames of unknown types are ignored") {
    hostile_scene scene;
    const conn_number conn = scene.enemy.dial(scene.address());
    scene.net.run_for(100ms);
    wire::hello other = scene.enemy.hello(wire::purpose::link);
    other.features = ~std::uint64_t{0};
    scene.enemy.say(conn, other);
    scene.enemy.say_bytes(conn, {0, 0, 0, 3, 200, 1, 0, 0, 1, 2, 3});
    scene.enemy.say(conn, wire::entrada{16});
    scene.net.run_for(1s);
    CHECK(scene.enemy.got<wire::rows>(conn).size() == 1);
    CHECK_FALSE(scene.enemy.seen(conn).closed);
}

TEST_CASE("an oversized frame closes its connection at its header, before anything is kept for it") {
    hostile_scene scene;
    const conn_number link = befriend(scene);
    scene.enemy.say_bytes(link, {0x7F, 0xFF, 0xFF, 0xFF, 4, 1, 0, 0});
    scene.net.run_for(1s);
    CHECK(scene.enemy.seen(link).closed);
    CHECK(scene.enemy.bye(link) == wire::bye_reason::protocol);
    CHECK(scene.counts().frames_refused == 1);
    scene.check_well();
}

TEST_CASE("messages that must not come where they come close the connection and are counted") {
    const auto refused = [](wire::purpose why, const wire::message& said) {
        hostile_scene scene;
        const conn_number conn = scene.open(why);
        scene.enemy.say(conn, said);
        scene.net.run_for(1s);
        CHECK(scene.enemy.seen(conn).closed);
        CHECK(scene.enemy.bye(conn) == wire::bye_reason::protocol);
        CHECK(scene.counts().protocol_violations == 1);
    };
    refused(wire::purpose::link, wire::hello{});
    refused(wire::purpose::link, wire::rows{});
    refused(wire::purpose::link, wire::claim{});
    refused(wire::purpose::link, answer_to({}, {}, 5));
    refused(wire::purpose::link, wire::request{1, {}, 0, 5});
    refused(wire::purpose::answer, answer_to({}, {}, 5));  // EXISTE without CLAIM
    refused(wire::purpose::answer, wire::nonce_shown{});
    refused(wire::purpose::answer, wire::ping{{}, {}, 0, 16'384});
    refused(wire::purpose::answer, wire::entrada{16});
    refused(wire::purpose::transfer, wire::entrada{16});
    refused(wire::purpose::transfer, wire::claim{});
    refused(wire::purpose::transfer, wire::hashes{{}, 0, {digest{}}});
}

TEST_CASE(
    "R12: requests beyond the file, for other content or too many at once are refused, and nothing is served twice "
    "over") {
    hostile_scene scene;
    const auto transfer = [&] { return scene.open(wire::purpose::transfer); };
    const conn_number beyond = transfer();
    scene.enemy.say(beyond, wire::request{1, scene.content, 0, 300'001});
    scene.net.run_for(1s);
    CHECK(scene.enemy.bye(beyond) == wire::bye_reason::protocol);

    const conn_number far = transfer();
    scene.enemy.say(far, wire::request{1, scene.content, std::uint64_t{1} << 40, 16});
    scene.net.run_for(1s);
    CHECK(scene.enemy.bye(far) == wire::bye_reason::protocol);

    const conn_number other = transfer();
    scene.enemy.say(other, wire::request{1, random_source::from_number(3).id<content_id>(), 0, 16});
    scene.net.run_for(1s);
    REQUIRE(scene.enemy.got<wire::busy>(other).size() == 1);
    CHECK(scene.enemy.got<wire::busy>(other)[0].why == wire::busy_reason::gone);

    const conn_number many = transfer();
    for (std::uint32_t number = 1; number <= 200; ++number)
        scene.enemy.say(many, wire::request{number, scene.content, 0, 300'000});
    scene.net.run_for(10s);
    CHECK(scene.enemy.got<wire::busy>(many).size() >= 200 - 2 * limits::requests_per_connection_max);
    CHECK(scene.net.wire().most_queued_bytes(scene.peer, scene.enemy.number()) <=
          limits::upload_backlog_bytes_max + 64 * limits::KiB);
    scene.check_well();
}

TEST_CASE("a stranger who asks for much and reads nothing bounds our memory by himself") {
    hostile_scene scene;
    scene.net.wire().pause_reading(scene.enemy.number(), true);
    std::vector<conn_number> open;
    for (int count = 0; count < 6; ++count) {
        open.push_back(scene.enemy.dial(scene.address(), wire::purpose::transfer));
        scene.net.run_for(50ms);
        for (std::uint32_t number = 1; number <= 50; ++number)
            scene.enemy.say(open.back(), wire::request{number, scene.content, 0, 300'000});
    }
    scene.net.run_for(5s);
    CHECK(scene.net.wire().most_queued_bytes(scene.peer, scene.enemy.number()) <=
          limits::upload_backlog_bytes_max + 64 * limits::KiB);
    scene.net.run_for(3min);
    CHECK(scene.net.peer(scene.peer).uploads() == 0);  // and loses his slots
}

TEST_CASE("a stranger who floods with questions and reads no answers is cut off, or bounded") {
    hostile_scene scene;
    const conn_number link = scene.open(wire::purpose::link);
    scene.net.wire().pause_reading(scene.enemy.number(), true);
    for (int count = 0; count < 20'000; ++count) {
        scene.enemy.say(link, wire::entrada{128});
        if (count % 100 == 0) scene.net.run_for(1ms);
    }
    scene.net.run_for(10s);
    CHECK(scene.net.wire().most_queued_bytes(scene.peer, scene.enemy.number()) <= 2 * limits::link_backlog_bytes_max);
    scene.check_well();
}

TEST_CASE("of more half-open connections than there is room for the oldest give way, and the peer goes on") {
    hostile_scene scene;
    std::vector<conn_number> open;
    for (std::size_t count = 0; count < limits::half_open_max + 20; ++count)
        open.push_back(scene.enemy.dial(scene.address()));
    scene.net.run_for(1s);
    CHECK(scene.counts().half_open_evicted == 20);
    CHECK(scene.enemy.seen(open.front()).closed);
    CHECK_FALSE(scene.enemy.seen(open.back()).closed);
    scene.net.run_for(10s);  // those that said nothing are closed
    scene.check_well();
}
