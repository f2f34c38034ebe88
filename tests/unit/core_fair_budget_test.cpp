// What others may use of what this peer has, and who of them.

#include "mogshare/core/fair_budget.hpp"

#include "mogshare/base/limits.hpp"
#include "support/rows.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

constexpr double per_s = 20, burst = 200;

host neighbour(std::uint32_t number) {
    return site(number).address;
}

/// How many of so many searches at once are passed on.
int passed(fair_budget& budget, const host& from, int count, time_point now) {
    int all = 0;
    for (int each = 0; each < count; ++each) all += budget.take(from, now) ? 1 : 0;
    return all;
}

}  // namespace

TEST_CASE("R9: so many searches are passed on, and some of that is kept for our own") {
    fair_budget budget(per_s, burst);
    time_point now{1000s};
    CHECK(passed(budget, neighbour(1), 1000, now) == static_cast<int>(limits::shared_with_most * burst));
    constexpr int kept_for_others = static_cast<int>((limits::shared_with_others - limits::shared_with_most) * burst);
    for (std::uint32_t n = 2; n < 2 + kept_for_others; ++n) CHECK(passed(budget, neighbour(n), 1, now) == 1);
    CHECK(passed(budget, neighbour(1000), 1, now) == 0);
    now += 4s;
    CHECK(passed(budget, neighbour(1), 1000, now) == 0);
    now += 1s;
    CHECK(passed(budget, neighbour(1), 1000, now) == static_cast<int>(per_s));
    for (int own = 0; own < 10; ++own) budget.take_own(now);
    now += 1s;
    CHECK(passed(budget, neighbour(1), 1000, now) == static_cast<int>(per_s) - 10);
}

TEST_CASE("R9: who brings little is passed on whatever the others bring") {
    fair_budget budget(per_s, burst);
    time_point now{1000s};
    for (int tenth = 0; tenth < 1000; ++tenth, now += 100ms) {
        for (const std::uint32_t loud : {1U, 2U, 3U}) passed(budget, neighbour(loud), 10, now);
        if (tenth % 10 == 0) CHECK(passed(budget, neighbour(4), 1, now) == 1);
    }
}

TEST_CASE("R9: who has been silent for long is counted no more") {
    fair_budget budget(per_s, burst);
    time_point now{1000s};
    passed(budget, neighbour(1), 1000, now);
    now += 10min;
    CHECK(passed(budget, neighbour(2), 1000, now) == static_cast<int>(limits::shared_with_most * burst));
    CHECK(passed(budget, neighbour(1), 1000, now) > 0);  // as one who comes new
}

TEST_CASE("R9: who comes new is passed on, however long one address has asked for all that there is") {
    for (const int every_s : {1, 5, 11, 30, 60}) {
        CAPTURE(every_s);
        fair_budget budget(per_s, burst);
        time_point now{1000s};
        for (int tenth = 1; tenth < 6000; ++tenth, now += 100ms) {
            passed(budget, neighbour(1), 10, now);
            if (tenth % (10 * every_s) == 0) CHECK(passed(budget, neighbour(2), 1, now) == 1);
        }
    }
}

TEST_CASE("R9: what has its price afterwards is shared by that, and who comes new finds what is kept for such") {
    for (const int every_s : {1, 5, 11, 30, 60}) {
        CAPTURE(every_s);
        fair_budget budget(1000, 1000);
        time_point now{1000s};
        double spent = 0;
        constexpr int seconds = 300;
        for (int tenth = 1; tenth < 10 * seconds; ++tenth, now += 100ms) {
            for (int each = 0; each < 10; ++each) {
                const double room = budget.room(neighbour(1), now);
                CHECK(room <= limits::shared_with_most * 1000);
                if (room < 50) continue;
                budget.spend(neighbour(1), static_cast<std::uint64_t>(room), now);
                spent += room;
            }
            if (tenth % (10 * every_s) != 0) continue;
            CHECK(budget.room(neighbour(2), now) >= 350);
            budget.spend(neighbour(2), 1, now);
        }
        CHECK(spent > 0.9 * 1000 * seconds);
        CHECK(spent <= 1000 * (seconds + 1));
    }
}
