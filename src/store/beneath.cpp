#include "store/beneath.hpp"

#include "mogshare/store/folder.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdint>

namespace mogshare::store {

namespace {

constexpr int walk_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

bool is_step(std::string_view component) {
    return !component.empty() && component != "." && component != "..";
}

result<owned_descriptor, int> open_one(int folder, const std::string& component, int flags) {
    owned_descriptor opened(::openat(folder, component.c_str(), flags | O_NOFOLLOW | O_CLOEXEC));
    if (!opened.valid()) return failure{errno};
    return opened;
}

// Takes the first component off `path`.
std::string next_step(std::string_view& path) {
    const std::size_t slash = path.find('/');
    const std::string step(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    return step;
}

// Refused or interrupted by the kernel, which says nothing about the path itself: the steps will tell.
bool says_nothing(int error) {
    return error == ENOSYS || error == EPERM || error == EAGAIN || error == EINVAL || error == E2BIG;
}

// As openat2 says it.
result<owned_descriptor, int> open_at_once(int folder, const std::string& path, int flags) {
    struct open_how how {};
    how.flags = static_cast<std::uint64_t>(flags | O_NOFOLLOW | O_CLOEXEC);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    const long number = ::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how);
    if (number < 0) return failure{errno};
    return owned_descriptor(static_cast<int>(number));
}

}  // namespace

bool walks_by_steps() {
    const auto opened = open_at_once(AT_FDCWD, ".", O_PATH | O_DIRECTORY);
    return !opened && says_nothing(opened.error());
}

result<owned_descriptor, int> open_beneath(int folder, const std::string& path, int flags) {
    auto opened = open_at_once(folder, path, flags);
    if (!opened && says_nothing(opened.error())) return open_beneath_by_steps(folder, path, flags);
    return opened;
}

result<owned_descriptor, int> open_beneath_by_steps(int folder, std::string_view path, int flags) {
    owned_descriptor above;
    for (;;) {
        const bool last = path.find('/') == std::string_view::npos;
        const std::string step = next_step(path);
        if (!is_step(step)) return failure{EXDEV};  // as openat2 says where a path leaves the folder
        auto opened = open_one(above.valid() ? above.get() : folder, step, last ? flags : walk_flags);
        if (!opened || last) return opened;
        above = std::move(opened.value());
    }
}

result<owned_descriptor, int> make_folders_beneath(int folder, std::string_view path) {
    owned_descriptor at(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!at.valid()) return failure{errno};
    while (!path.empty()) {
        const std::string step = next_step(path);
        if (!is_step(step)) return failure{EXDEV};
        if (::mkdirat(at.get(), step.c_str(), 0755) == 0) {
            // A file that is synced in a folder that is not would be lost all the same.
            if (::fsync(at.get()) != 0) {
                const int error = errno;
                ::unlinkat(at.get(), step.c_str(), AT_REMOVEDIR);
                return failure{error};
            }
        } else if (errno != EEXIST) {
            return failure{errno};
        }
        auto opened = open_one(at.get(), step, walk_flags);
        if (!opened) return opened;
        at = std::move(opened.value());
    }
    return at;
}

}  // namespace mogshare::store
