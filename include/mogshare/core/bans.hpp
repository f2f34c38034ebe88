#pragma once
// Who breaks the rules again and again is not talked to for a while. Points fade, so that nobody is banned for ever, least of all
// for what another did at the same address.

#include "mogshare/base/time.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>

namespace mogshare::core {

/// Points by key, which is a peer id, a host or a network. At `limit` points a key is banned, until they have faded to half of that.
/// Of at most `keys_max` keys something is remembered; then the one with the least points is forgotten.
template <class Key>
class ban_list {
public:
    ban_list(double limit, duration half_life, std::size_t keys_max)
        : limit_(limit), half_life_(half_life), keys_max_(keys_max) {}

    /// Adds points; true when that has banned the key.
    bool note(const Key& key, double points, time_point now) {
        if (records_.size() >= keys_max_ && !records_.contains(key)) forget_least(now);
        record& of = records_[key];
        of.points = faded(of, now) + points;
        of.at = now;
        const bool before = of.banned;
        of.banned = of.banned || of.points >= limit_;
        return of.banned && !before;
    }
    bool banned(const Key& key, time_point now) {
        const auto found = records_.find(key);
        if (found == records_.end()) return false;
        record& of = found->second;
        const double points = faded(of, now);
        of.banned = of.banned && points >= limit_ / 2;
        if (points < 1) records_.erase(found);
        return points >= 1 && of.banned;
    }
    std::size_t size() const { return records_.size(); }
    /// Keys that were forgotten with their points, to make room.
    std::uint64_t forgotten() const { return forgotten_; }

private:
    struct record {
        double points = 0;
        time_point at;
        bool banned = false;
    };
    double faded(const record& of, time_point now) const {
        return of.points * std::exp2(-to_seconds(now - of.at) / to_seconds(half_life_));
    }
    void forget_least(time_point now) {
        auto least = records_.begin();
        for (auto each = records_.begin(); each != records_.end(); ++each)
            if (faded(each->second, now) < faded(least->second, now)) least = each;
        records_.erase(least);
        ++forgotten_;
    }

    double limit_;
    duration half_life_;
    std::size_t keys_max_;
    std::map<Key, record> records_;
    std::uint64_t forgotten_ = 0;
};

}  // namespace mogshare::core
