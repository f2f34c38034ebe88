#pragma once
// Where the program writes: stdout is data, stderr is logs, errors and progress. A thread does the writing, so that a
// pipe that nobody reads never holds up the loop (R14), nor the end of a process that was told to end.

#include "mogshare/app/config.hpp"
#include "mogshare/app/human.hpp"
#include "mogshare/base/result.hpp"
#include "mogshare/runtime/lifetime.hpp"

#include <asio/io_context.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace mogshare::app {

/// Writes all of it to a descriptor; 0 or errno.
int write_all(int descriptor, std::string_view text);

/// For the loop's thread only.
class console {
public:
    struct options {
        log_level log = log_level::info;
        bool typed = false;            ///< stdin is a terminal
        bool prompts = false;          ///< stdout is one, too
        bool stderr_terminal = false;  ///< there is a progress line
        bool colour = false;           ///< of stderr
    };
    /// Looks at what stdin, stdout and stderr are, and at NO_COLOR.
    static options look(log_level log);

    /// `broken` is called once when stdout cannot be written to any more, with the reason.
    console(asio::io_context& loop, options chosen, std::function<void(std::string reason)> broken);
    ~console();
    console(const console&) = delete;
    console& operator=(const console&) = delete;

    /// Commands come from a person, who sees what went wrong and goes on.
    bool typed() const { return chosen_.typed; }
    bool shows_progress() const { return chosen_.stderr_terminal; }

    void data(const lines& text);
    void error(const problem& what);
    /// `warn folder: …`, if that level is shown. Dropped while too much is waiting to be written.
    void log(log_level level, std::string_view subject, std::string_view text);
    /// Redraws the line at the bottom of the terminal; an empty one takes it away. Not while a line may be being typed,
    /// nor while too much is waiting to be written.
    void progress(std::string line);
    /// Shows `mogShare> ` (between two terminals only), until a line has been typed.
    void prompt();
    void line_typed() { prompt_shown_ = false; }
    /// No line will be typed any more: leaves the prompt's line.
    void close_prompt();

    /// The process was told to end: what nobody reads is not waited for.
    void hurry() { hurried_ = true; }

    /// Writes what is left, however long that takes; after hurry() half a second of it. Nothing is shown afterwards. Gives the
    /// reason why stdout could not be written to, unless `broken` has been told.
    std::string finish();

    /// Calls `go` as soon as little enough is waiting to be written, at once if that is so now.
    void when_room(std::function<void()> go);

private:
    struct chunk {
        int descriptor;
        std::string text;
    };
    /// What the loop's thread and the writer share. It may outlive the console, with a writer that is stuck.
    struct outbox {
        std::mutex mutex;  ///< guards what follows
        std::condition_variable changed;
        std::deque<chunk> waiting;
        std::size_t waiting_bytes = 0;
        console* owner = nullptr;  ///< null: it is ending, and nobody wants to be told any more
        bool written = false;      ///< the writer has ended
        bool stdout_broken = false;
        std::string broken_reason;
    };
    static void write_loop(outbox& box);
    static void wrote(outbox& box, const chunk& what, int error);
    void put(int descriptor, const lines& text);
    void queue(int descriptor, std::string text);
    void tell_room();
    void tell_broken();
    std::size_t backlog();

    asio::io_context& loop_;
    const options chosen_;
    std::function<void(std::string)> broken_;
    std::string progress_;
    bool prompt_shown_ = false;
    std::size_t logs_dropped_ = 0;
    std::function<void()> go_;

    bool hurried_ = false;
    bool broken_told_ = false;

    runtime::lifetime alive_;
    const std::shared_ptr<outbox> box_ = std::make_shared<outbox>();
    std::thread writer_;
};

}  // namespace mogshare::app
