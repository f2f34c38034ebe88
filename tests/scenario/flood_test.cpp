// How searches travel: the line, the ring, the star, holders that stop them, and longer paths that are quicker (R8, R9).

#include "world.hpp"

using namespace mogshare;
using namespace mogshare::testing;

namespace {

bytes small_file(std::uint64_t seed = 1) {
    return some_bytes(50'000, seed);
}

}  // namespace

TEST_CASE("R9: on a line a file three hops away is found, one four hops away is not") {
    world net;
    const auto peers = overlay(net, line_of(5));
    net.share(peers[3], "three.bin", small_file(3));
    net.share(peers[4], "four.bin", small_file(4));

    const auto near = net.search_and_wait(peers[0], query_kind::exact, "three.bin");
    CHECK(answerers(net, peers[0], near) == std::vector{peers[3]});
    const auto far = net.search_and_wait(peers[0], query_kind::exact, "four.bin");
    CHECK(net.found(peers[0], far).answers.empty());
    CHECK(net.found(peers[0], far).results.empty());

    const auto reach = net.log().reach(net.found(peers[0], far).id);
    CHECK(reach == std::map<node, int>{{peers[1], 1}, {peers[2], 2}, {peers[3], 3}});
    CHECK(net.log().frames_by_level(net.found(peers[0], far).id) == std::map<int, std::size_t>{{1, 1}, {2, 1}, {3, 1}});
}

TEST_CASE("R8, R9: the answer says the hop as its level, and the holder itself dials the originator") {
    world net;
    const auto peers = overlay(net, line_of(5));
    for (std::size_t hop = 1; hop <= 3; ++hop) {
        CAPTURE(hop);
        const std::string name = "hop" + std::to_string(hop) + ".bin";
        net.share(peers[hop], name, small_file(hop));
        const auto ticket = net.search_and_wait(peers[0], query_kind::exact, name);
        REQUIRE(net.found(peers[0], ticket).answers.size() == 1);
        const core::answer& only = net.found(peers[0], ticket).answers[0];
        CHECK(only.level == static_cast<int>(hop));
        CHECK(only.where == net.address(peers[hop]));
        CHECK(net.found(peers[0], ticket).farthest_level() == static_cast<int>(hop));

        // EXISTE came on a connection that the holder opened for it, and that is closed again.
        const auto said = net.log().between<wire::existe>(peers[hop], peers[0]);
        REQUIRE(said.size() == 1);
        CHECK(said[0]->why == wire::purpose::answer);
        net.run_for(2s);
        const std::size_t links = hop == 1 ? 1 : 0;
        CHECK(net.wire().standing(peers[0], peers[hop]) == links);
    }
}

TEST_CASE("R9: the depth limit is a setting: 1 asks neighbours only, 4 reaches four hops") {
    for (const int depth : {1, 2, 4}) {
        CAPTURE(depth);
        world net;
        const auto peers = overlay(net, line_of(7), [&](std::size_t, core::settings& chosen) { chosen.depth = depth; });
        const auto ticket = net.search_and_wait(peers[0], query_kind::exact, "nothing.bin");
        CHECK(net.log().reach(net.found(peers[0], ticket).id).size() == static_cast<std::size_t>(depth));
    }
}

TEST_CASE("R9: a receiver never trusts a level above its own limit") {
    world net;
    const auto peers = overlay(net, line_of(6), [](std::size_t at, core::settings& chosen) {
        chosen.depth = at == 0 || at == 1 ? 5 : 3;  // the first two would let a search go further
    });
    net.share(peers[4], "far.bin", small_file());
    const auto ticket = net.search_and_wait(peers[0], query_kind::exact, "far.bin");
    CHECK(net.found(peers[0], ticket).answers.empty());
    CHECK_FALSE(net.log().reach(net.found(peers[0], ticket).id).contains(peers[4]));
}

TEST_CASE("R9: a ring is flooded from both sides and nobody gets a search from who has it from him") {
    world net;
    const auto peers = overlay(net, ring_of(6));
    net.share(peers[3], "opposite.bin", small_file());
    const auto ticket = net.search_and_wait(peers[0], query_kind::exact, "opposite.bin");
    CHECK(answerers(net, peers[0], ticket) == std::vector{peers[3]});
    const auto& id = net.found(peers[0], ticket).id;
    CHECK(net.log().reach(id).size() == 5);
    // Both halves, each hop once: the opposite peer gets two copies, answers once and passes none on.
    CHECK(net.log().frames_by_level(id) == std::map<int, std::size_t>{{1, 2}, {2, 2}, {3, 2}});
    CHECK(net.peer(peers[3]).counts().searches_known == 1);
}

TEST_CASE("R9: in a star the hub passes a search on to everybody else, and every holder answers once") {
    world net;
    const auto peers = overlay(net, star_of(9));
    for (std::size_t at = 2; at < 9; at += 2) net.share(peers[at], "common.bin", small_file());
    const auto ticket = net.search_and_wait(peers[1], query_kind::exact, "common.bin");
    const core::search_state& found = net.found(peers[1], ticket);
    CHECK(found.answers.size() == 4);
    CHECK(found.results.size() == 1);
    CHECK(found.results[0].answers.size() == 4);
    for (const core::answer& one : found.answers) CHECK(one.level == 2);
    CHECK(net.log().frames_by_level(found.id) == std::map<int, std::size_t>{{1, 1}, {2, 7}});
    CHECK(net.peer(peers[0]).counts().searches_forwarded == 7);
}

TEST_CASE("R9: an exact search stops at a holder, a search by words goes on past it") {
    world net;
    const auto peers = overlay(net, line_of(4));
    net.share(peers[1], "music/blue train.ogg", small_file(1));
    net.share(peers[3], "music/blue train.ogg", small_file(3));

    const auto exact = net.search_and_wait(peers[0], query_kind::exact, "blue train.ogg");
    CHECK(answerers(net, peers[0], exact) == std::vector{peers[1]});
    CHECK(net.log().reach(net.found(peers[0], exact).id) == std::map<node, int>{{peers[1], 1}});

    const auto words = net.search_and_wait(peers[0], query_kind::words, "TRAIN blue");
    CHECK(answerers(net, peers[0], words).size() == 2);
    CHECK(net.found(peers[0], words).results.size() == 2);
    CHECK(net.log().reach(net.found(peers[0], words).id).size() == 3);
}

TEST_CASE("R9: a search for a content id finds it under any name, past holders too") {
    world net;
    const auto peers = overlay(net, line_of(4));
    const content_id content = net.share(peers[1], "one name.bin", small_file());
    net.share(peers[3], "another.bin", small_file());
    const auto ticket = net.search_and_wait(peers[0], query_kind::content, to_hex(content));
    const core::search_state& found = net.found(peers[0], ticket);
    REQUIRE(found.results.size() == 1);
    CHECK(found.results[0].answers.size() == 2);
    CHECK(found.results[0].names.size() == 2);
}

TEST_CASE(
    "R9: a copy that comes later over a shorter path is passed on again, so that reach is by hops and not by time") {
    // 0–1–2–5–6 is short and slow, 0–3–4–2 is long and quick: without the second pass 6 would never hear of it.
    world net;
    const auto peers = overlay(net, {{1, 3}, {0, 2}, {1, 4, 5}, {0, 4}, {3, 2}, {2}, {5}});
    for (const auto& [from, to] : {std::pair{0, 1}, {1, 2}}) {
        const auto one = peers[static_cast<std::size_t>(from)];
        const auto other = peers[static_cast<std::size_t>(to)];
        net.wire().set_delay(one, other, 100ms);
        net.wire().set_delay(other, one, 100ms);
    }
    net.share(peers[5], "last hop.bin", small_file());
    const auto ticket = net.search_and_wait(peers[0], query_kind::exact, "last hop.bin");
    const auto& id = net.found(peers[0], ticket).id;

    std::vector<int> levels_at_2;
    for (const travelled* one : net.log().of_type<wire::pesquisa>())
        if (one->to == peers[2] && std::get<wire::pesquisa>(one->what).id == id)
            levels_at_2.push_back(std::get<wire::pesquisa>(one->what).level);
    CHECK(levels_at_2 == std::vector{3, 2});
    CHECK(answerers(net, peers[0], ticket) == std::vector{peers[5]});
    CHECK(net.log().reach(id).at(peers[5]) == 3);
}

TEST_CASE(
    "R9: the first hit may come over the longer path; it is one answer, at the level at which it was first seen") {
    world net;
    const auto peers = overlay(net, ring_of(4));
    net.wire().set_delay(peers[0], peers[3], 300ms);  // one hop, but slow
    net.wire().set_delay(peers[3], peers[0], 300ms);
    net.share(peers[3], "both ways.bin", small_file());
    const auto ticket = net.search_and_wait(peers[0], query_kind::exact, "both ways.bin");
    REQUIRE(net.found(peers[0], ticket).answers.size() == 1);
    CHECK(net.found(peers[0], ticket).answers[0].level == 3);
    CHECK(net.log().reach(net.found(peers[0], ticket).id).at(peers[3]) == 1);
    CHECK(net.log().count<wire::existe>() == 1);
}

TEST_CASE("R9: two searches for one name are two searches; each is answered") {
    world net;
    const auto peers = overlay(net, line_of(3));
    net.share(peers[2], "again.bin", small_file());
    const auto first = net.search(peers[0], query_kind::exact, "again.bin");
    const auto second = net.search(peers[0], query_kind::exact, "again.bin");
    net.run_for(10s);
    CHECK(net.found(peers[0], first).answers.size() == 1);
    CHECK(net.found(peers[0], second).answers.size() == 1);
    CHECK(net.log().count<wire::existe>(peers[2], peers[0]) == 2);
}

TEST_CASE("R1: who originates a search enters the secondary table of everybody whom it reaches, and of nobody else") {
    world net;
    const auto peers = overlay(net, line_of(5));
    const auto row_at = [&](std::size_t at) { return core::find(net.peer(peers[at]).both_tables(), net.id(peers[0])); };
    REQUIRE(row_at(3) == nullptr);
    net.search_and_wait(peers[0], query_kind::exact, "nothing.bin");
    REQUIRE(row_at(3) != nullptr);
    CHECK(row_at(3)->addresses.front() ==
          net.address(peers[0]));  // as the first hop saw it, with the port it listens on
    CHECK(net.peer(peers[3]).both_tables().secondary.find(net.id(peers[0])) != nullptr);
    CHECK(row_at(4) == nullptr);
}

TEST_CASE("R9: a peer asks all its primary rows, and tells how many there were") {
    world net;
    const auto peers = overlay(net, star_of(6));
    const auto ticket = net.search_and_wait(peers[0], query_kind::exact, "nothing.bin");
    CHECK(net.found(peers[0], ticket).neighbours_asked == 5);
    CHECK(net.found(peers[0], ticket).farthest_level() == 0);
    CHECK(net.news<core::output::search_over>(peers[0]).size() == 1);
}
