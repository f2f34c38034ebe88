#pragma once
// The frame around what a recording holds (trace/recording.hpp), for its writer and its reader.

#include "mogshare/base/bytes.hpp"
#include "mogshare/trace/recording.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace mogshare::trace {

inline constexpr std::string_view magic = "mogTrace";
inline constexpr std::size_t opening_bytes = magic.size() + 2;
inline constexpr std::size_t length_bytes = 4;
inline constexpr std::size_t check_bytes = 8;

enum class record_kind : std::uint8_t { beginning = 1, input = 2, time = 3, outputs = 4, end = 5 };

inline bytes opening() {
    bytes made(as_bytes(magic).begin(), as_bytes(magic).end());
    made.push_back(static_cast<std::uint8_t>(recording_version >> 8));
    made.push_back(static_cast<std::uint8_t>(recording_version & 0xFF));
    return made;
}

inline std::array<std::uint8_t, length_bytes> length_of(std::size_t count) {
    std::array<std::uint8_t, length_bytes> made{};
    for (std::size_t at = 0; at < made.size(); ++at) made[at] = static_cast<std::uint8_t>(count >> (24 - 8 * at));
    return made;
}

}  // namespace mogshare::trace
