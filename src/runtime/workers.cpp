#include "mogshare/runtime/workers.hpp"

#include <asio/post.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>

namespace mogshare::runtime {

namespace {

constexpr auto patience = std::chrono::milliseconds(500);
// The state machine bounds what strangers can have read at once; this is beyond all of it.
[[maybe_unused]] constexpr std::size_t outstanding_max = 16'384;

std::size_t index_of(lane where) {
    return static_cast<std::size_t>(where);
}

}  // namespace

/// What the threads share with the pool, and keep when the pool leaves them behind.
struct workers::shared {
    using queue = std::deque<std::unique_ptr<job>>;

    std::mutex guard;
    std::condition_variable pool_wakes, hasher_wakes, thread_ended;
    std::array<queue, 3> queues;
    std::size_t slow_running = 0;
    std::size_t slow_running_max = 1;
    std::size_t threads_ended = 0;
    bool closing = false;
    asio::io_context* loop = nullptr;  ///< not to be touched once closing
    workers* owner = nullptr;          ///< touched on the loop's thread only; null once the pool has gone

    std::optional<lane> next_for_pool() const {
        if (!queues[index_of(lane::quick)].empty()) return lane::quick;
        if (!queues[index_of(lane::slow)].empty() && slow_running < slow_running_max) return lane::slow;
        return std::nullopt;
    }
    std::optional<lane> next_for_hasher() const {
        if (queues[index_of(lane::hashing)].empty()) return std::nullopt;
        return lane::hashing;
    }
    std::unique_ptr<job> take(lane from) {
        auto taken = std::move(queues[index_of(from)].front());
        queues[index_of(from)].pop_front();
        return taken;
    }

    static void report(const std::shared_ptr<shared>& self, std::unique_ptr<job> finished) {
        asio::post(*self->loop, [self, finished = std::move(finished)]() mutable {
            if (self->owner) self->owner->reported(std::move(finished));
        });
    }

    static void serve(std::shared_ptr<shared> self, bool as_hasher) {
        std::unique_lock lock(self->guard);
        std::optional<lane> from;
        auto ready = [&] {
            from = as_hasher ? self->next_for_hasher() : self->next_for_pool();
            return self->closing || from.has_value();
        };
        for (;;) {
            (as_hasher ? self->hasher_wakes : self->pool_wakes).wait(lock, ready);
            if (self->closing) break;
            std::unique_ptr<job> taken = self->take(*from);
            const std::size_t slow = *from == lane::slow ? 1 : 0;
            self->slow_running += slow;
            lock.unlock();
            taken->work();
            lock.lock();
            self->slow_running -= slow;
            if (!self->closing) report(self, std::move(taken));
        }
        ++self->threads_ended;
        self->thread_ended.notify_all();
    }
};

workers::workers(asio::io_context& loop, std::size_t threads) : loop_(loop), shared_(std::make_shared<shared>()) {
    threads = std::max<std::size_t>(threads, 2);
    shared_->loop = &loop;
    shared_->owner = this;
    shared_->slow_running_max = threads - 1;
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back(shared::serve, shared_, false);
    threads_.emplace_back(shared::serve, shared_, true);
}

workers::~workers() {
    std::array<shared::queue, 3> dropped;
    shared_->owner = nullptr;
    bool all_ended = false;
    {
        std::unique_lock lock(shared_->guard);
        shared_->closing = true;
        dropped.swap(shared_->queues);
        shared_->pool_wakes.notify_all();
        shared_->hasher_wakes.notify_all();
        all_ended = shared_->thread_ended.wait_for(lock, patience,
                                                   [this] { return shared_->threads_ended == threads_.size(); });
    }
    for (std::thread& each : threads_) {
        if (all_ended) {
            each.join();
        } else {
            each.detach();
        }
    }
}

void workers::submit(lane where, std::unique_ptr<job> added) {
    assert(outstanding_ < outstanding_max);
    ++outstanding_;
    if (!busy_) busy_.emplace(loop_.get_executor());
    const std::lock_guard lock(shared_->guard);
    shared_->queues[index_of(where)].push_back(std::move(added));
    (where == lane::hashing ? shared_->hasher_wakes : shared_->pool_wakes).notify_one();
}

void workers::drop_pending(lane where) {
    shared::queue dropped;
    {
        const std::lock_guard lock(shared_->guard);
        dropped.swap(shared_->queues[index_of(where)]);
    }
    settle(dropped.size());
}

void workers::reported(std::unique_ptr<job> finished) {
    finished->report();
    finished.reset();
    settle(1);
    if (outstanding_ == 0 && idle_) idle_();
}

void workers::settle(std::size_t jobs) {
    outstanding_ -= jobs;
    if (outstanding_ == 0) busy_.reset();
}

}  // namespace mogshare::runtime
