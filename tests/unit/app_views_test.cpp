// What the program shows, for people and for programs.

#include "mogshare/app/views.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

using namespace mogshare;
using namespace mogshare::app;
using namespace std::chrono_literals;

namespace {

template <class Id>
Id id_of(std::uint8_t byte) {
    Id id;
    id.value.fill(byte);
    return id;
}

endpoint at_port(std::uint16_t port) {
    return {host::v4({127, 0, 0, 1}), port};
}

core::answer answer_from(std::uint8_t peer, int level, double rate_bytes_per_s) {
    core::answer one;
    one.peer = id_of<peer_id>(peer);
    one.where = at_port(static_cast<std::uint16_t>(7000 + peer));
    one.level = level;
    one.after = 3100us;
    one.round_trip = 400us;
    one.slots_free = 8;
    one.entries = {{"music/song.mp3", 1'500'000, id_of<content_id>(0x5e), 1'500'000}};
    if (rate_bytes_per_s > 0) {
        one.ping = core::ping_state::done;
        one.ping_bytes = 262'144;
        one.rate_bytes_per_s = rate_bytes_per_s;
        one.ping_time = duration(static_cast<std::int64_t>(262'144 / rate_bytes_per_s * 1e9));
    }
    return one;
}

core::found_content song(std::vector<std::size_t> answers) {
    core::found_content found;
    found.content = id_of<content_id>(0x5e);
    found.size = 1'500'000;
    found.names = {"music/song.mp3"};
    found.answers = std::move(answers);
    return found;
}

core::search_state three_answers() {
    core::search_state search;
    search.text = "song";
    search.kind = wire::query_kind::words;
    search.neighbours_asked = 4;
    search.lasted = 2s;
    search.answers = {answer_from(1, 1, 1e6), answer_from(2, 3, 12.9e6), answer_from(3, 2, 0)};
    search.answers[2].ping = core::ping_state::failed;
    search.results = {song({0, 1, 2})};
    return search;
}

bool has(const lines& all, std::string_view text) {
    return std::any_of(all.begin(), all.end(),
                       [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

/// Each line as an object of version 1 with this event.
std::vector<nlohmann::json> objects(const lines& all, std::string_view event) {
    std::vector<nlohmann::json> parsed;
    for (const std::string& line : all) {
        CHECK(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; }));
        parsed.push_back(nlohmann::json::parse(line));
        CHECK(parsed.back()["v"] == 1);
        CHECK(parsed.back()["event"] == event);
    }
    return parsed;
}

const auto text = text_views();
const auto json = json_views();

}  // namespace

TEST_CASE("sizes, durations and rates are short and have a unit") {
    CHECK(size_text(0) == "0 B");
    CHECK(size_text(1023) == "1023 B");
    CHECK(size_text(1024) == "1.0 KiB");
    CHECK(size_text(1'468'006) == "1.4 MiB");
    CHECK(size_text(1024 * 1024 - 1) == "1.0 MiB");
    CHECK(size_text(std::uint64_t{1} << 40) == "1.0 TiB");
    CHECK(size_text(~std::uint64_t{0}) == "16384.0 PiB");
    CHECK(duration_text(0ns) == "0.00 ms");
    CHECK(duration_text(310us) == "0.31 ms");
    CHECK(duration_text(3100us) == "3.1 ms");
    CHECK(duration_text(250ms) == "250 ms");
    CHECK(duration_text(999'900us) == "1.0 s");
    CHECK(duration_text(2s) == "2.0 s");
    CHECK(duration_text(59'960ms) == "1 min 0 s");
    CHECK(duration_text(192s) == "3 min 12 s");
    CHECK(duration_text(2h + 5min) == "2 h 5 min");
    CHECK(rate_text(12.9e6) == "12.3 MiB/s");
    CHECK(rate_text(-1) == "0 B/s");
    CHECK(count_text(1, "file", "files") == "1 file");
    CHECK(count_text(0, "file", "files") == "0 files");
}

TEST_CASE("columns are as wide as what stands in them, by what a terminal shows") {
    CHECK(display_width("abc") == 3);
    CHECK(display_width("é") == 1);
    CHECK(display_width("日本") == 4);
    CHECK(display_width("e\u0301") == 1);
    CHECK(cut_to_width("abcdef", 6) == "abcdef");
    CHECK(cut_to_width("abcdef", 4) == "abc…");
    CHECK(cut_to_width("日本語", 5) == "日本…");
    CHECK(cut_to_width("日本語", 4) == "日…");
    CHECK(cut_to_width("abc", 0).empty());

    text_table table({{"n", align::right}, {"name"}, {"last"}});
    table.add({"1", "日本", "x"});
    table.add({"100", "abcdef", "long text"});
    CHECK(table.set(1) == lines{"   n  name    last", "   1  日本    x", " 100  abcdef  long text"});
}

TEST_CASE("a rate is that of the last seconds") {
    rate_meter meter;
    const time_point begun{};
    CHECK(meter.rate_bytes_per_s() == 0);
    meter.note(begun, 0);
    CHECK(meter.rate_bytes_per_s() == 0);
    for (int second = 1; second <= 10; ++second)
        meter.note(begun + second * 1s, static_cast<std::uint64_t>(second) * 1000);
    CHECK(meter.rate_bytes_per_s() == doctest::Approx(1000));
    for (int second = 11; second <= 14; ++second) meter.note(begun + second * 1s, 10'000);
    CHECK(meter.rate_bytes_per_s() == 0);
}

TEST_CASE("an answer is one line with time, level, address, and the numbers of its files") {
    core::search_state search = three_answers();
    CHECK(text->answer(search, 0) == lines{"    3.1 ms  level 1  127.0.0.1:7001  [1] music/song.mp3 (1.4 MiB)"});
    for (int more = 0; more < 4; ++more)
        search.answers[0].entries.push_back(
            {"other.mp3", 5, id_of<content_id>(7), 5});  // beyond the bound: has no number
    CHECK(has(text->answer(search, 0), "[1] music/song.mp3 (1.4 MiB), other.mp3 (5 B), other.mp3 (5 B), and 2 more"));
}

TEST_CASE("results are numbered, and say size, sources, best rate, id and names") {
    core::search_state search = three_answers();
    search.results[0].names = {"music/song.mp3", "a", "b", "c"};
    search.results.push_back(search.results[0]);
    search.results[1].answers.clear();
    search.results[1].here = {"x"};
    const lines all = text->results(search);
    REQUIRE(all.size() == 3);
    CHECK(all[1] == "1  1.4 MiB        3  12.3 MiB/s  5e5e5e5e  music/song.mp3  also a, b, and 1 more");
    CHECK(all[2].ends_with("[here]"));
    CHECK(text->results(core::search_state{}).empty());
}

TEST_CASE("after a search it is said how far it went") {
    core::search_state search = three_answers();
    CHECK(text->reach(search) == lines{"asked 4 neighbours: 3 answers, the farthest from level 3, 1 result, 2.0 s"});
    search = {};
    CHECK(text->reach(search) == lines{"asked 0 neighbours: 0 answers, 0 results, still searching"});
}

TEST_CASE("R11: why shows every answer, who won, and by how much") {
    const core::search_state search = three_answers();
    const lines all = text->why(search, 1, core::election_reading::highest);
    REQUIRE(all.size() == 6);
    CHECK(all[0] == "music/song.mp3  1.4 MiB, content " + to_hex(search.results[0].content));
    CHECK(has({all[2]}, "127.0.0.1:7002"));
    CHECK(all[2].ends_with("elected"));
    CHECK(has({all[3]}, "127.0.0.1:7001"));
    CHECK(all[3].ends_with("12.9 times slower"));
    CHECK(has({all[4]}, "127.0.0.1:7003"));
    CHECK(all[4].ends_with("unranked: ping failed"));
    CHECK(all[5] ==
          "the highest rate wins: 02020202 at 127.0.0.1:7002, 12.3 MiB/s, 12.90 times the rate of the next one");
}

TEST_CASE("R11: why under the literal reading, with one source, and with none") {
    core::search_state search = three_answers();
    lines all = text->why(search, 1, core::election_reading::lowest);
    CHECK(has({all[2]}, "127.0.0.1:7001"));
    CHECK(all[3].ends_with("12.9 times faster"));
    CHECK(has({all.back()}, "the lowest rate wins: 01010101"));
    search.results[0].answers = {1};
    CHECK(has(text->why(search, 1, core::election_reading::highest), "the only source"));
    search.results[0].answers = {2};
    CHECK(has(text->why(search, 1, core::election_reading::highest), "which has no rate"));
    search.results[0].answers = {};
    CHECK(has(text->why(search, 1, core::election_reading::highest), "no other peer"));
}

TEST_CASE("status shows the id long and short, and in which network the home is") {
    home_view about;
    about.home = "/srv/peer";
    about.folder = "/srv/peer/mogShare";
    about.network = "open; profile lan";
    CHECK(text->home_status(about) == lines{
                                          "id      none yet: the first start makes it",
                                          "port    no peer is running here",
                                          "network open; profile lan",
                                          "home    /srv/peer",
                                          "folder  /srv/peer/mogShare",
                                      });
    about.id = id_of<peer_id>(1);
    about.running_port = 7001;
    CHECK(text->home_status(about)[0] == "id      " + to_hex(*about.id) + "  (01010101)");
    CHECK(text->home_status(about)[1] == "port    7001");
    const auto object = objects(json->home_status(about), "home").at(0);
    CHECK(object["id"] == to_hex(*about.id));
    CHECK(object["running"] == true);
    CHECK(object["port"] == 7001);
}

TEST_CASE("R1: peers shows both tables, with links, and what score may replace") {
    core::tables both;
    both.primary.capacity = 2;
    both.secondary.capacity = 4;
    both.primary.rows = {{id_of<peer_id>(1), {at_port(7001)}, 1.25, true, 0, {}, {}, false, 0},
                         {id_of<peer_id>(2), {at_port(7002)}, 0, false, 0, {}, id_of<peer_id>(1), true, 0}};
    const time_point now{100s};
    both.secondary.rows = {
        {id_of<peer_id>(3), {at_port(7003), {*parse_host("::1"), 7003}}, 0, false, 1, now + 12s, {}, false, 0}};
    const std::vector<core::link_view> links{{id_of<peer_id>(1), at_port(7001), true, true, 0},
                                             {id_of<peer_id>(2), at_port(7002), true, false, 0}};
    CHECK(text->peers({both, links, now}) == lines{
                                                 "primary table: 2 of 2 rows",
                                                 "  peer      score  state     by score  address",
                                                 "  01010101   1.25  linked    yes       127.0.0.1:7001",
                                                 "  02020202   0.00  dialling            127.0.0.1:7002",
                                                 "secondary table: 1 of 4 rows",
                                                 "  peer      score  state         address",
                                                 "  03030303   0.00  quiet 12.0 s  127.0.0.1:7003, [::1]:7003",
                                             });
    const auto rows = objects(json->peers({both, links, now}), "peer");
    REQUIRE(rows.size() == 3);
    CHECK(rows[0]["table"] == "primary");
    CHECK(rows[0]["linked"] == true);
    CHECK(rows[0]["exchangeable"] == true);
    CHECK(rows[1]["linked"] == false);
    CHECK(rows[1]["hearsay"] == true);
    CHECK(rows[1]["told_by"] == rows[0]["id"]);
    CHECK(rows[0]["hearsay"] == false);
    CHECK_FALSE(rows[0].contains("told_by"));
    CHECK(rows[2]["table"] == "secondary");
    CHECK(rows[2]["addresses"] == nlohmann::json{"127.0.0.1:7003", "[::1]:7003"});
    CHECK(rows[2]["quiet_ms"] == 12'000);
}

namespace {

core::download_state half_way() {
    core::download_state state;
    state.id = 3;
    state.content = id_of<content_id>(9);
    state.name = "big.iso";
    state.size = 4 * limits::MiB;
    state.phase = core::download_phase::fetching;
    state.sources = {{id_of<peer_id>(1), at_port(7001), 1e6, "connection refused", false},
                     {id_of<peer_id>(2), at_port(7002), 5e5, "", false}};
    state.current = 1;
    state.verified_bytes = 2 * limits::MiB;
    state.received_bytes = 2 * limits::MiB;
    return state;
}

}  // namespace

TEST_CASE("a download in progress says its rate, its share, the time left and its source") {
    core::download_state state = half_way();
    CHECK(progress_line(state, 1024 * 1024, 0) ==
          "big.iso  50%  2.0 MiB of 4.0 MiB  1.0 MiB/s  2.0 s left  from 127.0.0.1:7002");
    CHECK(progress_line(state, 0, 2) == "big.iso  50%  2.0 MiB of 4.0 MiB  from 127.0.0.1:7002  (and 2 more)");
    CHECK(has({progress_line(state, 1e-300, 0)}, "from"));
    state.phase = core::download_phase::connecting;
    CHECK(has({progress_line(state, 1, 0)}, "connecting"));
    CHECK(has(text->source_failed(state, 0), "gave up 01010101 at 127.0.0.1:7001: connection refused"));
    CHECK(has(text->transfers({{&state}, 1, {}}), "serving 1 upload"));
    CHECK(text->transfers({}).front() == "no downloads");
}

TEST_CASE("R12: a download that has landed says where, how fast and from whom") {
    core::download_state state = half_way();
    state.phase = core::download_phase::done;
    state.verified_bytes = state.received_bytes = state.size;
    state.ended = state.begun + 2s;
    CHECK(
        text->landed(state, "/home/me/mogShare") ==
        lines{
            "done: /home/me/mogShare/big.iso, 4.0 MiB in 2.0 s (2.0 MiB/s) from 02020202 at 127.0.0.1:7002, verified"});
    const auto done = objects(json->landed(state, "/home/me/mogShare"), "download");
    CHECK(done[0]["state"] == "done");
    CHECK(done[0]["path"] == "/home/me/mogShare/big.iso");
    CHECK(done[0]["size"] == state.size);
    CHECK(done[0]["source"] == to_hex(id_of<peer_id>(2)));
    CHECK(done[0]["seconds"] == 2);
    CHECK(done[0]["bytes_per_s"] == 2 * limits::MiB);
}

TEST_CASE("JSON: a search is answers, pings, results and a summary") {
    const core::search_state search = three_answers();
    const auto answer = objects(json->answer(search, 1), "answer")[0];
    CHECK(answer["address"] == "127.0.0.1:7002");
    CHECK(answer["level"] == 3);
    CHECK(answer["after_ms"] == doctest::Approx(3.1));
    CHECK(answer["files"][0]["result"] == 1);
    CHECK(answer["files"][0]["name"] == "music/song.mp3");
    CHECK(objects(json->pinged(search, 2), "ping")[0]["ping"] == "failed");
    const auto result = objects(json->results(search), "result")[0];
    CHECK(result["result"] == 1);
    CHECK(result["sources"] == 3);
    CHECK(result["content"] == to_hex(search.results[0].content));
    const auto summary = objects(json->reach(search), "search")[0];
    CHECK(summary["neighbours_asked"] == 4);
    CHECK(summary["answers"] == 3);
    CHECK(summary["farthest_level"] == 3);
    CHECK(summary["results"] == 1);
    CHECK(summary["lasted_ms"] == 2000);
    const auto candidates = objects(json->why(search, 1, core::election_reading::highest), "candidate");
    REQUIRE(candidates.size() == 3);
    CHECK(candidates[0]["elected"] == true);
    CHECK(candidates[0]["peer"] == to_hex(id_of<peer_id>(2)));
    CHECK(candidates[2]["elected"] == false);
    CHECK_FALSE(candidates[2].contains("rate_bytes_per_s"));
}

TEST_CASE("JSON: ready and errors") {
    const auto ready = objects(json->ready({7000, id_of<peer_id>(1), "/home/me"}), "ready")[0];
    CHECK(ready["port"] == 7000);
    CHECK(ready["id"] == to_hex(id_of<peer_id>(1)));
    CHECK(ready["home"] == "/home/me");
    const auto error =
        objects(json->failed({"it broke", "mend it", problem::kind::network}, exit_code::network), "error")[0];
    CHECK(error["error"] == "it broke");
    CHECK(error["hint"] == "mend it");
    CHECK(error["code"] == 6);
    CHECK(text->ready({7000, id_of<peer_id>(1), "/home/me"}).front() ==
          "ready port=7000 id=" + to_hex(id_of<peer_id>(1)) + " home=/home/me");
    CHECK(two_lines({"it broke", "mend it", problem::kind::failed}) == lines{"error: it broke", "hint: mend it"});
    CHECK(two_lines({"no 'a\x1b[2J\n\u202e'", "not \x07", problem::kind::failed}) ==
          lines{"error: no 'a\\x1b[2J\\x0a\\u{202e}'", "hint: not \\x07"});
}

TEST_CASE("a problem is two lines, whatever it quotes") {
    const problem told{"unknown key 'a\nb\033[2Jc'", "did you mean 'a\r'?", problem::kind::usage};
    CHECK(two_lines(told) == lines{"error: unknown key 'a\\x0ab\\x1b[2Jc'", "hint: did you mean 'a\\x0d'?"});
}

TEST_CASE("what strangers call things can do a terminal no harm") {
    core::search_state search = three_answers();
    const std::string evil = "a\033[2Jb\u202ec\xff\n";
    search.answers[0].entries[0].name = evil;
    search.results[0].names = {evil, evil};
    search.results[0].here = {evil};
    core::download_state state = half_way();
    state.name = evil;
    state.sources[0].failed = evil;
    state.ended = state.begun + 1s;
    const std::vector<lines> shown{text->answer(search, 0),
                                   text->results(search),
                                   text->why(search, 1, core::election_reading::highest),
                                   text->begun(state),
                                   text->source_failed(state, 0),
                                   text->landed(state, "f"),
                                   text->here(state.content, evil),
                                   text->transfers({{&state}, 0, {}}),
                                   text->cancelled(state),
                                   {progress_line(state, 1, 0)}};
    for (const lines& each : shown)
        for (const std::string& line : each) {
            CAPTURE(line);
            CHECK(line.find_first_of("\033\n\xff") == std::string::npos);
            CHECK(line.find("\u202e") == std::string::npos);
        }
    objects(json->answer(search, 0), "answer");
    objects(json->results(search), "result");
    objects(json->source_failed(state, 0), "download");
}
