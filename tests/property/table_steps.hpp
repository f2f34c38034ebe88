#pragma once
// Operations on the tables, taken in the real ones and in the naive ones alike.

#include "naive_tables.hpp"

#include "support/rows.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <vector>

namespace table_steps {

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;
using namespace std::chrono_literals;

enum class operation {
    store_primary,
    store_secondary,
    store_told,
    replace_weakest,
    award,
    fade_used,
    fade,
    drop,
    dial_failed,
    dial_succeeded,
    run_primary,
    run_secondary,
    take_turn,
};

/// `choice` picks among the operation's arguments.
struct step {
    operation what{};
    std::uint32_t peer = 0;
    std::size_t choice = 0;
};

inline constexpr std::size_t choices = 6;
inline constexpr std::uint32_t peers_max = 20;

// All scores stay dyadic but for the tie itself, so that both sides calculate without error; two of the points are within a tie.
inline constexpr std::array<double, choices> points{1, 2, 0.125, 16, score_tie, 0};
inline constexpr std::array<double, choices> parts{0.5, 0.25, 0.5, 0.25, 0, 0.5};
inline constexpr std::array<int, choices> half_lives{1, 0, 2, 4, 8, 1};

/// New and old hosts, both families in either order, two of one family, and addresses that nobody can dial.
inline std::vector<endpoint> addresses_of(std::uint32_t peer, std::size_t choice) {
    const endpoint v4 = site(peer);
    const endpoint moved = site(peer + 1000);
    endpoint v6 = *parse_endpoint("[2001:db8::1]:7000");
    v6.address.octets.back() = static_cast<std::uint8_t>(peer);
    endpoint closed = moved;
    closed.port = 0;
    const std::array<std::vector<endpoint>, choices> all{std::vector{v4}, {v6, moved}, {v4, moved, closed},
                                                         {closed, v6},    {closed},    {v4, v6}};
    return all[choice];
}

/// One of three who tell of others.
inline std::uint32_t teller_of(const step& one) {
    return 901 + static_cast<std::uint32_t>(one.choice % 3);
}

inline time_point time_of(std::size_t choice) {
    return time_point{} + std::chrono::seconds(100 * choice);
}

inline bool same_run(core::table& real, naive::table& model, const step& one) {
    const std::vector<table_row> run = next_run(real, one.choice, peer_numbered(one.peer));
    if (numbers(run) != model.next_run(one.choice, one.peer)) return false;
    return std::all_of(run.begin(), run.end(),
                       [&](const table_row& row) { return row.addresses == real.find(row.id)->addresses; });
}

inline bool turned(core::tables& real, std::uint64_t secret) {
    const auto next = next_turn(real, secret);
    return next && core::take_turn(real, *next);
}

/// Takes the step in both; false when they return different things.
inline bool take_step(core::tables& real, naive::tables& model, const step& one) {
    const std::uint32_t n = one.peer;
    const peer_id id = peer_numbered(n);
    const auto store_in = [&](table_choice where, std::uint32_t told_by = 0) {
        const std::vector<endpoint> at = addresses_of(n, one.choice);
        const peer_id by = told_by == 0 ? peer_id{} : peer_numbered(told_by);
        return put_row(real, id, at, where, by) == model.store(n, at, where == table_choice::primary, told_by);
    };
    switch (one.what) {
        case operation::store_primary: return store_in(table_choice::primary);
        case operation::store_secondary: return store_in(table_choice::secondary);
        case operation::store_told: return store_in(table_choice::primary, teller_of(one));
        case operation::replace_weakest: {
            const table_row* const weak = weakest_row(real);
            if ((weak == nullptr ? 0 : number_of(weak->id)) != model.weakest()) return false;
            if (weak == nullptr) return true;
            const std::uint32_t gone = model.weakest();
            const bool known = model.find(n) != nullptr && n != gone;
            model.drop(gone);
            const bool stored = model.store(n, {site(n)}, false) && !known;
            return replace(real, peer_numbered(gone), {id, {site(n)}, {}}) == stored;
        }
        case operation::award:
            award(real, id, points[one.choice]);
            model.award(n, points[one.choice]);
            return true;
        case operation::fade_used:
            fade_used(real, id, parts[one.choice]);
            model.fade_used(n, parts[one.choice]);
            return true;
        case operation::fade:
            fade(real, half_lives[one.choice] * 24h, 24h);
            model.fade(std::ldexp(1.0, -half_lives[one.choice]), half_lives[one.choice]);
            return true;
        case operation::drop: return drop(real, id) == model.drop(n);
        case operation::dial_failed: {
            const time_point now = time_of(one.choice);
            return dial_failed(real, id, now, 10s) == model.dial_failed(n, now, 10s);
        }
        case operation::dial_succeeded:
            dial_succeeded(real, id);
            model.dial_succeeded(n);
            return true;
        case operation::run_primary: return same_run(real.primary, model.primary, one);
        case operation::run_secondary: return same_run(real.secondary, model.secondary, one);
        case operation::take_turn: return turned(real, one.choice) == model.take_turn(one.choice);
    }
    return false;
}

/// Whether both look alike from outside and within.
inline bool alike(const core::tables& real, const naive::tables& model) {
    return naive::seen(real.primary) == model.primary && naive::seen(real.secondary) == model.secondary;
}

}  // namespace table_steps
