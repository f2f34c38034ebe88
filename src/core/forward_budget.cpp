#include "mogshare/core/forward_budget.hpp"

#include "mogshare/base/limits.hpp"

#include <algorithm>

namespace mogshare::core {

void forward_budget::refill(time_point now) {
    tokens_ = std::min(burst_, tokens_ + to_seconds(now - last_) * per_s_);
    last_ = now;
}

void forward_budget::pass_own(time_point now) {
    refill(now);
    tokens_ = std::max(0.0, tokens_ - 1);
}

bool forward_budget::may_pass(const host& from, time_point now) {
    refill(now);
    const bool much = brings_much(from, now);
    const double kept = burst_ * (1 - (much ? limits::forwards_for_most : limits::forwards_for_others));
    if (tokens_ - 1 < kept) return false;
    --tokens_;
    return true;
}

bool forward_budget::brings_much(const host& from, time_point now) {
    if (now - halved_ >= limits::forwards_remembered) {
        halved_ = now;
        brought_in_all_ = 0;
        for (auto& [who, count] : brought_) brought_in_all_ += count /= 2;
        std::erase_if(brought_, [](const auto& each) { return each.second == 0; });
    }
    const auto found = brought_.find(from);
    if (found == brought_.end() && brought_.size() >= limits::budget_keys_max) return true;
    std::uint64_t& own = found != brought_.end() ? found->second : brought_[from];
    ++own;
    ++brought_in_all_;
    return own * brought_.size() > brought_in_all_;
}

}  // namespace mogshare::core
