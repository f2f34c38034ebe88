#include "mogshare/base/random.hpp"

#include "mogshare/base/sha256.hpp"

#include <cassert>

namespace mogshare {

random_source random_source::from_number(std::uint64_t seed) {
    digest wide;
    for (std::size_t at = 0; at < 8; ++at) wide.value[at] = static_cast<std::uint8_t>(seed >> (8 * at));
    return random_source(wide);
}

void random_source::refill() {
    std::array<std::uint8_t, 8> counter{};
    for (std::size_t at = 0; at < 8; ++at) counter[at] = static_cast<std::uint8_t>(counter_ >> (8 * at));
    ++counter_;
    block_ = sha256({seed_.view(), counter});
    used_ = 0;
}

void random_source::fill(std::span<std::uint8_t> out) {
    for (std::uint8_t& byte : out) {
        if (used_ == id_bytes) refill();
        byte = block_.value[used_++];
    }
}

std::uint64_t random_source::next() {
    std::array<std::uint8_t, 8> drawn{};
    fill(drawn);
    std::uint64_t number = 0;
    for (const std::uint8_t byte : drawn) number = number << 8 | byte;
    return number;
}

std::uint64_t random_source::below(std::uint64_t bound) {
    assert(bound > 0);
    // Numbers from the incomplete last round would favour small results: draw again.
    const std::uint64_t uneven = (0 - bound) % bound;
    for (;;) {
        const std::uint64_t drawn = next();
        if (drawn >= uneven) return drawn % bound;
    }
}

}  // namespace mogshare
