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
    // Unicode's Default_Ignorable_Code_Point, as utf8proc has it of those that are assigned, and what is not in that list.
    const bool unseen = utf8proc_get_property(static_cast<utf8proc_int32_t>(value))->ignorable;
    return unseen || in(0, 0x1F) || in(0x7F, 0x9F) || in(0x2028, 0x2029) || value == 0x2065 || value == 0x2800 ||
           in(0xFFF0, 0xFFFB) || in(0xE0000, 0xE0FFF) || in(0xFDD0, 0xFDEF) || value % 0x10000 >= 0xFFFE ||
           in(0xD800, 0xDFFF);
}

}  // namespace naive
