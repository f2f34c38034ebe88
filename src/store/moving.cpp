// How a file changes its place without ever taking that of another.
#include "store/landing.hpp"

#include <fcntl.h>
#include <stdio.h>  // renameat2, RENAME_NOREPLACE: not in <cstdio>'s promise
#include <unistd.h>

#include <cerrno>
#include <fstream>

namespace mogshare::store {

int move_unless_taken(int from_directory, const std::string& from, int to_directory, const std::string& to) {
    if (::renameat2(from_directory, from.c_str(), to_directory, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
    if (errno != ENOSYS && errno != EINVAL) return errno;
    return move_by_link(from_directory, from, to_directory, to);
}

int move_by_link(int from_directory, const std::string& from, int to_directory, const std::string& to) {
    if (::linkat(from_directory, from.c_str(), to_directory, to.c_str(), 0) != 0) return errno;
    if (::fsync(to_directory) != 0) {  // the old name may not go to disk before the new one
        const int error = errno;
        ::unlinkat(to_directory, to.c_str(), 0);
        return error;
    }
    ::unlinkat(from_directory, from.c_str(), 0);
    return 0;
}

unsigned new_file_mode() {
    constexpr unsigned usual = 0644;
    // umask() can only be read by changing it, which other threads would notice.
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (!line.starts_with("Umask:")) continue;
        return usual & ~static_cast<unsigned>(std::stoul("0" + line.substr(7), nullptr, 8));
    }
    return 0600;
}

}  // namespace mogshare::store
