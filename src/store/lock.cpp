// That one peer at most lives in a home. The lock is the kernel's, so it ends with the process; the text in the file
// only says whose it is.
#include "mogshare/store/home.hpp"
#include "store/errors.hpp"
#include "store/file_io.hpp"
#include "store/owned_descriptor.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <string_view>
#include <utility>

namespace mogshare::store {

namespace {

// Numbers of the first line, `pid=N` or `pid=N port=N`.
struct holder {
    std::optional<std::uint32_t> pid;
    std::optional<std::uint16_t> port;
};

template <class Number>
std::optional<Number> take_number(std::string_view& line, std::string_view label) {
    Number number = 0;
    if (!line.starts_with(label)) return std::nullopt;
    const char* const end = line.data() + line.size();
    const auto [stop, error] = std::from_chars(line.data() + label.size(), end, number);
    if (error != std::errc{} || number == 0) return std::nullopt;
    line.remove_prefix(static_cast<std::size_t>(stop - line.data()));
    return number;
}

holder read_holder(int file) {
    std::array<std::uint8_t, 64> buffer{};
    const auto got = read_at(file, buffer, 0);
    if (!got) return {};
    std::string_view line = as_text(byte_view(buffer).first(*got));
    const std::size_t end = line.find('\n');
    if (end == std::string_view::npos) return {};  // still being written
    line = line.substr(0, end);
    holder read;
    read.pid = take_number<std::uint32_t>(line, "pid=");
    const auto port = read.pid ? take_number<std::uint16_t>(line, " port=") : std::nullopt;
    if (line.empty()) read.port = port;
    return read;
}

// 0 or errno. The new line is written over the old one first and the rest cut off after, so that a reader always sees a
// line.
int write_holder(int file, const std::string& line) {
    const int error = write_at(file, as_bytes(line), 0);
    if (error != 0) return error;
    return ::ftruncate(file, static_cast<off_t>(line.size())) == 0 ? 0 : errno;
}

std::string own_pid() {
    return "pid=" + std::to_string(::getpid());
}

// 0 or errno. A one-shot command that looks for the running peer holds the lock for a moment: that is no other peer.
int lock_alone(int file) {
    constexpr int tries = 5;
    for (int attempt = 1;; ++attempt) {
        if (::flock(file, LOCK_EX | LOCK_NB) == 0) return 0;
        if (errno != EWOULDBLOCK || attempt == tries) return errno;
        const timespec moment{0, 4'000'000};
        ::nanosleep(&moment, nullptr);
    }
}

problem taken(const home_paths& paths, const holder& by) {
    problem made;
    made.what = "another peer is running in this home, with its state in " + in_quotes(paths.state.native());
    if (by.pid) {
        made.what += " (process " + std::to_string(*by.pid);
        made.what += by.port ? ", port " + std::to_string(*by.port) + ')' : ")";
    }
    made.hint = "stop it, or start this one in a home of its own with --home DIR";
    made.is = problem::kind::usage;
    return made;
}

}  // namespace

result<home_lock, problem> home_lock::take(const home_paths& paths) {
    const std::filesystem::path path = paths.state / "lock";
    owned_descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
    int error = file.valid() ? lock_alone(file.get()) : errno;
    if (error == EWOULDBLOCK) return failure{taken(paths, read_holder(file.get()))};
    if (error == 0) error = write_holder(file.get(), own_pid() + '\n');
    if (error != 0) {
        return failure{system_problem("cannot lock the home by", path.native(), error,
                                      "the state folder must be writable: choose another --home")};
    }
    return home_lock(file.release());
}

home_lock::home_lock(home_lock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

home_lock& home_lock::operator=(home_lock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

home_lock::~home_lock() {
    if (descriptor_ < 0) return;
    // An empty file tells one-shot commands that nobody runs without their having to try the lock.
    [[maybe_unused]] const int ignored = ::ftruncate(descriptor_, 0);
    ::close(descriptor_);
}

result<done, problem> home_lock::announce(std::uint16_t port) {
    const int error = write_holder(descriptor_, own_pid() + " port=" + std::to_string(port) + '\n');
    if (error == 0) return done{};
    return failure{system_problem("cannot note the port in", "state/lock", error,
                                  "the state folder must be writable: choose another --home")};
}

std::optional<std::uint16_t> running_port(const home_paths& paths) {
    const std::filesystem::path path = paths.state / "lock";
    const owned_descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file.valid()) return std::nullopt;
    const holder by = read_holder(file.get());
    if (!by.port) return std::nullopt;
    const bool held = ::flock(file.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    return held ? by.port : std::nullopt;
}

}  // namespace mogshare::store
