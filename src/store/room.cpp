#include "store/room.hpp"

#include "store/errors.hpp"

#include <sys/statvfs.h>

#include <cerrno>
#include <string>

namespace mogshare::store {

std::optional<std::uint64_t> free_bytes(int descriptor) {
    struct statvfs seen {};
    if (::fstatvfs(descriptor, &seen) != 0 || seen.f_blocks == 0) return std::nullopt;
    return std::uint64_t{seen.f_bavail} * seen.f_frsize;
}

bool fits_in(std::optional<std::uint64_t> free, std::uint64_t needed_bytes, std::uint64_t reserve_bytes) {
    if (needed_bytes == 0 || reserve_bytes == 0 || !free) return true;
    return *free >= reserve_bytes && *free - reserve_bytes >= needed_bytes;
}

problem no_room(std::string_view operation, std::string_view object, std::uint64_t needed_bytes,
                std::uint64_t reserve_bytes) {
    problem made = system_problem(operation, object, ENOSPC);
    made.what += " (" + std::to_string(needed_bytes) +
                 " bytes are still missing, and 'transfer.free_reserve_bytes' keeps " + std::to_string(reserve_bytes) +
                 " free)";
    return made;
}

}  // namespace mogshare::store
