#pragma once
// Lines typed or piped in. Read on a thread with plain calls: a file or /dev/null cannot be polled for by Asio, and a
// non-blocking terminal would be non-blocking for its output too.

#include "mogshare/base/result.hpp"
#include "mogshare/runtime/lifetime.hpp"

#include <asio/io_context.hpp>

#include <array>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace mogshare::app {

/// For the loop's thread only.
class line_reader {
public:
    struct handlers {
        std::function<void(std::string)> line;      ///< without its end
        std::function<void(const problem&)> wrong;  ///< a line that is too long, or a read that failed
        std::function<void()> end;                  ///< nothing more comes
    };

    line_reader(asio::io_context& loop, int descriptor, handlers told);
    ~line_reader();
    line_reader(const line_reader&) = delete;
    line_reader& operator=(const line_reader&) = delete;

    /// One of the lines that were given has been dealt with. Only so many may be waiting; then nothing more is read.
    void taken();

private:
    void read_loop();
    bool await_input() const;
    void split(std::string_view text);
    void give(std::string line);
    void end_of_line();

    asio::io_context& loop_;
    int descriptor_;
    handlers told_;
    std::array<int, 2> wake_{-1, -1};  ///< a pipe: closing its writing end ends the reading
    std::string line_;
    bool too_long_ = false;

    std::mutex mutex_;  ///< guards what follows
    std::condition_variable changed_;
    std::size_t waiting_lines_ = 0;
    bool ending_ = false;

    runtime::lifetime alive_;
    std::thread reader_;
};

}  // namespace mogshare::app
