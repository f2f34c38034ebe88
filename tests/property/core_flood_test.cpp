// R9: the memory of searches beside a plain map with times.

#include "mogshare/core/flood.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <chrono>
#include <cstdint>
#include <map>

using namespace mogshare;
using namespace mogshare::core;
using namespace std::chrono_literals;

namespace {

struct remembered {
    time_point since;
    int lowest;
};

query_id query(std::uint8_t number) {
    query_id id;
    id.value[0] = number;
    return id;
}

}  // namespace

TEST_CASE("R9: ids are remembered for one span at least and two at most, with their lowest level, at any times") {
    CHECK(rc::check("seen_searches", [] {
        const duration span = 60s;
        const auto capacity = *rc::gen::inRange<std::size_t>(1, 40);
        seen_searches seen(capacity, span, 7);
        std::map<std::uint8_t, remembered> model;  // everything that may still be remembered
        time_point now{1h};
        const int steps = *rc::gen::inRange(50, 400);
        const int pause_max = *rc::gen::element(2, 20, 70, 200);
        for (int step = 0; step < steps; ++step) {
            now += std::chrono::seconds(*rc::gen::inRange(0, pause_max));
            std::erase_if(model, [&](const auto& one) { return now - one.second.since >= 2 * span; });
            const auto number = *rc::gen::inRange<std::uint8_t>(0, 60);
            const int level = *rc::gen::inRange(1, 5);
            const copy_kind kind = seen.observe(query(number), level, now);
            const auto known = model.find(number);
            const bool must_know = known != model.end() && now - known->second.since < span;
            RC_ASSERT(seen.size() <= capacity);
            if (kind == copy_kind::first || kind == copy_kind::refused) {
                RC_ASSERT(!must_know);
                if (kind == copy_kind::refused) RC_ASSERT(model.size() >= capacity);
                model.erase(number);
                if (kind == copy_kind::first) model[number] = {now, level};
                continue;
            }
            RC_ASSERT(known != model.end());
            RC_ASSERT((kind == copy_kind::shorter) == (level < known->second.lowest));
            known->second.lowest = std::min(known->second.lowest, level);
        }
    }));
}
