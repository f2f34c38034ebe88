#pragma once
// The two address tables of a peer (R1) and the rules by which their rows come, score, change places and go (R2, R3).
// Plain structs and free functions: whoever holds the tables decides when to call them.

#include "mogshare/base/address.hpp"
#include "mogshare/base/ids.hpp"
#include "mogshare/base/limits.hpp"
#include "mogshare/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
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
    peer_id told_by;                        ///< whose word brought it; zero: it came itself
    bool hearsay = false;                   ///< nobody has been met there yet
    double earned = 0;                      ///< points as they count against points_per_day; falls as time passes
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
    double points_per_day = limits::points_per_day;           ///< that one peer can earn
    std::size_t rows_per_block = limits::lan.rows_per_block;  ///< of one network (/16, /32) in both
    scope least = scope::loopback;                            ///< of an address that may stand in a row
};

enum class table_choice : std::uint8_t { primary, secondary };

/// Who is to be stored, and how we know of it.
struct newcomer {
    peer_id id;
    std::vector<endpoint> addresses;
    peer_id told_by;  ///< zero: it was met at these addresses itself
};

enum class stored : std::uint8_t {
    added,
    known,    ///< it has a row; met itself, its addresses are as new now
    refused,  ///< the owner, without an address that may be dialled, or of, or moving into, a network with too many rows
    full,     ///< no room: somebody has to make room first (weakest_row, replace)
};

table_row* find(tables& all, const peer_id& id);
const table_row* find(const tables& all, const peer_id& id);

/// R1, R6, R7: stores a peer, in the primary table while it has room if that is asked for, else in the secondary one. A known
/// peer stays where it is; who is met itself gets the new addresses, each in place of the one of its family, while hearsay
/// changes nothing.
stored store(tables& all, const newcomer& whom, table_choice wanted);

/// The row that has to go for a newcomer: the weakest of a full secondary table (lowest score, then oldest). Nothing where that
/// one has a score: it does not go for a stranger. Whether its peer lives is to be asked first.
const table_row* weakest_row(const tables& all);
/// Puts the newcomer in the place of that row, which did not answer. False when the row is not there or the newcomer is refused.
bool replace(tables& all, const peer_id& gone, const newcomer& whom);

/// R2: points for a positive answer, as far as points_per_day allows: half of them at once, and the other half as a day passes, so that
/// no 24 hours see more. Then exchanges rows. Returns how many moved up.
std::size_t award(tables& all, const peer_id& id, double points);

/// R3: the score of a primary row that a search was sent to falls by `part`; then exchanges rows.
std::size_t fade_used(tables& all, const peer_id& id, double part);
/// R3: all scores as they are after `elapsed`, halving every `half_life`.
void fade(tables& all, duration elapsed, duration half_life);

/// Scores that differ by no more than this are a tie. Fading is continuous, so that of two peers that answer the same search the
/// one whose ping ends later would otherwise always overtake the other, by a millionth of a point.
inline constexpr double score_tie = 0.01;

/// R3: while a secondary row has a higher score than the lowest exchangeable primary row, they change places; a scored
/// secondary row moves into a primary table that has room. Ties never swap; nor does a row come up with which one source would
/// stand behind more than half of the primary rows. Returns how many rows moved up.
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

/// Who has told us of all might have made them up: while one source stands behind more than half of the primary rows, the weakest
/// of them changes places with the best secondary row that is not of that source, as far as there are any. Every function
/// above does so at its end.
void balance(tables& all);

/// Places among rows, lower first: by a keyed hash of the row's network (/16, /32), then of its peer's id.
/// Whoever does not know the secret cannot choose them, and under ever new ids of one network there is nothing to gain.
std::pair<std::uint64_t, std::uint64_t> turn_place(const table_row& row, std::uint64_t secret);

/// A row to come up, and the one whose place it is to have.
struct turn {
    peer_id up, down;
};
/// Who comes first fills a table, and an adversary is quick. So, once in limits::row_turn, one primary row gives its place to a secondary
/// one that comes before it by turn_place (of one network only the first; the others come last) and has not failed: in places that take no part in the exchange whatever the scores, in
/// the others among rows without one. Who let us in (R7), the first to be met while the table is empty, takes no turns, and no part in the exchange
/// where scored_share leaves some rows out: whoever entered by an honest peer keeps at least that one, however many others
/// come, until it goes; who stands in the first place then does as any other row. In the end these places hold a sample of the networks that are known, in which it counts
/// neither how soon one came nor how often (Brahms, Bortnikov et al. 2009). Whether the one that is to come up lives has to be
/// asked first. Nothing when none comes before.
std::optional<turn> next_turn(const tables& all, std::uint64_t secret);
/// False when the two are no longer where they were.
bool take_turn(tables& all, const turn& agreed);

/// Names the broken rule, or nothing: a peer in two places, the owner in a table, a table over its capacity, a negative
/// score, one source behind too many rows. For assertions, tests and the simulator.
std::optional<std::string> broken_rule(const tables& all);

}  // namespace mogshare::core
