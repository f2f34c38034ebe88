#include "runtime/driver.hpp"

#include "mogshare/runtime/system.hpp"

#include <asio/post.hpp>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

namespace mogshare::runtime {

namespace {

// With the half second that the pool waits for its threads: 5 s in all.
constexpr auto stop_period = std::chrono::milliseconds(4500);

}  // namespace

node::driver::driver(asio::io_context& loop, node_options options, news_handler news, std::unique_ptr<listener> door,
                     const std::shared_ptr<const store::folder>& folder, std::unique_ptr<recording_file> recording)
    : loop_(loop),
      options_(std::move(options)),
      news_(std::move(news)),
      door_(std::move(door)),
      recording_(std::move(recording)),
      peer_(core::identity{options_.key.id(), port()}, options_.protocol, chance()),
      pool_(loop, options_.worker_threads),
      links_(loop, std::make_shared<transport>(options_.key, options_.network), options_.protocol.connections,
             [this](time_point at, core::any_input in) { feed(at, std::move(in)); }),
      disk_(pool_, folder, options_.home, options_.free_reserve_bytes, disk_handlers()),
      sharing_(loop, pool_, folder, sharing_handlers()),
      saver_(loop, pool_, options_.home, secure::network_tag(options_.network, options_.key), saver_handlers()),
      timer_(loop),
      stop_limit_(loop) {}

time_point node::driver::now() {
    return runtime::now();
}

/// A recording holds all that decides the state machine, its seed too.
random_source node::driver::chance() const {
    const digest seed = system_seed();
    if (recording_)
        recording_->begin({options_.record->program, {options_.key.id(), port()}, options_.protocol, seed, now()});
    return random_source(seed);
}

disk_jobs::handlers node::driver::disk_handlers() {
    return {[this](core::any_input in) { feed(now(), std::move(in)); },
            [this](const content::share& file) { sharing_.remember(file); }};
}

sharing::handlers node::driver::sharing_handlers() {
    return {[this](core::any_input in) { feed(now(), std::move(in)); },
            [this](const hashing_progress& progress) { tell(progress); }};
}

table_saver::handlers node::driver::saver_handlers() {
    return {[this]() -> const core::tables& { return peer_.both_tables(); },
            [this](std::string text) { tell(warning{std::move(text)}); }};
}

void node::driver::start() {
    if (door_) {
        for (const std::string& left_out : door_->warnings()) tell(core::output::notice{left_out});
        door_->start([this](asio::ip::tcp::socket socket) { links_.accept(std::move(socket)); },
                     [this](std::string text) { tell(warning{std::move(text)}); });
    }
    const bool remembers = options_.keep_state || options_.borrow_tables;
    feed(now(), core::input::start{remembers ? saver_.load() : core::tables{}});
    if (options_.scan_at_start) sharing_.rescan([this](const scan_summary& summary) { tell(summary); });
}

// ---- the state machine ----------------------------------------------------------------------------------------------

void node::driver::feed(time_point at, core::any_input in) {
    if (phase_ >= phase::stopped) return;
    if (draining_) {
        // From within the news: the machine takes one input at a time. Bytes are only lent, and never come this way.
        assert(!std::holds_alternative<core::input::received>(in));
        later_.push_back(std::move(in));
        return;
    }
    step(at, std::move(in));
    drain();
}

// What was received is stamped before it is decrypted, and may come behind what was given meanwhile: by microseconds. The
// machine takes times in order.
void node::driver::step(time_point at, core::any_input in) {
    latest_ = at = std::max(at, latest_);
    if (recording_) recording_->input(at, in);
    peer_.handle(at, std::move(in));
}

void node::driver::drain() {
    draining_ = true;
    for (;;) {
        while (auto out = peer_.poll()) {
            if (recording_) recording_->output(*out);
            std::visit([this](auto& each) { perform(std::move(each)); }, *out);
        }
        if (auto trouble = recording_ ? recording_->trouble() : std::nullopt)
            tell(core::output::notice{std::move(*trouble)});
        if (later_.empty()) break;
        core::any_input in = std::move(later_.front());
        later_.pop_front();
        step(now(), std::move(in));
    }
    draining_ = false;
    if (phase_ >= phase::stopped) return;
    if (options_.keep_state) saver_.touched();
    arm_timer();
}

// A limit that has moved to later is not worth a system call: the timer fires when it would have, and is set again.
void node::driver::arm_timer() {
    const auto next = peer_.next_deadline();
    if (!next || (armed_for_ && *armed_for_ <= *next)) return;
    armed_for_ = *next;
    timer_.expires_at(*next);
    timer_.async_wait(alive_.guard([this](const asio::error_code& error) {
        if (!error) timer_due();
    }));
}

void node::driver::timer_due() {
    armed_for_.reset();
    if (phase_ >= phase::stopped) return;
    const time_point at = latest_ = std::max(now(), latest_);
    const auto next = peer_.next_deadline();
    if (next && *next <= at) {
        if (recording_) recording_->woken(at);
        peer_.handle_time(at);
        drain();
    } else {
        arm_timer();
    }
}

void node::driver::perform(core::output::share_withdrawn what) {
    sharing_.forget(what.path);
    tell(std::move(what));
}

// ---- the end --------------------------------------------------------------------------------------------------------

void node::driver::stop(std::function<void()> done) {
    if (phase_ != phase::running) return;
    phase_ = phase::stopping;
    stop_done_ = std::move(done);
    if (door_) door_->close();
    sharing_.stop();
    if (options_.keep_state) saver_.save_last();  // before the machine lets go of anything
    stop_limit_.expires_after(stop_period);
    stop_limit_.async_wait(alive_.guard([this](const asio::error_code& error) {
        if (!error) end_stop();
    }));
    feed(now(), core::input::stop{});
}

void node::driver::perform(core::output::stopped what) {
    phase_ = phase::stopped;
    timer_.cancel();
    tell(what);
    links_.close_all();
    links_.on_empty([this] { stop_if_all_ended(); });
    pool_.on_idle([this] { stop_if_all_ended(); });
    stop_if_all_ended();
}

void node::driver::stop_if_all_ended() {
    if (links_.size() == 0 && pool_.outstanding() == 0) end_stop();
}

void node::driver::end_stop() {
    if (phase_ == phase::over) return;
    phase_ = phase::over;
    stop_limit_.cancel();
    timer_.cancel();
    links_.drop_all();
    if (stop_done_) asio::post(loop_, std::move(stop_done_));
}

}  // namespace mogshare::runtime
