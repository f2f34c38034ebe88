#include "mogshare/core/settings.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <limits>
#include <string>
#include <vector>

using namespace mogshare;
using namespace mogshare::core;
using namespace std::chrono_literals;

namespace {

/// What check() says of the defaults with this change; empty when it has nothing to say.
template <class Change>
std::string refusal(Change change) {
    settings chosen;
    change(chosen);
    const auto wrong = check(chosen);
    if (!wrong) return "";
    CHECK(wrong->is == problem::kind::usage);
    CHECK_FALSE(wrong->hint.empty());
    return wrong->what;
}

bool names(const std::string& text, const std::string& key) {
    return text.find("'" + key + "'") != std::string::npos;
}

}  // namespace

TEST_CASE("R15: the defaults fit together") {
    CHECK_FALSE(check(settings{}).has_value());
}

TEST_CASE("R5: X is even and at least 4; anything else is said clearly") {
    for (const std::size_t x : {0u, 1u, 2u, 3u, 5u, 17u, 129u}) {
        CAPTURE(x);
        const std::string said = refusal([&](settings& s) { s.entry_rows = x; });
        CHECK(names(said, "overlay.entry_rows"));
        CHECK(said.find("even") != std::string::npos);
    }
    for (const std::size_t x : {4u, 6u, 128u}) CHECK(refusal([&](settings& s) { s.entry_rows = x; }) == "");
    CHECK(names(refusal([](settings& s) { s.entry_rows = 130; }), "overlay.entry_rows"));
}

TEST_CASE("R15: every number out of its range is named") {
    CHECK(names(refusal([](settings& s) { s.primary_rows = 0; }), "overlay.primary_rows"));
    CHECK(names(refusal([](settings& s) { s.primary_rows = limits::primary_rows_max + 1; }), "overlay.primary_rows"));
    CHECK(names(refusal([](settings& s) { s.secondary_rows = 0; }), "overlay.secondary_rows"));
    CHECK(names(refusal([](settings& s) { s.depth = 0; }), "overlay.depth"));
    CHECK(names(refusal([](settings& s) { s.depth = limits::depth_max + 1; }), "overlay.depth"));
    CHECK(names(refusal([](settings& s) { s.scored_share = -0.1; }), "overlay.scored_share"));
    CHECK(names(refusal([](settings& s) { s.scored_share = 1.1; }), "overlay.scored_share"));
    CHECK(names(refusal([](settings& s) { s.scored_share = std::numeric_limits<double>::quiet_NaN(); }),
                "overlay.scored_share"));
    CHECK(names(refusal([](settings& s) { s.score_use_fade = 0.6; }), "overlay.score_use_fade"));
    CHECK(names(refusal([](settings& s) { s.score_half_life = 0s; }), "overlay.score_half_life_h"));
    CHECK(names(refusal([](settings& s) { s.ping_bytes = limits::leaf_bytes - 1; }), "search.ping_bytes"));
    CHECK(names(refusal([](settings& s) { s.ping_bytes = limits::ping_bytes_max + 1; }), "search.ping_bytes"));
    CHECK(names(refusal([](settings& s) { s.upload_slots = 0; }), "transfer.upload_slots"));
    CHECK(names(refusal([](settings& s) { s.downloads_at_once = 65; }), "transfer.downloads_at_once"));
}

TEST_CASE("R15: both ends of every range are allowed") {
    CHECK(refusal([](settings& s) {
              s.primary_rows = s.secondary_rows = 1;
              s.depth = 1;
              s.scored_share = s.score_use_fade = 0;
              s.ping_bytes = limits::leaf_bytes;
              s.upload_slots = s.downloads_at_once = 1;
          }) == "");
    CHECK(refusal([](settings& s) {
              s.primary_rows = limits::primary_rows_max;
              s.secondary_rows = limits::secondary_rows_max;
              s.depth = limits::depth_max;
              s.scored_share = 1;
              s.score_use_fade = 0.5;
              s.ping_bytes = limits::ping_bytes_max;
              s.upload_slots = 256;
              s.downloads_at_once = 64;
          }) == "");
}

TEST_CASE("R15: every time limit is positive and at most a day") {
    const std::vector<duration time_limits::*> all{
        &time_limits::dial,   &time_limits::hello,          &time_limits::entry,       &time_limits::join_retry_first,
        &time_limits::claim,  &time_limits::join_retry_max, &time_limits::nonce,       &time_limits::row_backoff_first,
        &time_limits::existe, &time_limits::ping,           &time_limits::ping_wait,   &time_limits::window,
        &time_limits::seen,   &time_limits::entry_repeat,   &time_limits::keepalive,   &time_limits::link_silence,
        &time_limits::linger, &time_limits::stall,          &time_limits::upload_idle, &time_limits::frame};
    for (const auto limit : all) {
        CHECK(refusal([&](settings& s) { s.times.*limit = 0s; }) != "");
        CHECK(refusal([&](settings& s) { s.times.*limit = -1s; }) != "");
        CHECK(refusal([&](settings& s) { s.times.*limit = 24h + 1ns; }) != "");
    }
}

TEST_CASE("R10: a holder must wait longer than the queue of pings can take") {
    const int rounds = static_cast<int>(limits::pings_queued_max / limits::pings_at_once);
    CHECK(names(refusal([&](settings& s) { s.times.ping_wait = rounds * s.times.ping; }), "time.ping_wait_ms"));
    CHECK(refusal([&](settings& s) { s.times.ping_wait = rounds * s.times.ping + 1ms; }) == "");
}

TEST_CASE("R15: time limits that contradict each other are named") {
    CHECK(names(refusal([](settings& s) { s.times.link_silence = 2 * s.times.keepalive - 1ms; }),
                "time.link_silence_ms"));
    CHECK(names(refusal([](settings& s) { s.times.join_retry_max = s.times.join_retry_first - 1ms; }),
                "time.join_retry_max_ms"));
}

TEST_CASE("R15: an upload limit so low that downloaders would give this peer up is named") {
    CHECK(names(refusal([](settings& s) { s.upload_bytes_per_s = 2184; }), "transfer.upload_limit_bytes_per_s"));
    CHECK(refusal([](settings& s) { s.upload_bytes_per_s = 2185; }) == "");
    CHECK(refusal([](settings& s) {
              s.upload_bytes_per_s = 274;
              s.upload_slots = 1;
          }) == "");
    CHECK(refusal([](settings& s) { s.upload_bytes_per_s = 0; }) == "");
}
