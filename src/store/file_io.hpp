#pragma once
// Reading and writing at an offset, all of it or a reason. Offsets are arguments, so that threads can share a
// descriptor.

#include "mogshare/base/bytes.hpp"
#include "mogshare/base/result.hpp"
#include "mogshare/content/catalog.hpp"

#include <sys/stat.h>

#include <cstdint>
#include <span>

namespace mogshare::store {

/// How many bytes were read; fewer than `out` holds only at the end of the file. Else errno.
result<std::size_t, int> read_at(int file, std::span<std::uint8_t> out, std::uint64_t offset);

/// 0 when all of `data` was written, else errno.
int write_at(int file, byte_view data, std::uint64_t offset);

content::file_stamp stamp_of(const struct stat& seen);

}  // namespace mogshare::store
