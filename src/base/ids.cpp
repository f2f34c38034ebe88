#include "mogshare/base/ids.hpp"

namespace mogshare {

namespace {

int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

}  // namespace

std::string to_hex(byte_view data) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(data.size() * 2);
    for (const std::uint8_t byte : data) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

bool parse_hex(std::string_view text, std::span<std::uint8_t> out) {
    if (text.size() != out.size() * 2) return false;
    for (std::size_t at = 0; at < out.size(); ++at) {
        const int high = hex_value(text[2 * at]);
        const int low = hex_value(text[2 * at + 1]);
        if (high < 0 || low < 0) return false;
        out[at] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return true;
}

seeded_hash::seeded_hash(std::uint64_t seed) {
    for (std::uint64_t& secret : secret_) {  // splitmix64: six numbers that look independent
        seed += 0x9E3779B97F4A7C15ULL;
        std::uint64_t mixed = seed;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
        secret = mixed ^ (mixed >> 31);
    }
}

}  // namespace mogshare
