#include "store/file_io.hpp"

#include <unistd.h>

#include <cerrno>

namespace mogshare::store {

result<std::size_t, int> read_at(int file, std::span<std::uint8_t> out, std::uint64_t offset) {
    std::size_t filled = 0;
    while (filled < out.size()) {
        const ssize_t got =
            ::pread(file, out.data() + filled, out.size() - filled, static_cast<off_t>(offset + filled));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failure{errno};
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    return filled;
}

int write_at(int file, byte_view data, std::uint64_t offset) {
    while (!data.empty()) {
        const ssize_t put = ::pwrite(file, data.data(), data.size(), static_cast<off_t>(offset));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return errno;
        if (put == 0) return EIO;  // nothing written and no reason given: trying again could go on for ever
        data = data.subspan(static_cast<std::size_t>(put));
        offset += static_cast<std::uint64_t>(put);
    }
    return 0;
}

content::file_stamp stamp_of(const struct stat& seen) {
    constexpr std::int64_t second_ns = 1'000'000'000;
    content::file_stamp stamp;
    stamp.size = static_cast<std::uint64_t>(seen.st_size);
    stamp.modified_ns = std::int64_t{seen.st_mtim.tv_sec} * second_ns + seen.st_mtim.tv_nsec;
    stamp.inode = seen.st_ino;
    return stamp;
}

}  // namespace mogshare::store
