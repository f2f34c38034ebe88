// R11: the election beside the slowest sort there is.

#include "mogshare/core/election.hpp"

#include "support/rows.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <utility>
#include <vector>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;

namespace {

bool goes_first(const answer& a, const answer& b, election_reading reading) {
    if (a.ranked() != b.ranked()) return a.ranked();
    if (a.ranked() && a.rate_bytes_per_s != b.rate_bytes_per_s)
        return (a.rate_bytes_per_s > b.rate_bytes_per_s) == (reading == election_reading::highest);
    if (!a.ranked() && a.slots_free != b.slots_free) return a.slots_free > b.slots_free;
    if (a.level != b.level) return a.level < b.level;
    return a.peer < b.peer;
}

}  // namespace

TEST_CASE("R11: the election orders as a naive sort does, in both readings") {
    CHECK(rc::check("elect", [] {
        std::vector<answer> all(*rc::gen::inRange<std::size_t>(0, 60));
        std::vector<std::size_t> of;
        for (std::size_t at = 0; at < all.size(); ++at) {
            all[at].peer = peer_numbered(static_cast<std::uint32_t>(at));
            all[at].ping = *rc::gen::element(ping_state::none, ping_state::failed, ping_state::done, ping_state::done);
            all[at].rate_bytes_per_s = *rc::gen::inRange(0, 5);
            all[at].slots_free = *rc::gen::inRange<std::uint16_t>(0, 3);
            all[at].level = *rc::gen::inRange(1, 4);
            if (*rc::gen::inRange(0, 3) > 0)
                of.insert(of.begin() + *rc::gen::inRange<std::ptrdiff_t>(0, std::ssize(of) + 1), at);
        }
        const auto reading = *rc::gen::element(election_reading::highest, election_reading::lowest);
        const auto order = elect(all, of, reading);
        std::vector<std::size_t> naive = of;
        for (std::size_t round = 0; round < naive.size(); ++round)
            for (std::size_t at = 1; at < naive.size(); ++at)
                if (goes_first(all[naive[at]], all[naive[at - 1]], reading)) std::swap(naive[at], naive[at - 1]);
        RC_ASSERT(order == naive);
    }));
}
