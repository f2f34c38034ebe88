#include "store/shared_file.hpp"

#include "mogshare/base/limits.hpp"
#include "mogshare/content/names.hpp"
#include "store/beneath.hpp"
#include "store/errors.hpp"
#include "store/file_io.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace mogshare::store {

namespace {

// What is read is still in the core's own cache when it is hashed.
constexpr std::size_t read_bytes = 128 * limits::KiB;

// That file is no more: nothing stands there, or something that is no file (ENXIO: a socket). Any other error, such as
// too few descriptors, says nothing about it.
bool means_gone(int error) {
    return error == ENOENT || error == ENOTDIR || error == ENXIO;
}

problem changed(const std::string& path) {
    return plain_problem("cannot read", path, "it has changed meanwhile", problem::kind::not_found);
}

result<done, problem> hash_bytes(const opened_file& opened, const std::string& path, const std::atomic<bool>* stop,
                                 content::tree_hasher& hasher) {
    bytes buffer(std::min<std::uint64_t>(read_bytes, opened.stamp.size));
    for (std::uint64_t offset = 0; offset < opened.stamp.size;) {
        if (stop != nullptr && stop->load(std::memory_order_relaxed)) {
            return failure{plain_problem("stopped hashing", path, "the program is ending")};
        }
        const auto want = std::min<std::uint64_t>(buffer.size(), opened.stamp.size - offset);
        const auto got = read_at(opened.file.get(), std::span(buffer).first(want), offset);
        if (!got) return failure{system_problem("cannot read", path, got.error())};
        if (*got < want) return failure{changed(path)};
        hasher.update(byte_view(buffer).first(want));
        offset += want;
    }
    return done{};
}

}  // namespace

result<opened_file, problem> open_shared(int folder, const std::string& path) {
    if (const auto unfit = content::check_name(path)) {
        return failure{plain_problem("cannot read", path, content::describe(*unfit))};
    }
    auto opened = open_beneath(folder, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!opened && opened.error() == ELOOP) {
        return failure{
            plain_problem("cannot read", path, "it is, or lies behind, a symbolic link", problem::kind::not_found)};
    }
    if (!opened) {
        problem made = system_problem("cannot open", path, opened.error());
        if (means_gone(opened.error())) made.is = problem::kind::not_found;
        return failure{made};
    }
    return regular_file(std::move(opened.value()), path);
}

result<opened_file, problem> regular_file(owned_descriptor file, const std::string& path) {
    struct stat seen {};
    if (::fstat(file.get(), &seen) != 0) return failure{system_problem("cannot examine", path, errno)};
    if (!S_ISREG(seen.st_mode))
        return failure{plain_problem("cannot read", path, "it is not a regular file", problem::kind::not_found)};
    opened_file opened;
    opened.file = std::move(file);
    opened.stamp = stamp_of(seen);
    return opened;
}

result<done, problem> check_unchanged(int file, const content::file_stamp& stamp, const std::string& path) {
    struct stat seen {};
    if (::fstat(file, &seen) != 0) return failure{system_problem("cannot examine", path, errno)};
    if (stamp_of(seen) != stamp) return failure{changed(path)};
    return done{};
}

result<content::tree, problem> hash_opened(const opened_file& opened, const std::string& path,
                                           const std::atomic<bool>* stop) {
    if (opened.stamp.size > limits::file_bytes_max) {
        return failure{plain_problem("cannot hash", path, "it is larger than 1 TiB")};
    }
    ::posix_fadvise(opened.file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    content::tree_hasher hasher;
    const auto hashed = hash_bytes(opened, path, stop, hasher);
    if (!hashed) return failure{hashed.error()};
    const auto same = check_unchanged(opened.file.get(), opened.stamp, path);
    if (!same) return failure{same.error()};
    return hasher.finish();
}

}  // namespace mogshare::store
