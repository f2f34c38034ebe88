// Searches and answers of others who break the rules: forged, repeated, unasked, false (R1, R7–R10).

#include "hostile_scene.hpp"

#include <algorithm>

using namespace mogshare;
using namespace mogshare::testing;

TEST_CASE("R9: a CLAIM for a search that nobody made gets no nonce, and the connection is closed") {
    hostile_scene scene;
    const conn_number conn = scene.open(wire::purpose::answer);
    scene.enemy.say(conn, wire::claim{random_source::from_number(1).id<query_id>()});
    scene.net.run_for(1s);
    CHECK(scene.enemy.got<wire::nonce_shown>(conn).empty());
    CHECK(scene.enemy.seen(conn).closed);
    CHECK(scene.counts().answers_unasked == 1);
}

TEST_CASE("R9: EXISTE right after CLAIM, before the nonce was shown, is taken only in its turn and once") {
    hostile_scene scene;
    const conn_number link = befriend(scene);
    const auto ticket = scene.net.search(scene.peer, query_kind::exact, "other.bin");
    scene.net.run_for(100ms);
    const wire::pesquisa search = heard(scene, link);
    wire::existe said = answer_to(search.id, scene.content, scene.data.size());
    said.entries[0].name = "other.bin";
    const conn_number conn = scene.enemy.dial(scene.address(), wire::purpose::answer);
    scene.net.run_for(100ms);
    scene.enemy.say(conn, wire::claim{search.id});
    scene.net.run_for(100ms);
    REQUIRE(scene.enemy.got<wire::nonce_shown>(conn).size() == 1);
    CHECK(id_cast<query_id>(sha256(scene.enemy.got<wire::nonce_shown>(conn)[0].secret.view())) == search.id);
    scene.enemy.say(conn, said);
    scene.enemy.say(conn, said);
    scene.net.run_for(1s);
    CHECK(scene.net.found(scene.peer, ticket).answers.size() == 1);
    CHECK(scene.enemy.seen(conn).closed);
}

TEST_CASE(
    "R9, R10: one peer that answers one search on several connections is one answer, with one ping and at most one "
    "point") {
    for (const bool together : {false, true}) {
        CAPTURE(together);
        hostile_scene scene;
        const conn_number link = befriend(scene);
        const auto ticket = scene.net.search(scene.peer, query_kind::exact, "other.bin");
        scene.net.run_for(100ms);
        const wire::pesquisa search = heard(scene, link);
        wire::existe said = answer_to(search.id, scene.content, scene.data.size());
        said.entries[0].name = "other.bin";
        scene.enemy.on_message = [&](conn_number on, const wire::message& what) {
            if (std::holds_alternative<wire::nonce_shown>(what)) scene.enemy.say(on, said);
        };
        for (int count = 0; count < 3; ++count) {
            const conn_number conn = scene.enemy.dial(scene.address(), wire::purpose::answer);
            scene.net.run_for(together ? 0ms : 100ms);
            scene.net.run_until([&] { return scene.enemy.seen(conn).them.has_value(); }, 1s);
            scene.enemy.say(conn, wire::claim{search.id});
            scene.net.run_for(together ? 0ms : 100ms);
        }
        scene.net.run_for(500ms);
        CHECK(scene.net.found(scene.peer, ticket).answers.size() == 1);
        std::size_t pings = 0;
        for (const travelled* one : scene.net.log().of_type<wire::ping>())
            pings += one->to == scene.enemy.number() ? 1 : 0;
        CHECK(pings <= 1);
    }
}

TEST_CASE("R9: a forged originator is not dialled: only the originator itself may leave its host to be stamped") {
    hostile_scene scene;
    const conn_number link = scene.open(wire::purpose::link);
    scripted_endpoint victim(scene.net, lan(77), ordered_id(77));
    scene.enemy.say(link, search_by(victim.id(), 7000, 1));
    scene.net.run_for(5s);
    CHECK(scene.counts().searches_refused_origin == 1);
    CHECK(scene.counts().connections_dialled == 0);
    CHECK(victim.accepted(wire::purpose::answer).empty());
}

TEST_CASE("R9: nobody is dialled at an address narrower than the one that the news of it came from") {
    hostile_scene scene;
    const conn_number link = scene.open(wire::purpose::link);
    wire::pesquisa said = search_by(ordered_id(77), 7000, 1);
    said.level = 2;
    said.origin.address = loopback(0).address;  // our own machine, as we would see it
    scene.enemy.say(link, said);
    scene.net.run_for(5s);
    CHECK(scene.counts().searches_refused_origin == 1);
    CHECK(scene.counts().connections_dialled == 0);
}

TEST_CASE("R1, R7: what others say of a peer changes no row that we have") {
    hostile_scene scene;
    const node neighbour = scene.net.add_peer({}, lan(2));
    scene.net.start(neighbour, scene.address());
    scene.net.run_for(1s);
    const auto addresses = [&] {
        return core::find(scene.net.peer(scene.peer).both_tables(), scene.net.id(neighbour))->addresses;
    };
    REQUIRE(addresses() == std::vector{lan(2)});
    scene.enemy.on_message = [&](conn_number on, const wire::message& what) {
        if (!std::holds_alternative<wire::entrada>(what)) return;
        scene.enemy.say(on, wire::rows{{{scene.net.id(neighbour), {lan(66)}}}});
    };
    scene.net.join(scene.peer, lan(66));
    scene.net.run_for(1s);
    CHECK(addresses() == std::vector{lan(2)});
    const conn_number link = scene.open(wire::purpose::link);
    wire::pesquisa said = search_by(scene.net.id(neighbour), 7000, 1);
    said.level = 2;
    said.origin.address = lan(66).address;
    scene.enemy.say(link, said);
    scene.net.run_for(1s);
    CHECK(addresses() == std::vector{lan(2)});
}

TEST_CASE("R9: the first hop stamps the host that it sees, whatever the originator says") {
    hostile_scene scene;
    scripted_endpoint victim(scene.net, lan(77), ordered_id(77));
    const conn_number link = scene.open(wire::purpose::link);
    wire::pesquisa said = search_by(scene.enemy.id(), 7000, 1);
    said.origin.address = lan(77).address;
    scene.enemy.say(link, said);
    scene.net.run_for(5s);
    CHECK(victim.accepted(wire::purpose::answer).empty());
    REQUIRE(scene.enemy.accepted(wire::purpose::answer).size() == 1);
    CHECK(scene.enemy.got<wire::claim>(scene.enemy.accepted(wire::purpose::answer)[0]).size() == 1);
}

TEST_CASE("R9: a victim of a forged search learns only its id, and is left alone when it does not show the nonce") {
    hostile_scene scene;
    scripted_endpoint victim(scene.net, lan(77), ordered_id(77));
    const conn_number link = scene.open(wire::purpose::link);
    wire::pesquisa said = search_by(victim.id(), 7000, 1);
    said.level = 2;  // as if he had passed it on
    said.origin.address = lan(77).address;
    scene.enemy.say(link, said);
    scene.net.run_for(30s);
    const auto dialled = victim.accepted(wire::purpose::answer);
    REQUIRE(dialled.size() == 1);
    CHECK(victim.got<wire::claim>(dialled[0]).size() == 1);
    CHECK(victim.got<wire::existe>(dialled[0]).empty());
    CHECK(victim.seen(dialled[0]).closed);
    CHECK(scene.counts().time_limits_hit == 1);
}

TEST_CASE("R9: a wrong nonce gets no EXISTE") {
    hostile_scene scene;
    const conn_number link = scene.open(wire::purpose::link);
    scene.enemy.on_message = [&](conn_number on, const wire::message& what) {
        if (std::holds_alternative<wire::claim>(what))
            scene.enemy.say(on, wire::nonce_shown{random_source::from_number(9).id<nonce>()});
    };
    scene.enemy.say(link, search_by(scene.enemy.id(), 7000, 1));
    scene.net.run_for(5s);
    const auto dialled = scene.enemy.accepted(wire::purpose::answer);
    REQUIRE(dialled.size() == 1);
    CHECK(scene.enemy.got<wire::existe>(dialled[0]).empty());
    CHECK(scene.enemy.bye(dialled[0]) == wire::bye_reason::protocol);
}

TEST_CASE("R8, R10: the holder waits for the ping, answers it, and closes the socket by itself") {
    hostile_scene scene;
    const conn_number link = scene.open(wire::purpose::link);
    const std::uint32_t y_bytes = 64 * 1024;
    scene.enemy.on_message = [&](conn_number on, const wire::message& what) {
        if (std::holds_alternative<wire::claim>(what)) scene.enemy.say(on, wire::nonce_shown{secret_number(1)});
    };
    scene.enemy.say(link, search_by(scene.enemy.id(), 7000, 1));
    scene.net.run_for(30s);
    const auto dialled = scene.enemy.accepted(wire::purpose::answer);
    REQUIRE(dialled.size() == 1);
    REQUIRE(scene.enemy.got<wire::existe>(dialled[0]).size() == 1);
    CHECK(scene.enemy.got<wire::existe>(dialled[0])[0].level == 1);
    REQUIRE_FALSE(scene.enemy.seen(dialled[0]).closed);  // it waits
    const query_id id = scene.enemy.got<wire::existe>(dialled[0])[0].id;
    scene.enemy.say(dialled[0], wire::ping{id, scene.content, 16'384, y_bytes});
    scene.net.run_for(1s);
    CHECK(scene.enemy.got<wire::pong>(dialled[0]).size() == 1);
    CHECK(scene.enemy.seen(dialled[0]).closed);
    CHECK(scene.counts().pings_served == 1);
}

TEST_CASE("R8: a holder that is never pinged closes the socket after a minute") {
    hostile_scene scene;
    const conn_number link = scene.open(wire::purpose::link);
    scene.enemy.on_message = [&](conn_number on, const wire::message& what) {
        if (std::holds_alternative<wire::claim>(what)) scene.enemy.say(on, wire::nonce_shown{secret_number(1)});
    };
    scene.enemy.say(link, search_by(scene.enemy.id(), 7000, 1));
    scene.net.run_for(59s);
    const auto dialled = scene.enemy.accepted(wire::purpose::answer);
    REQUIRE(dialled.size() == 1);
    CHECK_FALSE(scene.enemy.seen(dialled[0]).closed);
    scene.net.run_for(3s);
    CHECK(scene.enemy.seen(dialled[0]).closed);
}

TEST_CASE("R9: an id is answered once, however often and at whatever level its search comes again") {
    hostile_scene scene;
    const conn_number link = scene.open(wire::purpose::link);
    wire::pesquisa said = search_by(scene.enemy.id(), 7000, 1);
    for (const int level : {3, 3, 2, 1, 1, 2, 3}) {
        said.level = static_cast<std::uint8_t>(level);
        scene.enemy.say(link, said);
        scene.net.run_for(300ms);
    }
    scene.net.run_for(59s);
    scene.enemy.say(link, said);  // remembered for a minute at least
    scene.net.run_for(1s);
    CHECK(scene.counts().searches_answered == 1);
    CHECK(scene.enemy.accepted(wire::purpose::answer).size() == 1);
}

TEST_CASE("R9: levels of nothing and beyond the limit are refused") {
    hostile_scene scene;
    const conn_number link = scene.open(wire::purpose::link);
    wire::pesquisa said = search_by(scene.enemy.id(), 7000, 1);
    for (const int level : {4, 17, 255}) {
        said.level = static_cast<std::uint8_t>(level);
        scene.enemy.say(link, said);
    }
    scene.net.run_for(1s);
    CHECK(scene.counts().searches_answered == 0);
    CHECK_FALSE(scene.enemy.seen(link).closed);
    // Level 0 does not decode: the encoder refuses to write it, so its byte is changed in a frame.
    said.level = 1;
    bytes frame = wire::encode(said);
    bytes other;
    said.level = 2;
    other = wire::encode(said);
    const auto differs = std::mismatch(frame.begin(), frame.end(), other.begin()).first;
    *differs = 0;
    scene.enemy.say_bytes(link, frame);
    scene.net.run_for(1s);
    CHECK(scene.enemy.seen(link).closed);
    CHECK(scene.counts().frames_refused == 1);
}

TEST_CASE("R10: a holder that answers for a file it does not have fails its ping, and earns nothing") {
    hostile_scene scene;
    const conn_number link = befriend(scene);
    const auto ticket = scene.net.search(scene.peer, query_kind::exact, "other.bin");
    scene.net.run_for(100ms);
    const wire::pesquisa search = heard(scene, link);
    const bytes lie = some_bytes(256 * 1024, 1);
    scene.enemy.on_message = [&](conn_number on, const wire::message& what) {
        if (std::holds_alternative<wire::nonce_shown>(what)) {
            wire::existe said = answer_to(search.id, scene.content, 300'000);
            said.entries[0].name = "other.bin";
            scene.enemy.say(on, said);
        }
        if (const auto* ping = std::get_if<wire::ping>(&what)) {
            wire::pong said;
            said.id = ping->id;
            said.offset = ping->offset;
            said.file_bytes = static_cast<std::uint32_t>(lie.size());
            said.data = lie;
            scene.enemy.say(on, said);
        }
    };
    const conn_number conn = scene.enemy.dial(scene.address(), wire::purpose::answer);
    scene.net.run_for(50ms);
    scene.enemy.say(conn, wire::claim{search.id});
    scene.net.run_for(5s);
    const core::search_state& state = scene.net.found(scene.peer, ticket);
    CHECK(state.over());
    REQUIRE(state.answers.size() == 1);
    CHECK(state.answers[0].ping == core::ping_state::failed);
    CHECK(core::find(scene.net.peer(scene.peer).both_tables(), scene.enemy.id())->score == 0);
}

TEST_CASE("R8: answers with files that were not asked for, bad names or nothing at all are refused") {
    const auto answers_after = [](const std::vector<wire::entry>& entries) {
        hostile_scene scene;
        const conn_number link = befriend(scene);
        const auto ticket = scene.net.search(scene.peer, query_kind::words, "holiday film");
        scene.net.run_for(100ms);
        const wire::pesquisa search = heard(scene, link);
        const conn_number conn = scene.enemy.dial(scene.address(), wire::purpose::answer);
        scene.net.run_for(50ms);
        scene.enemy.say(conn, wire::claim{search.id});
        scene.net.run_for(50ms);
        wire::existe said = answer_to(search.id, scene.content, 300'000);
        said.entries = entries;
        scene.enemy.say(conn, said);
        scene.net.run_for(500ms);
        return scene.net.found(scene.peer, ticket).answers.size();
    };
    const content_id id = id_of(some_bytes(100, 1));
    CHECK(answers_after({{"film of the holiday.mkv", 100, id, 100}}) == 1);
    CHECK(answers_after({{"something else.mkv", 100, id, 100}}) == 0);
    CHECK(answers_after({{"../holiday film.mkv", 100, id, 100}}) == 0);
    CHECK(answers_after({{"/holiday film.mkv", 100, id, 100}}) == 0);
    CHECK(answers_after({{"holiday/.film", 100, id, 100}}) == 0);
    CHECK(answers_after({{"holiday film\x1b[2J.mkv", 100, id, 100}}) == 0);
    CHECK(answers_after({{"holiday film.mkv", 0, id, 0}}) == 0);  // only one content is empty
    CHECK(answers_after({{"something else.mkv", 100, id, 100}, {"holiday film.mkv", 100, id, 100}}) == 1);
}

TEST_CASE(
    "R7: ROWS that are asked for may name anybody, but never the asker itself, and fill no more than the tables hold") {
    world net;
    core::settings chosen;
    chosen.primary_rows = 4;
    chosen.secondary_rows = 6;
    scripted_endpoint liar(net, lan(66), ordered_id(66));
    const node asker = net.add_peer(chosen, lan(1), ordered_id(50));
    liar.on_message = [&](conn_number on, const wire::message& what) {
        if (!std::holds_alternative<wire::entrada>(what)) return;
        wire::rows said;
        said.list.push_back({net.id(asker), {lan(1)}});
        for (std::uint8_t number = 100; number < 114; ++number)
            said.list.push_back({ordered_id(number), {lan(number)}});
        said.list.push_back({ordered_id(100), {lan(200)}});
        liar.say(on, said);
    };
    net.start(asker, lan(66));
    net.run_for(2s);
    CHECK(core::find(net.peer(asker).both_tables(), net.id(asker)) == nullptr);
    CHECK(net.peer(asker).both_tables().primary.rows.size() == 4);
    CHECK(net.peer(asker).both_tables().secondary.rows.size() == 6);
    CHECK(net.news<core::output::entered>(asker).size() == 1);
}
