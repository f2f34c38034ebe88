#pragma once
// The tables of a virtual peer as its disk has them: saved as runtime/table_saver.cpp does it, so that a crash loses what has come
// since the last time.

#include "event_queue.hpp"

#include "mogshare/core/tables.hpp"

#include <cstdint>
#include <functional>
#include <utility>

namespace mogshare::testing {

class virtual_saver {
public:
    /// As in runtime/table_saver.cpp.
    static constexpr duration first_period = std::chrono::seconds(10);
    static constexpr duration save_period = std::chrono::minutes(5);

    virtual_saver(event_queue& events, std::function<const core::tables&()> current)
        : events_(events), current_(std::move(current)) {}

    /// What the next life begins with.
    const core::tables& on_disk() const { return on_disk_; }
    /// As if an earlier life had left it.
    void put(core::tables left) { on_disk_ = std::move(left); }

    void begin_life() {
        ++life_;
        timer_runs_ = ended_ = saved_once_ = false;
    }
    /// Something has happened: saves in five minutes, in ten seconds as long as there was nothing to save in this life.
    void touched() {
        if (timer_runs_ || ended_) return;
        timer_runs_ = true;
        events_.after(saved_once_ ? save_period : first_period, [this, of = life_] {
            if (ended_ || of != life_) return;
            timer_runs_ = false;
            save();
        });
    }
    /// The process ends in order.
    void save_last() {
        if (!std::exchange(ended_, true)) save();
    }
    /// It ends without a word: nothing more is saved.
    void crash() { ended_ = true; }

private:
    /// Ids, addresses, scores, and how a row was come by are all that a file holds.
    static core::table as_saved(const core::table& from) {
        core::table kept;
        for (const core::table_row& row : from.rows) {
            core::table_row& each = kept.rows.emplace_back();
            each.id = row.id;
            each.addresses = row.addresses;
            each.score = row.score;
            each.told_by = row.told_by;
            each.hearsay = row.hearsay;
        }
        kept.capacity = kept.rows.size();
        return kept;
    }
    void save() {
        const core::tables& now = current_();
        if (now.primary.rows.empty() && now.secondary.rows.empty()) return;
        saved_once_ = true;
        on_disk_ = {};
        on_disk_.primary = as_saved(now.primary);
        on_disk_.secondary = as_saved(now.secondary);
    }

    event_queue& events_;
    std::function<const core::tables&()> current_;
    core::tables on_disk_;
    std::uint64_t life_ = 0;
    bool timer_runs_ = false;
    bool ended_ = true;
    bool saved_once_ = false;
};

}  // namespace mogshare::testing
