#include "mogshare/core/tables.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace mogshare::core {

namespace {

/// Below this a score is nothing: fading must end somewhere, or a point of last year would beat an unscored row for ever.
constexpr double score_min = 0.001;

std::optional<std::size_t> place_of(const table& in, const peer_id& id) {
    for (std::size_t at = 0; at < in.rows.size(); ++at)
        if (in.rows[at].id == id) return at;
    return std::nullopt;
}

/// Takes a row out and keeps the window on the peer it stood on, or on that peer's successor (R5).
table_row take_out(table& from, std::size_t at) {
    table_row taken = std::move(from.rows[at]);
    from.rows.erase(from.rows.begin() + static_cast<std::ptrdiff_t>(at));
    if (from.last_sent && *from.last_sent > at) --*from.last_sent;
    if (from.last_sent && *from.last_sent >= from.rows.size()) from.last_sent = 0;
    if (from.rows.empty()) from.last_sent.reset();
    return taken;
}

/// Whether the first to come, who let us in (R7), is kept out of the exchange and of the turns.
bool first_stays_out(const tables& all) {
    return all.primary.capacity > 1 && all.scored_share < 1;
}

/// In the first place of an empty table only who has just been met lets us in; who comes up from the secondary table takes part.
void put_into_primary(tables& all, table_row row, bool met = false) {
    const auto taking_part = static_cast<std::size_t>(std::count_if(all.primary.rows.begin(), all.primary.rows.end(),
                                                                    [](const table_row& r) { return r.exchangeable; }));
    const double wanted = std::ceil(static_cast<double>(all.primary.rows.size() + 1) * all.scored_share);
    const bool let_us_in = met && all.primary.rows.empty() && first_stays_out(all);
    row.exchangeable = !let_us_in && static_cast<double>(taking_part) < wanted;
    all.primary.rows.push_back(std::move(row));
}

/// Who let us in has gone: who stands in its place now does as others do, and another row is left out of the exchange.
void let_the_first_take_part(table& primary) {
    const auto other =
        std::find_if(primary.rows.begin(), primary.rows.end(), [](const table_row& r) { return r.exchangeable; });
    if (other != primary.rows.end()) std::swap(primary.rows.front().exchangeable, other->exchangeable);
}

/// Lowest score, then oldest.
std::optional<std::size_t> weakest(const table& in) {
    std::optional<std::size_t> found;
    for (std::size_t at = 0; at < in.rows.size(); ++at)
        if (!found || in.rows[at].score < in.rows[*found].score) found = at;
    return found;
}

/// Highest score, then newest, of those that will do.
template <class Predicate>
std::optional<std::size_t> strongest(const table& in, Predicate will_do) {
    std::optional<std::size_t> found;
    for (std::size_t at = 0; at < in.rows.size(); ++at)
        if (will_do(in.rows[at]) && (!found || in.rows[at].score >= in.rows[*found].score)) found = at;
    return found;
}

/// Half of a day's points at once, and the other half in the course of the day.
double earned_max(const tables& all) {
    return all.points_per_day / 2;
}

bool any_row(const table_row&) {
    return true;
}

std::size_t rows_of(const table& in, const peer_id& source) {
    return static_cast<std::size_t>(
        std::count_if(in.rows.begin(), in.rows.end(), [&](const table_row& row) { return row.told_by == source; }));
}

/// Of so many rows one source may stand behind this many: half, rounded up, so that two of them can share any number.
std::size_t half_of(std::size_t rows) {
    return (rows + 1) / 2;
}

/// The source behind more than half of the rows, if there is one. Votes of others cancel out: who has most of them is left.
std::optional<peer_id> ruling_source(const table& in) {
    peer_id leader;
    std::size_t votes = 0;
    for (const table_row& row : in.rows) {
        if (votes == 0) leader = row.told_by;
        row.told_by == leader ? ++votes : --votes;
    }
    if (leader.is_zero() || rows_of(in, leader) <= half_of(in.rows.size())) return std::nullopt;
    return leader;
}

std::optional<std::size_t> lowest_exchangeable(const table& in) {
    std::optional<std::size_t> found;
    for (std::size_t at = 0; at < in.rows.size(); ++at) {
        if (!in.rows[at].exchangeable) continue;
        if (!found || in.rows[at].score < in.rows[*found].score) found = at;
    }
    return found;
}

/// New addresses take the place of those of their family; the order of families stays.
void refresh_addresses(table_row& row, const std::vector<endpoint>& addresses) {
    for (const endpoint& fresh : addresses) {
        const auto same = std::find_if(row.addresses.begin(), row.addresses.end(),
                                       [&](const endpoint& old) { return old.address.is == fresh.address.is; });
        if (same != row.addresses.end()) {
            *same = fresh;
        } else {
            row.addresses.push_back(fresh);
        }
    }
}

std::vector<endpoint> usable(const tables& all, const std::vector<endpoint>& addresses) {
    table_row kept;
    for (const endpoint& one : addresses)
        if (one.dialable() && scope_of(one.address) >= all.least) refresh_addresses(kept, {one});
    return kept.addresses;
}

host network_of(const endpoint& one) {
    return block_of(one.address, limits::row_network_v4_bits, limits::row_network_v6_bits);
}

/// Rows of one network cost its owner little: there are not to be many of them. `before` is what the row had, if it is known.
bool crowded(const tables& all, const table_row& row, const table_row* before) {
    const std::size_t rows = all.primary.rows.size() + all.secondary.rows.size();
    if (rows * limits::row_addresses_max < all.rows_per_block) return false;  // not worth a look, at every search
    const auto stands_in = [](const table_row& of, const host& network) {
        return std::any_of(of.addresses.begin(), of.addresses.end(),
                           [&](const endpoint& one) { return network_of(one) == network; });
    };
    for (const endpoint& one : row.addresses) {
        const host network = network_of(one);
        if (before != nullptr && stands_in(*before, network)) continue;
        std::size_t there = 0;
        for (const table* each : {&all.primary, &all.secondary})
            there += static_cast<std::size_t>(
                std::count_if(each->rows.begin(), each->rows.end(),
                              [&](const table_row& other) { return other.id != row.id && stands_in(other, network); }));
        if (there >= all.rows_per_block) return true;
    }
    return false;
}

table_row row_for(const tables& all, const newcomer& whom) {
    table_row row;
    row.id = whom.id;
    row.addresses = usable(all, whom.addresses);
    row.told_by = whom.told_by;
    row.hearsay = !whom.told_by.is_zero();
    return row;
}

/// The row at `at` leaves its table and another takes its place: a window that stood on it goes to its successor (R5).
void pass_window_on(table& of, std::size_t at) {
    if (of.last_sent == at) of.last_sent = (at + 1) % of.rows.size();
}

/// The two rows change places; the place keeps its part in the exchange, the rows keep their scores.
void change_places(table& primary, std::size_t low, table& secondary, std::size_t high) {
    pass_window_on(primary, low);
    pass_window_on(secondary, high);
    const bool takes_part = primary.rows[low].exchangeable;
    std::swap(primary.rows[low], secondary.rows[high]);
    primary.rows[low].exchangeable = takes_part;
    secondary.rows[high].exchangeable = false;
}

/// With `up` in the place of `down`, no source stands behind more than half of the primary rows that did not before.
bool keeps_balance(const table& primary, const table_row& up, const table_row& down) {
    if (up.told_by.is_zero() || up.told_by == down.told_by) return true;
    return rows_of(primary, up.told_by) + 1 <= half_of(primary.rows.size());
}

}  // namespace

table_row* table::find(const peer_id& id) {
    const auto at = place_of(*this, id);
    return at ? &rows[*at] : nullptr;
}

const table_row* table::find(const peer_id& id) const {
    const auto at = place_of(*this, id);
    return at ? &rows[*at] : nullptr;
}

table_row* find(tables& all, const peer_id& id) {
    if (table_row* row = all.primary.find(id)) return row;
    return all.secondary.find(id);
}

const table_row* find(const tables& all, const peer_id& id) {
    if (const table_row* row = all.primary.find(id)) return row;
    return all.secondary.find(id);
}

stored store(tables& all, const newcomer& whom, table_choice wanted) {
    table_row row = row_for(all, whom);
    if (whom.id == all.owner || row.addresses.empty()) return stored::refused;
    if (table_row* known = find(all, whom.id)) {
        if (row.hearsay) return stored::known;
        table_row moved = *known;
        refresh_addresses(moved, row.addresses);
        if (crowded(all, moved, known)) return stored::refused;
        moved.hearsay = false;
        *known = std::move(moved);
        return stored::known;
    }
    if (crowded(all, row, nullptr)) return stored::refused;
    if (wanted == table_choice::primary && !all.primary.full()) {
        const bool met = !row.hearsay;
        put_into_primary(all, std::move(row), met);
    } else if (!all.secondary.full()) {
        all.secondary.rows.push_back(std::move(row));
    } else {
        return stored::full;
    }
    balance(all);
    return stored::added;
}

const table_row* weakest_row(const tables& all) {
    const auto weak = all.secondary.full() ? weakest(all.secondary) : std::nullopt;
    return weak && all.secondary.rows[*weak].score <= 0 ? &all.secondary.rows[*weak] : nullptr;
}

bool replace(tables& all, const peer_id& gone, const newcomer& whom) {
    return drop(all, gone) && store(all, whom, table_choice::secondary) == stored::added;
}

std::size_t award(tables& all, const peer_id& id, double points) {
    assert(points >= 0);
    if (table_row* row = find(all, id)) {
        const double counted = std::min(points, std::max(0.0, earned_max(all) - row->earned));
        row->score += counted;
        row->earned += counted;
    }
    return exchange(all);
}

std::size_t fade_used(tables& all, const peer_id& id, double part) {
    if (table_row* row = all.primary.find(id)) {
        row->score *= 1.0 - part;
        if (row->score < score_min) row->score = 0;
    }
    return exchange(all);
}

void fade(tables& all, duration elapsed, duration half_life) {
    const double kept = std::exp2(-to_seconds(elapsed) / to_seconds(half_life));
    const double allowed = earned_max(all) * to_seconds(elapsed) / to_seconds(std::chrono::hours(24));
    for (table* each : {&all.primary, &all.secondary}) {
        for (table_row& row : each->rows) {
            row.score *= kept;
            if (row.score < score_min) row.score = 0;
            row.earned = std::max(0.0, row.earned - allowed);
        }
    }
}

namespace {

std::size_t exchange_rows(tables& all) {
    std::size_t moved = 0;
    // Each round raises the score of the primary table by more than a tie, so the rows run out before the rounds do.
    std::size_t rounds = all.primary.rows.size() + all.secondary.rows.size();
    for (; rounds > 0; --rounds) {
        if (!all.primary.full()) {
            const auto first = strongest(all.secondary, any_row);
            if (!first || all.secondary.rows[*first].score <= 0) return moved;
            put_into_primary(all, take_out(all.secondary, *first));
            ++moved;
            continue;
        }
        const auto low = lowest_exchangeable(all.primary);
        if (!low) return moved;
        const auto high = strongest(all.secondary, [&](const table_row& row) {
            return keeps_balance(all.primary, row, all.primary.rows[*low]);
        });
        if (!high || all.secondary.rows[*high].score <= all.primary.rows[*low].score + score_tie) return moved;
        change_places(all.primary, *low, all.secondary, *high);
        ++moved;
    }
    return moved;
}

}  // namespace

std::size_t exchange(tables& all) {
    const std::size_t moved = exchange_rows(all);
    balance(all);
    return moved;
}

void balance(tables& all) {
    while (const auto source = ruling_source(all.primary)) {
        const auto other = strongest(all.secondary, [&](const table_row& row) { return row.told_by != *source; });
        if (!other) return;
        std::optional<std::size_t> weak;
        for (std::size_t at = 0; at < all.primary.rows.size(); ++at) {
            const table_row& row = all.primary.rows[at];
            if (row.told_by == *source && (!weak || row.score < all.primary.rows[*weak].score)) weak = at;
        }
        change_places(all.primary, *weak, all.secondary, *other);
    }
}

std::pair<std::uint64_t, std::uint64_t> turn_place(const table_row& row, std::uint64_t secret) {
    const seeded_hash hash(secret);
    const host network = network_of(row.addresses.front());
    peer_id as_id;
    std::copy(network.octets.begin(), network.octets.end(), as_id.value.begin());
    as_id.value.back() = static_cast<std::uint8_t>(network.is);
    return {hash(as_id), hash(row.id)};
}

namespace {

/// Its place as a primary row once `leaving` has gone: behind all others if some row of its network stands there before it.
auto place_beside(const table& primary, const table_row& row, const table_row* leaving, std::uint64_t secret) {
    const auto own = turn_place(row, secret);
    const bool second = std::any_of(primary.rows.begin(), primary.rows.end(), [&](const table_row& other) {
        const auto place = turn_place(other, secret);
        return &other != leaving && other.id != row.id && place.first == own.first && place < own;
    });
    return std::pair{second, own};
}

}  // namespace

std::optional<turn> next_turn(const tables& all, std::uint64_t secret) {
    const table_row* down = nullptr;
    const auto place = [&](const table_row& row) { return place_beside(all.primary, row, down, secret); };
    for (const table_row& row : all.primary.rows) {
        const bool first = &row == &all.primary.rows.front();
        if (first && (!row.exchangeable || !first_stays_out(all))) continue;
        if (row.exchangeable && row.score > 0) continue;  // by score it came, and by score it goes
        if (down == nullptr ||
            place_beside(all.primary, row, nullptr, secret) > place_beside(all.primary, *down, nullptr, secret))
            down = &row;
    }
    if (down == nullptr) return std::nullopt;
    const table_row* up = nullptr;
    for (const table_row& row : all.secondary.rows) {
        if (row.failures > 0 || (down->exchangeable && row.score > 0) || !keeps_balance(all.primary, row, *down))
            continue;
        if (place(row) < place(up == nullptr ? *down : *up)) up = &row;
    }
    if (up == nullptr) return std::nullopt;
    return turn{up->id, down->id};
}

bool take_turn(tables& all, const turn& agreed) {
    const auto down = place_of(all.primary, agreed.down);
    const auto up = place_of(all.secondary, agreed.up);
    if (!down || !up) return false;
    change_places(all.primary, *down, all.secondary, *up);
    exchange(all);
    return true;
}

bool drop(tables& all, const peer_id& id) {
    if (const auto at = place_of(all.secondary, id)) {
        take_out(all.secondary, *at);
        return true;
    }
    const auto at = place_of(all.primary, id);
    if (!at) return false;
    take_out(all.primary, *at);
    if (*at == 0) let_the_first_take_part(all.primary);
    if (const auto best = strongest(all.secondary, any_row)) put_into_primary(all, take_out(all.secondary, *best));
    balance(all);
    return true;
}

bool dial_failed(tables& all, const peer_id& id, time_point now, duration backoff_first) {
    table_row* row = find(all, id);
    if (row == nullptr) return false;
    if (++row->failures >= limits::row_failures_max) return drop(all, id);
    row->quiet_until = now + backoff_first * (1 << (row->failures - 1));
    return false;
}

void dial_succeeded(tables& all, const peer_id& id) {
    if (table_row* row = find(all, id)) {
        row->failures = 0;
        row->quiet_until.reset();
    }
}

std::vector<table_row> next_run(table& from, std::size_t count, const peer_id& asker) {
    std::vector<table_row> run;
    const std::size_t total = from.rows.size();
    if (total <= count) {
        for (const table_row& row : from.rows)
            if (row.id != asker) run.push_back(row);
        return run;
    }
    std::size_t at = from.last_sent.value_or(0);
    for (std::size_t step = 0; step < total && run.size() < count; ++step, at = (at + 1) % total) {
        if (from.rows[at].id == asker) continue;
        run.push_back(from.rows[at]);
        from.last_sent = at;
    }
    return run;
}

std::optional<std::string> broken_rule(const tables& all) {
    std::vector<peer_id> ids;
    for (const table* each : {&all.primary, &all.secondary}) {
        if (each->rows.size() > each->capacity) return "a table is over its capacity";
        if (each->last_sent && *each->last_sent >= each->rows.size()) return "the window is outside its table";
        for (const table_row& row : each->rows) {
            if (row.id == all.owner) return "the owner is in a table";
            if (!(row.score >= 0) || !std::isfinite(row.score)) return "a score is negative or not a number";
            if (row.addresses.empty() || row.addresses.size() > 2) return "a row has no address or too many";
            ids.push_back(row.id);
        }
    }
    std::sort(ids.begin(), ids.end());
    if (std::adjacent_find(ids.begin(), ids.end()) != ids.end()) return "a peer is in two places";
    if (const auto source = ruling_source(all.primary)) {
        const bool others = std::any_of(all.secondary.rows.begin(), all.secondary.rows.end(),
                                        [&](const table_row& row) { return row.told_by != *source; });
        if (others) return "one source is behind more than half of the primary rows, though there are others";
    }
    return std::nullopt;
}

}  // namespace mogshare::core
