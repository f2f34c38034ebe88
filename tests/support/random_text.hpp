#pragma once
// Content for files.

#include "mogshare/base/random.hpp"

#include <cstdint>
#include <string>

namespace mogshare::testing {

/// `size` bytes decided by `seed`.
inline std::string random_text(std::size_t size, std::uint64_t seed) {
    std::string text(size, '\0');
    random_source::from_number(seed).fill({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    return text;
}

}  // namespace mogshare::testing
