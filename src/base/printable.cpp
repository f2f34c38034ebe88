#include "mogshare/base/printable.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace mogshare {

namespace {

constexpr std::string_view cut_mark = "…";

struct code_point {
    char32_t value = 0;
    std::size_t length = 0;  ///< bytes it takes; 0 where the bytes are not UTF-8
};

struct code_range {
    char32_t first;
    char32_t last;
};

// What a terminal obeys, or what nobody sees (Unicode's Default_Ignorable_Code_Point, and a blank), or what makes two different texts look alike or runs text backwards.
constexpr std::array dangerous_ranges = {
    code_range{0x0000, 0x001F},    // C0: escape sequences begin here
    code_range{0x007F, 0x009F},    // DEL and C1
    code_range{0x00AD, 0x00AD},    // soft hyphen
    code_range{0x034F, 0x034F},    // combining grapheme joiner
    code_range{0x061C, 0x061C},    // Arabic letter mark, the bidirectional control outside the blocks below
    code_range{0x115F, 0x1160},    // Hangul fillers: blank
    code_range{0x17B4, 0x17B5},    // Khmer vowels that nothing shows
    code_range{0x180B, 0x180F},    // Mongolian variation selectors and vowel separator
    code_range{0x200B, 0x200F},    // zero width, directional marks
    code_range{0x2028, 0x202E},    // line and paragraph separators, bidirectional embeddings and overrides
    code_range{0x2060, 0x206F},    // invisible operators, bidirectional isolates, deprecated format characters
    code_range{0x2800, 0x2800},    // Braille pattern blank
    code_range{0x3164, 0x3164},    // Hangul filler
    code_range{0xFDD0, 0xFDEF},    // noncharacters
    code_range{0xFE00, 0xFE0F},    // variation selectors
    code_range{0xFEFF, 0xFEFF},    // byte order mark
    code_range{0xFFA0, 0xFFA0},    // halfwidth Hangul filler
    code_range{0xFFF0, 0xFFFB},    // nothing as yet, and invisible; interlinear annotation
    code_range{0x1BCA0, 0x1BCA3},  // shorthand format controls
    code_range{0x1D173, 0x1D17A},  // musical format controls
    code_range{0xE0000, 0xE0FFF},  // invisible tags, variation selectors, and what is kept for more of them
};

bool dangerous(char32_t value) {
    if ((value & 0xFFFE) == 0xFFFE) return true;  // the last two of each plane are noncharacters
    return std::any_of(dangerous_ranges.begin(), dangerous_ranges.end(),
                       [value](const code_range& range) { return value >= range.first && value <= range.last; });
}

// The length that a first byte announces; 0 for a continuation byte and for what begins no character (C0, C1, F5…FF).
std::size_t announced_length(std::uint8_t first) {
    if (first < 0x80) return 1;
    if (first < 0xC2) return 0;
    if (first < 0xE0) return 2;
    if (first < 0xF0) return 3;
    return first < 0xF5 ? 4 : 0;
}

// Reads the character that `text` (not empty) begins with. Overlong forms, surrogates and what lies above U+10FFFF are
// not UTF-8: a terminal that read them leniently would see controls that a strict check did not.
code_point decode(std::string_view text) {
    static constexpr std::array<char32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
    const auto first = static_cast<std::uint8_t>(text[0]);
    const std::size_t length = announced_length(first);
    if (length == 0 || length > text.size()) return {};
    if (length == 1) return {first, 1};
    char32_t value = first & (0x7FU >> length);
    for (std::size_t at = 1; at < length; ++at) {
        const auto next = static_cast<std::uint8_t>(text[at]);
        if ((next & 0xC0) != 0x80) return {};
        value = value << 6 | (next & 0x3FU);
    }
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (value < least[length] || value > 0x10FFFF || surrogate) return {};
    return {value, length};
}

std::string hex(char32_t value, std::size_t digits_min) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (; value != 0 || text.size() < digits_min; value >>= 4) text.insert(text.begin(), digits[value & 15]);
    return text;
}

std::string escaped(char32_t value) {
    return value < 0x80 ? "\\x" + hex(value, 2) : "\\u{" + hex(value, 1) + "}";
}

}  // namespace

std::string printable(std::string_view text, std::size_t bytes_max) {
    std::string out;
    std::size_t kept_if_cut = 0;  // the longest whole part that leaves room for the mark
    while (!text.empty()) {
        const code_point next = decode(text);
        const std::size_t taken = std::max<std::size_t>(next.length, 1);
        if (next.length == 0) {
            out += "\\x" + hex(static_cast<std::uint8_t>(text[0]), 2);
        } else if (dangerous(next.value)) {
            out += escaped(next.value);
        } else {
            out += text.substr(0, taken);
        }
        if (out.size() > bytes_max) {
            out.resize(kept_if_cut);
            return cut_mark.size() <= bytes_max ? out.append(cut_mark) : out;
        }
        if (out.size() + cut_mark.size() <= bytes_max) kept_if_cut = out.size();
        text.remove_prefix(taken);
    }
    return out;
}

}  // namespace mogshare
