#include "mogshare/core/dial_budget.hpp"

namespace mogshare::core {

namespace {

constexpr int everything = 0;

}  // namespace

dial_budget::dial_budget(const limits::budgets& allowed, duration silence, bool by_host)
    : silence_(silence),
      by_host_(by_host),
      unproven_max_(allowed.dials_unproven),
      hosts_(rate_budget<host>::a_minute(allowed.dials_per_min_host, limits::budget_keys_max)),
      blocks_(rate_budget<host>::a_minute(allowed.dials_per_min_block, limits::budget_keys_max)),
      all_(rate_budget<int>::a_minute(allowed.dials_per_min, limits::budget_keys_max)) {}

dial_verdict dial_budget::ask(const endpoint& to, said_by whose_word, time_point now) {
    const host block = block_of(to.address);
    const destination key = key_of(to, whose_word);
    const auto found = records_.find(key);
    if (found != records_.end()) {
        record& known = found->second;
        if (stale(known, now)) known.failures = 0;
        const auto failures = static_cast<std::uint32_t>(known.failures);
        const bool given_up = known.failures >= limits::dial_failures_max;
        const std::uint32_t most = whose_word == said_by::itself ? limits::dials_unproven_itself : unproven_max_;
        if (given_up || failures + known.under_way >= most) return dial_verdict::silence;
    }
    const auto spent = [&](auto& budget, const auto& whose) {
        const double kept = whose_word == said_by::others ? budget.part(limits::dials_kept_share) : 0;
        return !budget.allows(whose, now, kept);
    };
    if (spent(hosts_, to.address)) return dial_verdict::host;
    if (spent(blocks_, block)) return dial_verdict::block;
    if (spent(all_, everything)) return dial_verdict::all;
    hosts_.spend(to.address, now);
    blocks_.spend(block, now);
    all_.spend(everything, now);
    record& of = record_of(key, now);
    ++of.under_way;
    of.last = now;
    return dial_verdict::allowed;
}

/// When there are too many, those go of which nothing new was heard for longest: they have the least silence left.
dial_budget::record& dial_budget::record_of(const destination& key, time_point now) {
    if (records_.size() >= limits::dial_records_max && !records_.contains(key)) {
        std::erase_if(records_, [&](const auto& each) { return stale(each.second, now); });
        if (records_.size() >= limits::dial_records_max) {
            records_.erase(std::min_element(records_.begin(), records_.end(), [](const auto& a, const auto& b) {
                return a.second.last < b.second.last;
            }));
            ++forgotten_;
        }
    }
    return records_[key];
}

void dial_budget::give_back(const endpoint& to, time_point now) {
    hosts_.give_back(to.address, now);
    blocks_.give_back(block_of(to.address), now);
    all_.give_back(everything, now);
}

void dial_budget::wanted(const endpoint& to, said_by whose_word, time_point now) {
    give_back(to, now);
    const auto found = records_.find(key_of(to, whose_word));
    if (found == records_.end()) return;
    found->second.failures = 0;
    found->second.under_way -= std::min<std::uint32_t>(found->second.under_way, 1);
    if (found->second.under_way == 0) records_.erase(found);
}

void dial_budget::failed(const endpoint& to, said_by whose_word, time_point now) {
    record& of = record_of(key_of(to, whose_word), now);
    of.under_way -= std::min<std::uint32_t>(of.under_way, 1);
    ++of.failures;
    of.last = now;
}

void dial_budget::taken_back(const endpoint& to, said_by whose_word, time_point now) {
    give_back(to, now);
    const auto found = records_.find(key_of(to, whose_word));
    if (found != records_.end()) found->second.under_way -= std::min<std::uint32_t>(found->second.under_way, 1);
}

}  // namespace mogshare::core
