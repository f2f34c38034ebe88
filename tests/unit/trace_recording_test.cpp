// Recordings: every input comes back from its bytes, a replay sees any other output, and a damaged recording says so.

#include "mogshare/trace/replay.hpp"
#include "support/rows.hpp"
#include "trace/input_rules.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

using namespace mogshare;
using namespace mogshare::testing;
namespace input = core::input;

namespace {

content::share some_share() {
    content::share made;
    made.path = "a/b c.txt";
    made.stamp = {1'500'000, -1, UINT64_MAX};
    made.content.value.fill(3);
    made.layer = std::make_shared<const content::piece_layer>(content::piece_layer(2, digest{{1, 2, 3}}));
    return made;
}

core::tables some_tables() {
    core::tables made = tables_of(4, 3, 0.25);
    store_numbered(made, 7);
    store_numbered(made, 9, core::table_choice::secondary);
    core::table_row& row = made.primary.rows.front();
    row.addresses.push_back({host::v6({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}), 65'535});
    row.score = 0.1;
    row.failures = 2;
    row.quiet_until = time_point(duration(123'456'789));
    made.secondary.last_sent = 0;
    return made;
}

/// One of every kind at least, with no field as it is by default.
std::vector<core::any_input> all_kinds() {
    static const bytes data{0, 1, 0x7F, 0x80, 0xFF};
    core::settings chosen;
    chosen.entry_rows = 20;
    chosen.depth = 5;
    chosen.score_use_fade = 0.3;
    chosen.elects = core::election_reading::lowest;
    chosen.short_lived = true;
    chosen.join = site(77);
    chosen.times.upload_idle = std::chrono::nanoseconds(1);
    return {input::start{some_tables()},
            input::stop{},
            input::accepted{2, site(1), site(2).address},
            input::connected{1, host::v6({0xFD})},
            input::secured{1, peer_numbered(2)},
            input::dial_failed{3, "connection refused", true},
            input::received{UINT64_MAX, data},
            input::received{4, {}},
            input::sent{5, 1 << 20},
            input::closed{6, std::string("with a \0 in it", 14)},
            input::share_found{some_share()},
            input::share_lost{"gone.txt"},
            input::range_read{1, data, false},
            input::range_read{2, std::nullopt, true},
            input::range_proven{3, input::range_proven::proven{data, {digest{{9}}, digest{{8}}}}, false},
            input::range_proven{4, std::nullopt, true},
            input::partial_opened{5, input::disk_status::full, "full", {true, false, true}},
            input::piece_stored{6, 7, input::disk_status::corrupt, "wrong"},
            input::download_landed{8, input::disk_status::ok, "", some_share()},
            input::download_landed{9, input::disk_status::failed, "no", {}},
            input::search{10, wire::query_kind::words, "caf\xC3\xA9"},
            input::get{11, 12},
            input::join{site(13)},
            input::cancel_download{14},
            input::reconfigure{chosen}};
}

trace::beginning first() {
    trace::beginning made;
    made.program = "a test";
    made.self = {peer_numbered(5), 7000};
    made.seed.value.fill(42);
    made.origin = time_point(std::chrono::hours(5));
    return made;
}

/// A short run of a machine, recorded: it starts, is alone, is asked to enter, and is told of a refusal.
bytes recorded(bool ends = true) {
    const trace::beginning from = first();
    trace::recorder record(from);
    core::peer machine(from.self, from.chosen, random_source(from.seed));
    time_point now = from.origin;
    const auto polled = [&] {
        while (const auto out = machine.poll()) record.output(*out);
    };
    const std::vector<core::any_input> inputs{input::start{}, input::join{site(3)}, input::dial_failed{1, "refused"}};
    for (const core::any_input& in : inputs) {
        record.input(now, in);
        machine.handle(now, in);
        polled();
        now += std::chrono::milliseconds(10);
    }
    now = *machine.next_deadline() + std::chrono::hours(1);
    record.woken(now);
    machine.handle_time(now);
    polled();
    if (ends) record.end(trace::ending::stopped);
    return {record.pending().begin(), record.pending().end()};
}

}  // namespace

TEST_CASE("trace: every kind of input comes back from its bytes as it was") {
    std::set<std::size_t> kinds;
    for (const core::any_input& in : all_kinds()) {
        const bytes packed = trace::pack(in);
        CAPTURE(trace::name_of(in));
        const auto back = trace::unpack(packed);
        REQUIRE(back);
        CHECK(back->index() == in.index());
        CHECK(trace::pack(*back) == packed);
        kinds.insert(in.index());
        // Cut anywhere it is refused, never read as something shorter; so it is with a byte too many.
        for (std::size_t cut = 0; cut < packed.size(); ++cut) CHECK(!trace::unpack(byte_view(packed).first(cut)));
        bytes longer = packed;
        longer.push_back(0);
        CHECK(!trace::unpack(longer));
    }
    CHECK(kinds.size() == std::variant_size_v<core::any_input>);
}

TEST_CASE("trace: what comes back holds the values, not only the same bytes") {
    const auto start = trace::unpack(trace::pack(input::start{some_tables()}));
    const core::tables& saved = std::get<input::start>(*start).saved;
    REQUIRE(saved.primary.rows.size() == 1);
    const core::table_row& row = saved.primary.rows.front();
    CHECK(row.id == peer_numbered(7));
    CHECK(row.addresses.size() == 2);
    CHECK(row.score == 0.1);
    CHECK(row.failures == 2);
    CHECK(row.quiet_until == time_point(duration(123'456'789)));
    CHECK(saved.scored_share == 0.25);
    CHECK(saved.secondary.last_sent == 0);
    CHECK(!saved.primary.last_sent);

    const auto found = trace::unpack(trace::pack(input::share_found{some_share()}));
    const content::share& file = std::get<input::share_found>(*found).file;
    CHECK(file.path == some_share().path);
    CHECK(file.stamp == some_share().stamp);
    CHECK(*file.layer == *some_share().layer);  // by value: no pointer is recorded

    const auto landed = trace::unpack(trace::pack(input::download_landed{9, input::disk_status::failed, "no", {}}));
    CHECK(std::get<input::download_landed>(*landed).file.layer == nullptr);
    const auto opened = trace::unpack(trace::pack(input::partial_opened{5, input::disk_status::ok, "", {true, false}}));
    CHECK(std::get<input::partial_opened>(*opened).have == std::vector<bool>{true, false});
}

TEST_CASE("trace: outputs with other content have other bytes") {
    const auto sent = [](bytes data) { return trace::pack(core::output::send{1, shared_bytes(std::move(data))}); };
    CHECK(sent({1, 2}) == sent({1, 2}));
    CHECK(sent({1, 2}) != sent({1, 3}));
    CHECK(trace::pack(core::output::notice{"a"}) != trace::pack(core::output::notice{"b"}));
    CHECK(trace::pack(core::output::answered{1, 2}) != trace::pack(core::output::answered{2, 1}));
    CHECK(trace::pack(core::output::stopped{}) != trace::pack(core::output::search_over{}));
    core::output::prove_range with_layer{1, "a", {}, some_share().layer, 0, 1};
    core::output::prove_range without = with_layer;
    without.layer = std::make_shared<const content::piece_layer>(content::piece_layer(2, digest{}));
    CHECK(trace::pack(with_layer) != trace::pack(without));
}

TEST_CASE("trace: a replay gives the same outputs, and says how many steps there were") {
    const auto told = trace::replay(recorded());
    REQUIRE(told);
    CHECK(!told->differs);
    CHECK(told->program == "a test");
    CHECK(told->inputs == 3);
    CHECK(told->steps == 4);
    CHECK(told->lasted > std::chrono::hours(1));
    CHECK(!told->full);
}

TEST_CASE("trace: an output that is another one, is missing or is one too many is a difference at its step") {
    const trace::beginning from = first();
    for (const int fault : {0, 1, 2}) {
        CAPTURE(fault);
        trace::recorder record(from);
        core::peer machine(from.self, from.chosen, random_source(from.seed));
        record.input(from.origin, input::start{});
        machine.handle(from.origin, input::start{});
        while (const auto out = machine.poll()) record.output(*out);
        record.input(from.origin, input::join{site(3)});
        machine.handle(from.origin, input::join{site(3)});
        const auto dial = machine.poll();
        REQUIRE(dial);
        if (fault == 0) record.output(core::output::dial{1, site(4), {}});
        if (fault == 2) record.output(*dial), record.output(*dial);
        record.end(trace::ending::stopped);
        const auto told = trace::replay(record.pending());
        REQUIRE(told);
        REQUIRE(told->differs);
        CHECK(told->differs->step == 2);
        CHECK(told->differs->taken == "join");
        CHECK(told->differs->given == "dial");
        CHECK(told->differs->recorded == static_cast<std::uint64_t>(fault == 0 ? 1 : fault == 1 ? 0 : 2));
    }
}

TEST_CASE("trace: any byte that is flipped, and any cut, is an error that says so") {
    const bytes whole = recorded();
    for (std::size_t at = 0; at < whole.size(); ++at) {
        CAPTURE(at);
        bytes flipped = whole;
        flipped[at] ^= 0x10;
        CHECK(!trace::replay(flipped));
        const auto cut = trace::replay(byte_view(whole).first(at));
        CHECK(!cut);
    }
    bytes longer = whole;
    longer.push_back(0);
    CHECK(!trace::replay(longer));
    bytes late = whole;
    late[late.size() - 20] ^= 1;
    CHECK(trace::replay(late).error().what.find("damaged") != std::string::npos);
}

TEST_CASE("trace: a recording without an end is told as such, with how far it was good") {
    const auto told = trace::replay(recorded(false));
    REQUIRE(!told);
    CHECK(told.error().what.find("did not end in order") != std::string::npos);
    // What the last step gave was not written yet.
    CHECK(told.error().what.find("3 steps before it gave the same outputs") != std::string::npos);
}

TEST_CASE("trace: a recording that was full ends there, and is good so far") {
    const trace::beginning from = first();
    trace::recorder record(from);
    record.input(from.origin, input::share_lost{"a"});
    record.end(trace::ending::full);
    const auto told = trace::replay(record.pending());
    REQUIRE(told);
    CHECK(told->full);
    CHECK(!told->differs);
    CHECK(told->inputs == 1);
}

/// What a replay says of a recording that holds these inputs, one at once after the other, and no outputs.
std::string refusal(const std::vector<core::any_input>& inputs, const trace::beginning& from = first()) {
    trace::recorder record(from);
    for (const core::any_input& in : inputs) record.input(from.origin, in);
    record.end(trace::ending::stopped);
    const auto told = trace::replay(record.pending());
    if (told) return "";
    CHECK(!told.error().hint.empty());
    return told.error().what;
}

TEST_CASE("trace: a step that no machine could take is refused by its number, not fed in") {
    const input::accepted good{2, site(1), {}};
    const auto refused = [](const std::vector<core::any_input>& inputs, std::string_view why) {
        const std::string told = refusal(inputs);
        CHECK_MESSAGE(told.find(why) != std::string::npos, told);
        const std::string step = "step " + std::to_string(inputs.size()) + " of the recording, '";
        CHECK_MESSAGE(told.find(step + std::string(trace::name_of(inputs.back()))) != std::string::npos, told);
    };
    CHECK(refusal({good, input::accepted{4, site(1), {}}, input::share_found{some_share()}}) == "");
    refused({input::accepted{1, site(1), {}}}, "even numbers");
    refused({input::accepted{0, site(1), {}}}, "even numbers");
    refused({good, good}, "with that number before");
    refused({good, input::connected{2, {}}}, "stands already");
    refused({good, input::received{2, {}}}, "not secured yet");
    refused({good, input::secured{2, {}}, input::secured{2, {}}}, "secured already");
    refused({good, input::dial_failed{2, "no", false}}, "stands already");
    refused({good, input::sent{2, 1}}, "more has left");
    refused({good, input::range_read{1, std::nullopt, true}}, "nobody asked");
    refused({input::range_proven{1, std::nullopt, true}}, "nobody asked");
    refused({input::partial_opened{1, input::disk_status::ok, "", {}}}, "nobody asked");
    refused({input::piece_stored{1, 0, input::disk_status::ok, ""}}, "nobody asked");
    refused({input::download_landed{1, input::disk_status::ok, "", some_share()}}, "nobody asked");
    refused({input::search{1, wire::query_kind::exact, ""}}, "empty or too long");
    refused({input::search{1, wire::query_kind::words, std::string(limits::name_bytes_max + 1, 'a')}},
            "empty or too long");
    refused({input::search{1, wire::query_kind::content, "a"}}, "no content id");
    core::settings unfit;
    unfit.upload_slots = 0;
    refused({input::reconfigure{unfit}}, "settings");
    input::start unsound{some_tables()};
    unsound.saved.primary.rows.front().score = std::nan("");
    refused({unsound}, "not a number");
}

TEST_CASE("trace: a shared file in a recording is whole, or the step is refused") {
    const auto with = [](auto change) {
        content::share made = some_share();
        change(made);
        return refusal({input::share_found{made}});
    };
    CHECK(with([](content::share&) {}) == "");
    // A peer that was asked for these hashes looked where there was nothing.
    CHECK(with([](content::share& it) { it.layer = nullptr; }).find("no piece hashes") != std::string::npos);
    CHECK(with([](content::share& it) { it.stamp.size = 4'000'000; }).find("as many as") != std::string::npos);
    CHECK(with([](content::share& it) { it.stamp.size = 5; }).find("as many as") != std::string::npos);
    CHECK(with([](content::share& it) { it.stamp.size = UINT64_MAX; }).find("as large") != std::string::npos);
    CHECK(with([](content::share& it) { it.path = "../a"; }).find("of that name") != std::string::npos);
    CHECK(with([](content::share& it) { it.path = "\xFF"; }).find("of that name") != std::string::npos);
}

TEST_CASE("trace: an answer to work fits what was asked, and comes once") {
    trace::input_rules rules;
    const auto wrong = [&](const core::any_input& in) { return rules.take(in) != nullptr; };
    const auto ok = input::disk_status::ok;
    rules.give(core::output::open_partial{1, {}, 2'500'000, nullptr});
    CHECK(!wrong(input::partial_opened{1, ok, "", {true, false, true}}));
    CHECK(wrong(input::partial_opened{1, ok, "", {true, false, true}}));
    rules.give(core::output::open_partial{2, {}, 2'500'000, nullptr});
    CHECK(wrong(input::partial_opened{2, ok, "", {true, false}}));
    rules.give(core::output::open_partial{3, {}, 2'500'000, nullptr});
    CHECK(!wrong(input::partial_opened{3, input::disk_status::full, "full", {}}));
    rules.give(core::output::store_piece{1, 1, {}});
    CHECK(wrong(input::piece_stored{1, 0, ok, ""}));
    CHECK(!wrong(input::piece_stored{1, 1, ok, ""}));
    CHECK(wrong(input::piece_stored{1, 1, ok, ""}));
    rules.give(core::output::finish_partial{1, "a"});
    CHECK(!wrong(input::download_landed{1, ok, "", some_share()}));
    rules.give(core::output::finish_partial{2, "a"});
    CHECK(wrong(input::download_landed{2, ok, "", {}}));
    rules.give(core::output::read_range{1, "a", {}, 0, 5});
    CHECK(!wrong(input::range_read{1, bytes(5), false}));
    rules.give(core::output::read_range{2, "a", {}, 0, 5});
    CHECK(wrong(input::range_read{2, bytes(6), false}));
    rules.give(core::output::prove_range{3, "a", {}, nullptr, 0, 5});
    CHECK(wrong(input::range_proven{3, input::range_proven::proven{bytes(5), std::vector<digest>(200)}, false}));
}

TEST_CASE("trace: news of a connection fits how far it has come; of one that has ended, it is late and harmless") {
    trace::input_rules rules;
    const auto wrong = [&](const core::any_input& in) { return rules.take(in) != nullptr; };
    rules.give(core::output::dial{1, site(3), {}});
    CHECK(wrong(input::received{1, {}}));
    CHECK(wrong(input::sent{1, 0}));
    CHECK(wrong(input::closed{1, ""}));
    CHECK(wrong(input::secured{1, {}}));
    CHECK(!wrong(input::connected{1, {}}));
    CHECK(wrong(input::connected{1, {}}));
    CHECK(wrong(input::received{1, {}}));
    CHECK(!wrong(input::secured{1, {}}));
    CHECK(!wrong(input::received{1, {}}));
    rules.give(core::output::send{1, shared_bytes(bytes(10))});
    CHECK(!wrong(input::sent{1, 4}));
    CHECK(wrong(input::sent{1, 7}));
    CHECK(!wrong(input::sent{1, 6}));
    rules.give(core::output::hang_up{1, true});
    CHECK(!wrong(input::sent{1, 100}));
    CHECK(!wrong(input::dial_failed{1, "late", false}));
    CHECK(!wrong(input::received{77, {}}));
}

TEST_CASE("trace: times that run backwards or out of range are refused") {
    const trace::beginning from = first();
    const auto at = [&](std::vector<duration> times) {
        trace::recorder record(from);
        for (const duration each : times) record.woken(from.origin + each);
        record.end(trace::ending::stopped);
        const auto told = trace::replay(record.pending());
        return told ? "" : told.error().what;
    };
    CHECK(at({std::chrono::seconds(0), std::chrono::hours(9)}) == "");
    CHECK(at({std::chrono::seconds(1), std::chrono::seconds(0)}).find("step 2 of the recording, 'time',") == 0);
    CHECK(at({std::chrono::seconds(-1)}).find("before") != std::string::npos);
    CHECK(at({duration::max() - from.origin.time_since_epoch()}).find("too far off") != std::string::npos);
    for (const duration origin : {duration(-1), duration::max(), duration::min()}) {
        trace::beginning odd = from;
        odd.origin = time_point(origin);
        CHECK(refusal({}, odd).find("cannot be replayed") != std::string::npos);
    }
    trace::beginning unfit = from;
    unfit.chosen.entry_rows = 3;
    CHECK(refusal({}, unfit).find("settings") != std::string::npos);
}
