#pragma once
// A command at work: begins, hears the node's news, and says when it is done. One runs at a time.

#include "app/desk.hpp"
#include "mogshare/app/commands.hpp"
#include "mogshare/app/words.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mogshare::app {

class task {
public:
    /// Called at most once. The task may not be destroyed within it.
    using done_handler = std::function<void(exit_code)>;

    task(desk& at, done_handler done) : desk_(at), done_(std::move(done)) {}
    virtual ~task() = default;
    task(const task&) = delete;
    task& operator=(const task&) = delete;

    virtual void begin() = 0;
    virtual void take(const runtime::any_news&) {}
    /// The user does not want to wait for it any more. False: it cannot go on unattended.
    virtual bool leave() { return false; }
    bool over() const { return over_; }

protected:
    void finish(exit_code code = exit_code::done) {
        if (over_) return;
        over_ = true;
        done_(code);
    }
    void fail(const problem& what);

    desk& desk_;

private:
    done_handler done_;
    bool over_ = false;
};

/// What follows the name of a command.
using argument_list = std::vector<std::string>;

/// Says what is wrong on stderr, and as an object on stdout where that is wanted.
void tell(desk& at, const problem& what);

/// The task of a command of the prompt. `quit` has none.
std::unique_ptr<task> make_task(const command& what, argument_list given, desk& at, task::done_handler done);

/// What to search for: `WORDS…`, `--exact NAME` or `--id HEX`.
struct wanted_search {
    wire::query_kind kind = wire::query_kind::words;
    std::string text;
};
result<wanted_search, problem> parse_search(const argument_list& given);
/// Fails for what no peer would look for.
result<wanted_search, problem> check_search(wanted_search wanted);
std::unique_ptr<task> make_search(wanted_search wanted, desk& at, task::done_handler done);

/// One thing to download.
struct wanted_file {
    enum class by : std::uint8_t { number, content, name };

    by what = by::name;
    std::size_t number = 0;                ///< of the latest search's results
    std::string text;                      ///< content id or name
    std::optional<std::string> beginning;  ///< of the content id, where several contents have the name
};
struct wanted_files {
    std::vector<wanted_file> list;
    bool unattended = false;  ///< do not wait
};
/// Small print, old results: the content to search for again, where result `number` of a search may name sources that have
/// gone. Nothing while the search is fresh.
std::optional<content_id> content_if_old(const core::search_state& search, std::size_t number, time_point now);
result<wanted_files, problem> parse_get(argument_list given, const core::search_state* latest);
std::unique_ptr<task> make_get(wanted_files wanted, desk& at, task::done_handler done);

std::unique_ptr<task> make_wait(const wait_condition& condition, desk& at, task::done_handler done);
std::unique_ptr<task> make_sleep(duration time, desk& at, task::done_handler done);
std::unique_ptr<task> make_join(join_target where, desk& at, task::done_handler done);

/// Links to neighbours that can be used.
std::size_t ready_links(const core::peer& peer);
/// Downloads that are neither done nor given up.
std::size_t unfinished_downloads(const core::peer& peer);

}  // namespace mogshare::app
