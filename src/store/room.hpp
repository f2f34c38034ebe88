#pragma once
// Room on a disk: what a download may not use up.

#include "mogshare/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace mogshare::store {

/// What the user may still write on the file system of an open file or folder; nothing where it does not tell.
std::optional<std::uint64_t> free_bytes(int descriptor);

/// Whether `needed_bytes` may be written where `free` are left, so that `reserve_bytes` stay. What needs nothing may always
/// be done; without a reserve, or where it is not known what is free, the disk itself will say that it is full.
bool fits_in(std::optional<std::uint64_t> free, std::uint64_t needed_bytes, std::uint64_t reserve_bytes);

/// `operation 'object': …` of kind disk_full, for what does not fit.
problem no_room(std::string_view operation, std::string_view object, std::uint64_t needed_bytes,
                std::uint64_t reserve_bytes);

}  // namespace mogshare::store
