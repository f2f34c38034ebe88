// R8, R9: whole peers on the virtual network beside a breadth-first walk over their tables, and beside the rule of forwarding word
// for word. Small random overlays, delays so uneven that copies over long paths often come first.

#include "scenario/world.hpp"
#include "support/properties.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <set>
#include <tuple>
#include <vector>

using namespace mogshare;
using namespace mogshare::testing;

namespace {

constexpr std::size_t peers_max = 10;

/// Peer `from` has `to` in its primary table; bytes take so long between them, either way.
struct arc {
    std::size_t from = 0;
    std::size_t to = 0;
    int delay_ms = 0;
};

/// Peer 0 searches. Arcs and holders beyond the last peer are not there.
struct plan {
    std::size_t peers = 3;
    std::vector<arc> arcs;
    std::vector<std::size_t> holders;
    int depth = 3;
    query_kind kind = query_kind::exact;
    std::uint32_t seed = 0;  ///< of jitter, cuts between chunks, peer ids

    std::vector<std::vector<std::size_t>> neighbours() const {
        std::vector<std::vector<std::size_t>> tables(peers);
        for (const arc& one : arcs) {
            if (one.from >= peers || one.to >= peers || one.from == one.to) continue;
            std::vector<std::size_t>& rows = tables[one.from];
            if (std::find(rows.begin(), rows.end(), one.to) == rows.end()) rows.push_back(one.to);
        }
        return tables;
    }
    bool holds(std::size_t at) const { return std::find(holders.begin(), holders.end(), at) != holders.end(); }
};

std::ostream& operator<<(std::ostream& out, const arc& one) {
    return out << one.from << "->" << one.to << " (" << one.delay_ms << " ms)";
}

void showValue(const plan& drawn, std::ostream& out) {
    out << drawn.peers << " peers, depth " << drawn.depth << ", kind " << static_cast<int>(drawn.kind) << ", seed "
        << drawn.seed << "\n  holders: ";
    rc::show(drawn.holders, out);
    out << "\n  primary rows: ";
    rc::show(drawn.arcs, out);
}

rc::Gen<plan> any_plan() {
    using namespace rc;
    const auto who = up_to(peers_max - 1);
    const auto any_arc =
        gen::build<arc>(gen::set(&arc::from, who), gen::set(&arc::to, who), gen::set(&arc::delay_ms, up_to(80)));
    return gen::build<plan>(
        gen::set(&plan::peers, within<std::size_t>(3, peers_max)), gen::set(&plan::arcs, sequence_of(80, any_arc)),
        gen::set(&plan::holders, sequence_of(6, who)), gen::set(&plan::depth, within(1, 5)),
        gen::set(&plan::kind, gen::element(query_kind::exact, query_kind::words, query_kind::content)),
        gen::set(&plan::seed, up_to(std::uint32_t{1000})));
}

/// Who must handle a search of peer 0, at which lowest level: breadth first, over the tables as they stand.
std::map<node, int> walk(const std::vector<std::vector<node>>& tables, const plan& drawn) {
    std::map<node, int> level_of{{0, 0}};
    std::vector<node> front{0};
    for (int level = 1; level <= drawn.depth; ++level) {
        std::vector<node> next;
        for (const node from : front) {
            if (drawn.kind == query_kind::exact && from != 0 && drawn.holds(from)) continue;
            for (const node to : tables[from])
                if (level_of.try_emplace(to, level).second) next.push_back(to);
        }
        front = std::move(next);
    }
    level_of.erase(0);
    return level_of;
}

struct copy {
    node from;
    node to;
    int level;
    auto operator<=>(const copy&) const = default;
};
std::ostream& operator<<(std::ostream& out, const copy& one) {
    return out << one.from << "->" << one.to << " at level " << one.level;
}

/// Every PESQUISA that arrived, in order of arrival.
std::vector<copy> arrivals(const message_log& log) {
    std::vector<copy> all;
    for (const travelled* one : log.of_type<wire::pesquisa>())
        all.push_back({one->from, one->to, std::get<wire::pesquisa>(one->what).level});
    return all;
}

/// What must have been sent, given what each peer heard, in which order: forward the first copy and each of a strictly lower level,
/// within the depth, to every row but the one it came from and the originator.
std::vector<copy> forwards(const std::vector<copy>& heard, const std::vector<std::vector<node>>& tables,
                           const plan& drawn) {
    std::vector<copy> sent;
    for (const node to : tables[0]) sent.push_back({0, to, 1});
    std::map<node, int> lowest;
    for (const copy& one : heard) {
        const auto [known, first] = lowest.try_emplace(one.to, one.level);
        if (!first && one.level >= known->second) continue;
        known->second = one.level;
        if (one.level >= drawn.depth || (drawn.kind == query_kind::exact && drawn.holds(one.to))) continue;
        for (const node to : tables[one.to])
            if (to != one.from && to != 0) sent.push_back({one.to, to, one.level + 1});
    }
    std::sort(sent.begin(), sent.end());
    return sent;
}

struct outcome {
    std::map<node, int> reach;
    std::vector<node> answered;  ///< once for each answer
    bool operator==(const outcome&) const = default;
};
std::ostream& operator<<(std::ostream& out, const outcome& one) {
    out << "reach (peer, level) ";
    rc::show(one.reach, out);
    out << " answered ";
    rc::show(one.answered, out);
    return out;
}

/// What the runs had in them.
struct tally {
    std::size_t runs = 0;
    std::size_t reached = 0;
    std::size_t answered = 0;
    std::size_t shorter = 0;  ///< copies that came after another one of a higher level

    void add(const outcome& seen, const std::vector<copy>& heard) {
        ++runs;
        reached += seen.reach.size();
        answered += seen.answered.size();
        std::map<node, int> lowest;
        for (const copy& one : heard) {
            const auto [known, first] = lowest.try_emplace(one.to, one.level);
            if (!first && one.level < known->second) ++shorter;
            known->second = std::min(known->second, one.level);
        }
    }
};

/// The overlay of a plan, and one search in it.
struct overlay_run {
    virtual_network net;
    std::vector<std::vector<node>> tables;
    core::search_ticket ticket = 0;

    static network_options options(const plan& drawn) {
        network_options chosen = seeded(drawn.seed);
        chosen.wire.jitter = 3ms;
        return chosen;
    }
    explicit overlay_run(const plan& drawn) : net(options(drawn)) {
        const auto peers = overlay(net, drawn.neighbours(), [&](std::size_t, core::settings& each) {
            each.depth = drawn.depth;
            each.ping_bytes = limits::leaf_bytes;
            each.times.window = 5s;
        });
        content_id wanted = id_of(some_bytes(1, 7));
        for (const node each : peers)
            if (drawn.holds(each)) net.share(each, "wanted thing.bin", some_bytes(1, 7));
        for (const arc& one : drawn.arcs) {
            net.wire().set_delay(one.from, one.to, std::chrono::milliseconds(1 + one.delay_ms));
            net.wire().set_delay(one.to, one.from, std::chrono::milliseconds(1 + one.delay_ms));
        }
        for (const node each : peers) tables.push_back(net.primary_of(each));
        const std::string text = drawn.kind == query_kind::exact   ? "wanted thing.bin"
                                 : drawn.kind == query_kind::words ? "thing wanted"
                                                                   : to_hex(wanted);
        ticket = net.search_and_wait(0, drawn.kind, text);
    }
    outcome seen() const {
        outcome made;
        made.reach = net.log().reach(net.found(0, ticket).id);
        made.answered = answerers(net, 0, ticket);
        std::sort(made.answered.begin(), made.answered.end());
        return made;
    }
    outcome expected(const plan& drawn) const {
        outcome made;
        made.reach = walk(tables, drawn);
        for (const auto& [who, level] : made.reach)
            if (drawn.holds(who)) made.answered.push_back(who);
        return made;
    }
};

}  // namespace

TEST_CASE("R8, R9: in any small overlay a search is handled by the peers of a breadth-first walk, at its levels") {
    tally counted;
    const auto property = [&counted] {
        const plan drawn = *any_plan().as("overlay");
        const overlay_run run(drawn);
        const std::vector<std::vector<std::size_t>> wanted = drawn.neighbours();
        for (std::size_t at = 0; at < drawn.peers; ++at)
            if (!wanted[at].empty()) RC_ASSERT(run.tables[at] == wanted[at]);
        RC_ASSERT(run.seen() == run.expected(drawn));
        const std::vector<copy> heard = arrivals(run.net.log());
        std::vector<copy> sent = heard;
        std::sort(sent.begin(), sent.end());
        RC_ASSERT(sent == forwards(heard, run.tables, drawn));
        for (const node who : run.seen().answered) RC_ASSERT(run.net.log().count<wire::existe>(who, 0) == 1u);
        RC_ASSERT(run.net.broken() == "");
        counted.add(run.seen(), heard);
    };
    REQUIRE(check_sequences("flood over peers", property));
    // The overlays are no empty ones, and the case that the rule of the lower level is for is among them.
    if (counted.runs < 1000) return;
    CHECK(counted.reached > 2 * counted.runs);
    CHECK(counted.answered > counted.runs / 2);
    CHECK(counted.shorter > counted.runs / 4);
}
