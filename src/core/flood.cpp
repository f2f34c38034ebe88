#include "mogshare/core/flood.hpp"

#include <utility>

namespace mogshare::core {

seen_searches::seen_searches(std::size_t capacity, duration span, std::uint64_t hash_seed)
    : capacity_(capacity), span_(span), current_(hash_seed), previous_(hash_seed) {}

void seen_searches::turn(time_point now) {
    if (!current_since_) current_since_ = now;
    const duration age = now - *current_since_;
    if (age < span_) return;
    previous_.clear();
    // After a long silence even the younger generation is older than the span.
    if (age < 2 * span_) std::swap(previous_, current_);
    current_.clear();
    // Generations follow each other without a gap, else an id could live for three spans where observations are rare.
    current_since_ = age < 2 * span_ ? *current_since_ + span_ : now;
}

std::uint8_t* seen_searches::look(const query_id& id, time_point now) {
    turn(now);
    std::uint8_t* const young = current_.find(id);
    return young != nullptr ? young : previous_.find(id);
}

void seen_searches::add(const query_id& id, int level) {
    current_.add(id, static_cast<std::uint8_t>(level));
}

std::optional<host> reachable_form(const host& origin, const host& neighbour, const std::optional<host>& our_side) {
    if (scope_of(origin) >= scope_of(neighbour)) return origin;
    const bool same_machine = scope_of(origin) == scope::loopback;
    if (same_machine && our_side && scope_of(*our_side) >= scope_of(neighbour)) return our_side;
    return std::nullopt;
}

}  // namespace mogshare::core
