// Bytes to messages and back.

#include "mogshare/base/random.hpp"
#include "mogshare/wire/codec.hpp"
#include "mogshare/wire/framer.hpp"

#include <benchmark/benchmark.h>

using namespace mogshare;

namespace {

wire::pesquisa some_search() {
    wire::pesquisa said;
    said.id = random_source::from_number(1).id<query_id>();
    said.origin_id = random_source::from_number(2).id<peer_id>();
    said.origin = {host::v4({10, 0, 0, 1}), 7000};
    said.level = 2;
    said.name = "Holiday 2026/letters to nobody.pdf";
    return said;
}

void encode_search(benchmark::State& state) {
    const wire::pesquisa said = some_search();
    for (auto _ : state) benchmark::DoNotOptimize(wire::encode(said));
    state.SetItemsProcessed(state.iterations());
}

void frame_and_decode_search(benchmark::State& state) {
    constexpr std::int64_t a_chunk = 64;
    const bytes frame = wire::encode(some_search());
    bytes chunk;
    for (std::int64_t each = 0; each < a_chunk; ++each) chunk.insert(chunk.end(), frame.begin(), frame.end());
    wire::framer frames;
    std::int64_t read = 0;
    for (auto _ : state) {
        frames.feed(chunk);
        while (const auto next = *frames.next()) {
            const auto said = wire::decode(next->type, next->payload);
            if (said) ++read;
        }
    }
    state.SetItemsProcessed(read);
    if (read != state.iterations() * a_chunk) state.SkipWithError("not all were read");
}

/// What a downloader does with the bytes of a piece before they are hashed.
void frame_and_decode_piece(benchmark::State& state) {
    wire::piece said;
    said.number = 1;
    const bytes data(limits::bulk_bytes_max);
    said.data = data;
    const bytes frame = wire::encode(said);
    wire::framer frames;
    std::int64_t read_bytes = 0;
    for (auto _ : state) {
        // Two chunks, as a socket cuts a stream.
        for (const byte_view chunk : {byte_view(frame).first(40'000), byte_view(frame).subspan(40'000)}) {
            frames.feed(chunk);
            while (const auto next = *frames.next()) {
                const auto got = wire::decode(next->type, next->payload);
                if (got) read_bytes += static_cast<std::int64_t>(std::get<wire::piece>(*got).data.size());
            }
        }
    }
    state.SetBytesProcessed(read_bytes);
    if (read_bytes != state.iterations() * static_cast<std::int64_t>(data.size()))
        state.SkipWithError("not all were read");
}

}  // namespace

BENCHMARK(encode_search);
BENCHMARK(frame_and_decode_search);
BENCHMARK(frame_and_decode_piece);
