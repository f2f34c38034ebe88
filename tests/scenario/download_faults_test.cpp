// Downloads that meet sources which die, stall, lie or are too slow, and disks that fail (R12).

#include "download_scene.hpp"

#include <algorithm>

using namespace mogshare;
using namespace mogshare::testing;
using core::download_phase;

namespace {

/// No more than what was under way when the source was lost may have been fetched twice.
constexpr std::size_t in_flight_bytes_max = limits::pieces_in_flight_max * limits::piece_bytes;

void check_each_piece_stored_once(download_scene& scene) {
    for (const auto& [piece, times] : scene.net.disk(scene.me()).stored_pieces(scene.content)) {
        CAPTURE(piece);
        CHECK(times == 1);
    }
}

}  // namespace

TEST_CASE("R12: a source that dies in mid-transfer gives way to the next; no piece that is there is fetched again") {
    for (const int after_ms : {1, 30, 500, 1700, 3000, 4200}) {
        CAPTURE(after_ms);
        download_scene scene(2, 6'000'000);
        scene.speeds({1'000'000, 900'000});
        const auto id = scene.begin();
        scene.net.run_for(std::chrono::milliseconds(after_ms));
        REQUIRE_FALSE(scene.state(id).over());
        scene.net.kill(scene.peers[1]);
        REQUIRE(scene.finish(id));
        CHECK(scene.state(id).phase == download_phase::done);
        CHECK(scene.right());
        CHECK(scene.state(id).current == 1);
        CHECK_FALSE(scene.state(id).sources[0].failed.empty());
        CHECK(scene.piece_bytes() <= 6'000'000 + in_flight_bytes_max);
        CHECK(scene.piece_bytes_from(scene.peers[2]) > 0);
        check_each_piece_stored_once(scene);
    }
}

TEST_CASE("R12: a connection that is cut at any time costs the source, and not the download") {
    for (int after_ms = 0; after_ms <= 60; after_ms += 3) {
        CAPTURE(after_ms);
        download_scene scene(2, 3'000'000);
        const auto ticket = scene.search();
        scene.net.get(scene.me(), ticket);
        const auto id = scene.net.last_download(scene.me())->id;
        scene.net.run_for(std::chrono::milliseconds(after_ms));
        for (const std::size_t at : {1, 2}) {
            if (scene.state(id).over()) break;
            if (scene.state(id).sources[scene.state(id).current].peer == scene.net.id(scene.peers[at]))
                scene.net.wire().cut(scene.me(), scene.peers[at]);
        }
        REQUIRE(scene.finish(id));
        CHECK(scene.state(id).phase == download_phase::done);
        CHECK(scene.right());
    }
}

TEST_CASE("R12: a source that stalls gives way to the next after five seconds") {
    download_scene scene(2, 6'000'000);
    scene.speeds({1'000'000, 900'000});
    const auto id = scene.begin();
    scene.net.run_for(2s);
    REQUIRE(scene.state(id).phase == download_phase::fetching);
    REQUIRE(scene.state(id).current == 0);
    scene.net.wire().vanish(scene.peers[1]);
    const time_point stalled = scene.net.now();
    REQUIRE(scene.net.run_until([&] { return scene.state(id).current == 1; }, 1min));
    const duration waited = scene.net.now() - stalled;
    CHECK(waited >= 4900ms);
    CHECK(waited <= 5100ms);
    REQUIRE(scene.finish(id));
    CHECK(scene.right());
    check_each_piece_stored_once(scene);
}

TEST_CASE("R12: a source that cannot be dialled any more gives way at once, or after the dial's time limit") {
    for (const bool hole : {false, true}) {
        CAPTURE(hole);
        download_scene scene(2, 3'000'000);
        scene.speeds({2'000'000, 500'000});
        const auto ticket = scene.search();
        if (hole) {
            scene.net.wire().black_hole(scene.net.address(scene.peers[1]));
        } else {
            scene.net.kill(scene.peers[1]);
        }
        const time_point begun = scene.net.now();
        scene.net.get(scene.me(), ticket);
        const auto id = scene.net.last_download(scene.me())->id;
        REQUIRE(scene.net.run_until([&] { return scene.state(id).current == 1; }, 1min));
        CHECK(scene.net.now() - begun <= (hole ? 5001ms : 11ms));
        REQUIRE(scene.finish(id));
        CHECK(scene.right());
    }
}

TEST_CASE("R12: a source that sends wrong bytes gives way to the next, and nothing wrong reaches the folder") {
    download_scene scene(2, 5'000'000);
    scene.speeds({1'000'000, 500'000});
    scene.net.disk(scene.peers[1]).serve_wrong(scene.path);
    const auto id = scene.begin();
    REQUIRE(scene.state(id).sources[0].peer == scene.net.id(scene.peers[1]));  // its ping was right
    REQUIRE(scene.finish(id));
    CHECK(scene.state(id).phase == download_phase::done);
    CHECK(scene.right());
    CHECK(scene.state(id).sources[0].failed.find("bytes") != std::string::npos);
    check_each_piece_stored_once(scene);
}

TEST_CASE("R12: bits that flip on the way are noticed, wherever they are") {
    for (const std::uint64_t position : {10u, 40u, 200u, 70'000u, 1'500'000u, 2'400'000u}) {
        CAPTURE(position);
        download_scene scene(2, 3'000'000);
        scene.speeds({2'000'000, 500'000});
        const auto ticket = scene.search();
        scene.net.wire().spoil(scene.peers[1], scene.me(), position);
        scene.net.get(scene.me(), ticket);
        const auto id = scene.net.last_download(scene.me())->id;
        REQUIRE(scene.finish(id));
        CHECK(scene.state(id).phase == download_phase::done);
        CHECK(scene.right());
        CHECK(scene.state(id).current == 1);
        check_each_piece_stored_once(scene);
    }
}

TEST_CASE(
    "R12: when every source has failed the download fails with a reason, and what it has is kept for a later one") {
    download_scene scene(2, 6'000'000);
    scene.speeds({1'000'000, 900'000});
    const auto id = scene.begin();
    scene.net.run_for(3s);
    scene.net.kill(scene.peers[1]);
    scene.net.run_for(2s);
    scene.net.kill(scene.peers[2]);
    REQUIRE(scene.finish(id));
    CHECK(scene.state(id).phase == download_phase::failed);
    CHECK(scene.state(id).trouble.is == problem::kind::network);
    CHECK_FALSE(scene.state(id).trouble.what.empty());
    CHECK(scene.net.file(scene.me(), scene.path) == nullptr);
    const std::uint64_t had = scene.state(id).verified_bytes;
    CHECK(had > 0);

    scene.net.restart(scene.peers[1], true);
    scene.net.run_for(30s);
    const auto again = scene.begin();
    REQUIRE(scene.finish(again));
    CHECK(scene.right());
    CHECK(scene.state(again).received_bytes <= 6'000'000 - had);
    check_each_piece_stored_once(scene);
}

TEST_CASE("R12: a source that has lost the file since says so, and the next one is asked") {
    download_scene scene(2, 5'000'000);
    scene.speeds({1'000'000, 500'000});
    const auto ticket = scene.search();
    scene.net.get(scene.me(), ticket);
    const auto id = scene.net.last_download(scene.me())->id;
    scene.net.run_for(2s);
    REQUIRE(scene.state(id).current == 0);
    scene.net.disk(scene.peers[1]).lose(scene.path);
    REQUIRE(scene.finish(id));
    CHECK(scene.state(id).phase == download_phase::done);
    CHECK(scene.right());
    CHECK(scene.net.news<core::output::share_withdrawn>(scene.peers[1]).size() == 1);
    CHECK(scene.piece_bytes_from(scene.peers[2]) > 0);
}

TEST_CASE("R12: a slow source that keeps sending is no stalled one, however long one frame takes") {
    download_scene scene(1, 500'000, {},
                         [](std::size_t, core::settings& chosen) { chosen.ping_bytes = limits::leaf_bytes; });
    scene.speeds({8'000});  // 64 KiB take eight seconds
    const auto id = scene.begin();
    REQUIRE(scene.finish(id));
    CHECK(scene.state(id).phase == download_phase::done);
    CHECK(scene.right());
}

TEST_CASE("R12: so it is with an upload limit at the source, shared by several downloads") {
    world net;
    const auto peers = overlay(net, star_of(4), [](std::size_t at, core::settings& chosen) {
        chosen.ping_bytes = limits::leaf_bytes;
        if (at == 0) chosen.upload_bytes_per_s = 20'000;
    });
    const bytes data = some_bytes(300'000, 8);
    net.share(peers[0], "slow.bin", data);
    for (std::size_t at = 1; at < 4; ++at) {
        const auto ticket = net.search_and_wait(peers[at], query_kind::exact, "slow.bin");
        net.get(peers[at], ticket);
    }
    for (std::size_t at = 1; at < 4; ++at) {
        CAPTURE(at);
        REQUIRE(net.last_download(peers[at]) != nullptr);
        REQUIRE(net.run_until([&] { return net.last_download(peers[at])->over(); }, 10min));
        CHECK_MESSAGE(net.last_download(peers[at])->phase == download_phase::done,
                      net.last_download(peers[at])->trouble.what);
        if (net.file(peers[at], "slow.bin") == nullptr) continue;
        CHECK(*net.file(peers[at], "slow.bin") == data);
    }
}

TEST_CASE("a full disk ends the download with that reason; with room again a later one finishes it") {
    download_scene scene(1, 4'000'000);
    scene.speeds({1'000'000});
    const auto id = scene.begin();
    scene.net.run_for(2s);
    scene.net.disk(scene.me()).set_full(true);
    REQUIRE(scene.finish(id));
    CHECK(scene.state(id).phase == download_phase::failed);
    CHECK(scene.state(id).trouble.is == problem::kind::disk_full);
    CHECK(scene.net.disk(scene.me()).open_partials() == 0);
    scene.net.run_for(5s);
    CHECK(scene.net.peer(scene.peers[1]).uploads() == 0);
    scene.net.disk(scene.me()).set_full(false);
    REQUIRE(scene.finish(scene.begin()));
    CHECK(scene.right());
    check_each_piece_stored_once(scene);
}

TEST_CASE("a partial file that cannot be opened ends the download and blames no source") {
    download_scene scene(1, 2'000'000);
    scene.net.disk(scene.me()).set_broken(true);
    const auto id = scene.begin();
    REQUIRE(scene.finish(id));
    CHECK(scene.state(id).phase == download_phase::failed);
    CHECK(scene.state(id).sources[0].failed.empty());
    CHECK(scene.state(id).trouble.what == "the disk is broken");
    scene.net.run_for(2s);
    CHECK(scene.net.wire().standing(scene.me(), scene.peers[1]) == 1);
}

TEST_CASE("a downloader that does not read bounds the sender's memory, and gets everything in the end") {
    download_scene scene(1, 12'000'000);
    const auto id = scene.begin();
    REQUIRE(scene.net.run_until([&] { return scene.state(id).phase == download_phase::fetching; }, 1min));
    scene.net.wire().pause_reading(scene.me(), true);
    scene.net.run_for(3s);
    const std::size_t most = scene.net.wire().most_queued_bytes(scene.peers[1], scene.me());
    CHECK(most > 0);
    CHECK(most <= limits::upload_backlog_bytes_max + 64 * limits::KiB);
    scene.net.wire().pause_reading(scene.me(), false);
    REQUIRE(scene.finish(id));
    CHECK(scene.state(id).phase == download_phase::done);
    CHECK(scene.right());
    CHECK(scene.net.wire().most_queued_bytes(scene.peers[1], scene.me()) <=
          limits::upload_backlog_bytes_max + 64 * limits::KiB);
}

TEST_CASE("a downloader that never reads again loses its slot in time") {
    download_scene scene(1, 12'000'000);
    const auto id = scene.begin();
    REQUIRE(scene.net.run_until([&] { return scene.state(id).phase == download_phase::fetching; }, 1min));
    scene.net.run_for(20ms);
    scene.net.wire().vanish(scene.me());
    REQUIRE(scene.net.peer(scene.peers[1]).uploads() == 1);
    scene.net.run_for(3min);
    CHECK(scene.net.peer(scene.peers[1]).uploads() == 0);
}

TEST_CASE("stop in the middle of a download: BYE on every link, the partial file closed, nothing after `stopped`") {
    download_scene scene(2, 6'000'000);
    scene.speeds({1'000'000, 900'000});
    const auto id = scene.begin();
    scene.net.run_for(3s);
    REQUIRE(scene.state(id).phase == download_phase::fetching);
    scene.net.stop(scene.me());
    scene.net.run_for(10s);
    CHECK(scene.net.news<core::output::stopped>(scene.me()).size() == 1);
    CHECK(scene.net.disk(scene.me()).open_partials() == 0);
    for (const std::size_t at : {1, 2}) {
        bool leaving = false;
        for (const travelled* one : scene.net.log().between<wire::bye>(scene.me(), scene.peers[at]))
            leaving = leaving || std::get<wire::bye>(one->what).why == wire::bye_reason::leaving;
        CHECK(leaving);
        CHECK(core::find(scene.net.peer(scene.peers[at]).both_tables(), scene.net.id(scene.me())) == nullptr);
        CHECK(scene.net.peer(scene.peers[at]).uploads() == 0);
    }
    CHECK(scene.net.wire().standing(scene.me()) == 0);

    scene.net.restart(scene.me(), true);
    scene.net.run_for(10s);
    const auto again = scene.begin();
    REQUIRE(scene.finish(again));
    CHECK(scene.right());
    check_each_piece_stored_once(scene);
}

TEST_CASE("stop at the source: the transfer's other side goes on with the next one at once") {
    download_scene scene(2, 6'000'000);
    scene.speeds({1'000'000, 900'000});
    const auto id = scene.begin();
    scene.net.run_for(2s);
    scene.net.stop(scene.peers[1]);
    REQUIRE(scene.net.run_until([&] { return scene.state(id).current == 1; }, 6s));
    REQUIRE(scene.finish(id));
    CHECK(scene.right());
    check_each_piece_stored_once(scene);
}
