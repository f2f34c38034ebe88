// The same thing done at every moment of a download: cancelled, stopped, killed, cut. Whenever it happens, the next attempt
// finishes the file, and nothing stays behind (R12).

#include "download_scene.hpp"

using namespace mogshare;
using namespace mogshare::testing;
using core::download_phase;

namespace {

network_options slow_disk() {
    network_options chosen;
    chosen.disk_delay = 8ms;
    chosen.disk_jitter = 8ms;
    return chosen;
}

/// Every seventh millisecond, and fewer under a sanitizer.
constexpr int moment_step_ms = 7 * static_cast<int>(scenario_part);

/// A download of three pieces takes some 150 ms here.
struct moment {
    download_scene scene;
    core::search_ticket ticket;
    core::download_id id;

    explicit moment(int after_ms)
        : scene(2, 2'500'000, slow_disk(), [](std::size_t at, core::settings& chosen) {
              chosen.ping_bytes = limits::leaf_bytes;
              if (at == 1) chosen.upload_bytes_per_s = 60'000'000;
          }) {
        ticket = scene.search();
        scene.net.get(scene.me(), ticket);
        id = scene.net.last_download(scene.me())->id;
        scene.net.run_for(std::chrono::milliseconds(after_ms));
    }

    void check_again_and_clean() {
        if (scene.net.file(scene.me(), scene.path) == nullptr) {
            const auto again = scene.begin();
            REQUIRE(scene.finish(again));
            CHECK_MESSAGE(scene.state(again).phase == download_phase::done, scene.state(again).trouble.what);
        }
        CHECK(scene.right());
        CHECK(scene.net.disk(scene.me()).paths().size() == 1);
        CHECK(scene.net.disk(scene.me()).open_partials() == 0);
        scene.net.run_for(2s);
        for (const std::size_t at : {1, 2}) {
            CHECK(scene.net.peer(scene.peers[at]).uploads() == 0);
            CHECK(scene.net.wire().standing(scene.me(), scene.peers[at]) <= 1);
        }
        for (const auto& [piece, times] : scene.net.disk(scene.me()).stored_pieces(scene.content)) CHECK(times == 1);
    }
};

}  // namespace

TEST_CASE("R12: a download cancelled at any moment can be begun again at once, and then finishes") {
    for (int after_ms = 0; after_ms <= 200; after_ms += moment_step_ms) {
        CAPTURE(after_ms);
        moment now(after_ms);
        now.scene.net.cancel(now.scene.me(), now.id);
        if (!now.scene.state(now.id).over()) now.scene.finish(now.id);  // too late: it is being moved into the folder
        const bool landed = now.scene.state(now.id).phase == download_phase::done;
        const core::download_state* again = landed ? nullptr : now.scene.net.get_and_wait(now.scene.me(), now.ticket);
        if (!landed) {
            REQUIRE(again != nullptr);
            CHECK_MESSAGE(again->phase == download_phase::done, again->trouble.what);
        }
        now.check_again_and_clean();
    }
}

TEST_CASE("R12: a peer stopped at any moment of a download finishes it in its next life") {
    for (int after_ms = 0; after_ms <= 200; after_ms += moment_step_ms) {
        CAPTURE(after_ms);
        moment now(after_ms);
        now.scene.net.stop(now.scene.me());
        now.scene.net.run_for(6s);
        CHECK(now.scene.net.disk(now.scene.me()).open_partials() == 0);
        CHECK(now.scene.net.wire().standing(now.scene.me()) == 0);
        now.scene.net.restart(now.scene.me(), true);
        now.scene.net.run_for(20s);
        now.check_again_and_clean();
    }
}

TEST_CASE("R12: a peer killed at any moment of a download finishes it in its next life") {
    for (int after_ms = 0; after_ms <= 200; after_ms += moment_step_ms) {
        CAPTURE(after_ms);
        moment now(after_ms);
        now.scene.net.kill(now.scene.me());
        now.scene.net.run_for(1s);
        now.scene.net.restart(now.scene.me(), true);
        now.scene.net.run_for(20s);
        now.check_again_and_clean();
    }
}

TEST_CASE("R12: sources that are stopped at any moment of a download cost nothing but themselves") {
    for (int after_ms = 0; after_ms <= 200; after_ms += moment_step_ms) {
        CAPTURE(after_ms);
        moment now(after_ms);
        const peer_id& current = now.scene.state(now.id).sources[now.scene.state(now.id).current].peer;
        now.scene.net.stop(*now.scene.net.node_of(current));
        REQUIRE(now.scene.finish(now.id));
        CHECK(now.scene.state(now.id).phase == download_phase::done);
        CHECK(now.scene.right());
        for (const auto& [piece, times] : now.scene.net.disk(now.scene.me()).stored_pieces(now.scene.content))
            CHECK(times == 1);
    }
}

TEST_CASE("the upload limit may change in the middle of a transfer, and be lifted") {
    download_scene scene(1, 4'000'000, {}, [](std::size_t at, core::settings& chosen) {
        if (at == 1) chosen.upload_bytes_per_s = 100'000;
    });
    const auto id = scene.begin();
    scene.net.run_for(5s);
    const auto slow_bytes = scene.state(id).received_bytes;
    CHECK(slow_bytes < 700'000);
    core::settings changed = scene.net.peer(scene.peers[1]).chosen();
    changed.upload_bytes_per_s = 1'000'000;
    scene.net.reconfigure(scene.peers[1], changed);
    scene.net.run_for(1s);
    CHECK(scene.state(id).received_bytes > slow_bytes + 700'000);
    changed.upload_bytes_per_s = 0;
    scene.net.reconfigure(scene.peers[1], changed);
    REQUIRE(scene.finish(id, 1s));
    CHECK(scene.right());
}

TEST_CASE("a file that changes while it is served is withdrawn, and what it was is fetched from others") {
    download_scene scene(2, 10'000'000);
    scene.speeds({1'000'000, 500'000});
    const auto id = scene.begin();
    scene.net.run_for(2s);
    scene.net.disk(scene.peers[1]).change(scene.path);
    REQUIRE(scene.finish(id));
    CHECK(scene.state(id).phase == download_phase::done);
    CHECK(scene.right());
    CHECK(scene.net.news<core::output::share_withdrawn>(scene.peers[1]).size() == 1);
    CHECK(scene.state(id).current == 1);
}

TEST_CASE("a file that cannot be read just now is not withdrawn: its ping fails, and a transfer asks again later") {
    download_scene scene(1, 10'000'000);
    scene.speeds({2'000'000});
    scene.net.disk(scene.peers[1]).set_unreadable(true);
    const auto failed = scene.search();
    REQUIRE(scene.net.found(scene.me(), failed).answers.size() == 1);
    CHECK(scene.net.found(scene.me(), failed).answers[0].ping == core::ping_state::failed);
    scene.net.disk(scene.peers[1]).set_unreadable(false);

    const auto id = scene.begin();
    scene.net.run_for(1s);
    scene.net.disk(scene.peers[1]).set_unreadable(true);
    scene.net.run_for(4s);
    REQUIRE_FALSE(scene.state(id).over());
    scene.net.disk(scene.peers[1]).set_unreadable(false);
    REQUIRE(scene.finish(id));
    CHECK(scene.state(id).phase == download_phase::done);
    CHECK(scene.right());
    CHECK(scene.net.news<core::output::share_withdrawn>(scene.peers[1]).empty());
}
