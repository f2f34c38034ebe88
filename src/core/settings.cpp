#include "mogshare/core/settings.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace mogshare::core {

namespace {

problem misfit(std::string what, std::string hint) {
    return {std::move(what), std::move(hint), problem::kind::usage};
}

template <class Number>
struct ranged {
    std::string_view key;  ///< as the configuration file calls it
    Number value;
    Number least;
    Number most;
};

template <class Number>
std::optional<problem> check_range(const ranged<Number>& r) {
    if (r.value >= r.least && r.value <= r.most) return {};
    return misfit(fmt::format("'{}' is {}, but must be from {} to {}", r.key, r.value, r.least, r.most),
                  fmt::format("the default is in config/mogshare.toml"));
}

std::optional<problem> check_numbers(const settings& s) {
    const std::array<ranged<std::uint64_t>, 9> whole{{
        {"overlay.entry_rows", s.entry_rows, 4, limits::rows_max},
        {"overlay.primary_rows", s.primary_rows, 1, limits::primary_rows_max},
        {"overlay.secondary_rows", s.secondary_rows, 1, limits::secondary_rows_max},
        {"search.ping_bytes", s.ping_bytes, limits::leaf_bytes, limits::ping_bytes_max},
        {"transfer.upload_slots", s.upload_slots, 1, limits::upload_slots_max},
        {"transfer.downloads_at_once", s.downloads_at_once, 1, limits::downloads_at_once_max},
        {"network.connections", s.connections, 8, limits::connections_max},
        {"budget.answers_per_search", s.budget.answers_per_search, 0, limits::answers_per_search_max},
        {"transfer.download_bytes_max", s.download_bytes_max, 1, limits::file_bytes_max},
    }};
    for (const auto& number : whole)
        if (auto wrong = check_range(number)) return wrong;
    if (s.ping_bytes % limits::leaf_bytes != 0)
        return misfit(
            fmt::format("'search.ping_bytes' is {}, but must be a multiple of {}", s.ping_bytes, limits::leaf_bytes),
            "only whole 16 KiB leaves of a file can be proven");
    const std::array<ranged<double>, 3> others{{
        {"overlay.depth", static_cast<double>(s.depth), 1, limits::depth_max},
        {"overlay.scored_share", s.scored_share, 0, 1},
        {"overlay.score_use_fade", s.score_use_fade, 0, 0.5},
    }};
    for (const auto& number : others)
        if (auto wrong = check_range(number)) return wrong;
    return {};
}

std::int64_t in_ms(duration d) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

std::optional<problem> check_positive(const time_limits& t) {
    for (const duration limit : {t.dial,           t.handshake,         t.hello,         t.entry,   t.join_retry_first,
                                 t.join_retry_max, t.row_backoff_first, t.claim,         t.nonce,   t.existe,
                                 t.ping,           t.ping_wait,         t.window,        t.seen,    t.entry_repeat,
                                 t.keepalive,      t.link_silence,      t.linger,        t.stall,   t.upload_idle,
                                 t.frame,          t.silence,           t.ban_half_life, t.row_test})
        if (limit <= duration::zero() || limit > std::chrono::hours(24))
            return misfit(fmt::format("a time limit is {} ms, but must be positive and at most a day", in_ms(limit)),
                          "section [time] of the configuration");
    return {};
}

std::optional<problem> check_times(const time_limits& t) {
    if (auto wrong = check_positive(t)) return wrong;
    // A holder must outwait the queue in which its ping stands, or answers would be lost for their number alone (R10).
    const duration queue = t.ping * static_cast<int>(limits::pings_queued_max / limits::pings_at_once);
    if (t.ping_wait <= queue)
        return misfit(
            fmt::format("'time.ping_wait_ms' is {}, but must exceed {} times 'time.ping_ms', which is {}",
                        in_ms(t.ping_wait), limits::pings_queued_max / limits::pings_at_once, in_ms(queue)),
            "a holder waits for its ping while others are pinged before it: raise ping_wait_ms or lower ping_ms");
    // KEEPALIVE is due after one such time of quiet; as much again is left for a slow network or a busy peer.
    if (t.link_silence < 2 * t.keepalive)
        return misfit(
            fmt::format("'time.link_silence_ms' is {}, but must be at least twice 'time.keepalive_ms', which is {}",
                        in_ms(t.link_silence), in_ms(t.keepalive)),
            "else idle links are closed before they can say that they live");
    if (t.join_retry_max < t.join_retry_first)
        return misfit(
            fmt::format("'time.join_retry_max_ms' is {}, but must be at least 'time.join_retry_first_ms', which is {}",
                        in_ms(t.join_retry_max), in_ms(t.join_retry_first)),
            "the pause doubles from the first to the longest");
    return {};
}

/// With all slots taken each must bring a leaf in the time of a frame, twice over, or downloaders would give us up (R12).
std::optional<problem> check_upload_limit(const settings& s) {
    const double least = 2.0 * static_cast<double>(s.upload_slots * limits::leaf_bytes) / to_seconds(s.times.frame);
    if (s.upload_bytes_per_s == 0 || static_cast<double>(s.upload_bytes_per_s) >= least) return {};
    return misfit(
        fmt::format(
            "'transfer.upload_limit_bytes_per_s' is {}, but {} upload slots need at least {:.0f}, or 0 for no limit",
            s.upload_bytes_per_s, s.upload_slots, std::ceil(least)),
        "raise it, or lower 'transfer.upload_slots': who brings 16 KiB too slowly is given up by those who download");
}

}  // namespace

limits::budgets budgets_of(const settings& chosen) {
    using limits::budgets;
    const budgets& profile = chosen.profile == network_profile::internet ? limits::internet : limits::lan;
    budgets held = chosen.budget;
    for (const auto each :
         {&budgets::dials_per_min_host, &budgets::dials_per_min_block, &budgets::dials_per_min,
          &budgets::dials_unproven, &budgets::searches_per_s, &budgets::entries_per_min_host, &budgets::frames_per_s,
          &budgets::answers_per_search, &budgets::answers_per_block, &budgets::connections_per_host,
          &budgets::connections_per_block, &budgets::rows_per_block, &budgets::ban_points_host})
        if (held.*each == 0) held.*each = profile.*each;
    return held;
}

std::optional<problem> check(const settings& chosen) {
    if (chosen.entry_rows % 2 != 0 || chosen.entry_rows < 4)
        return misfit(
            fmt::format("'overlay.entry_rows' is {}, but X must be even and at least 4", chosen.entry_rows),
            "half of the rows of an answer come from each table, and two runs share a row: 16 is the default");
    if (auto wrong = check_numbers(chosen)) return wrong;
    if (chosen.score_half_life <= duration::zero())
        return misfit("'overlay.score_half_life_h' must be positive", "24 is the default");
    if (auto wrong = check_times(chosen.times)) return wrong;
    return check_upload_limit(chosen);
}

}  // namespace mogshare::core
