#pragma once
// The node behind its interface: inputs into the state machine, outputs out of it, one timer.

#include "mogshare/runtime/lifetime.hpp"
#include "mogshare/runtime/listener.hpp"
#include "mogshare/runtime/node.hpp"
#include "mogshare/runtime/workers.hpp"
#include "runtime/disk_jobs.hpp"
#include "runtime/links.hpp"
#include "runtime/recording_file.hpp"
#include "runtime/sharing.hpp"
#include "runtime/table_saver.hpp"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>

namespace mogshare::runtime {

class node::driver {
public:
    /// `door` is null for a peer that takes no connections, `recording` where none is wanted.
    driver(asio::io_context& loop, node_options options, news_handler news, std::unique_ptr<listener> door,
           const std::shared_ptr<const store::folder>& folder, std::unique_ptr<recording_file> recording);

    void start();
    void give(core::any_input command) { feed(now(), std::move(command)); }
    void rescan(sharing::done_handler done) { sharing_.rescan(std::move(done)); }
    void stop(std::function<void()> done);

    std::uint16_t port() const { return door_ ? door_->port() : 0; }
    const core::peer& peer() const { return peer_; }

private:
    static time_point now();
    random_source chance() const;
    disk_jobs::handlers disk_handlers();
    sharing::handlers sharing_handlers();
    table_saver::handlers saver_handlers();

    void feed(time_point at, core::any_input in);
    void step(time_point at, core::any_input in);
    void drain();
    void arm_timer();
    void timer_due();
    template <class News>
    void tell(News&& what) {
        news_(any_news(std::forward<News>(what)));
    }

    // One for each kind of output; what is not work for a part is news.
    void perform(core::output::dial wanted) { links_.perform(wanted); }
    void perform(core::output::send wanted) { links_.perform(std::move(wanted)); }
    void perform(core::output::hang_up wanted) { links_.perform(wanted); }
    void perform(core::output::read_range wanted) { disk_.perform(std::move(wanted)); }
    void perform(core::output::prove_range wanted) { disk_.perform(std::move(wanted)); }
    void perform(core::output::open_partial wanted) { disk_.perform(std::move(wanted)); }
    void perform(core::output::store_piece wanted) { disk_.perform(std::move(wanted)); }
    void perform(core::output::finish_partial wanted) { disk_.perform(std::move(wanted)); }
    void perform(core::output::close_partial wanted) { disk_.perform(wanted); }
    void perform(core::output::share_withdrawn what);
    void perform(core::output::stopped what);
    template <class News>
    void perform(News what) {
        tell(std::move(what));
    }

    void stop_if_all_ended();
    void end_stop();

    asio::io_context& loop_;
    node_options options_;
    news_handler news_;
    std::unique_ptr<listener> door_;
    std::unique_ptr<recording_file> recording_;
    core::peer peer_;
    // Before what uses it, so that it goes after: its jobs' reports are dropped, not called, once it is going.
    workers pool_;
    links links_;
    disk_jobs disk_;
    sharing sharing_;
    table_saver saver_;

    time_point latest_{};  ///< of what the machine was given
    bool draining_ = false;
    std::deque<core::any_input> later_;  ///< given while outputs were being performed
    asio::steady_timer timer_;
    std::optional<time_point> armed_for_;

    enum class phase : std::uint8_t { running, stopping, stopped, over };
    phase phase_ = phase::running;
    asio::steady_timer stop_limit_;
    std::function<void()> stop_done_;
    lifetime alive_;
};

}  // namespace mogshare::runtime
