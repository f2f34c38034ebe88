#pragma once
// So many a minute for each key, be it a host, a block or a peer: token buckets that are remembered only while they are not full.

#include "mogshare/base/time.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>

namespace mogshare::core {

/// Each key may spend `per_s` a second, and `burst` at once after a time of rest. At most `keys_max` keys are remembered; while
/// that many have spent something, an unknown one is refused.
template <class Key>
class rate_budget {
public:
    rate_budget(double per_s, double burst, std::size_t keys_max)
        : per_s_(per_s), burst_(std::max(burst, 1.0)), keys_max_(keys_max) {}
    /// So many a minute, and as many at once.
    static rate_budget a_minute(double count, std::size_t keys_max) { return {count / 60, count, keys_max}; }

    /// One more may be spent now, and then `kept` are still there; spends nothing.
    bool allows(const Key& key, time_point now, double kept = 0) {
        const auto found = buckets_.find(key);
        if (found != buckets_.end()) return refilled(found->second, now) >= 1 + kept;
        if (buckets_.size() >= keys_max_) forget_rested(now);
        return buckets_.size() < keys_max_;
    }
    /// Spends what allows() allowed.
    void spend(const Key& key, time_point now) {
        bucket& of = buckets_.try_emplace(key, bucket{burst_, now}).first->second;
        of.tokens = refilled(of, now) - 1;
        of.at = now;
    }
    bool take(const Key& key, time_point now) {
        if (!allows(key, now)) return false;
        spend(key, now);
        return true;
    }
    /// What was spent turned out to be welcome.
    void give_back(const Key& key, time_point now) {
        const auto found = buckets_.find(key);
        if (found == buckets_.end()) return;
        found->second.tokens = std::min(burst_, refilled(found->second, now) + 1);
        found->second.at = now;
    }
    /// One in `share` of what may be spent at once, in whole ones: less than that is nothing.
    double part(std::uint32_t share) const { return std::floor(burst_ / share); }
    std::size_t size() const { return buckets_.size(); }

private:
    struct bucket {
        double tokens = 0;
        time_point at;
    };
    double refilled(const bucket& of, time_point now) const {
        return std::min(burst_, of.tokens + to_seconds(now - of.at) * per_s_);
    }
    /// Who has its whole burst again is as good as unknown.
    void forget_rested(time_point now) {
        std::erase_if(buckets_, [&](const auto& each) { return refilled(each.second, now) >= burst_; });
    }

    double per_s_;
    double burst_;
    std::size_t keys_max_;
    std::map<Key, bucket> buckets_;
};

}  // namespace mogshare::core
