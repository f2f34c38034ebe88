// Entering the overlay: one ENTRADA, its answer, being alone, coming back, and those who are never stored (R4–R7).

#include "world.hpp"

#include <algorithm>
#include <set>

using namespace mogshare;
using namespace mogshare::testing;

namespace {

bool holds(const std::vector<node>& list, node one) {
    return std::find(list.begin(), list.end(), one) != list.end();
}

std::size_t entradas(const virtual_network& net, node from) {
    std::size_t count = 0;
    for (const travelled* one : net.log().of_type<wire::entrada>()) count += one->from == from ? 1 : 0;
    return count;
}

/// The peers of each ROWS that `by` sent, in order.
std::vector<std::vector<node>> runs_of(const virtual_network& net, node by) {
    std::vector<std::vector<node>> runs;
    for (const travelled* one : net.log().of_type<wire::rows>()) {
        if (one->from != by) continue;
        std::vector<node>& run = runs.emplace_back();
        for (const wire::row& row : std::get<wire::rows>(one->what).list) run.push_back(*net.node_of(row.id));
    }
    return runs;
}

}  // namespace

TEST_CASE("R4, R6, R7: a newcomer sends one ENTRADA to one address, and both store each other in the primary table") {
    world net;
    const node first = net.add_peer({}, lan(1));
    const node newcomer = net.add_peer({}, lan(2));
    net.start(first);
    net.start(newcomer, net.address(first));
    net.run_for(1s);
    CHECK(entradas(net, newcomer) == 1);
    CHECK(entradas(net, first) == 0);
    CHECK(net.primary_of(newcomer) == std::vector{first});
    CHECK(net.primary_of(first) == std::vector{newcomer});
    REQUIRE(net.news<core::output::entered>(newcomer).size() == 1);
    CHECK(net.news<core::output::entered>(newcomer)[0].second.by == net.address(first));
    CHECK(net.news<core::output::entered>(newcomer)[0].second.rows == 1);
    // The row of who dialled has the port that it listens on, not the one that it dialled from.
    CHECK(net.peer(first).both_tables().primary.rows[0].addresses.front() == net.address(newcomer));
}

TEST_CASE("R5, R7: the newcomer stores the rows that it was sent, in the primary table while there is room") {
    world net;
    const auto peers = overlay(net, star_of(7));
    core::settings chosen;
    chosen.primary_rows = 4;
    const node newcomer = net.add_peer(chosen, lan(100));
    net.start(newcomer, net.address(peers[0]));
    net.run_for(1s);
    CHECK(net.primary_of(newcomer).size() == 4);
    CHECK(net.primary_of(newcomer).front() == peers[0]);  // who answered comes first
    CHECK(net.secondary_of(newcomer).size() == 3);        // what does not fit
    // R6: the hub's primary table was full.
    CHECK(holds(net.secondary_of(peers[0]), newcomer));
}

TEST_CASE("R7: who answers ENTRADA is a primary row even in a table of one row") {
    world net;
    const auto peers = overlay(net, star_of(5));
    const node newcomer = net.add_peer(rigid(1), lan(100));
    net.start(newcomer, net.address(peers[0]));
    net.run_for(1s);
    CHECK(net.primary_of(newcomer) == std::vector{peers[0]});
    CHECK(net.secondary_of(newcomer).size() == 4);
}

TEST_CASE("R5: each answer to ENTRADA begins with the last row of the one before it, and wraps round") {
    world net;
    const auto peers = overlay(net, star_of(11), [](std::size_t, core::settings& chosen) { chosen.entry_rows = 8; });
    std::vector<node> newcomers;
    const std::size_t before = runs_of(net, peers[0]).size();
    for (unsigned number = 0; number < 12; ++number) {
        newcomers.push_back(net.add_peer({}, lan(100 + number)));
        net.start(newcomers.back(), net.address(peers[0]));
        net.run_for(1s);
    }
    auto runs = runs_of(net, peers[0]);
    runs.erase(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(before));
    REQUIRE(runs.size() == 12);
    const std::vector<node> primary = net.primary_of(peers[0]);
    const auto primary_part = [&](std::vector<node> run) {
        std::erase_if(run, [&](node each) { return !holds(primary, each); });
        return run;
    };
    std::set<node> shown;
    for (std::size_t at = 0; at < runs.size(); ++at) {
        CAPTURE(at);
        const auto run = primary_part(runs[at]);
        REQUIRE(run.size() == 4);  // X / 2
        shown.insert(run.begin(), run.end());
        if (at > 0) CHECK(run.front() == primary_part(runs[at - 1]).back());
        CHECK(runs[at].size() <= 8);
        CHECK_FALSE(holds(runs[at], newcomers[at]));
    }
    CHECK(shown.size() == 10);  // in three answers and a bit, everybody was handed out
}

TEST_CASE("R5: the same asker within a minute gets the same rows again, and later others") {
    world net;
    const auto peers = overlay(net, star_of(11), [](std::size_t, core::settings& chosen) { chosen.entry_rows = 8; });
    const node asker = net.add_peer({}, lan(100));
    net.start(asker, net.address(peers[0]));
    net.run_for(1s);
    net.join(asker, net.address(peers[0]));
    net.run_for(58s);
    net.join(asker, net.address(peers[0]));
    net.run_for(61s);
    net.join(asker, net.address(peers[0]));
    net.run_for(1s);
    std::vector<std::vector<node>> runs;
    for (const travelled* one : net.log().between<wire::rows>(peers[0], asker)) {
        std::vector<node>& run = runs.emplace_back();
        for (const wire::row& row : std::get<wire::rows>(one->what).list) run.push_back(*net.node_of(row.id));
    }
    REQUIRE(runs.size() == 4);
    CHECK(runs[1] == runs[0]);
    CHECK(runs[2] == runs[0]);
    CHECK(runs[3] != runs[0]);
}

TEST_CASE("R5: the answer has no more rows than the asker's own X") {
    world net;
    const auto peers = overlay(net, star_of(11));
    core::settings modest;
    modest.entry_rows = 4;
    const node asker = net.add_peer(modest, lan(100));
    net.start(asker, net.address(peers[0]));
    net.run_for(1s);
    REQUIRE(net.log().count<wire::rows>(peers[0], asker) == 1);
    const auto& rows = std::get<wire::rows>(net.log().between<wire::rows>(peers[0], asker)[0]->what);
    CHECK(rows.list.size() <= 4);
    CHECK(net.peer(asker).counts().protocol_violations == 0);
}

TEST_CASE("R4: a peer that nobody answers is alone, works as usual, and enters once the introducer comes up") {
    world net;
    const node introducer = net.add_peer({}, lan(1));
    const node early = net.add_peer({}, lan(2));
    net.start(early, net.address(introducer));
    net.run_for(60s);
    CHECK(net.news<core::output::alone>(early).size() >= 2);  // it has tried again
    CHECK(net.news<core::output::alone>(early).size() <= 6);  // and backed off
    CHECK(net.peer(early).both_tables().primary.rows.empty());
    const auto ticket = net.search_and_wait(early, query_kind::exact, "anything.bin");
    CHECK(net.found(early, ticket).over());
    CHECK(net.found(early, ticket).neighbours_asked == 0);

    net.start(introducer);
    CHECK(net.run_until([&] { return !net.primary_of(early).empty(); }, 150s));
    CHECK(net.primary_of(early) == std::vector{introducer});
    net.run_for(600s);
    CHECK(entradas(net, early) == 1);  // the one that arrived; none after the table filled
}

TEST_CASE("R4: attempts to enter back off to five minutes and never end") {
    world net;
    const node early = net.add_peer({}, lan(2));
    net.start(early, lan(1));
    net.run_for(3h);
    const auto tries = net.news<core::output::alone>(early);
    REQUIRE(tries.size() > 30);
    CHECK(tries.size() < 50);
    const duration last_wait = tries[tries.size() - 1].first - tries[tries.size() - 2].first;
    CHECK(last_wait >= 300s);
    CHECK(last_wait <= 310s);
}

TEST_CASE("R4: an introducer that takes connections and says nothing is given up in time") {
    world net;
    scripted_endpoint mute(net, lan(1), ordered_id(9));
    mute.greets = false;
    const node early = net.add_peer({}, lan(2));
    net.start(early, lan(1));
    net.run_for(4s);
    CHECK(net.news<core::output::alone>(early).empty());
    net.run_for(3s);
    CHECK(net.news<core::output::alone>(early).size() == 1);
}

TEST_CASE("R4: an introducer that greets and never answers ENTRADA is given up in time") {
    world net;
    scripted_endpoint lazy(net, lan(1), ordered_id(9));
    const node early = net.add_peer({}, lan(2));
    net.start(early, lan(1));
    net.run_for(10s);
    CHECK(net.news<core::output::alone>(early).size() >= 1);
    CHECK(net.news<core::output::entered>(early).empty());
}

TEST_CASE("R4: a dial that gets no answer at all is given up in time") {
    world net;
    net.wire().black_hole(lan(1));
    const node early = net.add_peer({}, lan(2));
    net.start(early, lan(1));
    net.run_for(6s);
    CHECK(net.news<core::output::alone>(early).size() == 1);
}

TEST_CASE("small print, restart: with saved rows still exactly one ENTRADA, to the best of them") {
    world net;
    const auto peers = overlay(net, star_of(6), [](std::size_t, core::settings& chosen) { chosen.primary_rows = 32; });
    net.run_for(5min);  // it has saved
    net.kill(peers[2]);
    net.run_for(1s);
    const std::size_t before = entradas(net, peers[2]);
    const auto known_before = net.primary_of(peers[2]);
    net.restart(peers[2], true);
    net.run_for(60s);
    CHECK(entradas(net, peers[2]) == before + 1);
    CHECK(net.news<core::output::entered>(peers[2]).size() == 2);
    for (const node each : known_before) CHECK(holds(net.primary_of(peers[2]), each));
}

TEST_CASE("small print, restart: the configured address comes before the saved rows") {
    world net;
    const auto peers = overlay(net, star_of(4));
    net.kill(peers[1]);
    net.run_for(1s);
    const std::size_t before = net.log().count<wire::entrada>(peers[1], peers[3]);
    net.restart(peers[1], true, net.address(peers[3]));
    net.run_for(10s);
    CHECK(net.log().count<wire::entrada>(peers[1], peers[3]) == before + 1);
    CHECK(net.log().count<wire::entrada>(peers[1], peers[0]) == 1);  // that of its first life
}

TEST_CASE("small print, identity: a peer that joins itself notices, stores nothing, and is alone") {
    world net;
    const node self = net.add_peer({}, lan(1));
    net.start(self, lan(1));
    net.run_for(2s);
    REQUIRE(net.news<core::output::alone>(self).size() == 1);
    CHECK(net.news<core::output::alone>(self)[0].second.reason.find("itself") != std::string::npos);
    CHECK(net.primary_of(self).empty());
    CHECK(net.secondary_of(self).empty());
    CHECK(net.wire().standing(self) == 0);
}

TEST_CASE("small print, short-lived peers: they search and find, and are never stored nor handed out") {
    world net;
    const auto peers = overlay(net, star_of(4), [](std::size_t, core::settings& chosen) { chosen.primary_rows = 32; });
    net.share(peers[2], "wanted.bin", some_bytes(40'000, 1));
    core::settings one_shot;
    one_shot.short_lived = true;
    const node visitor = net.add_peer(one_shot, lan(50));
    net.start(visitor, net.address(peers[0]));
    net.run_for(1s);
    const auto ticket = net.search_and_wait(visitor, query_kind::exact, "wanted.bin");
    CHECK(net.found(visitor, ticket).answers.size() == 1);
    const node later = net.add_peer({}, lan(51));
    net.start(later, net.address(peers[0]));
    net.run_for(1s);
    for (const node each : {peers[0], peers[1], peers[2], peers[3], later}) {
        CAPTURE(each);
        CHECK(core::find(net.peer(each).both_tables(), net.id(visitor)) == nullptr);
    }
}

TEST_CASE("R1: a short-lived holder that answers is not stored either") {
    world net;
    const node asker = net.add_peer({}, lan(1));
    core::settings one_shot;
    one_shot.short_lived = true;
    const node holder = net.add_peer(one_shot, lan(2));
    net.know(asker, {holder});
    net.start(holder);
    net.start(asker);
    net.run_for(1s);
    net.share(holder, "wanted.bin", some_bytes(40'000, 1));
    const auto ticket = net.search_and_wait(asker, query_kind::exact, "wanted.bin");
    CHECK(net.found(asker, ticket).answers.size() == 1);
    CHECK(net.secondary_of(asker).empty());
}

TEST_CASE("small print, identity: one peer met at two addresses is one row, with one address of each family") {
    world net;
    const endpoint v6{*parse_host("fd00::1"), 7000};
    const node both = net.add_peer({}, {lan(1), v6});
    const node asker = net.add_peer({}, {lan(2), endpoint{*parse_host("fd00::2"), 7000}});
    net.start(both);
    net.start(asker, lan(1));
    net.run_for(1s);
    net.join(asker, v6);
    net.run_for(5s);
    REQUIRE(net.primary_of(asker) == std::vector{both});
    CHECK(net.peer(asker).both_tables().primary.rows[0].addresses == std::vector{lan(1), v6});
    CHECK(net.wire().standing(asker, both) == 1);
}
