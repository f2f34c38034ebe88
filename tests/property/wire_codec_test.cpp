// Any message survives the way to bytes and back; any bytes are read or refused, and what is read can be written again.

#include "wire_generators.hpp"

#include "support/properties.hpp"

#include <doctest/doctest.h>

using namespace wire_generators;

namespace {

byte_view payload_of(const bytes& frame) {
    return byte_view(frame).subspan(limits::frame_header_bytes);
}

/// Decodes, encodes and compares: the bytes that this version writes for a message are one to one with the message.
void check_rewritten(const message& m, byte_view payload) {
    const bytes rewritten = encode(m);
    const auto again = decode(type_of(m), payload_of(rewritten));
    RC_ASSERT(again.ok());
    RC_ASSERT(encode(*again) == rewritten);
    RC_ASSERT(rewritten.size() <= payload.size() + limits::frame_header_bytes + 64);
}

}  // namespace

TEST_CASE("a random message decodes to what was encoded") {
    CHECK(mogshare::testing::check_sequences("round trip", [] {
        bytes data;
        const message m = any_message(data);
        const bytes frame = encode(m);
        const auto header = decode_header(frame);
        RC_ASSERT(header.ok());
        RC_ASSERT(header->type == type_of(m));
        RC_ASSERT(header->payload_bytes == frame.size() - limits::frame_header_bytes);
        const auto decoded = decode(header->type, payload_of(frame));
        RC_ASSERT(decoded.ok());
        RC_ASSERT(decoded->index() == m.index());
        RC_ASSERT(encode(*decoded) == frame);
        std::visit(
            [&]<class M>(const M& body) {
                if constexpr (requires { body == body; }) RC_ASSERT(body == std::get<M>(*decoded));
            },
            m);
    }));
}

TEST_CASE("random bytes are read or refused, never more") {
    CHECK(mogshare::testing::check_sequences("random payload", [] {
        const auto type = static_cast<message_type>(between(1u, 17u));
        const bytes payload = any_bytes(0, 300);
        const auto decoded = decode(type, payload);
        if (decoded) check_rewritten(*decoded, payload);
    }));
    CHECK(mogshare::testing::check_sequences("random header", [] {
        const bytes header = any_bytes(8, 8);
        const auto decoded = decode_header(header);
        if (decoded) RC_ASSERT(decoded->payload_bytes <= payload_bytes_max(decoded->type));
    }));
}

TEST_CASE("a message with some bytes changed, cut or added is read or refused, never more") {
    CHECK(mogshare::testing::check_sequences("mutated payload", [] {
        bytes data;
        const message m = any_message(data);
        const bytes frame = encode(m);
        bytes payload(payload_of(frame).begin(), payload_of(frame).end());
        const auto changes = between(0u, 4u);
        for (unsigned change = 0; change < changes && !payload.empty(); ++change)
            payload[between<std::size_t>(0, payload.size() - 1)] = any_number<std::uint8_t>();
        if (*rc::gen::arbitrary<bool>()) payload.resize(between<std::size_t>(0, payload.size() + 8));
        const auto decoded = decode(type_of(m), payload);
        if (decoded) check_rewritten(*decoded, payload);
    }));
}
