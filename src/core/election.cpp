#include "mogshare/core/election.hpp"

#include <algorithm>
#include <tuple>

namespace mogshare::core {

int search_state::farthest_level() const {
    int farthest = 0;
    for (const answer& one : answers) farthest = std::max(farthest, one.level);
    return farthest;
}

std::vector<std::size_t> elect(const std::vector<answer>& all, const std::vector<std::size_t>& of,
                               election_reading reading) {
    const double sign = reading == election_reading::highest ? -1.0 : 1.0;
    const auto rank = [&](std::size_t index) {
        const answer& a = all[index];
        const double rate = a.ranked() ? sign * a.rate_bytes_per_s : 0.0;
        const int slots = a.ranked() ? 0 : -static_cast<int>(a.slots_free);
        return std::make_tuple(!a.ranked(), rate, slots, a.level, a.peer);
    };
    std::vector<std::size_t> order = of;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
    return order;
}

}  // namespace mogshare::core
