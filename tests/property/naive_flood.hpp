#pragma once
// R9: the memory of searches as a plain map with times.

#include "mogshare/core/flood.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>

namespace naive {

using namespace mogshare;
using namespace std::chrono_literals;

inline constexpr duration span = 60s;

/// A copy arrives some time after the one before.
struct copy {
    int after_s = 0;
    std::uint8_t query = 0;
    int level = 1;
};

inline query_id id_of(std::uint8_t number) {
    query_id id;
    id.value[0] = number;
    return id;
}

/// Everything that may still be remembered. Between one span and two both are right: to know an id, and to have forgotten it.
struct memory {
    struct entry {
        time_point since;
        int lowest;
    };
    std::map<std::uint8_t, entry> all;

    /// Whether a memory of `capacity` ids may say `kind` of this copy.
    bool allows(core::copy_kind kind, const copy& one, time_point now, std::size_t capacity) {
        std::erase_if(all, [&](const auto& each) { return now - each.second.since >= 2 * span; });
        const auto known = all.find(one.query);
        const bool must_know = known != all.end() && now - known->second.since < span;
        if (kind == core::copy_kind::first || kind == core::copy_kind::refused) {
            if (must_know || (kind == core::copy_kind::refused && all.size() < capacity)) return false;
            all.erase(one.query);
            if (kind == core::copy_kind::first) all[one.query] = {now, one.level};
            return true;
        }
        const bool lower = known != all.end() && one.level < known->second.lowest;
        if (known == all.end() || (kind == core::copy_kind::shorter) != lower) return false;
        known->second.lowest = std::min(known->second.lowest, one.level);
        return true;
    }
    /// Those that no memory of this kind may have forgotten yet.
    std::size_t fresh(time_point now) const {
        return static_cast<std::size_t>(
            std::count_if(all.begin(), all.end(), [&](const auto& each) { return now - each.second.since < span; }));
    }
};

}  // namespace naive
