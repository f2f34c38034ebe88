#include "app/line_reader.hpp"

#include <asio/post.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace mogshare::app {

namespace {

constexpr std::size_t line_bytes_max = 64 * 1024;
constexpr std::size_t waiting_lines_max = 64;

}  // namespace

line_reader::line_reader(asio::io_context& loop, int descriptor, handlers told)
    : loop_(loop), descriptor_(descriptor), told_(std::move(told)) {
    if (::pipe2(wake_.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    reader_ = std::thread([this] { read_loop(); });
}

line_reader::~line_reader() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_one();
    ::close(wake_[1]);
    reader_.join();
    ::close(wake_[0]);
}

void line_reader::taken() {
    {
        const std::lock_guard lock(mutex_);
        --waiting_lines_;
    }
    changed_.notify_one();
}

// ---- on the reader's thread -----------------------------------------------------------------------------------------

bool line_reader::await_input() const {
    std::array<pollfd, 2> wanted{{{descriptor_, POLLIN, 0}, {wake_[0], POLLIN, 0}}};
    while (::poll(wanted.data(), wanted.size(), -1) < 0) {
        if (errno != EINTR) return false;
    }
    return wanted[1].revents == 0;
}

void line_reader::read_loop() {
    std::array<char, 16 * 1024> buffer{};
    while (await_input()) {
        const ssize_t got = ::read(descriptor_, buffer.data(), buffer.size());
        if (got > 0) {
            split({buffer.data(), static_cast<std::size_t>(got)});
            continue;
        }
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got < 0) {
            const problem said{"cannot read the standard input: " + std::generic_category().message(errno), "",
                               problem::kind::failed};
            asio::post(loop_, alive_.guard([this, said] { told_.wrong(said); }));
        }
        if (!line_.empty() || too_long_) end_of_line();  // the last line may lack its end
        asio::post(loop_, alive_.guard([this] { told_.end(); }));
        return;
    }
}

void line_reader::split(std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view part = text.substr(0, end);
        too_long_ = too_long_ || line_.size() + part.size() > line_bytes_max;
        if (!too_long_) line_ += part;
        if (end == std::string_view::npos) return;
        end_of_line();
        text.remove_prefix(end + 1);
    }
}

void line_reader::end_of_line() {
    std::string line = std::exchange(line_, {});
    if (!std::exchange(too_long_, false)) return give(std::move(line));
    const problem said{"a line of the input is longer than 64 KiB", "a command is a line, or ends with ';'",
                       problem::kind::usage};
    asio::post(loop_, alive_.guard([this, said] { told_.wrong(said); }));
}

void line_reader::give(std::string line) {
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return ending_ || waiting_lines_ < waiting_lines_max; });
        if (ending_) return;
        ++waiting_lines_;
    }
    asio::post(loop_, alive_.guard([this, line = std::move(line)]() mutable { told_.line(std::move(line)); }));
}

}  // namespace mogshare::app
