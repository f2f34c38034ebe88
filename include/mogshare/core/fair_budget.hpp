#pragma once
// What others may use of one thing that this peer has: searches that it passes on (all that it says to a neighbour counts there as one
// neighbour's), names that it reads for them. They must neither use it up among themselves nor crowd out our own searches.

#include "mogshare/base/address.hpp"
#include "mogshare/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <map>

namespace mogshare::core {

/// A bucket of `burst`, filled at `per_s` a second. Its last part is for our own searches; its lower half for those and for
/// addresses that use no more than the others do on average, so that who brings little is served whatever the rest bring. Who asks for nothing counts
/// among those others, too: one address by itself stops at the half, and who comes after it finds the rest.
class fair_budget {
public:
    fair_budget(double per_s, double burst) : per_s_(per_s), burst_(burst), tokens_(burst) {}

    /// One for a search of our own: always granted.
    void take_own(time_point now);
    /// Whether whoever is at `from` gets one more; it counts as asked for in any case.
    bool take(const host& from, time_point now);

    /// For what has its price only afterwards: how much is there for whoever is at `from`, who counts as asking; 0 for nothing.
    double room(const host& from, time_point now);
    /// The price. What it is above that room the bucket owes, and grants nobody anything until that has come in.
    void spend(const host& from, std::uint64_t price, time_point now);

private:
    void refill(time_point now);
    void note(const host& from, std::uint64_t more, time_point now);
    /// That address has asked for more than the average of all and one that asked for nothing.
    bool asks_much(const host& from) const;
    /// What has to stay in the bucket for others than `from`.
    double kept_from(const host& from) const;

    double per_s_, burst_, tokens_;
    time_point last_{};
    std::map<host, std::uint64_t> asked_;  ///< halved now and then, so that what was long ago counts less
    std::uint64_t asked_in_all_ = 0;
    time_point halved_{};
};

}  // namespace mogshare::core
