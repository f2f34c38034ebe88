#pragma once
// The two address tables of a peer (R1) and the rules by which their rows come, score, change places and go (R2, R3).
// Plain structs and free functions: whoever holds the tables decides when to call them.

#include "mogshare/base/address.hpp"
#include "mogshare/base/ids.hpp"
#include "mogshare/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mogshare::core {

/// A known peer.
struct table_row {
    peer_id id;
    std::vector<endpoint> addresses;        ///< one or two, at most one of each family; the first is tried first
    double score = 0;                       ///< points of R2, faded; never negative
    bool exchangeable = false;              ///< primary table: takes part in the exchange by score (`scored_share`)
    int failures = 0;                       ///< dials in a row that failed
    std::optional<time_point> quiet_until;  ///< not dialled before
};

/// One table. Order is order of arrival; an exchange puts a row in the place of another.
struct table {
    std::vector<table_row> rows;
    std::size_t capacity = 0;
    std::optional<std::size_t>
        last_sent;  ///< place of the last row of the latest ENTRADA run (R5), kept right by changes

    bool full() const { return rows.size() >= capacity; }
    table_row* find(const peer_id& id);
    const table_row* find(const peer_id& id) const;
};

/// Both, with the rules' parameters. A peer is in one of them at most, once, and never the owner itself.
struct tables {
    peer_id owner;
    table primary;    ///< whom searches are sent to
    table secondary;  ///< who originated some message that reached this peer
    double scored_share = 0.5;
};

enum class table_choice : std::uint8_t { primary, secondary };

table_row* find(tables& all, const peer_id& id);
const table_row* find(const tables& all, const peer_id& id);

/// R1, R6, R7: stores a peer, in the primary table while it has room if that is asked for, else in the secondary one; a known
/// peer stays where it is and gets the new addresses, each in place of the one of its family. A full secondary table drops
/// its weakest row (lowest score, then oldest), but never a scored row for an unscored stranger. False when the peer is
/// not stored: it is the owner, has no address that can be dialled, or found no room.
bool store(tables& all, const peer_id& id, const std::vector<endpoint>& addresses, table_choice wanted);

/// R2: points for a positive answer; then exchanges rows. Returns how many moved up.
std::size_t award(tables& all, const peer_id& id, double points);

/// R3: the score of a primary row that a search was sent to falls by `part`; then exchanges rows.
std::size_t fade_used(tables& all, const peer_id& id, double part);
/// R3: all scores as they are after `elapsed`, halving every `half_life`.
void fade(tables& all, duration elapsed, duration half_life);

/// Scores that differ by no more than this are a tie. Fading is continuous, so that of two peers that answer the same search the
/// one whose ping ends later would otherwise always overtake the other, by a millionth of a point.
inline constexpr double score_tie = 0.01;

/// R3: while a secondary row has a higher score than the lowest exchangeable primary row, they change places; a scored
/// secondary row moves into a primary table that has room. Ties never swap. Returns how many rows moved up.
std::size_t exchange(tables& all);

/// Drops a peer's row; the primary table refills from the best of the secondary one (highest score, then newest).
bool drop(tables& all, const peer_id& id);

/// A dial failed: leaves the row alone for `backoff_first`, doubling; the third failure in a row drops it. True when dropped.
bool dial_failed(tables& all, const peer_id& id, time_point now, duration backoff_first);
/// The peer was reached.
void dial_succeeded(tables& all, const peer_id& id);

/// R5: the run of at most `count` rows for one answer: it begins with the last row of the run before, wraps round, and leaves
/// `asker` out (the next row takes its place). A table of `count` rows or fewer is given whole. Moves the window.
std::vector<table_row> next_run(table& from, std::size_t count, const peer_id& asker);

/// Names the broken rule, or nothing: a peer in two places, the owner in a table, a table over its capacity, a negative
/// score. For assertions, tests and the simulator.
std::optional<std::string> broken_rule(const tables& all);

}  // namespace mogshare::core
