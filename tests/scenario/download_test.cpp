// Downloads that go well, and those that must not begin: whole files, kept bytes, names, turns, slots (R12).

#include "download_scene.hpp"

#include <algorithm>

using namespace mogshare;
using namespace mogshare::testing;
using core::download_phase;

TEST_CASE("R12: a file of many pieces is fetched from one source, verified, and shared from then on") {
    for (const std::size_t size : {1, 16'384, 100'000, 1'048'576, 1'048'577, 5'300'000}) {
        CAPTURE(size);
        download_scene scene(1, size);
        const auto id = scene.begin();
        REQUIRE(scene.finish(id));
        CHECK(scene.state(id).phase == download_phase::done);
        CHECK(scene.right());
        CHECK(scene.state(id).verified_bytes == size);
        CHECK(scene.state(id).name == scene.path);
        CHECK(scene.net.peer(scene.me()).shares().with_content(scene.content).size() == 1);
        CHECK(scene.net.disk(scene.me()).open_partials() == 0);
        scene.net.run_for(1s);
        CHECK(scene.net.wire().standing(scene.me(), scene.peers[1]) == 1);  // the transfer's connection is closed
        CHECK(scene.net.peer(scene.peers[1]).uploads() == 0);
    }
}

TEST_CASE("R12: what was downloaded is found at the downloader by the next who searches") {
    download_scene scene(1, 200'000);
    scene.finish(scene.begin());
    scene.net.stop(scene.peers[1]);
    scene.net.run_for(1s);
    const node third = scene.net.add_peer({}, lan(200));
    scene.net.start(third, scene.net.address(scene.me()));
    scene.net.run_for(1s);
    const auto ticket = scene.net.search_and_wait(third, query_kind::exact, scene.path);
    CHECK(answerers(scene.net, third, ticket) == std::vector{scene.me()});
    const core::download_state* got = scene.net.get_and_wait(third, ticket);
    REQUIRE(got != nullptr);
    CHECK(got->phase == download_phase::done);
    CHECK(*scene.net.file(third, scene.path) == scene.data);
}

TEST_CASE("R10, R12: the bytes of the ping are not fetched again") {
    download_scene scene(1, 3'000'000);
    const auto id = scene.begin();
    REQUIRE(scene.finish(id));
    CHECK(scene.right());
    CHECK(scene.state(id).pinged_bytes == 256 * 1024);
    CHECK(scene.state(id).received_bytes == 3'000'000 - 256 * 1024);
    CHECK(scene.piece_bytes() == 3'000'000 - 256 * 1024);
}

TEST_CASE("R10, R12: the pings of several sources add up, and overlaps count once") {
    download_scene scene(6, 2'000'000);
    const auto id = scene.begin();
    REQUIRE(scene.finish(id));
    CHECK(scene.right());
    CHECK(scene.state(id).pinged_bytes > 256 * 1024);
    CHECK(scene.state(id).pinged_bytes + scene.state(id).received_bytes == 2'000'000);
    CHECK(scene.piece_bytes() == scene.state(id).received_bytes);
}

TEST_CASE("R10, R12: a file no larger than Y has come with its ping, and nothing is fetched") {
    download_scene scene(1, 100'000);
    const auto id = scene.begin();
    REQUIRE(scene.finish(id));
    CHECK(scene.right());
    CHECK(scene.state(id).pinged_bytes == 100'000);
    CHECK(scene.piece_bytes() == 0);
}

TEST_CASE("small print, empty files: found and fetched like others, and no score is earned") {
    download_scene scene(1, 0);
    const auto id = scene.begin();
    REQUIRE(scene.finish(id));
    CHECK(scene.state(id).phase == download_phase::done);
    REQUIRE(scene.net.file(scene.me(), scene.path) != nullptr);
    CHECK(scene.net.file(scene.me(), scene.path)->empty());
    CHECK(core::find(scene.net.peer(scene.me()).both_tables(), scene.net.id(scene.peers[1]))->score == 0);
}

TEST_CASE("R12: content that is already here, under whatever name, is said to be here and not fetched") {
    download_scene scene(1, 300'000);
    scene.net.share(scene.me(), "mine.bin", scene.data);
    const auto ticket = scene.search();
    const core::search_state& search = scene.net.found(scene.me(), ticket);
    REQUIRE(search.results.size() == 1);
    CHECK(search.results[0].here == std::vector<std::string>{"mine.bin"});
    CHECK(scene.net.get_and_wait(scene.me(), ticket) == nullptr);
    const auto refused = scene.net.news<core::output::get_refused>(scene.me());
    REQUIRE(refused.size() == 1);
    CHECK(refused[0].second.why.what.find("already here") != std::string::npos);
    CHECK(scene.piece_bytes() == 0);
    CHECK(scene.net.disk(scene.me()).paths() == std::vector<std::string>{"mine.bin"});
}

TEST_CASE("R12: a result that does not exist, a search that does not exist, and a download under way are refused") {
    download_scene scene(1, 3'000'000);
    scene.speeds({200'000});
    const auto ticket = scene.search();
    scene.net.get(scene.me(), ticket, 0);
    scene.net.get(scene.me(), ticket, 2);
    scene.net.get(scene.me(), 4711, 1);
    scene.net.get(scene.me(), ticket, 1);
    scene.net.run_for(1s);
    scene.net.get(scene.me(), ticket, 1);
    CHECK(scene.net.news<core::output::get_refused>(scene.me()).size() == 4);
    CHECK(scene.net.peer(scene.me()).downloads().size() == 1);
}

TEST_CASE("R12: a name that other content has is left alone; the new file becomes name (2)") {
    download_scene scene(1, 300'000);
    scene.net.share(scene.me(), scene.path, some_bytes(10, 1));
    scene.net.share(scene.me(), "big file (2).bin", some_bytes(10, 2));
    const auto ticket = scene.search();
    const auto& results = scene.net.found(scene.me(), ticket).results;
    const auto theirs =
        std::find_if(results.begin(), results.end(), [&](const auto& each) { return each.here.empty(); });
    REQUIRE(theirs != results.end());
    const auto number = static_cast<std::size_t>(theirs - results.begin()) + 1;
    const core::download_state* got = scene.net.get_and_wait(scene.me(), ticket, number);
    REQUIRE(got != nullptr);
    CHECK(got->phase == download_phase::done);
    CHECK(got->name == "big file (3).bin");
    CHECK(*scene.net.file(scene.me(), "big file (3).bin") == scene.data);
    CHECK(*scene.net.file(scene.me(), scene.path) == some_bytes(10, 1));
    const auto again = scene.net.search_and_wait(scene.peers[1], query_kind::exact, "big file (3).bin");
    CHECK(scene.net.found(scene.peers[1], again).answers.size() == 1);
}

TEST_CASE("the same content under several names is one result, with all its sources") {
    download_scene scene(3, 400'000);
    scene.net.unshare(scene.peers[3], scene.path);
    scene.net.share(scene.peers[3], "sub/other big name.bin", scene.data);
    const auto ticket = scene.net.search_and_wait(scene.me(), query_kind::words, "big bin");
    const core::search_state& search = scene.net.found(scene.me(), ticket);
    REQUIRE(search.results.size() == 1);
    CHECK(search.results[0].answers.size() == 3);
    CHECK(search.results[0].names.size() == 2);
    const core::download_state* got = scene.net.get_and_wait(scene.me(), ticket);
    REQUIRE(got != nullptr);
    CHECK(got->phase == download_phase::done);
    CHECK(got->sources.size() == 3);
}

TEST_CASE("several downloads take turns: no more at once than the setting says, the others wait in order") {
    world net;
    const auto peers =
        overlay(net, star_of(2), [](std::size_t, core::settings& chosen) { chosen.downloads_at_once = 2; });
    net.wire().set_uplink(peers[1], 2'000'000);
    for (int number = 0; number < 6; ++number)
        net.share(peers[1], "part " + std::to_string(number) + ".bin",
                  some_bytes(1'500'000, 50 + static_cast<unsigned>(number)));
    const auto ticket = net.search_and_wait(peers[0], query_kind::words, "part");
    REQUIRE(net.found(peers[0], ticket).results.size() == 6);
    for (std::size_t result = 1; result <= 6; ++result) net.get(peers[0], ticket, result);
    std::size_t most = 0;
    const auto watch = [&] {
        std::size_t running = 0;
        std::size_t over = 0;
        for (const core::download_state* each : net.peer(peers[0]).downloads()) {
            over += each->over() ? 1 : 0;
            running += !each->over() && each->phase != download_phase::waiting ? 1 : 0;
        }
        most = std::max(most, running);
        return over == 6;
    };
    REQUIRE(net.run_until(watch, 10min));
    CHECK(most == 2);
    std::vector<time_point> ends;
    for (const core::download_state* each : net.peer(peers[0]).downloads()) {
        CHECK(each->phase == download_phase::done);
        ends.push_back(*each->ended);
    }
    CHECK(*std::max_element(ends.begin(), ends.begin() + 2) <= *std::min_element(ends.begin() + 4, ends.end()));
}

TEST_CASE("a source whose upload slots are taken says BUSY, and the next source is asked") {
    download_scene scene(2, 6'000'000, {}, [](std::size_t at, core::settings& chosen) {
        if (at > 0) chosen.upload_slots = 1;
    });
    scene.speeds({1'000'000, 500'000});
    const node other = scene.net.add_peer({}, lan(200));
    scene.net.start(other, scene.net.address(scene.peers[1]));
    scene.net.run_for(1s);
    const auto theirs = scene.net.search_and_wait(other, query_kind::exact, scene.path);
    const auto mine = scene.search();
    scene.net.get(other, theirs);
    scene.net.run_for(500ms);
    scene.net.get(scene.me(), mine);
    const auto id = scene.net.last_download(scene.me())->id;
    REQUIRE(scene.state(id).sources[0].peer == scene.net.id(scene.peers[1]));
    REQUIRE(scene.net.run_until([&] { return scene.state(id).current == 1; }, 1s));
    CHECK(scene.state(id).sources[0].failed.empty());  // busy is no failure
    CHECK(scene.net.log().count<wire::busy>(scene.peers[1], scene.me()) >= 1);
    CHECK(scene.net.peer(scene.peers[1]).counts().uploads_refused >= 1);
    REQUIRE(scene.finish(id));
    CHECK(scene.state(id).phase == download_phase::done);
    CHECK(scene.right());
    REQUIRE(scene.net.run_until([&] { return scene.net.last_download(other)->over(); }, 5min));
    CHECK(*scene.net.file(other, scene.path) == scene.data);
}

TEST_CASE("when the only source is busy the download waits, and goes on when a slot is free") {
    download_scene scene(1, 4'000'000, {}, [](std::size_t at, core::settings& chosen) {
        if (at > 0) chosen.upload_slots = 1;
    });
    scene.speeds({1'000'000});
    const node other = scene.net.add_peer({}, lan(200));
    scene.net.start(other, scene.net.address(scene.peers[1]));
    scene.net.run_for(1s);
    const auto theirs = scene.net.search_and_wait(other, query_kind::exact, scene.path);
    const auto mine = scene.search();
    scene.net.get(other, theirs);
    scene.net.run_for(500ms);
    const core::download_state* got = scene.net.get_and_wait(scene.me(), mine);
    REQUIRE(got != nullptr);
    CHECK(got->phase == download_phase::done);
    CHECK(scene.right());
    CHECK(scene.net.log().count<wire::busy>() >= 1);
    CHECK(scene.net.last_download(other)->phase == download_phase::done);
}

TEST_CASE(
    "a cancelled download stops at once, keeps what it has, and a later one of the same content goes on from there") {
    download_scene scene(1, 8'000'000);
    scene.speeds({1'000'000});
    const auto id = scene.begin();
    scene.net.run_for(4s);
    REQUIRE(scene.state(id).phase == download_phase::fetching);
    const std::uint64_t had = scene.state(id).verified_bytes;
    CHECK(had >= 2'000'000);
    scene.net.cancel(scene.me(), id);
    CHECK(scene.state(id).phase == download_phase::cancelled);
    scene.net.run_for(2s);
    const std::size_t before = scene.piece_bytes();
    scene.net.run_for(20s);
    CHECK(scene.piece_bytes() == before);
    CHECK(scene.net.disk(scene.me()).open_partials() == 0);
    CHECK(scene.net.peer(scene.peers[1]).uploads() == 0);

    const auto again = scene.begin();
    REQUIRE(scene.finish(again));
    CHECK(scene.state(again).phase == download_phase::done);
    CHECK(scene.right());
    CHECK(scene.state(again).received_bytes <= 8'000'000 - had);
    for (const auto& [piece, times] : scene.net.disk(scene.me()).stored_pieces(scene.content)) CHECK(times == 1);
}

TEST_CASE("a download that waits for its turn can be cancelled, and does not take one") {
    download_scene scene(1, 2'000'000, {}, [](std::size_t, core::settings& chosen) { chosen.downloads_at_once = 1; });
    scene.speeds({1'000'000});
    scene.net.share(scene.peers[1], "other.bin", some_bytes(2'000'000, 99));
    const auto first = scene.begin();
    const auto ticket = scene.net.search_and_wait(scene.me(), query_kind::exact, "other.bin");
    scene.net.get(scene.me(), ticket);
    const auto second = scene.net.last_download(scene.me())->id;
    if (!scene.state(first).over()) CHECK(scene.state(second).phase == download_phase::waiting);
    scene.net.cancel(scene.me(), second);
    REQUIRE(scene.finish(first));
    scene.net.run_for(10s);
    CHECK(scene.state(second).phase == download_phase::cancelled);
    CHECK(scene.net.file(scene.me(), "other.bin") == nullptr);
}

TEST_CASE("byte by byte, with a disk whose jobs end in any order, the file is the same") {
    for (const std::uint64_t seed : {1, 2, 3}) {
        CAPTURE(seed);
        network_options chosen = seeded(seed);
        chosen.wire.chunk_bytes_max = seed == 1 ? 1 : 5000;
        chosen.disk_jitter = 50ms;
        chosen.check_every = 1001;
        download_scene scene(2, seed == 1 ? 600'000 : 2'500'000, chosen);
        const auto id = scene.begin();
        REQUIRE(scene.finish(id));
        CHECK(scene.state(id).phase == download_phase::done);
        CHECK(scene.right());
    }
}

TEST_CASE("a download is decided by its seed, too") {
    const auto trace = [](std::uint64_t seed) {
        network_options chosen = seeded(seed);
        chosen.wire.jitter = 2ms;
        chosen.disk_jitter = 5ms;
        download_scene scene(3, 3'000'000, chosen);
        scene.finish(scene.begin());
        CHECK(scene.right());
        return scene.net.trace_digest();
    };
    CHECK(trace(5) == trace(5));
    CHECK(trace(5) != trace(6));
}
