#pragma once
// Peers and addresses by number, for tests of the tables.

#include "mogshare/core/tables.hpp"

#include <cstdint>
#include <vector>

namespace mogshare::testing {

/// A peer id that sorts by `number`.
inline peer_id peer_numbered(std::uint32_t number) {
    peer_id id;
    for (std::size_t at = 0; at < 4; ++at) id.value[at] = static_cast<std::uint8_t>(number >> (24 - 8 * at));
    return id;
}

inline std::uint32_t number_of(const peer_id& id) {
    std::uint32_t number = 0;
    for (std::size_t at = 0; at < 4; ++at) number = number << 8 | id.value[at];
    return number;
}

/// 10.x.y.z:7000.
inline endpoint site(std::uint32_t number) {
    return {host::v4({10, static_cast<std::uint8_t>(number >> 16), static_cast<std::uint8_t>(number >> 8),
                      static_cast<std::uint8_t>(number)}),
            7000};
}

/// The numbers of a table's rows, in order.
inline std::vector<std::uint32_t> numbers(const std::vector<core::table_row>& rows) {
    std::vector<std::uint32_t> list;
    for (const core::table_row& row : rows) list.push_back(number_of(row.id));
    return list;
}

/// Empty tables of peer 0.
inline core::tables tables_of(std::size_t primary_rows, std::size_t secondary_rows, double scored_share = 0.5) {
    core::tables made;
    made.owner = peer_numbered(0);
    made.primary.capacity = primary_rows;
    made.secondary.capacity = secondary_rows;
    made.scored_share = scored_share;
    return made;
}

/// Stores a peer that came itself, or of whom `told_by` has told us. False when it has no row afterwards.
inline bool put_row(core::tables& all, const peer_id& id, const std::vector<endpoint>& addresses,
                    core::table_choice wanted, const peer_id& told_by = {}) {
    const core::stored how = core::store(all, {id, addresses, told_by}, wanted);
    return how == core::stored::added || how == core::stored::known;
}

inline bool store_numbered(core::tables& all, std::uint32_t number,
                           core::table_choice wanted = core::table_choice::primary, const peer_id& told_by = {}) {
    return put_row(all, peer_numbered(number), {site(number)}, wanted, told_by);
}

}  // namespace mogshare::testing
