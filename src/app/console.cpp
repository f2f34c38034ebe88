#include "app/console.hpp"

#include "mogshare/app/views.hpp"
#include "mogshare/base/printable.hpp"

#include <fmt/format.h>
#include <asio/post.hpp>

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace mogshare::app {

namespace {

constexpr std::size_t room_bytes = 256 * 1024;
constexpr std::size_t backlog_bytes_max = 1024 * 1024;
constexpr std::size_t log_line_bytes_max = 8192;
constexpr std::chrono::milliseconds last_words_max(500);
constexpr std::string_view clear_line = "\r\033[K";
constexpr std::string_view prompt_text = "mogShare> ";
constexpr std::array<std::string_view, 4> level_names{"error", "warn", "info", "debug"};

std::size_t terminal_columns() {
    winsize size{};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/// The first word in the colour of alarm.
std::string in_red(std::string_view line) {
    const std::size_t end = std::min(line.find(' '), line.size());
    return fmt::format("\033[31m{}\033[0m{}", line.substr(0, end), line.substr(end));
}

}  // namespace

int write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t wrote = ::write(descriptor, text.data(), text.size());
        if (wrote >= 0) {
            text.remove_prefix(static_cast<std::size_t>(wrote));
        } else if (errno == EAGAIN) {  // somebody who shares the terminal has made it non-blocking
            pollfd wanted{descriptor, POLLOUT, 0};
            ::poll(&wanted, 1, -1);
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

console::options console::look(log_level log) {
    const char* const no_colour = std::getenv("NO_COLOR");
    options seen;
    seen.log = log;
    seen.typed = ::isatty(STDIN_FILENO) == 1;
    seen.prompts = seen.typed && ::isatty(STDOUT_FILENO) == 1;
    seen.stderr_terminal = ::isatty(STDERR_FILENO) == 1;
    seen.colour = seen.stderr_terminal && (no_colour == nullptr || *no_colour == '\0');
    return seen;
}

console::console(asio::io_context& loop, options chosen, std::function<void(std::string)> broken)
    : loop_(loop), chosen_(chosen), broken_(std::move(broken)) {
    box_->owner = this;
    writer_ = std::thread([box = box_] { write_loop(*box); });
}

console::~console() {
    finish();
}

std::string console::finish() {
    if (!writer_.joinable()) return {};
    if (!progress_.empty()) queue(STDERR_FILENO, std::string(clear_line));
    std::unique_lock lock(box_->mutex);
    box_->owner = nullptr;
    box_->changed.notify_all();
    const bool ended = !hurried_ || box_->changed.wait_for(lock, last_words_max, [this] { return box_->written; });
    lock.unlock();
    if (!ended) {
        writer_.detach();
        return {};
    }
    writer_.join();
    const std::lock_guard again(box_->mutex);
    return broken_told_ ? std::string() : box_->broken_reason;
}

// ---- on the loop's thread -------------------------------------------------------------------------------------------

void console::data(const lines& text) {
    if (!text.empty()) put(STDOUT_FILENO, text);
}

void console::error(const problem& what) {
    lines text = two_lines(what);
    if (chosen_.colour) text.front() = in_red(text.front());
    put(STDERR_FILENO, text);
}

void console::log(log_level level, std::string_view subject, std::string_view text) {
    if (level > chosen_.log) return;
    if (backlog() > backlog_bytes_max) {
        ++logs_dropped_;
        return;
    }
    lines out;
    if (const std::size_t dropped = std::exchange(logs_dropped_, 0); dropped != 0)
        out.push_back(fmt::format("warn log: {} lines were left out, since nobody read them", dropped));
    std::string line = fmt::format("{} {}: {}", level_names[static_cast<std::size_t>(level)], subject,
                                   printable(text, log_line_bytes_max));
    out.push_back(chosen_.colour && level == log_level::error ? in_red(line) : std::move(line));
    put(STDERR_FILENO, out);
}

void console::progress(std::string line) {
    if (!chosen_.stderr_terminal || prompt_shown_ || (line.empty() && progress_.empty())) return;
    // What a terminal that stands still does not show need not wait for it. Taking the line away is queued once for each that was shown.
    if (!line.empty() && backlog() > backlog_bytes_max) return;
    progress_ = cut_to_width(line, terminal_columns() - 1);
    queue(STDERR_FILENO, std::string(clear_line) + progress_);
}

void console::prompt() {
    if (!chosen_.prompts || prompt_shown_) return;
    progress("");
    prompt_shown_ = true;
    queue(STDOUT_FILENO, std::string(prompt_text));
}

void console::close_prompt() {
    if (std::exchange(prompt_shown_, false)) queue(STDOUT_FILENO, "\n");
}

void console::put(int descriptor, const lines& text) {
    std::string out;
    if (!progress_.empty()) queue(STDERR_FILENO, std::string(clear_line));
    if (prompt_shown_) queue(STDOUT_FILENO, std::string(clear_line));
    for (const std::string& line : text) (out += line) += '\n';
    queue(descriptor, std::move(out));
    if (prompt_shown_) queue(STDOUT_FILENO, std::string(prompt_text));
    if (!progress_.empty()) queue(STDERR_FILENO, progress_);
}

void console::queue(int descriptor, std::string text) {
    {
        const std::lock_guard lock(box_->mutex);
        if (descriptor == STDOUT_FILENO && box_->stdout_broken) return;
        box_->waiting_bytes += text.size();
        box_->waiting.push_back({descriptor, std::move(text)});
    }
    box_->changed.notify_all();
}

std::size_t console::backlog() {
    const std::lock_guard lock(box_->mutex);
    return box_->waiting_bytes;
}

void console::when_room(std::function<void()> go) {
    if (backlog() <= room_bytes) return go();
    go_ = std::move(go);
    tell_room();  // it may have come about in between
}

void console::tell_room() {
    if (go_ && backlog() <= room_bytes) std::exchange(go_, nullptr)();
}

void console::tell_broken() {
    broken_told_ = true;
    std::string reason;
    {
        const std::lock_guard lock(box_->mutex);
        reason = box_->broken_reason;
    }
    broken_(reason);
}

// ---- on the writer's thread -----------------------------------------------------------------------------------------

void console::write_loop(outbox& box) {
    std::unique_lock lock(box.mutex);
    while (true) {
        box.changed.wait(lock, [&] { return box.owner == nullptr || !box.waiting.empty(); });
        if (box.waiting.empty()) break;
        const chunk next = std::move(box.waiting.front());
        box.waiting.pop_front();
        const bool pointless = next.descriptor == STDOUT_FILENO && box.stdout_broken;
        lock.unlock();
        const int error = pointless ? 0 : write_all(next.descriptor, next.text);
        lock.lock();
        wrote(box, next, error);
    }
    box.written = true;
    box.changed.notify_all();
}

/// Under the lock, under which the owner goes, too.
void console::wrote(outbox& box, const chunk& what, int error) {
    const bool was_full = box.waiting_bytes > room_bytes;
    box.waiting_bytes -= what.text.size();
    console* const owner = box.owner;
    const bool breaks = error != 0 && what.descriptor == STDOUT_FILENO && !std::exchange(box.stdout_broken, true);
    if (breaks) box.broken_reason = std::generic_category().message(error);
    if (owner == nullptr) return;
    if (breaks) asio::post(owner->loop_, owner->alive_.guard([owner] { owner->tell_broken(); }));
    if (was_full && box.waiting_bytes <= room_bytes)
        asio::post(owner->loop_, owner->alive_.guard([owner] { owner->tell_room(); }));
}

}  // namespace mogshare::app
