// A byte stream cut into frames, whatever the chunks it arrives in.

#include "wire_golden_values.hpp"

#include "mogshare/wire/framer.hpp"

#include <doctest/doctest.h>

using namespace wire_goldens;

namespace {

struct cut_frame {
    message_type type{};
    bytes payload;
    bool operator==(const cut_frame&) const = default;
};

/// All frames of `chunk`, copied.
std::vector<cut_frame> frames_of(framer& cutter, byte_view chunk) {
    std::vector<cut_frame> found;
    cutter.feed(chunk);
    for (;;) {
        const auto next = cutter.next();
        REQUIRE(next.ok());
        if (!next->has_value()) return found;
        found.push_back({(*next)->type, bytes((*next)->payload.begin(), (*next)->payload.end())});
    }
}

void append(bytes& stream, const bytes& more) {
    stream.insert(stream.end(), more.begin(), more.end());
}

/// Every golden frame, one after the other, and what is expected of them.
bytes golden_stream(std::vector<cut_frame>& expected) {
    bytes stream;
    for (const golden& g : values()) {
        const bytes frame = encode(g.value);
        append(stream, frame);
        expected.push_back({type_of(g.value), bytes(frame.begin() + 8, frame.end())});
    }
    return stream;
}

bool within(byte_view inner, byte_view outer) {
    return inner.data() >= outer.data() && inner.data() + inner.size() <= outer.data() + outer.size();
}

bytes optional_frame(std::uint32_t payload_bytes) {
    bytes frame = encode(keepalive{});
    frame.resize(8 + payload_bytes, 0xcc);
    for (std::size_t at = 0; at < 4; ++at) frame[at] = static_cast<std::uint8_t>(payload_bytes >> (24 - 8 * at));
    frame[4] = 200;
    return frame;
}

}  // namespace

TEST_CASE("frames come out the same whether they arrive at once, a byte at a time, or in chunks of any size") {
    std::vector<cut_frame> expected;
    const bytes stream = golden_stream(expected);
    for (const std::size_t chunk : std::vector<std::size_t>{stream.size(), 1, 2, 7, 8, 9, 100, 1000}) {
        CAPTURE(chunk);
        framer cutter;
        std::vector<cut_frame> found;
        for (std::size_t at = 0; at < stream.size(); at += chunk) {
            const byte_view part = byte_view(stream).subspan(at, std::min(chunk, stream.size() - at));
            for (cut_frame& f : frames_of(cutter, part)) found.push_back(std::move(f));
        }
        CHECK(found == expected);
        CHECK(cutter.buffered_bytes() == 0);
    }
}

TEST_CASE("a frame that lies whole within a chunk is not copied") {
    bytes stream;
    for (int count = 0; count < 3; ++count) append(stream, encode(claim{search}));
    framer cutter;
    cutter.feed(stream);
    for (int count = 0; count < 3; ++count) {
        const auto next = cutter.next();
        REQUIRE(next.ok());
        REQUIRE(next->has_value());
        CHECK(within((*next)->payload, stream));
        CHECK(cutter.buffered_bytes() == 0);
    }
}

TEST_CASE("64 KiB pieces in 256 KiB chunks: only the frame that a chunk's end cuts is buffered") {
    const bytes data(limits::bulk_bytes_max, 0x42);
    bytes stream;
    for (std::uint32_t number = 0; number < 16; ++number) append(stream, encode(piece{number, 0, data}));
    framer cutter;
    std::uint32_t pieces = 0;
    std::size_t copied = 0;
    constexpr std::size_t chunk_bytes = 256 * limits::KiB;
    for (std::size_t at = 0; at < stream.size(); at += chunk_bytes) {
        const byte_view chunk = byte_view(stream).subspan(at, std::min(chunk_bytes, stream.size() - at));
        cutter.feed(chunk);
        for (auto next = cutter.next(); next.ok() && next->has_value(); next = cutter.next()) {
            const auto decoded = decode((*next)->type, (*next)->payload);
            REQUIRE(decoded.ok());
            CHECK(std::get<piece>(*decoded).number == pieces++);
            copied += within((*next)->payload, chunk) ? 0 : 1;
        }
        CHECK(cutter.buffered_bytes() <= data.size() + 64);
    }
    CHECK(pieces == 16);
    CHECK(copied == 4);
}

TEST_CASE("a frame returned from the buffer stays valid until the next call") {
    const bytes frame = encode(bye{bye_reason::leaving, "stopped"});
    framer cutter;
    CHECK(frames_of(cutter, byte_view(frame).first(10)).empty());
    CHECK(cutter.buffered_bytes() == 10);
    bytes rest(frame.begin() + 10, frame.end());
    cutter.feed(rest);
    const auto next = cutter.next();
    REQUIRE(next.ok());
    REQUIRE(next->has_value());
    rest.assign(rest.size(), 0);
    const auto decoded = decode((*next)->type, (*next)->payload);
    REQUIRE(decoded.ok());
    CHECK(std::get<bye>(*decoded).text == "stopped");
    const auto none = cutter.next();
    REQUIRE(none.ok());
    CHECK_FALSE(none->has_value());
}

TEST_CASE("optional frames of unknown type are skipped, never buffered, however they are cut") {
    bytes stream = optional_frame(0);
    append(stream, encode(keepalive{}));
    append(stream, optional_frame(64 * limits::KiB));
    append(stream, optional_frame(5));
    append(stream, encode(cancel{7}));
    for (const std::size_t chunk : std::vector<std::size_t>{stream.size(), 1, 11, 4096}) {
        CAPTURE(chunk);
        framer cutter;
        std::vector<message_type> found;
        for (std::size_t at = 0; at < stream.size(); at += chunk) {
            const byte_view part = byte_view(stream).subspan(at, std::min(chunk, stream.size() - at));
            for (const cut_frame& f : frames_of(cutter, part)) found.push_back(f.type);
            CHECK(cutter.buffered_bytes() < 32);
        }
        CHECK(found == std::vector<message_type>{message_type::keepalive, message_type::cancel});
    }
}

TEST_CASE("frames before a bad header come out, then every call gives the same error") {
    bytes stream = encode(keepalive{});
    append(stream, from_hex("ffffffff 04 01 0000"));
    append(stream, encode(keepalive{}));
    framer cutter;
    cutter.feed(stream);
    const auto first = cutter.next();
    REQUIRE(first.ok());
    CHECK(first->has_value());
    for (int again = 0; again < 3; ++again) {
        const auto refused = cutter.next();
        REQUIRE_FALSE(refused.ok());
        CHECK(refused.error() == decode_error::oversized);
        cutter.feed(stream);
    }
    CHECK(cutter.buffered_bytes() == 0);
}

TEST_CASE("a header is refused as soon as its eighth byte is there, before room is made for its payload") {
    for (const char* hex : {"7fffffff 09 01 0000", "00000000 12 01 0000", "00000000 01 07 0000"}) {
        const bytes header = from_hex(hex);
        framer cutter;
        CHECK(frames_of(cutter, byte_view(header).first(7)).empty());
        cutter.feed(byte_view(header).subspan(7));
        CHECK_FALSE(cutter.next().ok());
        CHECK(cutter.buffered_bytes() == 0);
    }
}

TEST_CASE("another limit counts from the next header on: a frame whose header has passed is still let through") {
    const bytes first = encode(claim{});
    const bytes second = encode(claim{});
    framer cutter;
    CHECK(frames_of(cutter, byte_view(first).first(10)).empty());
    cutter.limit_payloads(31);
    CHECK(frames_of(cutter, byte_view(first).subspan(10)).size() == 1);
    cutter.feed(byte_view(second).first(8));
    const auto refused = cutter.next();
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error() == decode_error::oversized);
}
