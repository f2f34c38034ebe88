#include "mogshare/core/id_memory.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace mogshare::core {

namespace {

constexpr std::size_t places_min = 64;

}  // namespace

/// What is hashed must be what is kept, so that the table can be laid out anew.
query_id id_memory::kept_part(const query_id& id) {
    query_id kept;
    std::copy_n(id.value.begin(), kept_bytes, kept.value.begin());
    return kept;
}

id_memory::place& id_memory::place_of(const query_id& id) {
    const query_id kept = kept_part(id);
    for (std::size_t at = hash_(kept);; ++at) {
        place& each = places_[at & (places_.size() - 1)];
        if (each.number == vacant || std::equal(each.id.begin(), each.id.end(), kept.value.begin())) return each;
    }
}

std::uint8_t* id_memory::find(const query_id& id) {
    if (places_.empty()) return nullptr;
    place& found = place_of(id);
    return found.number == vacant ? nullptr : &found.number;
}

void id_memory::add(const query_id& id, std::uint8_t number) {
    assert(number <= number_max && find(id) == nullptr);
    if (4 * (used_ + 1) > 3 * places_.size()) grow();
    place& made = place_of(id);
    std::copy_n(id.value.begin(), kept_bytes, made.id.begin());
    made.number = number;
    ++used_;
}

void id_memory::grow() {
    const std::vector<place> before =
        std::exchange(places_, std::vector<place>(std::max(places_min, 2 * places_.size())));
    for (const place& each : before) {
        if (each.number == vacant) continue;
        query_id id;
        std::copy(each.id.begin(), each.id.end(), id.value.begin());
        place_of(id) = each;
    }
}

void id_memory::clear() {
    places_ = {};
    used_ = 0;
}

}  // namespace mogshare::core
