// Recordings: every input comes back from its bytes, a replay sees any other output, and a damaged recording says so.

#include "mogshare/trace/replay.hpp"
#include "support/rows.hpp"

#include <doctest/doctest.h>

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
        if (fault == 0) record.output(core::output::dial{1, site(4)});
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

TEST_CASE("trace: what no machine could take is refused, not fed in") {
    const trace::beginning from = first();
    trace::recorder backwards(from);
    backwards.input(from.origin + std::chrono::seconds(1), input::share_lost{"a"});
    backwards.input(from.origin, input::share_lost{"b"});
    backwards.end(trace::ending::stopped);
    CHECK(!trace::replay(backwards.pending()));
    trace::recorder odd(from);
    odd.input(from.origin, input::accepted{1, site(1), {}});
    odd.end(trace::ending::stopped);
    CHECK(!trace::replay(odd.pending()));
    trace::beginning wrong = from;
    wrong.chosen.entry_rows = 3;
    trace::recorder unfit(wrong);
    unfit.end(trace::ending::stopped);
    CHECK(!trace::replay(unfit.pending()));
}
