// Measuring the sources: Y bytes of the file itself, a few pings at a time, rates that order the answers (R10, R11).

#include "world.hpp"

#include <algorithm>

using namespace mogshare;
using namespace mogshare::testing;

namespace {

/// A hub that asks, and holders around it that share one file.
struct holders_scene {
    world net;
    std::vector<node> peers;  ///< 0 asks
    bytes data;

    explicit holders_scene(std::size_t holders, std::size_t file_bytes = 3'000'000, const network_options& chosen = {})
        : net(chosen) {
        peers = overlay(net, star_of(holders + 1));
        data = some_bytes(file_bytes, 77);
        for (std::size_t at = 1; at < peers.size(); ++at) net.share(peers[at], "wanted.bin", data);
    }
    core::search_ticket search() { return net.search_and_wait(peers[0], query_kind::exact, "wanted.bin"); }
    const core::answer& answer(core::search_ticket ticket, std::size_t of) const {
        return *net.answer_of(peers[0], ticket, peers[of]);
    }
};

std::size_t with_state(const core::search_state& search, core::ping_state state) {
    return static_cast<std::size_t>(std::count_if(search.answers.begin(), search.answers.end(),
                                                  [&](const auto& one) { return one.ping == state; }));
}

}  // namespace

TEST_CASE("R10: the rate is Y bytes by the time from the request to the last byte, exactly") {
    holders_scene scene(2);
    scene.net.wire().set_uplink(scene.peers[1], 400'000);
    scene.net.wire().set_uplink(scene.peers[2], 1'000'000);
    const auto ticket = scene.search();
    for (const std::size_t at : {1, 2}) {
        CAPTURE(at);
        const auto asked = scene.net.log().between<wire::ping>(scene.peers[0], scene.peers[at]);
        const auto given = scene.net.log().between<wire::pong>(scene.peers[at], scene.peers[0]);
        REQUIRE(asked.size() == 1);
        REQUIRE(given.size() == 1);
        const std::size_t y_bytes = scene.net.peer(scene.peers[0]).chosen().ping_bytes;
        CHECK(std::get<wire::ping>(asked[0]->what).length == y_bytes);
        CHECK(std::get<wire::ping>(asked[0]->what).offset % limits::leaf_bytes == 0);
        CHECK(given[0]->bulk_bytes == y_bytes);
        const core::answer& one = scene.answer(ticket, at);
        REQUIRE(one.ranked());
        CHECK(one.ping_bytes == y_bytes);
        CHECK(one.ping_time == given[0]->at - asked[0]->at + 5ms);  // it had been 5 ms on its way when it came
        CHECK(one.rate_bytes_per_s == static_cast<double>(y_bytes) / to_seconds(one.ping_time));
    }
    CHECK(scene.answer(ticket, 1).rate_bytes_per_s == doctest::Approx(400'000).epsilon(0.03));
    CHECK(scene.answer(ticket, 2).rate_bytes_per_s == doctest::Approx(1'000'000).epsilon(0.06));
}

TEST_CASE(
    "R10: Y is a setting, and an upload limit of the holder's meters the ping, but for a burst of a quarter of Y") {
    world net;
    const auto peers = overlay(net, star_of(2), [](std::size_t at, core::settings& chosen) {
        chosen.ping_bytes = 512 * 1024;
        if (at == 1) chosen.upload_bytes_per_s = 200'000;
    });
    net.share(peers[1], "wanted.bin", some_bytes(2'000'000, 1));
    const auto ticket = net.search_and_wait(peers[0], query_kind::exact, "wanted.bin");
    const core::answer* only = net.answer_of(peers[0], ticket, peers[1]);
    REQUIRE(only != nullptr);
    REQUIRE(only->ranked());
    CHECK(only->ping_bytes == 512 * 1024);
    CHECK(only->rate_bytes_per_s > 190'000);
    CHECK(only->rate_bytes_per_s < 200'000 / 0.75 * 1.01);
}

TEST_CASE("R10: the answers are in the order of the holders' speed, and the order of answering decides nothing") {
    holders_scene scene(4);
    const std::vector<std::uint64_t> speeds{300'000, 1'200'000, 150'000, 600'000};
    for (std::size_t at = 1; at <= 4; ++at) scene.net.wire().set_uplink(scene.peers[at], speeds[at - 1]);
    const auto ticket = scene.search();
    CHECK(with_state(scene.net.found(scene.peers[0], ticket), core::ping_state::done) == 4);
    const auto rate = [&](std::size_t of) { return scene.answer(ticket, of).rate_bytes_per_s; };
    CHECK(rate(2) > rate(4));
    CHECK(rate(4) > rate(1));
    CHECK(rate(1) > rate(3));
}

TEST_CASE("R11: the highest rate is elected; in the literal reading the lowest; the others follow in order") {
    for (const auto reading : {core::election_reading::highest, core::election_reading::lowest}) {
        CAPTURE(static_cast<int>(reading));
        holders_scene scene(3);
        core::settings changed = scene.net.peer(scene.peers[0]).chosen();
        changed.elects = reading;
        scene.net.reconfigure(scene.peers[0], changed);
        scene.net.wire().set_uplink(scene.peers[1], 400'000);
        scene.net.wire().set_uplink(scene.peers[2], 1'600'000);
        scene.net.wire().set_uplink(scene.peers[3], 800'000);
        const auto ticket = scene.search();
        const core::download_state* got = scene.net.get_and_wait(scene.peers[0], ticket);
        REQUIRE(got != nullptr);
        CHECK(got->phase == core::download_phase::done);
        std::vector<node> order;
        for (const core::source& each : got->sources) order.push_back(*scene.net.node_of(each.peer));
        std::vector<node> expected{scene.peers[2], scene.peers[3], scene.peers[1]};
        if (reading == core::election_reading::lowest) std::reverse(expected.begin(), expected.end());
        CHECK(order == expected);
        CHECK(got->current == 0);
        CHECK(scene.net.log().count<wire::piece>(expected[0], scene.peers[0]) > 0);
        CHECK(scene.net.log().count<wire::piece>() == scene.net.log().count<wire::piece>(expected[0], scene.peers[0]));
    }
}

TEST_CASE("R10: at most two pings at once, so that they do not measure each other") {
    holders_scene scene(6);
    for (std::size_t at = 1; at <= 6; ++at) scene.net.wire().set_uplink(scene.peers[at], 500'000);
    const auto ticket = scene.net.search(scene.peers[0], query_kind::exact, "wanted.bin");
    std::size_t most = 0;
    const auto watch = [&] {
        const core::search_state& search = scene.net.found(scene.peers[0], ticket);
        most = std::max(most, with_state(search, core::ping_state::running));
        return search.over();
    };
    REQUIRE(scene.net.run_until(watch, 1min));
    CHECK(most == 2);
    CHECK(with_state(scene.net.found(scene.peers[0], ticket), core::ping_state::done) == 6);
}

TEST_CASE("R10: two at once over all searches, too") {
    holders_scene scene(4);
    for (std::size_t at = 1; at <= 4; ++at) scene.net.wire().set_uplink(scene.peers[at], 500'000);
    const auto first = scene.net.search(scene.peers[0], query_kind::exact, "wanted.bin");
    const auto second = scene.net.search(scene.peers[0], query_kind::words, "wanted");
    std::size_t most = 0;
    const auto watch = [&] {
        const core::search_state& one = scene.net.found(scene.peers[0], first);
        const core::search_state& other = scene.net.found(scene.peers[0], second);
        most =
            std::max(most, with_state(one, core::ping_state::running) + with_state(other, core::ping_state::running));
        return one.over() && other.over();
    };
    REQUIRE(scene.net.run_until(watch, 1min));
    CHECK(most == 2);
    CHECK(with_state(scene.net.found(scene.peers[0], first), core::ping_state::done) == 4);
    CHECK(with_state(scene.net.found(scene.peers[0], second), core::ping_state::done) == 4);
}

TEST_CASE("R10: at most eight pings a search; answers beyond are listed unranked, and are sources nevertheless") {
    holders_scene scene(13);
    const auto ticket = scene.search();
    const core::search_state& search = scene.net.found(scene.peers[0], ticket);
    CHECK(search.answers.size() == 13);
    CHECK(with_state(search, core::ping_state::done) == 8);
    CHECK(with_state(search, core::ping_state::none) == 5);
    CHECK(scene.net.log().count<wire::ping>() == 8);
    const core::download_state* got = scene.net.get_and_wait(scene.peers[0], ticket);
    REQUIRE(got != nullptr);
    CHECK(got->sources.size() == 13);
    for (std::size_t at = 0; at < got->sources.size(); ++at) CHECK((got->sources[at].rate_bytes_per_s > 0) == (at < 8));
}

TEST_CASE("R10: the holder waits longer than the queue of pings can take: the slow ones are measured to the last") {
    holders_scene scene(8);
    for (std::size_t at = 1; at <= 8; ++at) scene.net.wire().set_uplink(scene.peers[at], 30'000);
    const auto ticket = scene.search();
    CHECK(with_state(scene.net.found(scene.peers[0], ticket), core::ping_state::done) == 8);
    CHECK(*scene.net.found(scene.peers[0], ticket).lasted > 30s);
}

TEST_CASE("R10: a file shorter than Y is padded with random bytes, so that every ping moves Y bytes") {
    for (const std::size_t size : {1, 1000, 16'384, 16'385, 200'000, 262'143, 262'144, 262'145}) {
        CAPTURE(size);
        holders_scene scene(1, size);
        const auto ticket = scene.search();
        REQUIRE(scene.answer(ticket, 1).ranked());
        const auto given = scene.net.log().between<wire::pong>(scene.peers[1], scene.peers[0]);
        REQUIRE(given.size() == 1);
        CHECK(given[0]->bulk_bytes == 256 * 1024);
        CHECK(std::get<wire::pong>(given[0]->what).file_bytes == std::min<std::size_t>(size, 256 * 1024));
    }
}

TEST_CASE("R10: the offset is drawn anew for each ping, and never so near the end that Y bytes would not be there") {
    holders_scene scene(8, 40'000'000);
    scene.search();
    std::vector<std::uint64_t> offsets;
    for (const travelled* one : scene.net.log().of_type<wire::ping>())
        offsets.push_back(std::get<wire::ping>(one->what).offset);
    REQUIRE(offsets.size() == 8);
    for (const std::uint64_t each : offsets) CHECK(each + 256 * 1024 <= 40'000'000);
    std::sort(offsets.begin(), offsets.end());
    CHECK(std::unique(offsets.begin(), offsets.end()) - offsets.begin() >= 7);
}

TEST_CASE(
    "R2, R10: who sends wrong bytes in the ping is not ranked and scores nothing; it is the last to be a source") {
    holders_scene scene(2);
    scene.net.disk(scene.peers[1]).prove_wrong("wanted.bin");
    const auto ticket = scene.search();
    CHECK(scene.answer(ticket, 1).ping == core::ping_state::failed);
    CHECK_FALSE(scene.answer(ticket, 1).ranked());
    CHECK(scene.answer(ticket, 2).ranked());
    const core::tables& both = scene.net.peer(scene.peers[0]).both_tables();
    CHECK(core::find(both, scene.net.id(scene.peers[1]))->score == 0);
    CHECK(core::find(both, scene.net.id(scene.peers[2]))->score == 1);
    CHECK(scene.net.peer(scene.peers[0]).counts().pings_failed == 1);
    const core::download_state* got = scene.net.get_and_wait(scene.peers[0], ticket);
    REQUIRE(got != nullptr);
    CHECK(got->sources.front().peer == scene.net.id(scene.peers[2]));
}

TEST_CASE("R10: bits that flip on the way make the ping prove nothing") {
    holders_scene scene(1);
    scene.net.wire().spoil(scene.peers[1], scene.peers[0], 200'000);
    const auto ticket = scene.search();
    CHECK(scene.answer(ticket, 1).ping == core::ping_state::failed);
}

TEST_CASE("R10: a ping that takes longer than its limit is a failed one, and the search ends") {
    holders_scene scene(1);
    scene.net.wire().set_uplink(scene.peers[1], 10'000);
    const auto ticket = scene.search();
    CHECK(scene.net.found(scene.peers[0], ticket).over());
    CHECK(scene.answer(ticket, 1).ping == core::ping_state::failed);
    CHECK(*scene.net.found(scene.peers[0], ticket).lasted <= 11s);
    scene.net.run_for(30s);
    CHECK(scene.net.wire().standing(scene.peers[0], scene.peers[1]) == 1);  // the link is all that is left
}

TEST_CASE("R10: a file that vanishes between EXISTE and the ping is withdrawn, and the ping fails") {
    holders_scene scene(2);
    scene.net.disk(scene.peers[1]).lose("wanted.bin");
    scene.net.disk(scene.peers[2]).change("wanted.bin");
    const auto ticket = scene.search();
    CHECK(scene.answer(ticket, 1).ping == core::ping_state::failed);
    CHECK(scene.answer(ticket, 2).ping == core::ping_state::failed);
    for (const std::size_t at : {1, 2}) {
        CHECK(scene.net.news<core::output::share_withdrawn>(scene.peers[at]).size() == 1);
        CHECK(scene.net.peer(scene.peers[at]).shares().size() == 0);
    }
    const auto again = scene.search();
    CHECK(scene.net.found(scene.peers[0], again).answers.empty());
}

TEST_CASE("R10: a holder that dies before, during or after its ping leaves a failed one, and the others are measured") {
    for (const auto wait : {22ms, 30ms, 36ms, 100ms, 400ms, 1000ms}) {
        CAPTURE(wait.count());
        holders_scene scene(3);
        for (std::size_t at = 1; at <= 3; ++at) scene.net.wire().set_uplink(scene.peers[at], 1'000'000);
        const auto ticket = scene.net.search(scene.peers[0], query_kind::exact, "wanted.bin");
        scene.net.run_for(wait);
        scene.net.kill(scene.peers[1]);
        REQUIRE(scene.net.run_until([&] { return scene.net.found(scene.peers[0], ticket).over(); }, 1min));
        CHECK(scene.answer(ticket, 2).ranked());
        CHECK(scene.answer(ticket, 3).ranked());
        const core::answer* dead = scene.net.answer_of(scene.peers[0], ticket, scene.peers[1]);
        if (dead != nullptr) CHECK(dead->ping == (wait < 1s ? core::ping_state::failed : core::ping_state::done));
    }
}

TEST_CASE("R8: answers that come after the window are refused and counted, even while pings go on; they see no nonce") {
    for (const std::uint64_t speed : {0, 40'000}) {  // at that one the ping lasts much longer than the window
        CAPTURE(speed);
        holders_scene scene(2);
        scene.net.wire().set_uplink(scene.peers[1], speed);
        scene.net.wire().set_delay(scene.peers[2], scene.peers[0], 3s);
        const auto ticket = scene.search();
        scene.net.run_for(30s);
        CHECK(answerers(scene.net, scene.peers[0], ticket) == std::vector{scene.peers[1]});
        CHECK(scene.answer(ticket, 1).ranked());
        CHECK(scene.net.peer(scene.peers[0]).counts().answers_unasked == 1);
        CHECK(scene.net.log().count<wire::nonce_shown>() == 1);
    }
}

TEST_CASE("R8: after the ping the holder closes the socket, and nothing of the answer stays") {
    holders_scene scene(5);
    scene.search();
    scene.net.run_for(1s);
    for (std::size_t at = 1; at <= 5; ++at) {
        CHECK(scene.net.wire().standing(scene.peers[at], scene.peers[0]) == 1);  // the link
        CHECK(scene.net.peer(scene.peers[at]).counts().pings_served == 1);
    }
}

TEST_CASE("R10: byte by byte a ping proves what it proves") {
    network_options chosen;
    chosen.wire.chunk_bytes_max = 1;
    chosen.check_every = 10'001;
    holders_scene scene(1, 3'000'000, chosen);
    const auto ticket = scene.search();
    CHECK(scene.answer(ticket, 1).ranked());
}
