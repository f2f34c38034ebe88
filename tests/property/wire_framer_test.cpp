// The framer against a naive one that keeps everything and copies every frame.

#include "wire_generators.hpp"

#include "mogshare/wire/framer.hpp"

#include <doctest/doctest.h>

using namespace wire_generators;

namespace {

struct cut {
    std::vector<std::pair<message_type, bytes>> frames;
    std::optional<decode_error> error;
    bool operator==(const cut&) const = default;
};

/// The oracle: the whole stream at once.
cut naive(const bytes& stream) {
    cut out;
    std::size_t at = 0;
    while (stream.size() - at >= limits::frame_header_bytes) {
        const auto header = decode_header(byte_view(stream).subspan(at));
        if (!header) {
            out.error = header.error();
            return out;
        }
        const std::size_t begin = at + limits::frame_header_bytes;
        const std::size_t end = begin + header->payload_bytes;
        if (end > stream.size()) return out;
        const byte_view payload = byte_view(stream).subspan(begin, end - begin);
        if (!optional_type(header->type)) out.frames.emplace_back(header->type, bytes(payload.begin(), payload.end()));
        at = end;
    }
    return out;
}

/// Takes what there is; false once the stream is refused.
bool drain(framer& cutter, cut& out) {
    for (;;) {
        const auto next = cutter.next();
        if (!next) {
            out.error = next.error();
            return false;
        }
        if (!next->has_value()) return true;
        out.frames.emplace_back((*next)->type, bytes((*next)->payload.begin(), (*next)->payload.end()));
    }
}

/// The framer, in random chunks, each in memory of its own that is gone afterwards.
cut chunked(const bytes& stream) {
    cut out;
    framer cutter;
    const std::size_t chunk_max = between<std::size_t>(1, 120);
    for (std::size_t at = 0; at < stream.size();) {
        const std::size_t size = std::min(between<std::size_t>(1, chunk_max), stream.size() - at);
        const auto begin = stream.begin() + static_cast<std::ptrdiff_t>(at);
        const bytes chunk(begin, begin + static_cast<std::ptrdiff_t>(size));
        cutter.feed(chunk);
        if (!drain(cutter, out)) return out;
        at += size;
    }
    return out;
}

bytes optional_frame() {
    const bytes payload = any_bytes(0, 60);
    bytes frame{0, 0, 0, static_cast<std::uint8_t>(payload.size()), between<std::uint8_t>(128, 255), 1, 0, 0};
    frame.insert(frame.end(), payload.begin(), payload.end());
    return frame;
}

bytes any_stream() {
    bytes stream;
    const auto count = between(0u, 8u);
    for (unsigned at = 0; at < count; ++at) {
        bytes data;
        const bytes frame = between(0u, 4u) == 0 ? optional_frame() : encode(any_message(data));
        stream.insert(stream.end(), frame.begin(), frame.end());
    }
    return stream;
}

}  // namespace

TEST_CASE("random chunks of a stream of messages give the frames of the whole stream") {
    CHECK(rc::check("chunked like naive", [] {
        const bytes stream = any_stream();
        RC_ASSERT(chunked(stream) == naive(stream));
    }));
}

TEST_CASE("a broken stream gives the frames before the break, then the error, in any chunks") {
    CHECK(rc::check("mutated stream", [] {
        bytes stream = any_stream();
        const auto changes = between(1u, 3u);
        for (unsigned change = 0; change < changes && !stream.empty(); ++change)
            stream[between<std::size_t>(0, stream.size() - 1)] = any_number<std::uint8_t>();
        RC_ASSERT(chunked(stream) == naive(stream));
    }));
    CHECK(rc::check("noise", [] {
        const bytes stream = any_bytes(0, 200);
        RC_ASSERT(chunked(stream) == naive(stream));
    }));
}
