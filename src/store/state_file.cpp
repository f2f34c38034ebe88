#include "store/state_file.hpp"

#include "mogshare/base/ids.hpp"
#include "mogshare/base/limits.hpp"
#include "store/errors.hpp"
#include "store/file_io.hpp"
#include "store/landing.hpp"
#include "store/owned_descriptor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <mutex>

namespace mogshare::store {

namespace {

// Full tables take about 1.5 MiB.
constexpr std::size_t state_bytes_max = 8 * limits::MiB;

std::string full_name(const std::filesystem::path& state, const std::string& name) {
    return (state / name).native();
}

owned_descriptor open_state(const std::filesystem::path& state) {
    return owned_descriptor(::open(state.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

problem unwritable(const std::filesystem::path& state, const std::string& name, int error) {
    return system_problem("cannot write", full_name(state, name), error, "the state folder must exist and be writable");
}

problem unreadable(const std::string& path, int error) {
    return system_problem("cannot read", path, error, "the state folder must be yours to read: choose another --home");
}

// 0 or errno. What it has made and could not finish is gone again.
int write_new(int folder, const std::string& name, std::string_view text) {
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const owned_descriptor file(::openat(folder, name.c_str(), flags, 0600));
    if (!file.valid()) return errno;
    int error = write_at(file.get(), as_bytes(text), 0);
    if (error == 0 && ::fsync(file.get()) != 0) error = errno;
    if (error != 0) ::unlinkat(folder, name.c_str(), 0);
    return error;
}

// 0 or errno.
int replace(int folder, const std::string& name, const std::string& text) {
    const std::string beside = name + ".tmp";
    ::unlinkat(folder, beside.c_str(), 0);  // left by a crash: nobody but the peer that lives here writes in its state
    int error = write_new(folder, beside, text);
    if (error != 0) return error;
    if (::renameat(folder, beside.c_str(), folder, name.c_str()) != 0) {
        error = errno;
        ::unlinkat(folder, beside.c_str(), 0);
        return error;
    }
    return ::fsync(folder) == 0 ? 0 : errno;
}

/// A name that nobody has, and that nobody shares since it begins with a dot.
std::string unused_name() {
    std::array<std::uint8_t, 16> drawn{};
    return ::getentropy(drawn.data(), drawn.size()) == 0 ? ".mogshare-" + to_hex(drawn) : std::string();
}

}  // namespace

int make_new_file(int folder, const std::string& name, std::string_view text) {
    struct stat seen {};
    if (::fstatat(folder, name.c_str(), &seen, AT_SYMLINK_NOFOLLOW) == 0) return EEXIST;
    const std::string beside = unused_name();
    if (beside.empty()) return errno;
    int error = write_new(folder, beside, text);
    if (error != 0) return error;
    error = move_unless_taken(folder, beside, folder, name);
    if (error != 0) {
        ::unlinkat(folder, beside.c_str(), 0);
        return error;
    }
    return ::fsync(folder) == 0 ? 0 : errno;
}

result<std::optional<std::string>, problem> read_state_file(const std::filesystem::path& state,
                                                            const std::string& name) {
    using text = std::optional<std::string>;
    const std::string path = full_name(state, name);
    const owned_descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file.valid() && errno == ENOENT) return text{};
    if (!file.valid() && errno == ELOOP) return text(std::string{});
    struct stat seen {};
    if (!file.valid() || ::fstat(file.get(), &seen) != 0) return failure{unreadable(path, errno)};
    const bool fits = S_ISREG(seen.st_mode) && seen.st_size <= static_cast<off_t>(state_bytes_max);
    if (!fits) return text(std::string{});
    bytes data(static_cast<std::size_t>(seen.st_size));
    const auto got = read_at(file.get(), data, 0);
    if (!got) return failure{unreadable(path, got.error())};
    return text(std::string(as_text(data).substr(0, *got)));
}

result<done, problem> write_state_file(const std::filesystem::path& state, const std::string& name,
                                       const std::string& text) {
    static std::mutex one_at_a_time;
    const std::lock_guard guard(one_at_a_time);
    const owned_descriptor folder = open_state(state);
    const int error = folder.valid() ? replace(folder.get(), name, text) : errno;
    if (error != 0) return failure{unwritable(state, name, error)};
    return done{};
}

// By path, since there may be too few descriptors just now.
result<done, problem> set_aside(const std::filesystem::path& state, const std::string& name, const std::string& aside) {
    const std::string from = full_name(state, name);
    if (::rename(from.c_str(), full_name(state, aside).c_str()) == 0 || errno == ENOENT) return done{};
    return failure{system_problem("cannot set aside", from, errno, "move it away, or make the state folder writable")};
}

}  // namespace mogshare::store
