#pragma once
// Virtual time: what is to happen, in order of (time, order of asking). Nothing here reads a clock.

#include "mogshare/base/time.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace mogshare::testing {

class event_queue {
public:
    time_point now() const { return now_; }
    bool empty() const { return due_.empty(); }
    std::optional<time_point> next_at() const {
        return due_.empty() ? std::nullopt : std::optional(due_.begin()->first.first);
    }

    /// What is asked for the past happens now.
    void at(time_point when, std::function<void()> what) {
        due_.emplace(std::pair(std::max(when, now_), ++asked_), std::move(what));
    }
    void after(duration wait, std::function<void()> what) { at(now_ + wait, std::move(what)); }

    /// Does the next event; false when there is none.
    bool step() {
        if (due_.empty()) return false;
        auto next = due_.extract(due_.begin());
        now_ = next.key().first;
        next.mapped()();
        return true;
    }
    /// Lets time pass up to `when`, where no event is due before.
    void pass_to(time_point when) { now_ = std::max(now_, when); }

private:
    // Far from zero, so that no duration subtracted from it runs below.
    time_point now_ = time_point{} + std::chrono::hours(1000);
    std::uint64_t asked_ = 0;
    std::map<std::pair<time_point, std::uint64_t>, std::function<void()>> due_;
};

}  // namespace mogshare::testing
