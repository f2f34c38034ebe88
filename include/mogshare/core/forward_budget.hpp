#pragma once
// How many searches a peer passes on. All that it says to a neighbour counts there as one neighbour's, against that one's budget: what
// others bring here must neither use it up among themselves nor crowd out our own searches.

#include "mogshare/base/address.hpp"
#include "mogshare/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <map>

namespace mogshare::core {

/// A bucket of `burst` searches, filled at `per_s` a second. Its last part is for our own searches; its lower half for those and for
/// neighbours that bring no more than the others do on average, so that who brings little is passed on whatever the rest bring.
class forward_budget {
public:
    forward_budget(double per_s, double burst) : per_s_(per_s), burst_(burst), tokens_(burst) {}

    /// A search of our own: always goes out.
    void pass_own(time_point now);
    /// Whether a search from a neighbour at `from` is passed on; counts it as passed if so.
    bool may_pass(const host& from, time_point now);

private:
    void refill(time_point now);
    /// Notes one more, and says whether that address has brought more than the average of all.
    bool brings_much(const host& from, time_point now);

    double per_s_, burst_, tokens_;
    time_point last_{};
    std::map<host, std::uint64_t> brought_;  ///< halved now and then, so that what was long ago counts less
    std::uint64_t brought_in_all_ = 0;
    time_point halved_{};
};

}  // namespace mogshare::core
