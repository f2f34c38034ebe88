// R5: runs of a table that changes between answers, beside the rule word for word.

#include "naive_tables.hpp"
#include "support/properties.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <ostream>
#include <set>
#include <vector>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;

namespace {

using list = std::vector<std::uint32_t>;

/// A row comes, a row goes, or an answer is given.
struct step {
    enum class operation { add, drop, run };
    operation what{};
    std::uint32_t number = 0;  ///< drop: of the row, counted round; run: the asker
    std::size_t count = 0;     ///< run: rows of the answer
};

std::ostream& operator<<(std::ostream& out, const step& one) {
    switch (one.what) {
        case step::operation::add: return out << "add";
        case step::operation::drop: return out << "drop row " << one.number;
        case step::operation::run: return out << "run of " << one.count << " for " << one.number;
    }
    return out;
}

rc::Gen<step> any_step() {
    using enum step::operation;
    return rc::gen::build<step>(rc::gen::set(&step::what, rc::gen::element(add, add, drop, run, run)),
                                rc::gen::set(&step::number, up_to(std::uint32_t{50})),
                                rc::gen::set(&step::count, up_to(std::size_t{6})));
}

}  // namespace

TEST_CASE("R5: under any changes between answers, a run begins where the one before ended, or at the successor") {
    const auto property = [] {
        tables all = tables_of(1000, 1, 0);
        naive::tables model;
        model.primary_max = 1000;
        model.share = 0;
        std::uint32_t last_added = 0;
        for (const step& one : *sequence_of(200, any_step()).as("operations")) {
            const list rows = numbers(all.primary.rows);
            if (one.what == step::operation::add) {
                store_numbered(all, ++last_added);
                model.store(last_added, {site(last_added)}, true);
            } else if (one.what == step::operation::drop && !rows.empty()) {
                const std::uint32_t gone = rows[one.number % rows.size()];
                drop(all, peer_numbered(gone));
                model.drop(gone);
            } else if (one.what == step::operation::run) {
                const list run = numbers(next_run(all.primary, one.count, peer_numbered(one.number)));
                RC_ASSERT(run == model.primary.next_run(one.count, one.number));
            }
            RC_ASSERT(naive::seen(all.primary).window == model.primary.window);
            RC_ASSERT(!broken_rule(all));
        }
    };
    CHECK(check_sequences("windows", property));
}

TEST_CASE("R5: in a table that stands still, answers overlap by exactly one row and tell every row in turn") {
    const auto property = [] {
        const auto count = *within<std::size_t>(2, 20).as("rows of an answer");
        const auto more = *within<std::size_t>(1, 80).as("rows of the table beyond those");
        const auto total = static_cast<std::uint32_t>(count + more);
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
    };
    CHECK(check_sequences("overlap", property));
}
