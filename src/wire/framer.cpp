#include "mogshare/wire/framer.hpp"

#include <algorithm>

namespace mogshare::wire {

namespace {

/// Memory kept for the next frame that is cut by a chunk's end: enough for a PIECE, so that a download settles on one
/// allocation; what a larger frame took is given back.
constexpr std::size_t kept_bytes = limits::bulk_bytes_max + 8 * limits::KiB;

}  // namespace

void framer::feed(byte_view chunk) {
    assert(chunk_.empty() || failed_);
    chunk_ = chunk;
}

result<std::optional<frame>, decode_error> framer::refuse(decode_error why) {
    failed_ = why;
    bytes().swap(partial_);
    return failure{why};
}

byte_view framer::take(std::size_t count) {
    const byte_view taken = chunk_.first(std::min(count, chunk_.size()));
    chunk_ = chunk_.subspan(taken.size());
    return taken;
}

bool framer::buffer_up_to(std::size_t wanted) {
    const byte_view more = take(wanted - partial_.size());
    partial_.insert(partial_.end(), more.begin(), more.end());
    return partial_.size() == wanted;
}

void framer::forget_partial() {
    partial_taken_ = false;
    partial_.clear();
    if (partial_.capacity() > kept_bytes) bytes().swap(partial_);
}

void framer::skip() {
    if (skip_bytes_ == 0) return;
    skip_bytes_ -= take(skip_bytes_).size();
    if (skip_bytes_ == 0) ++ended_;
}

result<std::optional<frame>, decode_error> framer::next() {
    if (partial_taken_) forget_partial();
    while (!failed_) {
        skip();
        // A whole header waits for its payload: an earlier call has let it pass, by the limit of that time.
        const bool judged = partial_.size() >= limits::frame_header_bytes;
        // A header is read where it lies, unless a chunk's end cut it.
        const bool in_place = partial_.empty() && chunk_.size() >= limits::frame_header_bytes;
        if (!in_place && partial_.size() < limits::frame_header_bytes && !buffer_up_to(limits::frame_header_bytes))
            return std::optional<frame>{};
        const auto header = decode_header(in_place ? chunk_ : byte_view(partial_));
        if (!header) return refuse(header.error());
        if (!judged && header->payload_bytes > payload_bytes_max_) return refuse(decode_error::oversized);
        if (optional_type(header->type)) {
            if (in_place) take(limits::frame_header_bytes);
            partial_.clear();
            skip_bytes_ = header->payload_bytes;
            if (skip_bytes_ == 0) ++ended_;
            continue;
        }
        return in_place ? whole(*header) : completed(*header);
    }
    return failure{*failed_};
}

std::optional<frame> framer::whole(const frame_header& header) {
    const std::size_t frame_bytes = limits::frame_header_bytes + header.payload_bytes;
    if (chunk_.size() < frame_bytes) return completed(header);
    ++ended_;
    return frame{header.type, take(frame_bytes).subspan(limits::frame_header_bytes)};
}

std::optional<frame> framer::completed(const frame_header& header) {
    const std::size_t frame_bytes = limits::frame_header_bytes + header.payload_bytes;
    partial_.reserve(frame_bytes);
    if (!buffer_up_to(frame_bytes)) return std::nullopt;
    partial_taken_ = true;
    ++ended_;
    return frame{header.type, byte_view(partial_).subspan(limits::frame_header_bytes)};
}

}  // namespace mogshare::wire
