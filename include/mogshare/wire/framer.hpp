#pragma once
// Cuts a byte stream, arriving in chunks of any size, into frames.

#include "mogshare/wire/codec.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace mogshare::wire {

/// One frame; `payload` is valid until the next call of the framer it came from.
struct frame {
    message_type type{};
    byte_view payload;
};

/// Feed a chunk, then take frames until there are none. A frame that lies whole within a chunk is not copied; at most
/// one frame is ever buffered, and a header is checked before room is made for its payload. After an error the stream is
/// lost: every later call gives the same error. Optional frames of unknown type are skipped.
class framer {
public:
    /// `chunk` must stay valid until next() has returned nothing or an error.
    void feed(byte_view chunk);
    /// The next whole frame, nothing when more bytes are needed, or why the stream is refused.
    result<std::optional<frame>, decode_error> next();
    /// Frames with a larger payload are `oversized` from the next header on, whatever their type allows: a stranger who has
    /// not introduced himself gets no megabyte of memory.
    void limit_payloads(std::size_t payload_bytes) { payload_bytes_max_ = payload_bytes; }
    /// Bytes held for a frame that is not whole yet.
    std::size_t buffered_bytes() const { return partial_taken_ ? 0 : partial_.size(); }
    /// Which frame has come in part, counted from 0 and skipped ones included; nothing between frames. A chunk that ends one
    /// and begins another changes the number.
    std::optional<std::uint64_t> unfinished() const {
        return buffered_bytes() > 0 || skip_bytes_ > 0 ? std::optional(ended_) : std::nullopt;
    }

private:
    result<std::optional<frame>, decode_error> refuse(decode_error why);
    /// Up to `count` bytes off the chunk.
    byte_view take(std::size_t count);
    /// Moves bytes from the chunk to partial_ until it holds `wanted`; false when the chunk ends before.
    bool buffer_up_to(std::size_t wanted);
    void forget_partial();
    /// Drops what has come of an optional frame.
    void skip();
    /// The frame that begins the chunk, in place when it lies whole within it.
    std::optional<frame> whole(const frame_header& header);
    /// The frame that partial_ begins, once the chunk has brought its end.
    std::optional<frame> completed(const frame_header& header);

    byte_view chunk_;
    bytes partial_;
    bool partial_taken_ = false;  ///< partial_ holds the frame returned last
    std::size_t skip_bytes_ = 0;  ///< rest of an optional frame, which is never buffered
    std::uint64_t ended_ = 0;     ///< frames that have come whole
    std::size_t payload_bytes_max_ = limits::payload_bytes_max;
    std::optional<decode_error> failed_;
};

}  // namespace mogshare::wire
