#include "app/session.hpp"

#include "mogshare/base/printable.hpp"

#include <fmt/format.h>
#include <asio/post.hpp>

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace mogshare::app {

namespace {

constexpr std::size_t skipped_shown = 5;
constexpr duration hashing_wait_max = std::chrono::seconds(5);
constexpr duration resolve_pause_first = std::chrono::seconds(5);
constexpr duration resolve_pause_max = std::chrono::seconds(300);

}  // namespace

session::session(asio::io_context& loop, console& out, const views& show, session_plan plan)
    : loop_(loop),
      out_(out),
      show_(show),
      plan_(std::move(plan)),
      hashing_timer_(loop),
      resolver_(loop),
      resolve_timer_(loop),
      resolve_pause_(resolve_pause_first) {}

void session::attach(runtime::node& node, config& settings, store::home_paths paths, std::string home) {
    desk_.emplace(loop_, node, out_, show_, settings, std::move(paths), std::move(home));
    waited_enough_ = !plan_.hashes;
    transfers_.emplace(*desk_);
}

exit_code session::run() {
    signals_.emplace(loop_, [this](int) { signalled(); });
    desk_->node.start();
    if (plan_.is != session_plan::kind::one_shot)
        out_.data(show_.ready({desk_->node.port(), desk_->peer().self().id, desk_->home}));
    if (plan_.join_later) resolve_later();
    if (plan_.is == session_plan::kind::prompt && out_.typed())
        out_.log(log_level::info, "help",
                 "'help' shows every command with an example; 'search welcome' finds a first file");
    begin_input();
    loop_.run();
    return ending_.value_or(exit_code::failed);
}

// ---- commands -------------------------------------------------------------------------------------------------------

void session::begin_input() {
    if (plan_.is == session_plan::kind::script) {
        for (const std::string& line : plan_.commands)
            if (!ending_) line_came(line);
        return input_ended();
    }
    if (plan_.is != session_plan::kind::prompt) return;
    reader_.emplace(loop_, STDIN_FILENO,
                    line_reader::handlers{[this](const std::string& line) { line_came(line); },
                                          [this](const problem& what) { failed(what); }, [this] { input_ended(); }});
    next();
}

void session::line_came(const std::string& line) {
    out_.line_typed();
    const auto commands = split_commands(line);
    if (reader_ && (!commands || commands->empty())) reader_->taken();
    if (!commands) {
        failed(commands.error());
        return next();
    }
    if (commands->empty() && current_ && out_.typed() && current_->leave())
        out_.log(log_level::info, "get", "goes on; 'transfers' shows it");
    for (const command_words& words : *commands) queue_.push_back({words, false});
    if (!commands->empty()) queue_.back().last_of_line = true;
    next();
}

void session::input_ended() {
    input_ended_ = true;
    next();
}

void session::next() {
    if (ending_ || current_ || (batch() && !settled())) return;
    if (!queue_.empty()) return out_.when_room([this] { run_next(); });
    if (input_ended_) return quit_when_done();
    if (plan_.is == session_plan::kind::prompt) out_.prompt();
}

void session::run_next() {
    if (ending_ || current_ || queue_.empty()) return;
    const queued first = std::move(queue_.front());
    queue_.pop_front();
    if (first.last_of_line && reader_) reader_->taken();
    begin_command(first.words);
}

void session::begin_command(const command_words& words) {
    const auto which = find_command(words.front());
    if (!which) {
        failed(which.error());
        return next();
    }
    const argument_list given(words.begin() + 1, words.end());
    if ((*which)->kind == command_kind::quit) return quit_when_done();
    begin_task(make_task(**which, given, *desk_, [this](exit_code code) { task_done(code); }));
}

void session::begin_task(std::unique_ptr<task> made) {
    current_ = std::move(made);
    current_->begin();
}

/// Called from within the task: it goes, and the next one comes, afterwards.
void session::task_done(exit_code code) {
    asio::post(loop_, alive_.guard([this, code] {
        current_.reset();
        if (plan_.is == session_plan::kind::one_shot) return quit(code);
        if (code != exit_code::done && batch()) return quit(code);
        next();
    }));
}

/// Something that is wrong before there is a task. Ends a batch, as a failing command does.
void session::failed(const problem& what) {
    tell(*desk_, what);
    if (batch()) quit(exit_code_of(what.is));
}

void session::quit_when_done() {
    const std::size_t unfinished = unfinished_downloads(desk_->peer());
    if (unfinished == 0) return quit(desk_->unattended_failure.value_or(exit_code::done));
    tell(*desk_, {fmt::format("{} left unfinished", count_text(unfinished, "download is", "downloads are")),
                  "what was fetched is kept, and 'get' goes on from there; 'wait transfers' waits for them",
                  problem::kind::unfinished});
    quit(exit_code::unfinished);
}

// ---- news -----------------------------------------------------------------------------------------------------------

void session::take(const runtime::any_news& news) {
    std::visit([this](const auto& each) { take_each(each); }, news);
    if (current_ && !current_->over()) current_->take(news);
}

void session::take_each(const core::output::entered& news) {
    alone_because_.reset();
    out_.log(log_level::info, "entry",
             fmt::format("entered through {}, {}", to_string(news.by), count_text(news.rows, "new row", "new rows")));
    in_or_alone_ = true;
    found_out();
}

void session::take_each(const core::output::alone& news) {
    const bool one_shot = plan_.is == session_plan::kind::one_shot;
    const bool again = alone_because_ == news.reason;
    alone_because_ = news.reason;
    const bool told_by_command = current_ != nullptr && !one_shot;
    if (news.asked && !news.hint.empty() && !again && !told_by_command) {
        out_.error({fmt::format("no entry through {}: {}", to_string(*news.asked), news.reason), news.hint,
                    problem::kind::network});
    } else if (news.asked) {
        out_.log(again ? log_level::debug : log_level::warn, "entry",
                 fmt::format("alone: no entry through {}: {}{}", to_string(*news.asked), news.reason,
                             one_shot ? "" : "; it will be tried again"));
    } else {
        out_.log(one_shot ? log_level::warn : log_level::info, "entry",
                 fmt::format("alone: {}; others can join, and so can this peer", news.reason));
    }
    if (!std::exchange(in_or_alone_, true) && !desk_->hashed) {
        hashing_timer_.expires_after(hashing_wait_max);
        hashing_timer_.async_wait(alive_.guard([this](const asio::error_code& error) {
            waited_enough_ = true;
            if (!error) found_out();
        }));
    }
    found_out();
}

void session::take_each(const core::output::download_changed& news) {
    transfers_->take(news);
}

void session::take_each(const core::output::share_withdrawn& news) {
    out_.log(log_level::warn, "folder",
             fmt::format("no longer shared, since it has changed or gone: {}", printable(news.path)));
}

void session::take_each(const core::output::notice& news) {
    out_.log(log_level::info, "peer", printable(news.text));
}

void session::take_each(const runtime::warning& news) {
    out_.log(log_level::warn, "peer", printable(news.text, 4096));
}

void session::take_each(const runtime::scan_summary& news) {
    desk_->hashed = true;
    if (news.trouble) {
        out_.error(*news.trouble);
    } else {
        for (std::size_t at = 0; at < std::min(news.skipped.size(), skipped_shown); ++at)
            out_.log(log_level::warn, "folder", "not shared: " + printable(news.skipped[at]));
        if (news.skipped.size() > skipped_shown)
            out_.log(
                log_level::warn, "folder",
                fmt::format("and {} more are not shared; 'rescan' lists them", news.skipped.size() - skipped_shown));
        const content::catalog& all = desk_->peer().shares();
        out_.log(log_level::info, "folder",
                 fmt::format("sharing {}, {}", count_text(all.size(), "file", "files"), size_text(all.total_bytes())));
    }
    hashing_timer_.cancel();
    found_out();
}

/// Where the peer stands has become clearer: what waits for that may begin. After the news, since commands give inputs.
void session::found_out() {
    if (!settled() || ending_) return;
    asio::post(loop_, alive_.guard([this] {
        begin_only();
        next();
    }));
}

void session::begin_only() {
    if (plan_.is != session_plan::kind::one_shot || ending_ || std::exchange(only_begun_, true)) return;
    begin_task(plan_.only(*desk_, [this](exit_code code) { task_done(code); }));
}

// ---- the rest -------------------------------------------------------------------------------------------------------

void session::resolve_later() {
    resolve_timer_.expires_after(resolve_pause_);
    resolve_pause_ = std::min(2 * resolve_pause_, resolve_pause_max);
    resolve_timer_.async_wait(alive_.guard([this](const asio::error_code& cancelled) {
        if (cancelled || ending_) return;
        resolver_.async_resolve(
            plan_.join_later->host, std::to_string(plan_.join_later->port),
            alive_.guard([this](const asio::error_code& error, const asio::ip::tcp::resolver::results_type& found) {
                if (ending_) return;
                const auto literal =
                    error || found.empty() ? std::nullopt : parse_host(found.begin()->endpoint().address().to_string());
                if (!literal) return resolve_later();
                desk_->node.give(core::input::join{endpoint{*literal, plan_.join_later->port}});
            }));
    }));
}

void session::signalled() {
    if (ending_) ::_exit(static_cast<int>(exit_code::interrupted));  // the second one: at once
    out_.hurry();
    quit(plan_.is == session_plan::kind::serve ? exit_code::done : exit_code::interrupted);
}

void session::quit(exit_code code) {
    if (ending_) return;
    ending_ = code;
    out_.close_prompt();
    transfers_->end();
    hashing_timer_.cancel();
    resolve_timer_.cancel();
    resolver_.cancel();
    desk_->node.stop([this] { stopped(); });
}

void session::stopped() {
    signals_.reset();
    reader_.reset();
    current_.reset();
    loop_.stop();
}

}  // namespace mogshare::app
