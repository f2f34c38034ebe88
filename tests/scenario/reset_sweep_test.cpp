// A connection that is reset, or goes silent, after exactly so many bytes: at every byte of entering, searching, answering, pinging
// and fetching, on each connection and in each direction.

#include "exchange_scene.hpp"

using namespace mogshare;
using namespace mogshare::testing;

namespace {

network_options quick(std::uint64_t seed) {
    network_options chosen = seeded(seed);
    chosen.wire.jitter = 2ms;
    chosen.wire.delay = 1ms;
    return chosen;
}

struct outcome {
    bool failed_at_first = false;
    digest trace;
};

outcome broken_at(const exchange_place& place, const network_options& chosen, bool resets) {
    exchange_scene scene(chosen);
    if (resets)
        scene.net.wire().reset_at(place.connection, place.from, place.position);
    else
        scene.net.wire().stall_at(place.connection, place.from, place.position);
    scene.exchange();
    const bool failed = scene.check_recovered();
    return {failed, scene.net.trace_digest()};
}

void sweep(std::uint64_t stride, std::uint64_t skip, bool resets) {
    const network_options chosen = quick(1);
    const auto places = exchange_places(chosen, stride);
    // Two connections of the link, one of the answer, one of the transfer, each with two directions, more or less.
    CHECK(places.size() > 1500);
    std::size_t failed = 0;
    for (std::size_t at = 0; at < places.size(); at += skip) {
        const exchange_place& place = places[at];
        CAPTURE(place.connection);
        CAPTURE(place.from);
        CAPTURE(place.position);
        failed += broken_at(place, chosen, resets).failed_at_first ? 1 : 0;
    }
    CHECK(failed > places.size() / skip / 4);  // the faults are felt
}

digest trace_of(const exchange_place& place, std::uint64_t seed, bool resets) {
    return broken_at(place, quick(seed), resets).trace;
}

}  // namespace

TEST_CASE("faults: a connection that is reset at any byte leaves nothing stuck, and the next try succeeds") {
    sweep(5, scenario_part, true);
}

TEST_CASE("faults: a stream that goes silent after any byte leaves nothing stuck, and the next try succeeds") {
    sweep(97, scenario_part, false);
}

TEST_CASE("faults: so it is in other orders of arrival, with bytes cut in every way") {
    for (std::uint64_t seed = 2; seed <= 9; ++seed) {
        network_options chosen = quick(seed);
        chosen.wire.jitter = 30ms;
        chosen.wire.chunk_bytes_max = seed % 2 == 0 ? 7 : 1000;
        chosen.disk_jitter = 20ms;
        chosen.wake_late = 10ms;
        const auto places = exchange_places(chosen, 499);
        random_source chance = random_source::from_number(seed);
        for (int tries = 0; tries < static_cast<int>(25 / scenario_part); ++tries) {
            const exchange_place& place = places[chance.below(places.size())];
            CAPTURE(seed);
            CAPTURE(place.connection);
            CAPTURE(place.from);
            CAPTURE(place.position);
            broken_at(place, chosen, chance.below(2) == 0);
        }
    }
}

TEST_CASE("faults: a run with a reset in it is decided by its seed") {
    const exchange_place place{1, 1, 40};
    CHECK(trace_of(place, 5, true) == trace_of(place, 5, true));
    CHECK(trace_of(place, 5, true) != trace_of(place, 6, true));
    CHECK(trace_of(place, 5, true) != trace_of({1, 1, 41}, 5, true));
    CHECK(trace_of(place, 5, true) != trace_of(place, 5, false));
}
