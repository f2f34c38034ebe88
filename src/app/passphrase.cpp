#include "app/passphrase.hpp"

#include "mogshare/base/printable.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>  // explicit_bzero: not in <cstring>'s promise
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <utility>

namespace mogshare::app {

namespace {

constexpr std::size_t passphrase_bytes_max = 1024;
constexpr std::array ending_signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
constexpr const char* other_ways =
    "set 'network.passphrase' to \"environment\" and MOGSHARE_PASSPHRASE, or use a 'network.key_file'";

problem misuse(std::string what, std::string hint) {
    return {std::move(what), std::move(hint), problem::kind::usage};
}

volatile sig_atomic_t signal_seen = 0;

void note_signal(int number) {
    signal_seen = number;
}

/// While it lives, signals that would end or stop the program are only noted, and come in while await_byte() waits.
class held_signals {
public:
    held_signals() {
        signal_seen = 0;
        sigset_t held;
        ::sigemptyset(&held);
        for (const int number : ending_signals) ::sigaddset(&held, number);
        ::pthread_sigmask(SIG_BLOCK, &held, &before_);
        struct sigaction noting {};
        noting.sa_handler = note_signal;
        for (std::size_t at = 0; at < ending_signals.size(); ++at)
            ::sigaction(ending_signals[at], &noting, &actions_[at]);
    }
    held_signals(const held_signals&) = delete;
    held_signals& operator=(const held_signals&) = delete;
    ~held_signals() {
        for (std::size_t at = 0; at < ending_signals.size(); ++at)
            ::sigaction(ending_signals[at], &actions_[at], nullptr);
        if (signal_seen != 0) ::raise(signal_seen);  // comes when it is let in again
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

    /// False when a signal came first.
    bool await_byte(int file) const {
        pollfd wanted{file, POLLIN, 0};
        while (signal_seen == 0) {
            if (::ppoll(&wanted, 1, nullptr, &before_) >= 0) return true;
            if (errno != EINTR) return true;  // reading will tell
        }
        return false;
    }

private:
    sigset_t before_{};
    std::array<struct sigaction, ending_signals.size()> actions_{};
};

/// The terminal without echo while it lives.
class silent_terminal {
public:
    explicit silent_terminal(int file) : file_(file), fine_(::tcgetattr(file, &before_) == 0) {
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        silent.c_lflag |= ICANON | ISIG | ECHONL;
        fine_ = fine_ && ::tcsetattr(file_, TCSAFLUSH, &silent) == 0;
    }
    silent_terminal(const silent_terminal&) = delete;
    silent_terminal& operator=(const silent_terminal&) = delete;
    ~silent_terminal() {
        if (fine_) ::tcsetattr(file_, TCSAFLUSH, &before_);
    }
    bool fine() const { return fine_; }

private:
    int file_;
    termios before_{};
    bool fine_;
};

/// A terminal that closes itself.
struct terminal {
    int file = ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

    terminal() = default;
    terminal(const terminal&) = delete;
    terminal& operator=(const terminal&) = delete;
    ~terminal() {
        if (file >= 0) ::close(file);
    }
};

/// What was typed, as it comes; wiped as it goes.
struct typed_part {
    std::array<char, 256> bytes{};

    typed_part() = default;
    typed_part(const typed_part&) = delete;
    typed_part& operator=(const typed_part&) = delete;
    ~typed_part() { ::explicit_bzero(bytes.data(), bytes.size()); }
};

/// Up to the end of the line; nothing when a signal came. One byte more than is allowed may come back.
std::optional<passphrase> read_line(int file, const held_signals& signals) {
    std::string line;
    line.reserve(passphrase_bytes_max + 1);  // never copied to a larger place
    typed_part part;
    for (bool ended = false; !ended;) {
        if (!signals.await_byte(file)) {
            ::explicit_bzero(line.data(), line.size());
            return {};
        }
        const ssize_t got = ::read(file, part.bytes.data(), part.bytes.size());
        for (ssize_t at = 0; at < got && !ended; ++at) {
            const char byte = part.bytes[static_cast<std::size_t>(at)];
            ended = byte == '\n';
            if (!ended && line.size() <= passphrase_bytes_max) line += byte;
        }
        ended = ended || got <= 0;
    }
    return passphrase(std::move(line));
}

}  // namespace

passphrase::~passphrase() {
    ::explicit_bzero(text_.data(), text_.size());
}

bool passphrase_is_set() {
    return std::getenv(passphrase_variable) != nullptr;
}

std::optional<passphrase> take_passphrase() {
    char* const value = std::getenv(passphrase_variable);
    if (value == nullptr) return {};
    std::string text;
    text.reserve(passphrase_bytes_max);  // text in the object itself would stay where it is moved from
    text = value;
    ::explicit_bzero(value, text.size());
    std::optional<passphrase> taken(std::in_place, std::move(text));
    ::unsetenv(passphrase_variable);
    return taken;
}

result<passphrase, problem> checked(passphrase given) {
    if (given.get().empty())
        return failure{misuse("the passphrase of the network is empty",
                              "give one, or set 'network.passphrase' to \"none\" for the open network")};
    if (given.get().size() > passphrase_bytes_max)
        return failure{misuse("the passphrase of the network is longer than 1024 bytes", "a sentence is enough")};
    return given;
}

result<passphrase, problem> ask_passphrase(std::string_view network_name) {
    const terminal at;
    if (at.file < 0)
        return failure{misuse("there is no terminal at which to ask for the passphrase of the network", other_ways)};
    std::optional<passphrase> typed;
    {
        const held_signals signals;
        const silent_terminal silent(at.file);
        if (!silent.fine())
            return failure{misuse(
                "the terminal cannot be kept from showing the passphrase: " + std::generic_category().message(errno),
                other_ways)};
        const std::string which = network_name.empty() ? "" : fmt::format(" '{}'", printable(network_name, 256));
        const std::string prompt = fmt::format("passphrase of the network{}: ", which);
        if (::write(at.file, prompt.data(), prompt.size()) >= 0) {
            if (auto line = read_line(at.file, signals)) typed.emplace(std::move(*line));
        }
    }
    if (!typed) return failure{misuse("no passphrase was given", other_ways)};
    return checked(std::move(*typed));
}

}  // namespace mogshare::app
