// What waits to be written to a terminal that nobody reads.

#include "app/console.hpp"

#include <doctest/doctest.h>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

using namespace mogshare::app;

namespace {

/// While it lives, stderr is a pipe, of which nothing is read before read_on().
class held_stderr {
public:
    held_stderr() : before_(::dup(STDERR_FILENO)) {
        std::array<int, 2> ends{};
        if (before_ < 0 || ::pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
        from_ = ends[0];
        ::dup2(ends[1], STDERR_FILENO);
        ::close(ends[1]);
    }
    held_stderr(const held_stderr&) = delete;
    held_stderr& operator=(const held_stderr&) = delete;
    ~held_stderr() {
        restore();
        if (reader_.joinable()) reader_.join();
        ::close(from_);
    }

    void read_on() {
        reader_ = std::thread([this] {
            std::array<char, 4096> part{};
            for (ssize_t got = 0; (got = ::read(from_, part.data(), part.size())) > 0;)
                said_.append(part.data(), static_cast<std::size_t>(got));
        });
    }
    /// All that was written, once nobody writes any more.
    const std::string& all() {
        restore();
        reader_.join();
        return said_;
    }

private:
    void restore() {
        if (before_ < 0) return;
        ::dup2(before_, STDERR_FILENO);
        ::close(before_);
        before_ = -1;
    }

    int before_;
    int from_ = -1;
    std::thread reader_;
    std::string said_;
};

}  // namespace

TEST_CASE("R14: progress for a terminal that stands still does not pile up, and is shown again when it goes on") {
    constexpr std::size_t backlog_bytes_max = 1024 * 1024;
    constexpr std::size_t in_pipe_bytes_max = 128 * 1024;
    constexpr std::string_view clear_line = "\r\033[K";
    asio::io_context loop(1);
    held_stderr terminal;
    console::options chosen;
    chosen.stderr_terminal = true;
    console out(loop, chosen, [](const std::string&) {});
    const std::string tail(60, '.');
    for (int at = 0; at < 100'000; ++at) out.progress(std::to_string(at) + tail);
    out.progress("");

    auto working = asio::make_work_guard(loop);
    out.when_room([&] { working.reset(); });
    terminal.read_on();
    loop.run();
    out.progress("shown again");
    out.progress("");
    out.finish();
    const std::string& said = terminal.all();
    CHECK(said.starts_with(std::string(clear_line) + "0" + tail + std::string(clear_line) + "1" + tail));
    CHECK(said.size() > backlog_bytes_max);
    CHECK(said.size() < backlog_bytes_max + in_pipe_bytes_max);
    CHECK(said.ends_with(std::string(clear_line) + "shown again" + std::string(clear_line)));
}
