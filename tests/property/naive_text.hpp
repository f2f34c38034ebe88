#pragma once
// Text character by character, as utf8proc reads it.

#include <utf8proc.h>

#include <string>
#include <vector>

namespace naive {

/// One surrogate when it is not UTF-8.
inline std::vector<char32_t> characters(const std::string& text) {
    std::vector<char32_t> all;
    for (std::size_t at = 0; at < text.size();) {
        utf8proc_int32_t value = 0;
        const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                                             static_cast<utf8proc_ssize_t>(text.size() - at), &value);
        if (length <= 0) return {U'\xD800'};
        all.push_back(static_cast<char32_t>(value));
        at += static_cast<std::size_t>(length);
    }
    return all;
}

/// What a terminal obeys, or what nobody sees.
inline bool harmful(char32_t value) {
    const auto in = [value](char32_t first, char32_t last) { return value >= first && value <= last; };
    return in(0, 0x1F) || in(0x7F, 0x9F) || in(0x200B, 0x200F) || in(0x2028, 0x2029) || in(0x202A, 0x202E) ||
           in(0x2060, 0x2064) || in(0x2066, 0x206F) || value == 0xFEFF || in(0xFFF9, 0xFFFB) || in(0xE0000, 0xE007F) ||
           in(0xFDD0, 0xFDEF) || value % 0x10000 >= 0xFFFE || in(0xD800, 0xDFFF);
}

}  // namespace naive
