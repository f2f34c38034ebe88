// Can the checkers of a peer's state fail? What can be seen of a peer is forged, one fault at a time; and on a real network what must
// not be told is not told, and what is under way is.

#include "download_scene.hpp"

#include "support/rows.hpp"
#include "support/slice_rule.hpp"

#include <set>

using namespace mogshare;
using namespace mogshare::testing;

namespace {

/// What a peer of middling business shows, every part of it well.
struct forgery {
    core::tables tables;
    std::deque<core::search_state> searches;
    std::deque<core::download_state> downloads;
    peer_sight sight;

    forgery() {
        tables.owner = ordered_id(100);
        tables.primary.capacity = 4;
        tables.secondary.capacity = 4;
        for (std::uint8_t each = 1; each <= 4; ++each)
            put_row(tables, ordered_id(each), {lan(each)},
                    each % 2 == 0 ? core::table_choice::primary : core::table_choice::secondary);
        search();
        download(core::download_phase::done);
        sight.id = tables.owner;
        sight.upload_slots = 8;
        sight.downloads_at_once = 3;
        sight.links = {{ordered_id(1), lan(1), true, true, 0}, {ordered_id(2), lan(2), false, true, 0}};
        sight.load.connections = sight.sockets = 2;
    }
    core::search_state& search() {
        searches.emplace_back();
        searches.back().lasted = 1s;
        answer(searches.back(), core::ping_state::done, 1);
        return searches.back();
    }
    static void answer(core::search_state& to, core::ping_state ping, std::uint8_t by) {
        core::answer one;
        one.peer = ordered_id(by);
        one.peer.value[1] = static_cast<std::uint8_t>(to.answers.size());
        one.ping = ping;
        to.answers.push_back(one);
    }
    core::download_state& download(core::download_phase phase) {
        downloads.emplace_back();
        downloads.back().size = 10;
        downloads.back().phase = phase;
        return downloads.back();
    }
    const peer_sight& seen() {
        sight.tables = &tables;
        sight.searches.clear();
        sight.downloads.clear();
        for (const auto& each : searches) sight.searches.push_back(&each);
        for (const auto& each : downloads) sight.downloads.push_back(&each);
        return sight;
    }
};

struct plant {
    std::string rule;
    std::function<void(forgery&)> put;
};

/// The names of the rules that tell.
std::set<std::string> told(std::span<const peer_rule> rules, const peer_sight& of) {
    std::set<std::string> names;
    for (const peer_rule& rule : rules)
        if (rule.broken(of)) names.insert(std::string(rule.name));
    return names;
}

void check_plants(std::span<const peer_rule> rules, const std::vector<plant>& plants) {
    forgery fine;
    CHECK(told(rules, fine.seen()).empty());
    std::set<std::string> able_to_fail;
    for (const plant& each : plants) {
        CAPTURE(each.rule);
        forgery made;
        each.put(made);
        CHECK(told(rules, made.seen()).contains(each.rule));
        able_to_fail.insert(each.rule);
    }
    for (const peer_rule& rule : rules) {
        CAPTURE(rule.name);
        CHECK(able_to_fail.contains(std::string(rule.name)));
    }
}

using state = core::ping_state;
using phase = core::download_phase;

const std::vector<plant>& constant_plants() {
    static const std::vector<plant> all{
        {"in one table once", [](forgery& f) { f.tables.secondary.rows.push_back(f.tables.primary.rows[0]); }},
        {"in one table once", [](forgery& f) { f.tables.primary.rows.push_back(f.tables.primary.rows[0]); }},
        {"never its own", [](forgery& f) { f.tables.primary.rows[0].id = f.tables.owner; }},
        {"tables within", [](forgery& f) { f.tables.primary.capacity = 1; }},
        {"rows whole", [](forgery& f) { f.tables.primary.rows[0].score = -0.5; }},
        {"rows whole", [](forgery& f) { f.tables.secondary.rows[0].addresses.clear(); }},
        {"rows whole", [](forgery& f) { f.tables.secondary.rows[0].addresses.resize(3); }},
        {"two pings at once",
         [](forgery& f) {
             for (int each = 0; each < 3; ++each) f.answer(f.search(), state::running, 7);
         }},
        {"eight pings a search",
         [](forgery& f) {
             for (int each = 0; each < 8; ++each) f.answer(f.searches[0], state::failed, 7);
         }},
        {"eight pings a search", [](forgery& f) { f.sight.load.pings_queued = limits::pings_queued_max + 1; }},
        {"searches bounded", [](forgery& f) { f.searches.resize(limits::own_searches_max + 1); }},
        {"searches bounded", [](forgery& f) { f.searches[0].answers.resize(limits::answers_per_search_max + 1); }},
        {"searches bounded", [](forgery& f) { f.searches[0].results.resize(limits::results_per_search_max + 1); }},
        {"one answer a peer", [](forgery& f) { f.searches[0].answers.push_back(f.searches[0].answers[0]); }},
        {"downloads bounded", [](forgery& f) { f.downloads.resize(limits::downloads_max + 1); }},
        {"downloads bounded",
         [](forgery& f) {
             for (int each = 0; each < 4; ++each) f.download(phase::fetching);
         }},
        {"downloads bounded", [](forgery& f) { f.downloads[0].sources.resize(limits::sources_per_download_max + 1); }},
        {"downloads bounded", [](forgery& f) { f.downloads[0].verified_bytes = f.downloads[0].size + 1; }},
        {"pieces bounded", [](forgery& f) { f.sight.storing[1] = limits::pieces_in_flight_max + 1; }},
        {"uploads within slots", [](forgery& f) { f.sight.uploads = 9; }},
        {"connections bounded", [](forgery& f) { f.sight.load.connections = limits::connections_max + 1; }},
        {"connections bounded", [](forgery& f) { f.sight.load.half_open = limits::half_open_max + 1; }},
        {"backlog bounded",
         [](forgery& f) { f.sight.load.waiting_bytes = limits::backlog_bytes_max + limits::payload_bytes_max + 1; }},
        {"holder bounded", [](forgery& f) { f.sight.load.answering = limits::answering_max + 1; }},
        {"holder bounded", [](forgery& f) { f.sight.load.pongs = limits::pongs_at_once + 1; }},
        {"memory bounded", [](forgery& f) { f.sight.load.searches_seen = limits::seen_searches_max + 1; }},
        {"memory bounded",
         [](forgery& f) { f.sight.load.timers = limits::timers_stale_max + 8 * limits::connections_max + 1; }},
        {"memory bounded", [](forgery& f) { f.sight.load.ping_kept_bytes = limits::ping_kept_bytes_max + 1; }},
    };
    return all;
}

const std::vector<plant>& settled_plants() {
    static const std::vector<plant> all{
        {"searches over", [](forgery& f) { f.search().lasted.reset(); }},
        {"searches over", [](forgery& f) { f.answer(f.searches[0], state::queued, 7); }},
        {"searches over", [](forgery& f) { f.answer(f.searches[0], state::running, 7); }},
        {"downloads over", [](forgery& f) { f.download(phase::waiting); }},
        {"downloads over", [](forgery& f) { f.download(phase::finishing); }},
        {"nothing served", [](forgery& f) { f.sight.uploads = 1; }},
        {"nothing served", [](forgery& f) { f.sight.load.answering = 1; }},
        {"nothing served", [](forgery& f) { f.sight.load.gathering = 1; }},
        {"nothing served", [](forgery& f) { f.sight.load.pings_queued = 1; }},
        {"nothing with the disk", [](forgery& f) { f.sight.storing[3] = 1; }},
        {"nothing with the disk", [](forgery& f) { f.sight.open_partials = 1; }},
        {"only links stand", [](forgery& f) { f.sight.load.connections = 3; }},
        {"only links stand", [](forgery& f) { f.sight.links[0].ready = false; }},
        {"only links stand", [](forgery& f) { f.sight.sockets = 3; }},
        {"one link a pair", [](forgery& f) { f.sight.links[0].peer = f.sight.links[1].peer; }},
        {"nothing waits", [](forgery& f) { f.sight.load.waiting_bytes = 1; }},
    };
    return all;
}

// ---- slices -----------------------------------------------------------------------------------------------------------

core::tables numbered_tables(std::size_t primary, std::size_t secondary) {
    core::tables made;
    made.owner = ordered_id(200);
    made.primary.capacity = primary;
    made.secondary.capacity = 64;
    for (std::uint8_t each = 1; each <= primary + secondary; ++each)
        put_row(made, ordered_id(each), {lan(each)}, core::table_choice::primary);
    return made;
}

slice_rule::question asked_by(std::uint8_t asker, std::size_t rows_wanted, duration at = 1h) {
    return {ordered_id(asker), rows_wanted, time_point(at), 60s, [](const auto&) { return true; }};
}

std::vector<peer_id> ids(const std::vector<std::uint8_t>& orders) {
    std::vector<peer_id> made;
    for (const std::uint8_t each : orders) made.push_back(ordered_id(each));
    return made;
}

}  // namespace

TEST_CASE("checkers: each fault in a peer's state is told by its rule") {
    check_plants(constant_rules(), constant_plants());
}

TEST_CASE("checkers: each thing that hangs is told by its rule") {
    check_plants(settled_rules(), settled_plants());
}

TEST_CASE("checkers, R5: runs that overlap by one row are right, any other run is told") {
    const core::tables both = numbered_tables(7, 0);
    const auto told_after_first = [&](const std::vector<std::uint8_t>& second) {
        slice_rule rule;
        rule.look(both);
        CHECK(!rule.judge(asked_by(100, 6), ids({1, 2, 3})));
        rule.look(both);
        return rule.judge(asked_by(101, 6), ids(second)).has_value();
    };
    CHECK(!told_after_first({3, 4, 5}));
    CHECK(told_after_first({4, 5, 6}));  // no overlap
    CHECK(told_after_first({2, 3, 4}));  // two rows of it
    CHECK(told_after_first({1, 2, 3}));
    CHECK(told_after_first({3, 4}));
    CHECK(told_after_first({3, 5, 4}));
    CHECK(told_after_first({}));
}

TEST_CASE("checkers, R5: wrapping round, the asker left out, whole tables, both tables") {
    slice_rule rule;
    const core::tables both = numbered_tables(4, 3);
    const auto judge = [&](std::uint8_t asker, const std::vector<std::uint8_t>& told) {
        rule.look(both);
        return rule.judge(asked_by(asker, 6), ids(told));
    };
    CHECK(!judge(100, {1, 2, 3, 5, 6, 7}));  // the secondary table is sent whole
    CHECK(!judge(101, {3, 4, 1, 5, 6, 7}));
    CHECK(!judge(2, {1, 3, 4, 5, 6, 7}));  // the next one takes the asker's place
    CHECK(!judge(6, {4, 1, 2, 5, 7}));
    CHECK(judge(102, {2, 3, 4, 7, 6, 5}));
}

TEST_CASE("checkers, R5: where the remembered row has gone its successor begins, and no other") {
    for (const int first : {3, 4, 5}) {
        CAPTURE(first);
        core::tables both = numbered_tables(7, 0);
        slice_rule rule;
        rule.look(both);
        CHECK(!rule.judge(asked_by(100, 6), ids({1, 2, 3})));
        rule.look(both);
        core::drop(both, ordered_id(3));
        rule.look(both);
        const auto run = first == 3 ? ids({2, 4, 5}) : first == 4 ? ids({4, 5, 6}) : ids({5, 6, 7});
        CHECK(rule.judge(asked_by(101, 6), run).has_value() == (first != 4));
    }
}

TEST_CASE("checkers, R5: where rows went and came in an order that only the peer knows, its window is believed") {
    core::tables both = numbered_tables(7, 0);
    slice_rule rule;
    rule.look(both);
    CHECK(!rule.judge(asked_by(100, 6), ids({1, 2, 3})));
    rule.look(both);
    core::drop(both, ordered_id(3));
    put_row(both, ordered_id(3), {lan(3)}, core::table_choice::primary);  // behind all others now
    both.primary.last_sent = 2;
    rule.look(both);
    CHECK(!rule.judge(asked_by(101, 6), ids({4, 5, 6})));
    rule.look(both);
    both.primary.rows.erase(both.primary.rows.begin() + 3, both.primary.rows.begin() + 5);  // 5 and 6
    both.primary.last_sent = 0;
    rule.look(both);
    CHECK(!rule.judge(asked_by(102, 6), ids({1, 2, 4})));
    rule.look(both);
    CHECK(rule.judge(asked_by(103, 6), ids({1, 2, 4})));  // and only that once
}

TEST_CASE("checkers, R5: the same asker within a minute gets the same rows, and later others") {
    const core::tables both = numbered_tables(7, 0);
    slice_rule rule;
    rule.look(both);
    CHECK(!rule.judge(asked_by(100, 6, 1h), ids({1, 2, 3})));
    CHECK(!rule.judge(asked_by(100, 6, 1h + 59s), ids({1, 2, 3})));
    CHECK(rule.judge(asked_by(100, 6, 1h + 59s), ids({3, 4, 5})));
    CHECK(!rule.judge(asked_by(100, 6, 1h + 60s), ids({3, 4, 5})));
}

TEST_CASE("checkers, R5: answers of real peers are judged") {
    world net(seeded(3));
    core::settings chosen;
    chosen.entry_rows = 4;
    chosen.primary_rows = 5;
    chosen.secondary_rows = 6;
    const node hub = net.add_peer(chosen, lan(1));
    net.start(hub);
    for (unsigned each = 2; each < 20; ++each) {
        net.start(net.add_peer(chosen, lan(each)), net.address(hub));
        net.run_for(1s);
    }
    CHECK(net.slices_judged() >= 18);
}

TEST_CASE("checkers: what is under way is told as such, and nothing is once it has ended") {
    download_scene scene(2, 3'000'000);
    CHECK(scene.net.stuck().empty());
    scene.speeds({200'000, 200'000});
    const auto ticket = scene.net.search(scene.me(), query_kind::exact, scene.path);
    CHECK(scene.net.stuck().find("a search that is not over") != std::string::npos);
    scene.net.run_for(10s);
    CHECK(scene.net.stuck().empty());
    scene.net.get(scene.me(), ticket);
    scene.net.run_for(1s);
    const std::string during = scene.net.stuck();
    for (const char* const what : {"a download that is not over", "an upload that nobody ends", "still open",
                                   "a connection without a purpose", "bytes that do not leave"})
        CHECK_MESSAGE(during.find(what) != std::string::npos, what);
    CHECK(scene.finish(scene.net.last_download(scene.me())->id));
    scene.net.run_for(5s);
    CHECK(scene.net.stuck() == "");
}

TEST_CASE("checkers: a network that has settled says what is stuck, and has taken back whatever could hold it up") {
    virtual_network net;
    const auto peers = overlay(net, line_of(2), [](std::size_t at, core::settings& chosen) {
        if (at == 0) chosen.times.window = 1h;
    });
    net.search(peers[0], query_kind::exact, "nothing.bin");
    CHECK(net.settle().find("node 0: a search that is not over: nothing.bin") != std::string::npos);
    net.run_for(1h);
    CHECK(net.settle() == "");

    // Each of these alone would let this fail for as long as it lasts.
    unsigned number = 10;
    const auto reached = [&] {
        const node fresh = net.add_peer({}, lan(number++));
        net.start(fresh, net.address(peers[1]));
        net.run_for(2s);
        return !net.primary_of(fresh).empty();
    };
    CHECK(reached());
    net.wire().vanish(peers[1]);
    CHECK(!reached());
    net.settle();
    CHECK(reached());
    net.wire().pause_reading(peers[1], true);
    CHECK(!reached());
    net.settle();
    CHECK(reached());
    net.wire().black_hole(net.address(peers[1]));
    CHECK(!reached());
    net.settle();
    CHECK(reached());
}

TEST_CASE("checkers: a disk that is mended reads and writes what it refused before") {
    download_scene scene(1, 300'000);
    virtual_disk& far_disk = scene.net.disk(scene.peers[1]);
    far_disk.set_unreadable(true);
    scene.net.disk(scene.me()).set_broken(true);
    const auto failed = scene.search();
    REQUIRE(scene.net.found(scene.me(), failed).answers.size() == 1);
    CHECK(scene.net.found(scene.me(), failed).answers[0].ping == core::ping_state::failed);
    CHECK(scene.net.settle() == "");
    const auto id = scene.begin();
    REQUIRE(scene.finish(id));
    CHECK(scene.state(id).phase == core::download_phase::done);
}

TEST_CASE("checkers: a command for a connection that is not there is told") {
    virtual_network net;
    scripted_endpoint stranger(net, lan(1), ordered_id(1));
    CHECK(net.broken().empty());
    net.wire().hang_up(stranger.number(), 77, false);
    CHECK(net.broken().find("1 commands for connections that had ended") != std::string::npos);
}
