#pragma once
// Work that would block the loop, hashing and disk, done beside it (R14); results come back on the loop's thread.

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace mogshare::runtime {

/// What a job may wait for, and whom it may keep waiting.
enum class lane : std::uint8_t {
    quick,    ///< a piece read or written; any thread of the pool
    slow,     ///< a whole file read or synced; never all threads of the pool, so that quick jobs always get one
    hashing,  ///< looking at the folder: one job at a time in order, on a thread that serving never waits for
};

/// The pool. Everything but the jobs' work happens on the loop's thread. Destroying it drops the jobs that have not
/// begun and waits half a second for those that run; one that takes longer is left to end by itself, and its result is
/// dropped.
class workers {
public:
    /// `threads` serve the quick and slow lanes (at least 2 are made), one more the hashing lane.
    workers(asio::io_context& loop, std::size_t threads);
    ~workers();
    workers(const workers&) = delete;
    workers& operator=(const workers&) = delete;

    /// Runs `work` on a thread, then `report` with its result (or with nothing) on the loop's thread. Both are
    /// destroyed on the loop's thread, unless the pool has gone by then.
    template <class Work, class Report>
    void run(lane where, Work work, Report report) {
        submit(where, std::make_unique<typed_job<Work, Report>>(std::move(work), std::move(report)));
    }
    /// Drops the jobs of a lane that have not begun; their reports are never called.
    void drop_pending(lane where);

    /// Jobs that have not been reported.
    std::size_t outstanding() const { return outstanding_; }
    /// Called after a report that leaves no job outstanding.
    void on_idle(std::function<void()> idle) { idle_ = std::move(idle); }

private:
    struct job {
        virtual ~job() = default;
        virtual void work() = 0;
        virtual void report() = 0;
    };
    template <class Work, class Report>
    struct typed_job final : job {
        using result_type = std::invoke_result_t<Work&>;
        typed_job(Work w, Report r) : work_(std::move(w)), report_(std::move(r)) {}
        void work() override {
            if constexpr (std::is_void_v<result_type>) {
                work_();
            } else {
                result_.emplace(work_());
            }
        }
        void report() override {
            if constexpr (std::is_void_v<result_type>) {
                report_();
            } else {
                report_(std::move(*result_));
            }
        }
        Work work_;
        Report report_;
        std::optional<std::conditional_t<std::is_void_v<result_type>, char, result_type>> result_;
    };
    struct shared;

    void submit(lane where, std::unique_ptr<job> added);
    void reported(std::unique_ptr<job> finished);
    void settle(std::size_t jobs);

    asio::io_context& loop_;
    std::shared_ptr<shared> shared_;  ///< outlives this as long as a thread needs it
    std::vector<std::thread> threads_;
    std::size_t outstanding_ = 0;
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> busy_;  ///< while jobs are outstanding
    std::function<void()> idle_;
};

}  // namespace mogshare::runtime
