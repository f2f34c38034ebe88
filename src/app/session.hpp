#pragma once
// A peer at work for a user: commands from a prompt, a script or the command line, one after another, and the node's
// news.

#include "app/console.hpp"
#include "app/desk.hpp"
#include "app/line_reader.hpp"
#include "app/task.hpp"
#include "app/transfer_watch.hpp"
#include "mogshare/runtime/signals.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mogshare::app {

/// What a session does.
struct session_plan {
    enum class kind : std::uint8_t {
        prompt,    ///< lines from stdin
        script,    ///< `commands`, then the end
        serve,     ///< nothing, until a signal
        one_shot,  ///< `only`
    };
    kind is = kind::prompt;
    std::vector<std::string> commands;
    std::function<std::unique_ptr<task>(desk&, task::done_handler)> only;
    bool hashes = true;                     ///< the peer looks at its folder
    std::optional<join_target> join_later;  ///< a known address whose name could not be resolved yet
};

/// For the loop's thread only. The loop has nothing else to do, and ends with the session.
class session {
public:
    session(asio::io_context& loop, console& out, const views& show, session_plan plan);

    /// Where the node's news go; until attach() they may not come.
    void take(const runtime::any_news& news);
    /// The peer that it works on, not started yet.
    void attach(runtime::node& node, config& settings, store::home_paths paths, std::string home);
    /// Starts the peer, says that it is ready, and works until all is done.
    exit_code run();
    /// Ends in order; the first code counts.
    void quit(exit_code code);

private:
    /// Commands that nobody types: they wait until the peer can do something, and end at the first that fails.
    bool batch() const {
        return plan_.is == session_plan::kind::script || (plan_.is == session_plan::kind::prompt && !out_.typed());
    }
    /// There are peers to ask; or there are none, and its own files, all that can be found then, are known.
    bool settled() const { return in_or_alone_ && (!alone_because_ || desk_->hashed || waited_enough_); }
    // ---- commands
    void begin_input();
    void line_came(const std::string& line);
    void input_ended();
    void next();
    void run_next();
    void begin_task(std::unique_ptr<task> made);
    void begin_command(const command_words& words);
    void task_done(exit_code code);
    void failed(const problem& what);
    void quit_when_done();
    // ---- news
    void take_each(const core::output::entered& news);
    void take_each(const core::output::alone& news);
    void take_each(const core::output::download_changed& news);
    void take_each(const core::output::share_withdrawn& news);
    void take_each(const core::output::notice& news);
    void take_each(const runtime::warning& news);
    void take_each(const runtime::scan_summary& news);
    template <class Other>
    void take_each(const Other&) {}
    void found_out();
    void begin_only();
    // ---- the rest
    void resolve_later();
    void signalled();
    void stopped();

    asio::io_context& loop_;
    console& out_;
    const views& show_;
    session_plan plan_;
    std::optional<desk> desk_;
    std::optional<transfer_watch> transfers_;
    std::optional<runtime::interrupt_signals> signals_;
    std::optional<line_reader> reader_;

    struct queued {
        command_words words;
        bool last_of_line = false;  ///< of one that the reader gave
    };
    std::deque<queued> queue_;
    bool input_ended_ = false;
    std::unique_ptr<task> current_;
    bool only_begun_ = false;

    bool in_or_alone_ = false;    ///< ENTRADA has been answered, or nobody did
    bool waited_enough_ = false;  ///< for the hashing
    std::optional<std::string> alone_because_;
    asio::steady_timer hashing_timer_;
    std::optional<exit_code> ending_;
    asio::ip::tcp::resolver resolver_;
    asio::steady_timer resolve_timer_;
    duration resolve_pause_;
    runtime::lifetime alive_;
};

}  // namespace mogshare::app
