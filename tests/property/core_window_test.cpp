// R5: runs of a table that changes between answers, beside the rule word for word.

#include "mogshare/core/tables.hpp"

#include "support/rows.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;

namespace {

using list = std::vector<std::uint32_t>;

/// The model knows the window by name: the peer that it stands on.
struct naive_window {
    std::optional<std::uint32_t> on;

    /// Called before `gone` leaves `rows`: its successor takes its place.
    void leaving(const list& rows, std::uint32_t gone) {
        if (on != gone) return;
        const auto at = std::find(rows.begin(), rows.end(), gone);
        const auto after = at + 1 == rows.end() ? rows.begin() : at + 1;
        on = rows.size() > 1 ? std::optional(*after) : std::nullopt;
    }
    list next(const list& rows, std::size_t count, std::uint32_t asker) {
        list run;
        if (rows.size() <= count) {
            std::copy_if(rows.begin(), rows.end(), std::back_inserter(run), [&](auto n) { return n != asker; });
            return run;
        }
        list turned = rows;
        if (on) std::rotate(turned.begin(), std::find(turned.begin(), turned.end(), *on), turned.end());
        std::erase(turned, asker);
        run.assign(turned.begin(), turned.begin() + static_cast<std::ptrdiff_t>(std::min(count, turned.size())));
        if (!run.empty()) on = run.back();
        return run;
    }
};

}  // namespace

TEST_CASE("R5: under any changes between answers, a run begins where the one before ended, or at the successor") {
    CHECK(rc::check("windows", [] {
        tables all = tables_of(1000, 1, 0);
        naive_window window;
        std::uint32_t next_number = 1;
        const int steps = *rc::gen::inRange(20, 300);
        for (int step = 0; step < steps; ++step) {
            const list rows = numbers(all.primary.rows);
            const int what = *rc::gen::inRange(0, 5);
            if (what <= 1) {
                store_numbered(all, next_number++);
            } else if (what == 2 && !rows.empty()) {
                const std::uint32_t gone = *rc::gen::elementOf(rows);
                window.leaving(rows, gone);
                drop(all, peer_numbered(gone));
            } else {
                const auto count = *rc::gen::inRange<std::size_t>(2, 6);
                const auto asker = *rc::gen::inRange<std::uint32_t>(1, next_number + 5);
                const list run = numbers(next_run(all.primary, count, peer_numbered(asker)));
                RC_ASSERT(run == window.next(rows, count, asker));
            }
            RC_ASSERT(!broken_rule(all));
        }
    }));
}

TEST_CASE("R5: in a table that stands still, answers overlap by exactly one row and tell every row in turn") {
    CHECK(rc::check("overlap", [] {
        const auto count = *rc::gen::inRange<std::size_t>(2, 20);
        const auto total = *rc::gen::inRange<std::uint32_t>(static_cast<std::uint32_t>(count) + 1, 100);
        tables all = tables_of(1000, 1, 0);
        for (std::uint32_t n = 1; n <= total; ++n) store_numbered(all, n);
        std::set<std::uint32_t> told;
        std::optional<std::uint32_t> last;
        for (std::size_t sent = 0; sent < total + count; sent += count - 1) {
            const list run = numbers(next_run(all.primary, count, peer_numbered(9999)));
            RC_ASSERT(run.size() == count);
            RC_ASSERT(std::set<std::uint32_t>(run.begin(), run.end()).size() == count);
            if (last) RC_ASSERT(run.front() == *last);
            last = run.back();
            told.insert(run.begin(), run.end());
        }
        RC_ASSERT(told.size() == total);
    }));
}
