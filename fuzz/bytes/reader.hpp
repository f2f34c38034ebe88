#pragma once
// How the fuzzer's bytes become choices: read from the front, zeros once they have run out.

#include "mogshare/base/bytes.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace mogshare::fuzz {

/// What a target demands; libFuzzer keeps the input for which it does not hold.
inline void require(bool holds, std::string_view what) {
    if (holds) return;
    std::fprintf(stderr, "broken: %.*s\n", static_cast<int>(what.size()), what.data());
    std::abort();
}

class reader {
public:
    reader(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}
    explicit reader(byte_view from) : rest_(from) {}

    bool empty() const { return rest_.empty(); }
    std::size_t size() const { return rest_.size(); }
    std::uint8_t byte() {
        const byte_view one = take(1);
        return one.empty() ? std::uint8_t{0} : one.front();
    }
    bool flag() { return byte() % 2 == 1; }
    /// Below `bound`, which is at least 1; as many bytes are read as that takes.
    std::uint64_t below(std::uint64_t bound) {
        std::uint64_t value = 0;
        for (std::uint64_t left = bound - 1; left > 0; left >>= 8) value = value << 8 | byte();
        return value % bound;
    }
    template <class Int>
    Int number() {
        std::uint64_t value = 0;
        for (std::size_t at = 0; at < sizeof(Int); ++at) value = value << 8 | byte();
        return static_cast<Int>(value);
    }
    template <class Id>
    Id id() {
        Id made;
        const byte_view given = take(id_bytes_read);
        std::copy(given.begin(), given.end(), made.value.begin());
        return made;
    }
    template <class T, std::size_t Count>
    const T& pick(const std::array<T, Count>& from) {
        return from[below(Count)];
    }
    /// At most `count` bytes.
    byte_view take(std::size_t count) {
        const byte_view taken = rest_.first(std::min(count, rest_.size()));
        rest_ = rest_.subspan(taken.size());
        return taken;
    }
    /// A byte tells how many.
    byte_view some() { return take(byte()); }
    std::string some_text() { return std::string(as_text(some())); }
    byte_view rest() { return take(rest_.size()); }

private:
    static constexpr std::size_t id_bytes_read = 32;
    byte_view rest_;
};

}  // namespace mogshare::fuzz
