#include "mogshare/core/id_memory.hpp"

#include "mogshare/base/random.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace mogshare;
using namespace mogshare::core;

TEST_CASE("R9: the memory of ids holds what a map holds, however far it grows") {
    id_memory real(7);
    std::map<query_id, std::uint8_t> model;
    random_source chance = random_source::from_number(1);
    CHECK(real.find(query_id{}) == nullptr);
    for (std::size_t step = 0; step < 5000; ++step) {
        const auto id = chance.id<query_id>();
        const auto number = static_cast<std::uint8_t>(chance.below(id_memory::number_max + 1));
        CHECK(real.find(id) == nullptr);
        real.add(id, number);
        model[id] = number;
    }
    CHECK(real.size() == model.size());
    for (auto& [id, number] : model) {
        REQUIRE(real.find(id) != nullptr);
        CHECK(*real.find(id) == number);
        *real.find(id) = 3;
        CHECK(*real.find(id) == 3);
    }
    real.clear();
    CHECK(real.size() == 0);
    for (const auto& [id, number] : model) CHECK(real.find(id) == nullptr);
    real.add(query_id{}, 0);
    CHECK(*real.find(query_id{}) == 0);
}
