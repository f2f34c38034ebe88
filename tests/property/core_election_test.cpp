// R11: the election beside the slowest sort there is.

#include "mogshare/core/election.hpp"

#include "support/properties.hpp"
#include "support/rows.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <ostream>
#include <utility>
#include <vector>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;

namespace {

/// What of an answer the election looks at, and whether it is a source of the wanted content. Few values each: ties are common.
struct candidate {
    ping_state ping = ping_state::none;
    int rate = 0;
    std::uint16_t slots = 0;
    int level = 1;
    bool source = true;
    int order = 0;  ///< in the list of sources
};

std::ostream& operator<<(std::ostream& out, const candidate& one) {
    out << (one.ping == ping_state::done ? "ranked" : "unranked") << " rate " << one.rate << " slots " << one.slots
        << " level " << one.level;
    return out << (one.source ? "" : " (other content)");
}

rc::Gen<candidate> any_candidate() {
    using namespace rc;
    using enum ping_state;
    return gen::build<candidate>(
        gen::set(&candidate::ping, gen::element(none, queued, running, failed, done, done, done, done)),
        gen::set(&candidate::rate, up_to(4)), gen::set(&candidate::slots, up_to(std::uint16_t{2})),
        gen::set(&candidate::level, within(1, 3)), gen::set(&candidate::source, gen::element(true, true, true, false)),
        gen::set(&candidate::order, up_to(1000)));
}

std::vector<answer> answers_of(const std::vector<candidate>& drawn) {
    std::vector<answer> all(drawn.size());
    for (std::size_t at = 0; at < drawn.size(); ++at) {
        // Ids that do not come in order of arrival.
        all[at].peer = peer_numbered(static_cast<std::uint32_t>(at * 37 % 101));
        all[at].ping = drawn[at].ping;
        all[at].rate_bytes_per_s = drawn[at].rate;
        all[at].slots_free = drawn[at].slots;
        all[at].level = drawn[at].level;
    }
    return all;
}

std::vector<std::size_t> sources_of(const std::vector<candidate>& drawn) {
    std::vector<std::size_t> of;
    for (std::size_t at = 0; at < drawn.size(); ++at)
        if (drawn[at].source) of.push_back(at);
    std::stable_sort(of.begin(), of.end(), [&](auto a, auto b) { return drawn[a].order < drawn[b].order; });
    return of;
}

/// R11: by rate; the unranked ones last, by free slots; equal ones by level, then by peer id.
bool goes_first(const answer& a, const answer& b, election_reading reading) {
    if (a.ranked() != b.ranked()) return a.ranked();
    if (a.ranked() && a.rate_bytes_per_s != b.rate_bytes_per_s)
        return (a.rate_bytes_per_s > b.rate_bytes_per_s) == (reading == election_reading::highest);
    if (!a.ranked() && a.slots_free != b.slots_free) return a.slots_free > b.slots_free;
    if (a.level != b.level) return a.level < b.level;
    return a.peer < b.peer;
}

std::vector<std::size_t> naive_order(const std::vector<answer>& all, std::vector<std::size_t> of,
                                     election_reading reading) {
    for (std::size_t round = 0; round < of.size(); ++round)
        for (std::size_t at = 1; at < of.size(); ++at)
            if (goes_first(all[of[at]], all[of[at - 1]], reading)) std::swap(of[at], of[at - 1]);
    return of;
}

}  // namespace

TEST_CASE("R11: the election orders as a naive sort does, in both readings, whatever came first") {
    const auto property = [] {
        const auto drawn = *sequence_of(40, any_candidate()).as("answers");
        const std::vector<answer> all = answers_of(drawn);
        std::vector<std::size_t> of = sources_of(drawn);
        for (const election_reading reading : {election_reading::highest, election_reading::lowest}) {
            const std::vector<std::size_t> order = elect(all, of, reading);
            RC_ASSERT(order == naive_order(all, of, reading));
            std::reverse(of.begin(), of.end());
            RC_ASSERT(elect(all, of, reading) == order);
        }
    };
    CHECK(check_sequences("elect", property));
}
