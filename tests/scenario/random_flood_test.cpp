// Fifty peers with random tables against a naive model: a breadth-first walk over the same tables tells who must see a search, at
// which hop, and who must answer, whatever the delays and however the bytes are cut (R8, R9).

#include "world.hpp"

#include <set>

using namespace mogshare;
using namespace mogshare::testing;

namespace {

constexpr std::size_t peers_count = 50;

struct plan {
    std::vector<std::vector<std::size_t>> neighbours;
    std::set<std::size_t> holders;
};

plan draw_plan(std::uint64_t seed) {
    random_source chance = random_source::from_number(seed);
    plan drawn;
    for (std::size_t at = 0; at < peers_count; ++at) {
        std::set<std::size_t> rows;
        const std::size_t count = 1 + chance.below(4);
        while (rows.size() < count) {
            const std::size_t other = chance.below(peers_count);
            if (other != at) rows.insert(other);
        }
        drawn.neighbours.emplace_back(rows.begin(), rows.end());
        if (chance.below(5) == 0) drawn.holders.insert(at);
    }
    drawn.holders.erase(0);
    return drawn;
}

/// Who sees a search of peer 0, with the hop: breadth first, over the tables as they stand.
std::map<node, int> walk(const virtual_network& net, const std::vector<node>& peers, const std::set<node>& stopping,
                         int depth) {
    std::map<node, int> hop{{peers[0], 0}};
    std::vector<node> front{peers[0]};
    for (int level = 1; level <= depth; ++level) {
        std::vector<node> next;
        for (const node from : front) {
            if (stopping.contains(from)) continue;
            for (const node to : net.primary_of(from))
                if (hop.try_emplace(to, level).second) next.push_back(to);
        }
        front = std::move(next);
    }
    hop.erase(peers[0]);
    return hop;
}

struct outcome {
    std::map<node, int> reach;
    std::set<node> answered;
    bool operator==(const outcome&) const = default;
};

outcome expected(const virtual_network& net, const std::vector<node>& peers, const std::set<node>& holders,
                 query_kind kind) {
    outcome model;
    model.reach =
        walk(net, peers, kind == query_kind::exact ? holders : std::set<node>{}, net.peer(peers[0]).chosen().depth);
    for (const auto& [who, hop] : model.reach)
        if (holders.contains(who)) model.answered.insert(who);
    return model;
}

outcome observed(const virtual_network& net, node who, core::search_ticket ticket) {
    outcome seen;
    seen.reach = net.log().reach(net.found(who, ticket).id);
    for (const node each : answerers(net, who, ticket)) seen.answered.insert(each);
    return seen;
}

/// A delay of its own for each pair: some a hundred times others, so that long paths often come first.
void draw_delays(virtual_network& net, const std::vector<node>& peers, std::uint64_t seed) {
    random_source chance = random_source::from_number(seed + 1000);
    for (const node one : peers) {
        for (const node other : peers) {
            const duration base = std::chrono::milliseconds(1 + chance.below(4));
            net.wire().set_delay(one, other, chance.below(3) == 0 ? 25 * base : base);
        }
    }
}

struct run {
    outcome seen;
    outcome model;
    digest trace;
};

run flood(std::uint64_t seed, query_kind kind, std::size_t chunk_bytes_max = 64 * 1024) {
    network_options chosen = seeded(seed);
    chosen.wire.jitter = 3ms;
    chosen.wire.chunk_bytes_max = chunk_bytes_max;
    chosen.check_every = chunk_bytes_max == 1 ? 101 : 1;
    world net(chosen);
    const plan drawn = draw_plan(seed);
    const auto peers = overlay(net, drawn.neighbours, [](std::size_t, core::settings& each) {
        each.ping_bytes = limits::leaf_bytes;
        each.times.window = 5s;
    });
    std::set<node> holders;
    for (const std::size_t at : drawn.holders) {
        net.share(peers[at], "wanted thing.bin", some_bytes(3000, 7));
        holders.insert(peers[at]);
    }
    draw_delays(net, peers, seed);
    run made;
    made.model = expected(net, peers, holders, kind);
    const auto ticket =
        net.search_and_wait(peers[0], kind, kind == query_kind::exact ? "wanted thing.bin" : "thing wanted");
    net.run_for(5s);
    made.seen = observed(net, peers[0], ticket);
    made.trace = net.trace_digest();
    return made;
}

}  // namespace

TEST_CASE(
    "R9: fifty random peers: exactly the peers of a breadth-first walk see a search, and its holders answer once") {
    std::size_t reached = 0;
    std::size_t answers = 0;
    const auto chosen = seeds(40);
    for (const std::uint64_t seed : chosen) {
        for (const query_kind kind : {query_kind::exact, query_kind::words}) {
            CAPTURE(seed);
            CAPTURE(static_cast<int>(kind));
            const run made = flood(seed, kind);
            CHECK(made.seen.reach == made.model.reach);
            CHECK(made.seen.answered == made.model.answered);
            reached += made.seen.reach.size();
            answers += made.seen.answered.size();
        }
    }
    // The scenario is no empty one: each search reaches somebody, and many of them many. A few may be small for once.
    const std::size_t floods = 2 * chosen.size();
    CHECK(reached >= floods);
    if (chosen.size() < 20) return;
    CHECK(reached > floods * 8);
    CHECK(answers > floods);
}

TEST_CASE("a run is decided by its seed: the same one twice gives the same trace, another one another") {
    const run first = flood(11, query_kind::words);
    const run again = flood(11, query_kind::words);
    const run other = flood(12, query_kind::words);
    CHECK(first.trace == again.trace);
    CHECK(first.seen == again.seen);
    CHECK(first.trace != other.trace);
}

TEST_CASE("bytes may arrive in any chunks: byte by byte, in threes or whole, the outcome is the same") {
    for (const std::uint64_t seed : {21, 22}) {
        CAPTURE(seed);
        const run whole = flood(seed, query_kind::words);
        const run threes = flood(seed, query_kind::words, 3);
        const run single = flood(seed, query_kind::words, 1);
        CHECK(threes.seen == whole.seen);
        CHECK(single.seen == whole.seen);
        CHECK(single.seen == single.model);
    }
}
