// Whole peers that find and fetch files from each other over real sockets.

#include "socket/test_peer.hpp"
#include "support/families.hpp"

using namespace mogshare;
using namespace mogshare::testing;
using core::download_phase;

TEST_CASE("node: two peers, one file: found, fetched, shared on (R8, R10, R12)") {
    asio::io_context loop;
    test_peer holder(loop), seeker(loop);
    const std::string text = random_text(5 * limits::MiB + 12'345, 1);
    holder.home().put("music/song.ogg", text);
    holder.start_and_settle();
    CHECK(holder.latest<runtime::scan_summary>().added == 1);
    CHECK(holder.latest<runtime::scan_summary>().hashed_bytes == text.size());
    seeker.start_and_settle(holder.where());
    REQUIRE(run_until(loop, [&] { return holder.knows(seeker); }));
    CHECK(seeker.knows(holder));

    const core::search_state& found = seeker.search("song.ogg");
    REQUIRE(found.results.size() == 1);
    CHECK(found.results[0].size == text.size());
    REQUIRE(found.answers.size() == 1);
    CHECK(found.answers[0].ranked());
    CHECK(found.answers[0].rate_bytes_per_s > 0);
    CHECK(found.answers[0].where == holder.where());

    const core::download_state& got = seeker.finish(seeker.get(found));
    CHECK_MESSAGE(got.phase == download_phase::done, got.trouble.what);
    CHECK(got.verified_bytes == text.size());
    CHECK((seeker.home().read(got.name) == text));
    CHECK(seeker.peer().shares().with_content(got.content).size() == 1);

    // The node knows what has landed: looking at the folder again hashes nothing.
    const runtime::scan_summary again = seeker.rescan();
    CHECK(again.unchanged == 1);
    CHECK(again.hashed_bytes == 0);
    CHECK(again.removed == 0);
}

TEST_CASE("node: an empty file is found and fetched like others") {
    asio::io_context loop;
    test_peer holder(loop), seeker(loop);
    holder.home().put("nothing.txt", "");
    holder.start_and_settle();
    seeker.start_and_settle(holder.where());
    const core::search_state& found = seeker.search("nothing.txt");
    REQUIRE(found.results.size() == 1);
    CHECK(seeker.finish(seeker.get(found)).phase == download_phase::done);
    CHECK(seeker.home().has("nothing.txt"));
}

TEST_CASE("node: three in a line: the search goes two hops, the answer comes straight (R9)") {
    asio::io_context loop;
    test_peer first(loop), middle(loop), last(loop);
    for (test_peer* each : {&first, &middle, &last}) each->protocol.primary_rows = 1;
    const std::string text = random_text(300'000, 2);
    first.home().put("far.bin", text);
    first.start_and_settle();
    middle.start_and_settle(first.where());
    last.start_and_settle(middle.where());

    const core::search_state& found = last.search("far.bin");
    REQUIRE(found.answers.size() == 1);
    CHECK(found.answers[0].level == 2);
    CHECK(found.answers[0].peer == first.id());
    CHECK(found.neighbours_asked == 1);
    const core::download_state& got = last.finish(last.get(found));
    CHECK_MESSAGE(got.phase == download_phase::done, got.trouble.what);
    CHECK((last.home().read("far.bin") == text));
}

TEST_CASE("node: the next source takes over when one dies in the middle (R11, R12)") {
    asio::io_context loop;
    auto quick = std::make_unique<test_peer>(loop);
    test_peer slow(loop), seeker(loop);
    const std::string text = random_text(6 * limits::MiB, 3);
    quick->home().put("wanted.bin", text);
    slow.home().put("wanted.bin", text);
    // Pings are metered too: the rates are far apart, and there is time to die in the middle.
    quick->protocol.upload_bytes_per_s = 2 * limits::MiB;
    slow.protocol.upload_bytes_per_s = limits::MiB / 2;
    quick->start_and_settle();
    slow.start_and_settle(quick->where());
    seeker.start_and_settle(quick->where());

    const core::search_state& found = seeker.search("wanted.bin");
    REQUIRE(found.answers.size() == 2);
    core::settings unmetered = slow.protocol;
    unmetered.upload_bytes_per_s = 0;
    slow.node().give(core::input::reconfigure{unmetered});
    const core::download_id id = seeker.get(found);
    REQUIRE(run_until(loop, [&] { return seeker.download(id).received_bytes > limits::MiB; }));
    REQUIRE(seeker.download(id).sources.size() == 2);
    CHECK(seeker.download(id).sources[0].peer == quick->id());
    quick->vanish();
    const core::download_state& got = seeker.finish(id);
    CHECK_MESSAGE(got.phase == download_phase::done, got.trouble.what);
    CHECK_FALSE(got.sources[0].failed.empty());
    CHECK(got.current == 1);
    CHECK((seeker.home().read("wanted.bin") == text));
}

TEST_CASE("node: a shared file that has changed is withdrawn when somebody wants it, and hashed by the next look") {
    asio::io_context loop;
    test_peer holder(loop), seeker(loop);
    holder.home().put("note.txt", "first version");
    holder.start_and_settle();
    seeker.start_and_settle(holder.where());
    holder.home().put("note.txt", "second version, longer");
    const core::search_state& found = seeker.search("note.txt");
    REQUIRE(found.answers.size() == 1);
    CHECK_FALSE(found.answers[0].ranked());
    REQUIRE(run_until(loop, [&] { return holder.told<core::output::share_withdrawn>(); }));
    CHECK(holder.peer().shares().size() == 0);
    CHECK(holder.rescan().hashed_bytes == 22);
    CHECK(holder.peer().shares().size() == 1);
}

TEST_CASE("node: peers meet over IPv6, where the system has it") {
    asio::io_context loop;
    if (!system_has_v6()) {
        temp_home home;
        runtime::node_options options;
        options.listen = {loopback_v6};
        options.home = home.paths();
        CHECK_FALSE(runtime::node::create(loop, options, [](const auto&) {}).ok());
        return;
    }
    test_peer holder(loop, loopback_v6), seeker(loop, loopback_v6);
    holder.home().put("six.txt", "over six");
    holder.start_and_settle();
    seeker.start_and_settle(holder.where());
    const core::search_state& found = seeker.search("six.txt");
    REQUIRE(found.results.size() == 1);
    CHECK(seeker.finish(seeker.get(found)).phase == download_phase::done);
    CHECK(seeker.home().read("six.txt") == "over six");
}

TEST_CASE("node: a port in use and a folder that is not there are told at once") {
    asio::io_context loop;
    test_peer first(loop);
    first.start_and_settle();
    temp_home home;
    runtime::node_options options;
    options.listen = {first.where().address};
    options.port = first.where().port;
    options.home = home.paths();
    const auto same_port = runtime::node::create(loop, options, [](const auto&) {});
    REQUIRE_FALSE(same_port.ok());
    CHECK(same_port.error().is == problem::kind::usage);
    options.port = 0;
    options.home.folder /= "missing";
    CHECK_FALSE(runtime::node::create(loop, options, [](const auto&) {}).ok());
}

TEST_CASE("node: commands may be given from within the news") {
    asio::io_context loop;
    test_peer holder(loop);
    holder.home().put("a.txt", "a");
    holder.start_and_settle();
    temp_home home;
    runtime::node_options options;
    options.protocol.join = holder.where();
    options.listen = {loopback_v4};
    options.home = home.paths();
    options.keep_state = false;
    std::unique_ptr<runtime::node> node;
    bool stopped = false;
    const auto act = [&](const runtime::any_news& news) {
        if (std::holds_alternative<core::output::entered>(news))
            node->give(core::input::search{1, wire::query_kind::words, "a"});
        if (std::holds_alternative<core::output::search_over>(news)) node->give(core::input::get{1, 1});
        if (std::holds_alternative<core::output::download_changed>(news) && node->peer().downloads().front()->over())
            node->stop([&] { stopped = true; });
    };
    auto made = runtime::node::create(loop, options, act);
    REQUIRE(made.ok());
    node = std::move(*made);
    node->start();
    REQUIRE(run_until(loop, [&] { return stopped; }));
    CHECK(node->peer().downloads().front()->phase == download_phase::done);
    CHECK(home.read("a.txt") == "a");
}

TEST_CASE("node: one that takes no connections enters, and says that it has no port") {
    asio::io_context loop;
    test_peer other(loop);
    other.start_and_settle();
    temp_home home;
    runtime::node_options options;
    options.protocol.join = other.where();
    options.home = home.paths();
    bool entered = false;
    const auto note = [&](const auto& news) {
        entered = entered || std::holds_alternative<core::output::entered>(news);
    };
    auto made = runtime::node::create(loop, options, note);
    REQUIRE(made.ok());
    CHECK((*made)->port() == 0);
    (*made)->start();
    REQUIRE(run_until(loop, [&] { return entered; }));
    CHECK(other.peer().both_tables().primary.rows.empty());
}

TEST_CASE("node: an idle peer sleeps") {
    asio::io_context loop;
    test_peer first(loop), second(loop);
    first.start_and_settle();
    second.start_and_settle(first.where());
    run_until(
        loop, [] { return false; }, std::chrono::seconds(1));
    // What is counted are the handlers of two peers in two seconds.
    loop.restart();
    CHECK(loop.run_for(std::chrono::seconds(2)) <= 4);
}
