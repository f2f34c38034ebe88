#include "mogshare/core/election.hpp"

#include "support/rows.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;

namespace {

using order = std::vector<std::size_t>;
constexpr auto highest = election_reading::highest;
constexpr auto lowest = election_reading::lowest;

answer ranked(std::uint32_t peer, double rate, int level = 1) {
    answer made;
    made.peer = peer_numbered(peer);
    made.level = level;
    made.ping = ping_state::done;
    made.rate_bytes_per_s = rate;
    return made;
}

answer unranked(std::uint32_t peer, std::uint16_t slots, int level = 1, ping_state ping = ping_state::none) {
    answer made;
    made.peer = peer_numbered(peer);
    made.level = level;
    made.slots_free = slots;
    made.ping = ping;
    return made;
}

}  // namespace

TEST_CASE("R11: the highest rate is elected, the others follow") {
    const std::vector<answer> all{ranked(1, 100), ranked(2, 300), ranked(3, 200)};
    CHECK(elect(all, {0, 1, 2}, highest) == order{1, 2, 0});
}

TEST_CASE("R11: the literal reading elects the lowest rate") {
    const std::vector<answer> all{ranked(1, 100), ranked(2, 300), ranked(3, 200)};
    CHECK(elect(all, {0, 1, 2}, lowest) == order{0, 2, 1});
}

TEST_CASE("R11: unranked answers come last in both readings, those with more free slots first") {
    const std::vector<answer> all{unranked(1, 9), ranked(2, 0.5), unranked(3, 2, 1, ping_state::failed),
                                  unranked(4, 5, 1, ping_state::queued), ranked(5, 900)};
    CHECK(elect(all, {0, 1, 2, 3, 4}, highest) == order{4, 1, 0, 3, 2});
    CHECK(elect(all, {0, 1, 2, 3, 4}, lowest) == order{1, 4, 0, 3, 2});
}

TEST_CASE("R11: equal ones by level, then by peer id") {
    const std::vector<answer> all{ranked(9, 7, 2), ranked(8, 7, 1), ranked(7, 7, 2), unranked(6, 1, 3),
                                  unranked(5, 1, 1)};
    for (const election_reading reading : {highest, lowest})
        CHECK(elect(all, {0, 1, 2, 3, 4}, reading) == order{1, 2, 0, 4, 3});
}

TEST_CASE("R11: the same list always elects the same source, whatever its order") {
    const std::vector<answer> all{ranked(1, 5), ranked(2, 5), unranked(3, 1), ranked(4, 9), unranked(5, 1)};
    order of{0, 1, 2, 3, 4};
    const order expected = elect(all, of, highest);
    do {
        CHECK(elect(all, of, highest) == expected);
    } while (std::next_permutation(of.begin(), of.end()));
}

TEST_CASE("R11: only the sources of one content are ranked") {
    const std::vector<answer> all{ranked(1, 100), ranked(2, 300), ranked(3, 200)};
    CHECK(elect(all, {2, 0}, highest) == order{2, 0});
    CHECK(elect(all, {}, highest).empty());
}

TEST_CASE("R9: a search tells the farthest hop that answered") {
    search_state search;
    CHECK(search.farthest_level() == 0);
    search.answers = {ranked(1, 1, 2), ranked(2, 1, 3), ranked(3, 1, 1)};
    CHECK(search.farthest_level() == 3);
}
