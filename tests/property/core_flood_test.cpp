// R9: the memory of searches beside a plain map with times. Whole peers are held against a model in core_overlay_test.cpp.

#include "mogshare/core/flood.hpp"

#include "support/properties.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <ostream>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

constexpr duration span = 60s;

/// A copy arrives some time after the one before.
struct copy {
    int after_s = 0;
    std::uint8_t query = 0;
    int level = 1;
};

std::ostream& operator<<(std::ostream& out, const copy& one) {
    return out << "after " << one.after_s << " s query " << int{one.query} << " at level " << one.level;
}

rc::Gen<copy> any_copy(int pause_max_s) {
    return rc::gen::build<copy>(rc::gen::set(&copy::after_s, up_to(pause_max_s)),
                                rc::gen::set(&copy::query, up_to(std::uint8_t{40})),
                                rc::gen::set(&copy::level, within(1, 5)));
}

query_id id_of(std::uint8_t number) {
    query_id id;
    id.value[0] = number;
    return id;
}

/// Everything that may still be remembered. Between one span and two both are right: to know an id, and to have forgotten it.
struct naive_memory {
    struct entry {
        time_point since;
        int lowest;
    };
    std::map<std::uint8_t, entry> all;

    void check(copy_kind kind, const copy& one, time_point now, std::size_t capacity) {
        std::erase_if(all, [&](const auto& each) { return now - each.second.since >= 2 * span; });
        const auto known = all.find(one.query);
        const bool must_know = known != all.end() && now - known->second.since < span;
        if (kind == copy_kind::first || kind == copy_kind::refused) {
            RC_ASSERT(!must_know);
            if (kind == copy_kind::refused) RC_ASSERT(all.size() >= capacity);
            all.erase(one.query);
            if (kind == copy_kind::first) all[one.query] = {now, one.level};
            return;
        }
        const bool may_know = known != all.end();
        RC_ASSERT(may_know);
        RC_ASSERT((kind == copy_kind::shorter) == (one.level < known->second.lowest));
        known->second.lowest = std::min(known->second.lowest, one.level);
    }
    /// Those that no memory of this kind may have forgotten yet.
    std::size_t fresh(time_point now) const {
        std::size_t count = 0;
        for (const auto& [query, each] : all) count += now - each.since < span ? 1 : 0;
        return count;
    }
};

}  // namespace

TEST_CASE("R9: ids are remembered for one span at least and two at most, with their lowest level, at any times") {
    const auto property = [] {
        const auto capacity = *within<std::size_t>(1, 40).as("capacity");
        const int pause_max_s = *rc::gen::element(2, 20, 70, 200).as("longest pause in s");
        seen_searches seen(capacity, span, 7);
        naive_memory model;
        time_point now{1h};
        for (const copy& one : *sequence_of(200, any_copy(pause_max_s)).as("copies")) {
            now += std::chrono::seconds(one.after_s);
            model.check(seen.observe(id_of(one.query), one.level, now), one, now, capacity);
            RC_ASSERT(seen.size() <= capacity);
            RC_ASSERT(seen.size() >= model.fresh(now));
        }
    };
    CHECK(check_sequences("seen_searches", property));
}
