// What the protocol costs a peer that relays: bytes of a search in, decoded, looked up, remembered, forwarded, bytes out.

#include "relay_scene.hpp"

#include <benchmark/benchmark.h>

using namespace mogshare;
using namespace mogshare::bench;
using wire::query_kind;

namespace {

constexpr std::size_t names_count = 10'000;
constexpr std::size_t neighbours_count = 32;
constexpr std::size_t a_chunk = 64;  // searches that one read of a busy link brings

/// Searches `first` to `first + a_chunk` as one chunk of a stream.
template <class Text>
bytes chunk_of(const relay_scene& scene, std::uint64_t first, query_kind kind, Text text) {
    bytes chunk;
    for (std::uint64_t number = first; number < first + a_chunk; ++number) {
        const bytes frame = scene.relayed(number, kind, text(number));
        chunk.insert(chunk.end(), frame.begin(), frame.end());
    }
    return chunk;
}

template <class Text>
void relay_distinct(benchmark::State& state, query_kind kind, Text text) {
    relay_scene scene(names_count, neighbours_count);
    std::uint64_t number = 0;
    std::size_t from = 0;
    for (auto _ : state) {
        state.PauseTiming();
        const bytes chunk = chunk_of(scene, number, kind, text);
        state.ResumeTiming();
        scene.hear(from, chunk);
        number += a_chunk;
        from = (from + 1) % neighbours_count;
        scene.pass(std::chrono::milliseconds(a_chunk));
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(number));
    if (scene.counts().searches_forwarded != number * (neighbours_count - 1)) state.SkipWithError("not all went on");
    state.counters["forwarded_per_search"] =
        static_cast<double>(scene.counts().searches_forwarded) / static_cast<double>(number);
}

void distinct_exact_searches(benchmark::State& state) {
    relay_distinct(state, query_kind::exact,
                   [](std::uint64_t number) { return "nobody has " + std::to_string(number) + ".bin"; });
}

/// Words of which one is rare, or all are common but never together: each costs a scan of every name.
void distinct_word_searches(benchmark::State& state, const std::string& words) {
    relay_distinct(state, query_kind::words, [&](std::uint64_t) { return words; });
}

void copies_of_known_searches(benchmark::State& state) {
    relay_scene scene(names_count, neighbours_count);
    const bytes chunk = chunk_of(scene, 0, query_kind::exact,
                                 [](std::uint64_t number) { return "known " + std::to_string(number) + ".bin"; });
    scene.hear(0, chunk);
    const std::uint64_t before = scene.counts().searches_known;
    std::int64_t copies = 0;
    for (auto _ : state) {
        scene.hear(1, chunk);
        copies += a_chunk;
    }
    state.SetItemsProcessed(copies);
    if (scene.counts().searches_known - before != static_cast<std::uint64_t>(copies))
        state.SkipWithError("not all were known");
}

}  // namespace

BENCHMARK(distinct_exact_searches);
BENCHMARK(copies_of_known_searches);
BENCHMARK_CAPTURE(distinct_word_searches, nothing, "nobodyhasthis");
BENCHMARK_CAPTURE(distinct_word_searches, rare, "winter nobodyhasthis");
BENCHMARK_CAPTURE(distinct_word_searches, common, "sketches 777");
