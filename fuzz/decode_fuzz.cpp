// Arbitrary bytes, in arbitrary chunks, through framer and decoder: neither may crash, and what decodes must encode to a frame
// that decodes to the same bytes again.

#include "mogshare/wire/codec.hpp"
#include "mogshare/wire/framer.hpp"

#include <algorithm>
#include <cstdlib>

using namespace mogshare;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

/// Encodes, cuts and decodes `m`; PIECE and PONG hold views, so bytes are compared and not messages.
void check_round_trip(const wire::message& m) {
    const bytes frame = wire::encode(m);
    const auto header = wire::decode_header(frame);
    require(header.ok() && header->payload_bytes + limits::frame_header_bytes == frame.size());
    const auto again = wire::decode(header->type, byte_view(frame).subspan(limits::frame_header_bytes));
    require(again.ok() && wire::encode(*again) == frame);
}

/// Takes all frames that are whole; false when the stream is lost.
bool take_frames(wire::framer& framer) {
    for (;;) {
        const auto next = framer.next();
        if (!next.ok()) return false;
        if (!next->has_value()) return true;
        const auto message = wire::decode((*next)->type, (*next)->payload);
        if (message.ok()) check_round_trip(*message);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t chunk_bytes = std::size_t{data[0]} + 1;  // the first byte decides how the rest arrives
    byte_view rest(data + 1, size - 1);
    wire::framer framer;
    while (!rest.empty()) {
        const byte_view chunk = rest.first(std::min(chunk_bytes, rest.size()));
        rest = rest.subspan(chunk.size());
        framer.feed(chunk);
        if (!take_frames(framer)) break;
    }
    return 0;
}
