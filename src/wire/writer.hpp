#pragma once
// Writes one frame: header, fields, the empty extension block. The mirror of reader.hpp.

#include "mogshare/base/address.hpp"
#include "mogshare/base/ids.hpp"
#include "mogshare/wire/codec.hpp"

#include <cassert>
#include <concepts>
#include <string_view>
#include <utility>
#include <vector>

namespace mogshare::wire {

inline constexpr std::uint8_t layout_version = 1;

class writer {
public:
    /// `bytes_hint`: about how long the frame will be.
    writer(message_type type, std::size_t bytes_hint) {
        frame_.reserve(bytes_hint);
        number(std::uint32_t{0});  // the payload's length, known at the end
        number(static_cast<std::uint8_t>(type));
        number(layout_version);
        number(std::uint16_t{0});
    }

    template <std::unsigned_integral Int>
    void number(Int value) {
        for (std::size_t shift = 8 * sizeof(Int); shift > 0; shift -= 8)
            frame_.push_back(static_cast<std::uint8_t>(value >> (shift - 8)));
    }

    void raw(byte_view data) { frame_.insert(frame_.end(), data.begin(), data.end()); }

    template <class Tag>
    void id(const basic_id<Tag>& value) {
        raw(value.view());
    }

    void text(std::string_view value) {
        number(length16(value.size()));
        raw(as_bytes(value));
    }

    void where(const endpoint& value) {
        const host& address = value.address;
        number(static_cast<std::uint8_t>(address.is));
        if (address.is == host::family::v4) raw(byte_view(address.octets).first(4));
        if (address.is == host::family::v6) raw(address.octets);
        number(value.port);
    }

    void digests(const std::vector<digest>& list) {
        number(length16(list.size()));
        for (const digest& item : list) id(item);
    }

    static std::uint16_t length16(std::size_t size) {
        assert(size <= 0xffff);
        return static_cast<std::uint16_t>(size);
    }

    void empty_extension() { number(std::uint16_t{0}); }

    /// The frame, whose header counts `bytes_to_follow` bytes beyond those written here.
    bytes finish(std::size_t bytes_to_follow) && {
        const std::size_t payload = frame_.size() - limits::frame_header_bytes + bytes_to_follow;
        assert(payload <= limits::payload_bytes_max);
        for (std::size_t at = 0; at < 4; ++at) frame_[at] = static_cast<std::uint8_t>(payload >> (24 - 8 * at));
        return std::move(frame_);
    }

private:
    bytes frame_;
};

}  // namespace mogshare::wire
