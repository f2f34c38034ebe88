// MOGSHARE_SEEDS as scenarios read it: what names no seed is an error, since a scenario without a seed would check nothing.

#include "world.hpp"

using namespace mogshare;
using namespace mogshare::testing;

TEST_CASE("seeds: one, or from the lowest to the highest, both of them") {
    CHECK(seeds_from("17") == std::vector<std::uint64_t>{17});
    CHECK(seeds_from("5-7") == std::vector<std::uint64_t>{5, 6, 7});
    CHECK(seeds_from("18446744073709551615").size() == 1);
    CHECK(seeds_from("18446744073709551614-18446744073709551615").size() == 2);
    CHECK(seeds_from("1-1000000").size() == seeds_max);
}

TEST_CASE("seeds: what is no number, or a range that is empty or too long, is an error that shows it") {
    for (const char* const bad : {"", " ", "x", "-", "-5", "5-", "5-x", "1x", "0x10", "7 ", "1-2-3",
                                  "18446744073709551616", "180-100", "1-1000001", "0-18446744073709551615"}) {
        CAPTURE(bad);
        std::string told;
        try {
            seeds_from(bad);
        } catch (const std::invalid_argument& error) {
            told = error.what();
        }
        CHECK_MESSAGE(told.find("MOGSHARE_SEEDS is '" + std::string(bad) + "', but must be") == 0, told);
    }
}
