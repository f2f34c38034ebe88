#pragma once
// Reads fields off a payload. Every access goes through take(), the only place that checks bounds; the first error
// sticks, and what is read after it is zero or empty, so that decoders need no check of their own between fields.

#include "mogshare/base/address.hpp"
#include "mogshare/base/ids.hpp"
#include "mogshare/wire/codec.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mogshare::wire {

class reader {
public:
    explicit reader(byte_view payload) : rest_(payload) {}

    bool ok() const { return !error_; }
    std::optional<decode_error> error() const { return error_; }
    bool at_end() const { return rest_.empty(); }

    /// Counts only when nothing was wrong before: the first error names what is broken, the later ones follow from it.
    void fail(decode_error why) {
        if (!error_) error_ = why;
    }
    void require(bool condition, decode_error otherwise) {
        if (!condition) fail(otherwise);
    }

    byte_view take(std::size_t count) {
        require(count <= rest_.size(), decode_error::truncated);
        if (!ok()) return {};
        const byte_view taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }

    template <std::unsigned_integral Int>
    Int number() {
        std::uint64_t value = 0;
        for (const std::uint8_t byte : take(sizeof(Int))) value = value << 8 | byte;
        return static_cast<Int>(value);
    }

    template <class Id>
    Id id() {
        Id value;
        const byte_view raw = take(id_bytes);
        std::copy(raw.begin(), raw.end(), value.value.begin());
        return value;
    }

    std::string text() {
        const auto length = number<std::uint16_t>();
        return std::string(as_text(take(length)));
    }

    endpoint where() {
        endpoint read;
        read.address = address(number<std::uint8_t>());
        read.port = number<std::uint16_t>();
        return read;
    }

    /// `count` items. No item takes fewer than `item_bytes_min`, so a count that the payload cannot hold is refused
    /// before memory is reserved for it.
    template <class ReadItem>
    auto list(std::size_t count, std::size_t item_bytes_min, ReadItem read_item) {
        std::vector<decltype(read_item(*this))> items;
        require(count * item_bytes_min <= rest_.size(), decode_error::truncated);
        if (ok()) items.reserve(count);
        while (ok() && items.size() < count) items.push_back(read_item(*this));
        return items;
    }

    std::vector<digest> digests() {
        const auto count = number<std::uint16_t>();
        return list(count, id_bytes, [](reader& in) { return in.id<digest>(); });
    }

    void skip_extension() {
        const auto length = number<std::uint16_t>();
        require(length <= limits::extension_bytes_max, decode_error::bad_value);
        take(length);
    }

private:
    template <std::size_t N>
    std::array<std::uint8_t, N> octets() {
        std::array<std::uint8_t, N> value{};
        const byte_view raw = take(N);
        std::copy(raw.begin(), raw.end(), value.begin());
        return value;
    }

    host address(std::uint8_t family) {
        switch (family) {
            case 0: return {};
            case 4: return host::v4(octets<4>());
            case 6: return host::v6(octets<16>());
            default: fail(decode_error::bad_value); return {};
        }
    }

    byte_view rest_;
    std::optional<decode_error> error_;
};

}  // namespace mogshare::wire
