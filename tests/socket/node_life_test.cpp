// A peer's life with its home: start, saved tables, looking at the folder again, orderly end.

#include "socket/test_peer.hpp"

#include <filesystem>

using namespace mogshare;
using namespace mogshare::testing;
using core::download_phase;

TEST_CASE("R13: looking at the folder again finds what is new, changed and gone") {
    asio::io_context loop;
    test_peer peer(loop);
    peer.home().put("stays.txt", "stays");
    peer.home().put("changes.txt", "before");
    peer.home().put("goes/away.txt", "gone soon");
    peer.start_and_settle();
    CHECK(peer.peer().shares().size() == 3);
    const content_id before = peer.peer().shares().by_path("changes.txt")->content;

    peer.home().put("changes.txt", "and after");
    peer.home().put("new/deep/file.txt", "new");
    peer.home().remove("goes/away.txt");
    const runtime::scan_summary seen = peer.rescan();
    CHECK(seen.added == 1);
    CHECK(seen.changed == 1);
    CHECK(seen.removed == 1);
    CHECK(seen.unchanged == 1);
    CHECK(seen.hashed_bytes == 12);
    CHECK_FALSE(seen.trouble.has_value());
    CHECK(peer.peer().shares().size() == 3);
    CHECK(peer.peer().shares().by_path("goes/away.txt") == nullptr);
    CHECK(peer.peer().shares().by_path("new/deep/file.txt") != nullptr);
    CHECK(peer.peer().shares().by_path("changes.txt")->content != before);

    const runtime::scan_summary again = peer.rescan();
    CHECK(again.unchanged == 3);
    CHECK(again.hashed_bytes == 0);
}

TEST_CASE("node: what is not shared is listed with its reason") {
    asio::io_context loop;
    test_peer peer(loop);
    peer.home().put("fine.txt", "fine");
    peer.home().put("bad\nname.txt", "a line end in its name");
    std::filesystem::create_symlink("/etc/passwd", peer.home().paths().folder / "link");
    peer.start_and_settle();
    CHECK(peer.peer().shares().size() == 1);
    CHECK(peer.latest<runtime::scan_summary>().skipped.size() == 2);
}

TEST_CASE("node: many files come in batches, with progress that ends at the total") {
    asio::io_context loop;
    test_peer peer(loop);
    for (int i = 0; i < 500; ++i) peer.home().put("f" + std::to_string(i), "content " + std::to_string(i));
    peer.start_and_settle();
    CHECK(peer.peer().shares().size() == 500);
    const auto& progress = peer.latest<runtime::hashing_progress>();
    CHECK(progress.files_done == 500);
    CHECK(progress.files_total == 500);
    CHECK(progress.bytes_done == progress.bytes_total);
    const auto steps = std::count_if(peer.news.begin(), peer.news.end(), [](const auto& each) {
        return std::holds_alternative<runtime::hashing_progress>(each);
    });
    CHECK(steps >= 2);
    CHECK(steps <= 20);
}

TEST_CASE("node: looks asked for while one runs come after it, once for all") {
    asio::io_context loop;
    test_peer peer(loop);
    peer.home().put("one", "1");
    peer.start();
    peer.home().put("two", "2");
    std::vector<runtime::scan_summary> done;
    for (int i = 0; i < 3; ++i) peer.node().rescan([&](const auto& summary) { done.push_back(summary); });
    REQUIRE(run_until(loop, [&] { return done.size() == 3; }));
    CHECK(peer.told<runtime::scan_summary>());
    CHECK(peer.peer().shares().size() == 2);
    const std::size_t added_first = peer.latest<runtime::scan_summary>().added;
    for (const auto& each : done) CHECK(each.added + added_first == 2);
}

TEST_CASE("node: an orderly end says BYE, and the neighbours drop the row at once") {
    asio::io_context loop;
    test_peer stays(loop), leaves(loop);
    stays.start_and_settle();
    leaves.start_and_settle(stays.where());
    REQUIRE(run_until(loop, [&] { return stays.knows(leaves); }));
    CHECK(leaves.stop() < std::chrono::seconds(5));
    CHECK(leaves.told<core::output::stopped>());
    REQUIRE(run_until(loop, [&] { return !stays.knows(leaves); }));
    // And the loop has nothing more to do once both have ended.
    stays.stop();
    loop.restart();
    loop.run_for(std::chrono::seconds(5));
    CHECK(loop.stopped());
}

TEST_CASE("node: an end before anything has happened") {
    asio::io_context loop;
    test_peer peer(loop);
    peer.home().put("big.bin", random_text(8 * limits::MiB, 5));
    peer.start();
    CHECK(peer.stop() < std::chrono::seconds(5));
}

TEST_CASE("node: a download cut short by the end goes on where it was, in the next life") {
    asio::io_context loop;
    test_peer holder(loop), seeker(loop);
    const std::string text = random_text(12 * limits::MiB, 6);
    holder.home().put("long.bin", text);
    holder.protocol.upload_bytes_per_s = 4 * limits::MiB;
    holder.start_and_settle();
    seeker.start_and_settle(holder.where());
    const core::download_id cut = seeker.get(seeker.search("long.bin"));
    REQUIRE(run_until(loop, [&] { return seeker.download(cut).verified_bytes >= 2 * limits::MiB; }));
    CHECK(seeker.stop() < std::chrono::seconds(5));
    CHECK_FALSE(seeker.home().has("long.bin"));
    CHECK_FALSE(std::filesystem::is_empty(seeker.home().paths().state / "partial"));

    core::settings unmetered = holder.protocol;
    unmetered.upload_bytes_per_s = 0;
    holder.node().give(core::input::reconfigure{unmetered});
    seeker.start_and_settle(holder.where());
    const core::download_state& got = seeker.finish(seeker.get(seeker.search("long.bin")));
    CHECK_MESSAGE(got.phase == download_phase::done, got.trouble.what);
    CHECK((seeker.home().read("long.bin") == text));
    CHECK(got.received_bytes <= text.size() - 2 * limits::MiB);
}

TEST_CASE("node: a download that is cancelled and begun again at once waits for its own file") {
    asio::io_context loop;
    test_peer holder(loop), seeker(loop);
    const std::string text = random_text(8 * limits::MiB, 7);
    holder.home().put("twice.bin", text);
    holder.start_and_settle();
    seeker.start_and_settle(holder.where());
    const core::search_state& found = seeker.search("twice.bin");
    for (int i = 0; i < 3; ++i) {
        const core::download_id cut = seeker.get(found);
        REQUIRE(
            run_until(loop, [&] { return seeker.download(cut).verified_bytes > 0 || seeker.download(cut).over(); }));
        seeker.node().give(core::input::cancel_download{cut});
    }
    const core::download_state& got = seeker.finish(seeker.get(found));
    CHECK_MESSAGE(got.phase == download_phase::done, got.trouble.what);
    CHECK((seeker.home().read("twice.bin") == text));
}

TEST_CASE("node: the tables come back in the next life, and lead back in without a known address") {
    asio::io_context loop;
    test_peer stays(loop), returns(loop);
    returns.keep_state = true;
    stays.start_and_settle();
    returns.start_and_settle(stays.where());
    REQUIRE(returns.knows(stays));
    returns.stop();

    returns.start();
    CHECK(returns.knows(stays));
    REQUIRE(run_until(loop, [&] { return returns.told<core::output::entered>(); }));
    CHECK(returns.latest<core::output::entered>().by == stays.where());
    CHECK(returns.peer().counts().entradas_sent == 1);
}

TEST_CASE("node: a life without state neither reads nor writes the tables") {
    asio::io_context loop;
    test_peer stays(loop), returns(loop);
    stays.start_and_settle();
    returns.start_and_settle(stays.where());
    returns.stop();
    returns.start();
    CHECK_FALSE(returns.knows(stays));
    CHECK(returns.told<core::output::alone>());
}

TEST_CASE("node: borrowed tables are read, and left as they are") {
    asio::io_context loop;
    test_peer stays(loop), returns(loop), newcomer(loop);
    stays.start_and_settle();
    newcomer.start_and_settle();
    returns.keep_state = true;
    returns.start_and_settle(stays.where());
    returns.stop();
    returns.keep_state = false;
    returns.borrow_tables = true;
    returns.start_and_settle(newcomer.where());
    CHECK(returns.knows(stays));
    CHECK(returns.knows(newcomer));
    returns.stop();
    returns.start();
    CHECK(returns.knows(stays));
    CHECK_FALSE(returns.knows(newcomer));
}

TEST_CASE("node: one that lost everybody keeps the tables of before") {
    asio::io_context loop;
    test_peer leaves(loop), returns(loop);
    returns.keep_state = true;
    leaves.start_and_settle();
    returns.start_and_settle(leaves.where());
    returns.stop();
    returns.start();
    REQUIRE(run_until(loop, [&] { return returns.told<core::output::entered>(); }));
    leaves.stop();
    REQUIRE(run_until(loop, [&] { return !returns.knows(leaves); }));
    returns.stop();
    returns.start();
    CHECK(returns.knows(leaves));
}

TEST_CASE("node: the folder is left alone until asked for, where that is chosen") {
    asio::io_context loop;
    test_peer peer(loop);
    peer.scan_at_start = false;
    peer.home().put("a.txt", "a");
    peer.start();
    CHECK(peer.rescan().added == 1);
    CHECK_FALSE(peer.told<runtime::scan_summary>());
}

TEST_CASE("node: the end does not wait for those who only stand there") {
    asio::io_context loop;
    test_peer peer(loop);
    peer.start_and_settle();
    std::vector<asio::ip::tcp::socket> silent;
    for (int i = 0; i < 20; ++i) {
        silent.emplace_back(loop, asio::ip::tcp::v4());
        silent.back().connect({asio::ip::address_v4::loopback(), peer.where().port});
    }
    REQUIRE(run_until(loop, [&] { return peer.peer().counts().connections_accepted == 20; }));
    CHECK(peer.stop() < std::chrono::seconds(5));
}

TEST_CASE("node: damaged saved tables are told and not in the way") {
    asio::io_context loop;
    test_peer peer(loop);
    peer.keep_state = true;
    test_peer other(loop);
    other.start_and_settle();
    peer.start_and_settle(other.where());
    peer.stop();
    for (const auto& each : std::filesystem::directory_iterator(peer.home().paths().state)) {
        if (each.path().filename().string().starts_with("tables")) std::filesystem::resize_file(each.path(), 7);
    }
    peer.start_and_settle();
    CHECK(peer.told<runtime::warning>());
    CHECK_FALSE(peer.knows(other));
}

TEST_CASE(
    "node: one that goes without an end, in the middle of everything, leaves nothing behind that could fall over it") {
    asio::io_context loop;
    test_peer holder(loop), seeker(loop);
    holder.home().put("file.bin", random_text(8 * limits::MiB, 8));
    holder.start_and_settle();
    seeker.start_and_settle(holder.where());
    const core::download_id id = seeker.get(seeker.search("file.bin"));
    REQUIRE(run_until(loop, [&] { return seeker.download(id).received_bytes > 0; }));
    seeker.vanish();
    holder.vanish();
    loop.restart();
    loop.run_for(std::chrono::seconds(5));
    CHECK(loop.stopped());
}
