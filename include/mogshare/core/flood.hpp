#pragma once
// The memory of searches that makes the flood of R9 both cheap and complete: a search is answered once and forwarded at its
// first copy, and again only when a copy comes with a strictly lower level than any before (a copy that came sooner over a
// longer path would otherwise cut the flood short).

#include "mogshare/base/address.hpp"
#include "mogshare/base/ids.hpp"
#include "mogshare/base/time.hpp"
#include "mogshare/core/id_memory.hpp"

#include <optional>

namespace mogshare::core {

enum class copy_kind : std::uint8_t {
    first,    ///< never seen: answer, and forward within the level limit
    shorter,  ///< seen, but never at so low a level: forward again, never answer; costs as much as a first one
    known,    ///< nothing to do
    refused,  ///< the memory is full, or the neighbour's budget spent: drop and count
};

/// Remembers query ids for at least `span` and at most twice that, in two generations that change places. At most
/// `capacity` ids in all; when it is full new ids are refused, and none is forgotten early.
class seen_searches {
public:
    seen_searches(std::size_t capacity, duration span, std::uint64_t hash_seed);

    /// Notes a copy that came at `level`; one that is to be forwarded only if `admit(kind)` lets it in.
    template <class Admit>
    copy_kind observe(const query_id& id, int level, time_point now, Admit admit) {
        std::uint8_t* const remembered = look(id, now);
        if (remembered != nullptr && level >= *remembered) return copy_kind::known;
        const copy_kind seen = remembered == nullptr ? copy_kind::first : copy_kind::shorter;
        if (seen == copy_kind::first && size() >= capacity_) return copy_kind::refused;
        if (!admit(seen)) return copy_kind::refused;
        if (remembered == nullptr) {
            add(id, level);
        } else {
            *remembered = static_cast<std::uint8_t>(level);
        }
        return seen;
    }
    copy_kind observe(const query_id& id, int level, time_point now) {
        return observe(id, level, now, [](copy_kind) { return true; });
    }
    std::size_t capacity() const { return capacity_; }
    std::size_t size() const { return current_.size() + previous_.size(); }

private:
    void turn(time_point now);
    /// The lowest level at which it came; null for one that is not remembered.
    std::uint8_t* look(const query_id& id, time_point now);
    void add(const query_id& id, int level);

    std::size_t capacity_;
    duration span_;
    id_memory current_;
    id_memory previous_;
    std::optional<time_point> current_since_;
};

/// R9: a search received at `level` goes on only below the exclusive limit.
constexpr bool may_forward(int level, int depth) {
    return level < depth;
}

/// R9, scopes: the address under which `neighbour` could reach a searcher at `origin`. An address as wide as the neighbour's
/// own goes unchanged. A searcher on this very machine (loopback) is reached at `our_side`, our own address on the
/// link to that neighbour, where it is known. Nothing when the neighbour could not reach it: leave the search unforwarded there.
std::optional<host> reachable_form(const host& origin, const host& neighbour, const std::optional<host>& our_side);

/// True when `told` cannot be where its teller, at `teller`, could reach it from: its scope is narrower.
inline bool narrower(const endpoint& told, const endpoint& teller) {
    return scope_of(told.address) < scope_of(teller.address);
}

}  // namespace mogshare::core
