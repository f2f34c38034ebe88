// R1, R2, R3, R5: the tables beside the naive ones, whole, after every operation.

#include "support/properties.hpp"
#include "table_steps.hpp"

#include <doctest/doctest.h>

#include <ostream>

using namespace table_steps;

namespace table_steps {

std::ostream& operator<<(std::ostream& out, const step& one) {
    const std::uint32_t n = one.peer;
    const std::size_t c = one.choice;
    const auto store = [&](const char* where) -> std::ostream& {
        out << "store(" << n << ", " << where;
        for (const endpoint& each : addresses_of(n, c)) out << " " << to_string(each);
        return out << ")";
    };
    switch (one.what) {
        case operation::store_primary: return store("primary");
        case operation::store_secondary: return store("secondary");
        case operation::store_told: return store(("primary, told by " + std::to_string(teller_of(one))).c_str());
        case operation::replace_weakest: return out << "replace the weakest by " << n;
        case operation::award: return out << "award(" << n << ", " << points[c] << ")";
        case operation::fade_used: return out << "fade_used(" << n << ", " << parts[c] << ")";
        case operation::fade: return out << "fade(" << half_lives[c] << " half lives)";
        case operation::drop: return out << "drop(" << n << ")";
        case operation::dial_failed: return out << "dial_failed(" << n << ", at " << 100 * c << " s)";
        case operation::dial_succeeded: return out << "dial_succeeded(" << n << ")";
        case operation::run_primary: return out << "next_run(primary, " << c << ", for " << n << ")";
        case operation::run_secondary: return out << "next_run(secondary, " << c << ", for " << n << ")";
        case operation::take_turn: return out << "take_turn(secret " << c << ")";
    }
    return out;
}

rc::Gen<step> any_step() {
    using enum operation;
    const auto what =
        rc::gen::element(store_primary, store_primary, store_primary, store_secondary, store_secondary, store_told,
                         store_told, store_told, replace_weakest, award, award, award, fade_used, fade_used, fade, drop,
                         dial_failed, dial_failed, dial_succeeded, run_primary, run_secondary, take_turn, take_turn);
    return rc::gen::build<step>(rc::gen::set(&step::what, what), rc::gen::set(&step::peer, up_to(peers_max)),
                                rc::gen::set(&step::choice, up_to(choices - 1)));
}

}  // namespace table_steps

TEST_CASE("R1, R2, R3, R5: tables and windows do what naive ones do, under any sequence of operations") {
    const auto property = [] {
        naive::tables model;
        model.primary_max = *within<std::size_t>(1, 7).as("primary rows");
        model.secondary_max = *within<std::size_t>(1, 9).as("secondary rows");
        model.share = *rc::gen::element(0.0, 0.3, 0.5, 1.0).as("scored_share");
        model.rows_of_network_max = *rc::gen::element<std::size_t>(2, 5, 5120).as("rows of one network");
        tables real = tables_of(model.primary_max, model.secondary_max, model.share);
        real.rows_per_block = model.rows_of_network_max;
        for (const step& one : *sequence_of(150, any_step()).as("operations")) {
            RC_ASSERT(take_step(real, model, one));
            RC_ASSERT(naive::seen(real.primary) == model.primary);
            RC_ASSERT(naive::seen(real.secondary) == model.secondary);
            RC_ASSERT(!broken_rule(real));
        }
    };
    CHECK(check_sequences("tables", property));
}
