// Commands that wait: `wait`, `sleep`, `join`.

#include "app/task.hpp"

#include "mogshare/base/printable.hpp"
#include "mogshare/runtime/lifetime.hpp"
#include "mogshare/runtime/system.hpp"

#include <fmt/format.h>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <algorithm>

namespace mogshare::app {

namespace {

using subject = wait_condition::subject;

/// Rows and links change without news: whoever waits for them looks this often.
constexpr auto look_period = std::chrono::milliseconds(10);
constexpr duration default_limit = std::chrono::seconds(30);

std::uint64_t count_of(subject what, const core::peer& peer) {
    const core::tables& both = peer.both_tables();
    switch (what) {
        case subject::peers: return both.primary.rows.size() + both.secondary.rows.size();
        case subject::primary: return both.primary.rows.size();
        case subject::secondary: return both.secondary.rows.size();
        case subject::links: return ready_links(peer);
        case subject::shares: return peer.shares().size();
        case subject::uploads: return peer.uploads();
        case subject::hashed:
        case subject::transfers: return 0;
    }
    return 0;
}

class wait_task final : public task {
public:
    wait_task(const wait_condition& condition, desk& at, done_handler done)
        : task(at, std::move(done)), condition_(condition), timer_(at.loop) {}

    void begin() override {
        limit_ = condition_.limit;
        const bool open_ended = condition_.what == subject::transfers || condition_.what == subject::hashed;
        if (!limit_ && !open_ended) limit_ = default_limit;
        begun_ = runtime::now();
        look();
    }

private:
    bool met() const {
        switch (condition_.what) {
            case subject::hashed: return desk_.hashed;
            case subject::transfers: return unfinished_downloads(desk_.peer()) == 0;
            default: return count_of(condition_.what, desk_.peer()) >= condition_.least;
        }
    }

    void look() {
        if (met()) return finish(outcome());
        if (limit_ && runtime::now() - begun_ >= *limit_)
            return fail(
                {fmt::format("wait: not {} within {}{}", to_string(condition_), duration_text(*limit_), how_many()),
                 "give it more time: 'wait CONDITION TIME'", problem::kind::timeout});
        timer_.expires_after(look_period);
        timer_.async_wait(alive_.guard([this](const asio::error_code& error) {
            if (!error) look();
        }));
    }

    exit_code outcome() {
        if (condition_.what != subject::transfers) return exit_code::done;
        return std::exchange(desk_.unattended_failure, std::nullopt).value_or(exit_code::done);
    }

    std::string how_many() const {
        const bool counted = condition_.what != subject::hashed && condition_.what != subject::transfers;
        return counted ? fmt::format(", but {}", count_of(condition_.what, desk_.peer())) : "";
    }

    wait_condition condition_;
    std::optional<duration> limit_;
    time_point begun_;
    asio::steady_timer timer_;
    runtime::lifetime alive_;
};

class sleep_task final : public task {
public:
    sleep_task(duration time, desk& at, done_handler done) : task(at, std::move(done)), time_(time), timer_(at.loop) {}

    void begin() override {
        timer_.expires_after(time_);
        timer_.async_wait(alive_.guard([this](const asio::error_code& error) {
            if (!error) finish();
        }));
    }

private:
    duration time_;
    asio::steady_timer timer_;
    runtime::lifetime alive_;
};

class join_task final : public task {
public:
    join_task(join_target where, desk& at, done_handler done)
        : task(at, std::move(done)), where_(std::move(where)), resolver_(at.loop) {}

    void begin() override {
        if (const auto literal = parse_host(where_.host)) return ask({*literal, where_.port});
        resolver_.async_resolve(
            where_.host, std::to_string(where_.port),
            alive_.guard([this](const asio::error_code& error, const resolved& found) { take(error, found); }));
    }

    void take(const runtime::any_news& news) override {
        if (!asked_) return;
        if (const auto* entered = std::get_if<core::output::entered>(&news); entered && entered->by == *asked_)
            finish();
        if (const auto* alone = std::get_if<core::output::alone>(&news); alone && alone->asked == asked_)
            fail({fmt::format("nobody let us in at {}: {}", to_string(*asked_), alone->reason),
                  alone->hint.empty()
                      ? "it is tried again for as long as there are no other peers; is a peer running there?"
                      : alone->hint,
                  problem::kind::timeout});
    }

private:
    using resolved = asio::ip::tcp::resolver::results_type;

    void take(const asio::error_code& error, const resolved& found) {
        const auto literal =
            error || found.empty() ? std::nullopt : parse_host(found.begin()->endpoint().address().to_string());
        if (literal) return ask({*literal, where_.port});
        fail({fmt::format("no address for the name '{}': {}", printable(where_.host), error.message()),
              "check the name, or give an address", problem::kind::network});
    }

    void ask(const endpoint& where) {
        asked_ = where;
        desk_.node.give(core::input::join{where});
    }

    join_target where_;
    asio::ip::tcp::resolver resolver_;
    std::optional<endpoint> asked_;
    runtime::lifetime alive_;
};

}  // namespace

std::size_t ready_links(const core::peer& peer) {
    const auto links = peer.links();
    return static_cast<std::size_t>(
        std::count_if(links.begin(), links.end(), [](const auto& each) { return each.ready; }));
}

std::size_t unfinished_downloads(const core::peer& peer) {
    const auto all = peer.downloads();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [](const auto* each) { return !each->over(); }));
}

std::unique_ptr<task> make_wait(const wait_condition& condition, desk& at, task::done_handler done) {
    return std::make_unique<wait_task>(condition, at, std::move(done));
}

std::unique_ptr<task> make_sleep(duration time, desk& at, task::done_handler done) {
    return std::make_unique<sleep_task>(time, at, std::move(done));
}

std::unique_ptr<task> make_join(join_target where, desk& at, task::done_handler done) {
    return std::make_unique<join_task>(std::move(where), at, std::move(done));
}

}  // namespace mogshare::app
