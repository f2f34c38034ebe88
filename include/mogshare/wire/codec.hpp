#pragma once
// Messages to bytes and back. Numbers are big-endian; the grammar is in docs/PROTOCOL.md.

#include "mogshare/base/limits.hpp"
#include "mogshare/base/result.hpp"
#include "mogshare/wire/messages.hpp"

namespace mogshare::wire {

/// Why bytes were refused. Each is counted under its name.
enum class decode_error : std::uint8_t {
    unknown_type,    ///< a type below 128 that this version does not know
    unknown_layout,  ///< a frame version other than 1
    oversized,       ///< a payload above its type's limit
    truncated,       ///< the payload ends within a field
    trailing,        ///< bytes after the last field
    bad_magic,       ///< HELLO without `mogShare`: the other side speaks something else
    bad_value,       ///< a field outside its range
};
std::string_view name_of(decode_error error);

/// The fixed header of a frame: u32 payload bytes, u8 type, u8 layout version (1), u16 reserved (0, ignored).
struct frame_header {
    std::uint32_t payload_bytes = 0;
    message_type type{};
};

/// Largest payload that a frame of this type may have; 0 for types that must not come. Optional types (from 128) have 64 KiB.
std::size_t payload_bytes_max(message_type type);
constexpr bool optional_type(message_type type) {
    return static_cast<std::uint8_t>(type) >= 128;
}

/// Reads the first frame_header_bytes of `data`, which holds at least those, and checks type, version and length.
result<frame_header, decode_error> decode_header(byte_view data);

/// Reads the payload of one frame. Never throws, never allocates more than a small multiple of the payload. PONG and PIECE
/// view into `payload`. `type` is one that decode_header accepted and that is not optional.
result<message, decode_error> decode(message_type type, byte_view payload);

/// A whole frame. Fields must be within their limits (asserted). For PIECE and PONG the bulk data is copied in; the
/// functions below avoid that.
bytes encode(const message& m);

/// Everything of a PIECE or PONG frame but its bulk data, which must follow: `m.data` gives the length only.
bytes encode_head(const piece& m);
bytes encode_head(const pong& m);

}  // namespace mogshare::wire
