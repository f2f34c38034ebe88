#pragma once
// What the scenarios have in common: a network whose rules are checked when a test is over, and overlays of a given shape.

#include "support/scripted_endpoint.hpp"
#include "support/virtual_network.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// Lists of numbers show what they hold when a check on them fails.
template <class T>
struct doctest::StringMaker<std::vector<T>> {
    static String convert(const std::vector<T>& list) {
        String text = "[";
        for (const T& each : list) text += (text.size() > 1 ? " " : "") + doctest::toString(each);
        return text + "]";
    }
};

namespace mogshare::testing {

using namespace std::chrono_literals;
using wire::query_kind;

inline constexpr std::uint64_t seeds_max = 1'000'000;

/// Whatever a scenario is about, the rules hold to its end; and once it is over, faults are gone and time has passed, nothing is
/// stuck. Scripted endpoints have left by then: they are destroyed before the network that they speak on.
class world : public virtual_network {
public:
    explicit world(const network_options& chosen = {}) : virtual_network(chosen) {}
    ~world() {
        if (std::uncaught_exceptions() == 0) check_settles();  // a scenario that was broken off is in any state
        const std::string rules = broken();
        CHECK_MESSAGE(rules.empty(), rules);
    }

private:
    void check_settles() {
        std::string hangs;
        try {
            hangs = settle();
        } catch (const std::exception& thrown) {
            hangs = thrown.what();
        }
        CHECK_MESSAGE(hangs.empty(), "still stuck: " << hangs);
    }
};

/// `17` or `100-180` as a list.
inline std::vector<std::uint64_t> seeds_from(std::string_view text) {
    const auto number = [&](std::string_view digits) {
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (error != std::errc{} || end != digits.data() + digits.size())
            throw std::invalid_argument(fmt::format("MOGSHARE_SEEDS is '{}', but must be as 17 or 100-180", text));
        return value;
    };
    const std::size_t dash = text.find('-');
    const std::uint64_t first = number(text.substr(0, dash));
    const std::uint64_t last = dash == text.npos ? first : number(text.substr(dash + 1));
    if (last < first || last - first >= seeds_max)
        throw std::invalid_argument(fmt::format(
            "MOGSHARE_SEEDS is '{}', but must be a range of 1 to {} seeds, the lowest first", text, seeds_max));
    std::vector<std::uint64_t> list(last - first + 1);
    std::iota(list.begin(), list.end(), first);
    return list;
}

/// One in so many of the seeds and places that a scenario would try: sanitizers make everything ten times as slow.
inline constexpr std::uint64_t scenario_part = MOGSHARE_SCENARIO_PART;

/// The seeds that a scenario is run with: 1…`count`, fewer under a sanitizer, unless MOGSHARE_SEEDS says others.
inline std::vector<std::uint64_t> seeds(std::uint64_t count) {
    const char* const chosen = std::getenv("MOGSHARE_SEEDS");
    if (chosen != nullptr) return seeds_from(chosen);
    return seeds_from(fmt::format("1-{}", std::max<std::uint64_t>(count / scenario_part, 2)));
}

inline network_options seeded(std::uint64_t seed) {
    network_options chosen;
    chosen.wire.seed = seed;
    return chosen;
}

/// Tables of exactly `rows` primary rows that no score changes: the overlay keeps the shape that it is given.
inline core::settings rigid(std::size_t rows) {
    core::settings chosen;
    chosen.primary_rows = std::max<std::size_t>(rows, 1);
    chosen.scored_share = 0;
    return chosen;
}

/// Peers lan(1)… whose primary tables hold just these neighbours (numbers of peers, from 0), each at least one. Started, and
/// entered. `tweak` may change the settings of each.
inline std::vector<node> overlay(virtual_network& net, const std::vector<std::vector<std::size_t>>& neighbours,
                                 const std::function<void(std::size_t, core::settings&)>& tweak = {}) {
    std::vector<node> peers;
    for (std::size_t at = 0; at < neighbours.size(); ++at) {
        core::settings chosen = rigid(neighbours[at].size());
        if (tweak) tweak(at, chosen);
        peers.push_back(net.add_peer(chosen, lan(static_cast<unsigned>(at + 1))));
    }
    for (std::size_t at = 0; at < neighbours.size(); ++at) {
        std::vector<node> known;
        for (const std::size_t each : neighbours[at]) known.push_back(peers[each]);
        net.know(peers[at], known);
    }
    for (const node each : peers) net.start(each);
    net.run_for(5s);
    return peers;
}

inline std::vector<std::vector<std::size_t>> line_of(std::size_t count) {
    std::vector<std::vector<std::size_t>> neighbours(count);
    for (std::size_t at = 0; at + 1 < count; ++at) {
        neighbours[at].push_back(at + 1);
        neighbours[at + 1].push_back(at);
    }
    return neighbours;
}

inline std::vector<std::vector<std::size_t>> ring_of(std::size_t count) {
    std::vector<std::vector<std::size_t>> neighbours(count);
    for (std::size_t at = 0; at < count; ++at) neighbours[at] = {(at + 1) % count, (at + count - 1) % count};
    return neighbours;
}

/// Number 0 is the hub.
inline std::vector<std::vector<std::size_t>> star_of(std::size_t count) {
    std::vector<std::vector<std::size_t>> neighbours(count);
    for (std::size_t at = 1; at < count; ++at) {
        neighbours[0].push_back(at);
        neighbours[at] = {0};
    }
    return neighbours;
}

/// The peers that answered, in the order of their answers.
inline std::vector<node> answerers(const virtual_network& net, node who, core::search_ticket ticket) {
    std::vector<node> list;
    for (const core::answer& one : net.found(who, ticket).answers) list.push_back(*net.node_of(one.peer));
    return list;
}

}  // namespace mogshare::testing
