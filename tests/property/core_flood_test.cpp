// R9: the memory of searches beside a plain map with times. Whole peers are held against a model in core_overlay_test.cpp.

#include "naive_flood.hpp"
#include "support/properties.hpp"

#include <doctest/doctest.h>

#include <ostream>

using namespace naive;
using namespace mogshare::core;
using namespace mogshare::testing;

namespace naive {

std::ostream& operator<<(std::ostream& out, const copy& one) {
    return out << "after " << one.after_s << " s query " << int{one.query} << " at level " << one.level;
}

rc::Gen<copy> any_copy(int pause_max_s) {
    return rc::gen::build<copy>(rc::gen::set(&copy::after_s, up_to(pause_max_s)),
                                rc::gen::set(&copy::query, up_to(std::uint8_t{40})),
                                rc::gen::set(&copy::level, within(1, 5)));
}

}  // namespace naive

TEST_CASE("R9: ids are remembered for one span at least and two at most, with their lowest level, at any times") {
    const auto property = [] {
        const auto capacity = *within<std::size_t>(1, 40).as("capacity");
        const int pause_max_s = *rc::gen::element(2, 20, 70, 200).as("longest pause in s");
        seen_searches seen(capacity, span, 7);
        naive::memory model;
        time_point now{1h};
        for (const copy& one : *sequence_of(200, any_copy(pause_max_s)).as("copies")) {
            now += std::chrono::seconds(one.after_s);
            RC_ASSERT(model.allows(seen.observe(id_of(one.query), one.level, now), one, now, capacity));
            RC_ASSERT(seen.size() <= capacity);
            RC_ASSERT(seen.size() >= model.fresh(now));
        }
    };
    CHECK(check_sequences("seen_searches", property));
}
