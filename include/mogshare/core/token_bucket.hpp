#pragma once
// How fast bytes may leave: an upload limit with a small burst, so that a timed ping meets the same limit as the download that
// follows it (R10).

#include "mogshare/base/time.hpp"

#include <algorithm>
#include <cstdint>

namespace mogshare::core {

/// Holds at most `burst_bytes`, filled at `rate` bytes a second, full at first. A rate of 0 means no limit.
class token_bucket {
public:
    token_bucket(std::uint64_t rate_bytes_per_s, std::uint64_t burst_bytes)
        : rate_(rate_bytes_per_s), burst_(burst_bytes), tokens_(static_cast<double>(burst_bytes)) {}

    bool limited() const { return rate_ != 0; }

    /// Whole bytes that may leave at `now`; meaningful when limited.
    std::uint64_t available(time_point now) {
        refill(now);
        return static_cast<std::uint64_t>(tokens_);
    }
    /// Takes what available() allowed.
    void take(std::uint64_t count_bytes) { tokens_ -= static_cast<double>(count_bytes); }

    /// When `count_bytes` (at most the burst) will be there, never before `now`.
    time_point when(std::uint64_t count_bytes, time_point now) {
        refill(now);
        const double missing = static_cast<double>(std::min(count_bytes, burst_)) - tokens_;
        if (missing <= 0) return now;
        // One nanosecond more, so that rounding never wakes too early.
        return now + duration(static_cast<std::int64_t>(missing * 1e9 / static_cast<double>(rate_)) + 1);
    }

    /// Another limit from now on; what is there stays, within the new burst.
    void change(std::uint64_t rate_bytes_per_s, std::uint64_t burst_bytes) {
        rate_ = rate_bytes_per_s;
        burst_ = burst_bytes;
        tokens_ = std::min(tokens_, static_cast<double>(burst_));
    }

private:
    void refill(time_point now) {
        if (now > last_) {
            tokens_ += to_seconds(now - last_) * static_cast<double>(rate_);
            tokens_ = std::min(tokens_, static_cast<double>(burst_));
            last_ = now;
        }
    }

    std::uint64_t rate_;
    std::uint64_t burst_;
    double tokens_;
    time_point last_{};
};

}  // namespace mogshare::core
