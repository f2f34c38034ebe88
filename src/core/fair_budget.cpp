#include "mogshare/core/fair_budget.hpp"

#include "mogshare/base/limits.hpp"

#include <algorithm>

namespace mogshare::core {

void fair_budget::refill(time_point now) {
    tokens_ = std::min(burst_, tokens_ + to_seconds(now - last_) * per_s_);
    last_ = now;
}

void fair_budget::take_own(time_point now) {
    refill(now);
    tokens_ = std::max(0.0, tokens_ - 1);
}

bool fair_budget::take(const host& from, time_point now) {
    refill(now);
    note(from, 1, now);
    if (tokens_ - 1 < kept_from(from)) return false;
    --tokens_;
    return true;
}

double fair_budget::room(const host& from, time_point now) {
    refill(now);
    note(from, 1, now);  // who asks is one of those who share, also where nothing is left
    return std::max(0.0, tokens_ - kept_from(from));
}

void fair_budget::spend(const host& from, std::uint64_t price, time_point now) {
    refill(now);
    note(from, price, now);
    tokens_ -= static_cast<double>(price);
}

double fair_budget::kept_from(const host& from) const {
    return burst_ * (1 - (asks_much(from) ? limits::shared_with_most : limits::shared_with_others));
}

void fair_budget::note(const host& from, std::uint64_t more, time_point now) {
    if (const auto periods = (now - halved_) / limits::shares_remembered; periods > 0) {
        halved_ += periods * limits::shares_remembered;
        asked_in_all_ = 0;
        for (auto& [who, count] : asked_) asked_in_all_ += count >>= std::min<decltype(periods)>(periods, 63);
        std::erase_if(asked_, [](const auto& each) { return each.second == 0; });
    }
    const auto found = asked_.find(from);
    if (found == asked_.end() && asked_.size() >= limits::budget_keys_max) return;
    (found != asked_.end() ? found->second : asked_[from]) += more;
    asked_in_all_ += more;
}

bool fair_budget::asks_much(const host& from) const {
    const auto found = asked_.find(from);
    if (found == asked_.end()) return asked_.size() >= limits::budget_keys_max;
    return found->second * (asked_.size() + 1) > asked_in_all_;
}

}  // namespace mogshare::core
