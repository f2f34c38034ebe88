#pragma once
// The framer as a stream that is kept whole, and copied frame by frame.

#include "mogshare/wire/framer.hpp"

#include <optional>
#include <utility>

namespace naive {

using namespace mogshare;
using namespace mogshare::wire;

/// What a framer gives: a frame, nothing, or an error.
struct given {
    std::optional<std::pair<message_type, bytes>> frame;
    std::optional<decode_error> error;
    bool operator==(const given&) const = default;
    bool more() const { return frame && !error; }
};

class framer_model {
public:
    void feed(const bytes& more) { all_.insert(all_.end(), more.begin(), more.end()); }
    void limit_payloads(std::size_t payload_bytes) { limit_ = payload_bytes; }

    /// A header is judged once its bytes are there, by the limit of that time. An optional frame is passed over.
    given next() {
        while (!error_ && at_ + limits::frame_header_bytes <= all_.size()) {
            if (!header_) judge();
            if (error_) break;
            const std::size_t begin = at_ + limits::frame_header_bytes;
            const std::size_t end = begin + header_->payload_bytes;
            const bool passed_over = optional_type(header_->type);
            if (!passed_over && end > all_.size()) return {};
            at_ = end;
            const message_type type = header_->type;
            header_.reset();
            if (passed_over) continue;
            return {std::pair(type, bytes(all_.begin() + std::ptrdiff_t(begin), all_.begin() + std::ptrdiff_t(end))),
                    {}};
        }
        return {std::nullopt, error_};
    }
    /// Bytes of a frame that is not whole yet.
    std::size_t waiting_bytes() const { return error_ || at_ >= all_.size() ? 0 : all_.size() - at_; }

private:
    void judge() {
        const auto read = decode_header(byte_view(all_).subspan(at_));
        if (!read)
            error_ = read.error();
        else if (read->payload_bytes > limit_)
            error_ = decode_error::oversized;
        else
            header_ = *read;
    }

    bytes all_;
    std::size_t at_ = 0;
    std::size_t limit_ = limits::payload_bytes_max;
    std::optional<frame_header> header_;  ///< of the frame that begins at `at_`, once judged
    std::optional<decode_error> error_;
};

inline given next_of(framer& from) {
    const auto next = from.next();
    if (!next) return {std::nullopt, next.error()};
    if (!*next) return {};
    return {std::pair((*next)->type, bytes((*next)->payload.begin(), (*next)->payload.end())), {}};
}

}  // namespace naive
