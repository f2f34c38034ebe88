// What `get` is told to fetch.

#include "app/task.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace mogshare;
using namespace std::chrono_literals;

TEST_CASE("small print, old results: a minute after its search a result is searched for again, by its content id") {
    core::search_state search;
    search.begun = time_point(100s);
    for (const std::uint8_t first : {std::uint8_t{7}, std::uint8_t{8}})
        search.results.emplace_back().content.value[0] = first;
    time_point end = search.begun;
    SUBCASE("counted from the end of the search") {
        search.lasted = 3s;
        end += 3s;
    }
    SUBCASE("which may go on still") {}
    CHECK_FALSE(app::content_if_old(search, 2, end).has_value());
    CHECK_FALSE(app::content_if_old(search, 2, end + 1min).has_value());
    CHECK(app::content_if_old(search, 2, end + 1min + 1ns) == search.results[1].content);
    CHECK(app::content_if_old(search, 1, end + 24h) == search.results[0].content);
}
