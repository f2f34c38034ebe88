// The tables beside a naive model: two plain lists, and every rule written out as slowly as it reads.

#include "mogshare/core/tables.hpp"

#include "support/rows.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <map>
#include <vector>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

using list = std::vector<std::uint32_t>;

// Windows are not modelled here: core_window_test.cpp does that.
struct naive_tables {
    struct place {
        std::uint32_t peer;
        bool exchanges;
    };
    std::vector<place> primary;
    list secondary;
    std::size_t primary_max, secondary_max;
    double share;
    std::map<std::uint32_t, double> score;
    std::map<std::uint32_t, int> failures;

    bool in_primary(std::uint32_t n) const {
        return std::any_of(primary.begin(), primary.end(), [&](const place& p) { return p.peer == n; });
    }
    bool in_secondary(std::uint32_t n) const { return std::count(secondary.begin(), secondary.end(), n) > 0; }
    bool known(std::uint32_t n) const { return in_primary(n) || in_secondary(n); }
    void append(std::uint32_t n) {
        const auto exchanging =
            std::count_if(primary.begin(), primary.end(), [](const place& p) { return p.exchanges; });
        const double wanted = std::ceil(static_cast<double>(primary.size() + 1) * share);
        primary.push_back({n, static_cast<double>(exchanging) < wanted});
    }
    void forget(std::uint32_t n) {
        score.erase(n);
        failures.erase(n);
    }
    /// Highest score, then newest.
    std::uint32_t best_secondary() {
        std::uint32_t best = secondary.front();
        for (const std::uint32_t n : secondary)
            if (score[n] >= score[best]) best = n;
        return best;
    }
    bool store(std::uint32_t n, bool wants_primary) {
        if (n == 0) return false;
        if (known(n)) return true;
        if (wants_primary && primary.size() < primary_max) {
            append(n);
            return true;
        }
        if (secondary.size() == secondary_max) {
            const auto weakest = *std::min_element(secondary.begin(), secondary.end(),
                                                   [&](auto a, auto b) { return score[a] < score[b]; });
            if (score[weakest] > 0) return false;
            std::erase(secondary, weakest);
            forget(weakest);
        }
        secondary.push_back(n);
        return true;
    }
    void exchange() {
        while (!secondary.empty()) {
            const std::uint32_t high = best_secondary();
            if (score[high] <= 0) return;
            if (primary.size() < primary_max) {
                std::erase(secondary, high);
                append(high);
                continue;
            }
            place* low = nullptr;
            for (place& p : primary)
                if (p.exchanges && (low == nullptr || score[p.peer] < score[low->peer])) low = &p;
            if (low == nullptr || score[high] <= score[low->peer]) return;
            std::replace(secondary.begin(), secondary.end(), high, low->peer);
            low->peer = high;
        }
    }
    void award(std::uint32_t n, double points) {
        if (known(n)) score[n] += points;
        exchange();
    }
    void fade_used(std::uint32_t n) {
        if (in_primary(n)) score[n] *= 0.5;
        if (score[n] < 0.001) score[n] = 0;
        exchange();
    }
    void fade_all() {
        for (auto& [n, points] : score) points = points / 4 < 0.001 ? 0 : points / 4;
    }
    bool drop(std::uint32_t n) {
        const bool was_primary = in_primary(n);
        const bool was_known = known(n);
        std::erase(secondary, n);
        std::erase_if(primary, [&](const place& p) { return p.peer == n; });
        forget(n);
        if (was_primary && !secondary.empty()) {
            const std::uint32_t best = best_secondary();
            std::erase(secondary, best);
            append(best);
        }
        return was_known;
    }
    bool dial_failed(std::uint32_t n) { return known(n) && ++failures[n] == 3 && drop(n); }
};

void check_equal(const tables& real, naive_tables& model) {
    list primary;
    for (const auto& p : model.primary) primary.push_back(p.peer);
    RC_ASSERT(numbers(real.primary.rows) == primary);
    RC_ASSERT(numbers(real.secondary.rows) == model.secondary);
    for (std::size_t at = 0; at < primary.size(); ++at)
        RC_ASSERT(real.primary.rows[at].exchangeable == model.primary[at].exchanges);
    for (const table* each : {&real.primary, &real.secondary})
        for (const table_row& row : each->rows) RC_ASSERT(std::abs(row.score - model.score[number_of(row.id)]) < 1e-9);
    RC_ASSERT(!broken_rule(real));
}

void random_step(tables& real, naive_tables& model) {
    const auto n = *rc::gen::inRange<std::uint32_t>(0, 24);
    const peer_id id = peer_numbered(n);
    switch (*rc::gen::inRange(0, 9)) {
        case 0:
        case 1: RC_ASSERT(store_numbered(real, n, table_choice::primary) == model.store(n, true)); break;
        case 2:
        case 3: RC_ASSERT(store_numbered(real, n, table_choice::secondary) == model.store(n, false)); break;
        case 4: {
            const int points = *rc::gen::inRange(0, 4);
            award(real, id, points);
            model.award(n, points);
            break;
        }
        case 5:
            fade_used(real, id, 0.5);
            model.fade_used(n);
            break;
        case 6:
            fade(real, 48h, 24h);
            model.fade_all();
            break;
        case 7: RC_ASSERT(drop(real, id) == model.drop(n)); break;
        case 8: RC_ASSERT(dial_failed(real, id, time_point{}, 10s) == model.dial_failed(n)); break;
    }
}

}  // namespace

TEST_CASE("R1, R2, R3: the tables do what a naive model does, under any sequence of operations") {
    CHECK(rc::check("tables", [] {
        naive_tables model;
        model.primary_max = *rc::gen::inRange<std::size_t>(1, 8);
        model.secondary_max = *rc::gen::inRange<std::size_t>(1, 10);
        model.share = *rc::gen::element(0.0, 0.3, 0.5, 1.0);
        tables real = tables_of(model.primary_max, model.secondary_max, model.share);
        const int steps = *rc::gen::inRange(50, 300);
        for (int step = 0; step < steps; ++step) {
            random_step(real, model);
            check_equal(real, model);
            if (step % 7 == 0) next_run(real.primary, 2, peer_numbered(99));  // a window is there to be kept right
        }
    }));
}
