#pragma once
// The two tables as slowly as the rules read: plain lists, everything by the peers' numbers, a window known by the peer that it
// stands on.

#include "support/rows.hpp"

#include "mogshare/core/tables.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace naive {

using namespace mogshare;

struct row {
    std::uint32_t peer = 0;
    std::vector<endpoint> addresses;
    double score = 0;
    bool exchanges = false;
    int failures = 0;
    std::optional<time_point> quiet_until{};
    std::uint32_t told_by = 0;  ///< 0: it came itself
    bool hearsay = false;
    double earned = 0;  ///< of what one day allows

    bool operator==(const row&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const row& one) {
    out << one.peer << (one.exchanges ? "*" : "") << " score " << one.score << " failures " << one.failures;
    if (one.quiet_until) out << " quiet until " << to_seconds(one.quiet_until->time_since_epoch()) << " s";
    if (one.told_by != 0) out << (one.hearsay ? " hearsay of " : " once told by ") << one.told_by;
    for (const endpoint& each : one.addresses) out << " " << to_string(each);
    return out;
}

using numbers = std::vector<std::uint32_t>;

struct table {
    std::vector<row> rows;
    std::optional<std::uint32_t> window;  ///< the peer whose row was sent last

    bool operator==(const table&) const = default;
    bool has(std::uint32_t peer) const {
        return std::any_of(rows.begin(), rows.end(), [&](const row& one) { return one.peer == peer; });
    }
    std::size_t place(std::uint32_t peer) const {
        std::size_t at = 0;
        while (rows[at].peer != peer) ++at;
        return at;
    }
    /// R5: before a row leaves, its window goes to the one after it, round the end; from the only row, nowhere.
    void pass_window_on(std::uint32_t gone) {
        if (window != gone) return;
        const std::uint32_t after = rows[(place(gone) + 1) % rows.size()].peer;
        window = after == gone ? std::nullopt : std::optional(after);
    }
    row take_out(std::uint32_t peer) {
        pass_window_on(peer);
        const row taken = rows[place(peer)];
        std::erase_if(rows, [&](const row& one) { return one.peer == peer; });
        return taken;
    }
    /// R5, word for word.
    numbers next_run(std::size_t count, std::uint32_t asker) {
        numbers turned;
        for (const row& one : rows) turned.push_back(one.peer);
        const bool whole = turned.size() <= count;
        if (window && !whole)
            std::rotate(turned.begin(), std::find(turned.begin(), turned.end(), *window), turned.end());
        std::erase(turned, asker);
        if (whole) return turned;
        turned.resize(std::min(count, turned.size()));
        if (!turned.empty()) window = turned.back();
        return turned;
    }
};

inline std::ostream& operator<<(std::ostream& out, const table& one) {
    for (const row& each : one.rows) out << "\n    " << each << (one.window == each.peer ? "  <- window" : "");
    return out << (one.rows.empty() ? "\n    (empty)" : "");
}

struct tables {
    table primary;
    table secondary;
    std::size_t primary_max = 1;
    std::size_t secondary_max = 1;
    double share = 0.5;
    std::size_t rows_of_network_max = limits::lan.rows_per_block;
    static constexpr double points_at_once = limits::points_per_day / 2;

    static host network(const endpoint& one) { return block_of(one.address, 16, 32); }
    /// R1: whether some address of the row is in a network that has as many other rows as it may, and that it was not in before.
    bool crowded(const row& one, const std::vector<endpoint>& before) const {
        return std::any_of(one.addresses.begin(), one.addresses.end(), [&](const endpoint& address) {
            const auto there = [&](const endpoint& other) { return network(other) == network(address); };
            if (std::any_of(before.begin(), before.end(), there)) return false;
            std::size_t others = 0;
            for (const table* each : {&primary, &secondary})
                for (const row& other : each->rows)
                    if (other.peer != one.peer && std::any_of(other.addresses.begin(), other.addresses.end(), there))
                        ++others;
            return others >= rows_of_network_max;
        });
    }

    row* find(std::uint32_t peer) {
        for (table* each : {&primary, &secondary})
            if (each->has(peer)) return &each->rows[each->place(peer)];
        return nullptr;
    }
    /// R3: so many of the primary rows take part in the exchange as the share says, rounded up; newcomers until then, but not the
    /// first one, if it need not.
    void append(row added, bool met = false) {
        const auto exchanging =
            std::count_if(primary.rows.begin(), primary.rows.end(), [](const row& one) { return one.exchanges; });
        added.exchanges =
            static_cast<double>(exchanging) < std::ceil(static_cast<double>(primary.rows.size() + 1) * share);
        if (met && primary.rows.empty() && primary_max > 1 && share < 1) added.exchanges = false;
        primary.rows.push_back(added);
    }
    /// Highest score, then newest, of those that will do.
    const row* best_secondary(const std::function<bool(const row&)>& will_do) const {
        const row* best = nullptr;
        for (const row& one : secondary.rows)
            if (will_do(one) && (best == nullptr || one.score >= best->score)) best = &one;
        return best;
    }
    const row& best_secondary() const {
        return *best_secondary([](const row&) { return true; });
    }
    std::size_t told_rows(std::uint32_t source) const {
        return static_cast<std::size_t>(std::count_if(primary.rows.begin(), primary.rows.end(),
                                                      [&](const row& one) { return one.told_by == source; }));
    }
    std::size_t half() const { return (primary.rows.size() + 1) / 2; }
    /// No one source is to stand behind more than half of the primary rows while there are others.
    void balance() {
        for (;;) {
            const row* ruled = nullptr;
            for (const row& one : primary.rows)
                if (one.told_by != 0 && told_rows(one.told_by) > half()) ruled = &one;
            if (ruled == nullptr) return;
            const std::uint32_t source = ruled->told_by;
            const row* const other = best_secondary([&](const row& one) { return one.told_by != source; });
            if (other == nullptr) return;
            const row* weak = nullptr;
            for (const row& one : primary.rows)
                if (one.told_by == source && (weak == nullptr || one.score < weak->score)) weak = &one;
            swap(weak->peer, other->peer);
        }
    }
    bool store(std::uint32_t peer, const std::vector<endpoint>& addresses, bool wants_primary,
               std::uint32_t told_by = 0) {
        row added;
        added.peer = peer;
        added.told_by = told_by;
        added.hearsay = told_by != 0;
        if (const row* known = find(peer)) added = *known;
        for (const endpoint& each : addresses) {
            if (!each.dialable()) continue;
            const auto family = [&](const endpoint& old) { return old.address.is == each.address.is; };
            const auto old = std::find_if(added.addresses.begin(), added.addresses.end(), family);
            if (old == added.addresses.end())
                added.addresses.push_back(each);
            else
                *old = each;
        }
        const bool none =
            std::none_of(addresses.begin(), addresses.end(), [](const endpoint& e) { return e.dialable(); });
        if (peer == 0 || none) return false;
        if (row* known = find(peer)) {
            if (told_by != 0) return true;  // hearsay changes nothing
            if (crowded(added, known->addresses)) return false;
            added.hearsay = false;
            *known = added;
            return true;
        }
        if (crowded(added, {})) return false;
        if (wants_primary && primary.rows.size() < primary_max) {
            append(added, told_by == 0);
        } else if (secondary.rows.size() < secondary_max) {
            secondary.rows.push_back(added);
        } else {
            return false;
        }
        balance();
        return true;
    }
    /// The unscored row that would go for a stranger; 0 for none.
    std::uint32_t weakest() const {
        if (secondary.rows.size() < secondary_max || secondary.rows.empty()) return 0;
        const row* found = &secondary.rows.front();
        for (const row& one : secondary.rows)
            if (one.score < found->score) found = &one;
        return found->score > 0 ? 0 : found->peer;
    }
    void exchange() {
        while (exchange_one()) {
        }
        balance();
    }
    bool exchange_one() {
        if (secondary.rows.empty()) return false;
        if (primary.rows.size() < primary_max) {
            const row high = best_secondary();
            if (high.score > 0) append(secondary.take_out(high.peer));
            return high.score > 0;
        }
        const row* low = nullptr;
        for (const row& one : primary.rows)
            if (one.exchanges && (low == nullptr || one.score < low->score)) low = &one;
        if (low == nullptr) return false;
        const row* const high = best_secondary([&](const row& up) {
            return up.told_by == 0 || up.told_by == low->told_by || told_rows(up.told_by) + 1 <= half();
        });
        if (high == nullptr || high->score <= low->score + core::score_tie) return false;
        swap(low->peer, high->peer);
        return true;
    }
    void swap(std::uint32_t low, std::uint32_t high) {
        // The place keeps its window only where there is no other row to pass it to.
        const bool on_only_low = primary.window == low && primary.rows.size() == 1;
        const bool on_only_high = secondary.window == high && secondary.rows.size() == 1;
        primary.pass_window_on(low);
        secondary.pass_window_on(high);
        row& down = primary.rows[primary.place(low)];
        row& up = secondary.rows[secondary.place(high)];
        const bool takes_part = down.exchanges;
        std::swap(down, up);
        down.exchanges = takes_part;
        up.exchanges = false;
        if (on_only_low) primary.window = high;
        if (on_only_high) secondary.window = low;
    }
    void award(std::uint32_t peer, double points) {
        if (row* known = find(peer)) {
            const double counted = std::min(points, std::max(0.0, points_at_once - known->earned));
            known->score += counted;
            known->earned += counted;
        }
        exchange();
    }
    void fade_used(std::uint32_t peer, double part) {
        if (primary.has(peer)) keep(*find(peer), 1 - part);
        exchange();
    }
    void fade(double kept, int days) {
        for (table* each : {&primary, &secondary})
            for (row& one : each->rows) {
                keep(one, kept);
                one.earned = std::max(0.0, one.earned - days * points_at_once);
            }
    }
    static void keep(row& of, double part) { of.score = of.score * part < 0.001 ? 0 : of.score * part; }
    bool drop(std::uint32_t peer) {
        if (secondary.has(peer)) {
            secondary.take_out(peer);
            return true;
        }
        if (!primary.has(peer)) return false;
        const bool was_first = primary.place(peer) == 0;
        primary.take_out(peer);
        if (was_first && !primary.rows.empty() &&
            !primary.rows[0].exchanges) {  // the first that is left exchanges, for another
            for (row& one : primary.rows) {
                if (!one.exchanges) continue;
                one.exchanges = false;
                primary.rows[0].exchanges = true;
                break;
            }
        }
        if (!secondary.rows.empty()) append(secondary.take_out(best_secondary().peer));
        balance();
        return true;
    }
    bool dial_failed(std::uint32_t peer, time_point now, duration backoff) {
        row* const known = find(peer);
        if (known == nullptr) return false;
        if (++known->failures == 3) return drop(peer);
        known->quiet_until = now + (known->failures == 1 ? backoff : 2 * backoff);
        return false;
    }
    /// The last primary row that score does not hold gives way to the first secondary one that comes before it. Who let us in, in the
    /// first place and out of the exchange, takes no turns; nor does that place where all are in the exchange.
    bool take_turn(std::uint64_t secret) {
        std::uint32_t leaving = 0;
        const auto behind = [&](const row& one) {  // another row of its network stands there, and before it
            return std::any_of(primary.rows.begin(), primary.rows.end(), [&](const row& other) {
                const bool counts = other.peer != leaving && other.peer != one.peer;
                const auto place = place_of(other, secret), own = place_of(one, secret);
                return counts && place.first == own.first && place.second < own.second;
            });
        };
        const auto before = [&](const row& a, const row& b) {
            if (behind(a) != behind(b)) return behind(b);
            return place_of(a, secret) < place_of(b, secret);
        };
        std::vector<row> down, up;
        for (const row& one : primary.rows) {
            const bool first = one.peer == primary.rows.front().peer;
            const bool stays = first && (!one.exchanges || share >= 1 || primary_max == 1);
            if (!stays && (one.score <= 0 || !one.exchanges)) down.push_back(one);
        }
        if (down.empty()) return false;
        const row last = *std::max_element(down.begin(), down.end(), before);
        leaving = last.peer;
        for (const row& one : secondary.rows) {
            const bool fits = one.told_by == 0 || one.told_by == last.told_by || told_rows(one.told_by) + 1 <= half();
            const bool by_score = last.exchanges && one.score > 0;
            if (!by_score && one.failures == 0 && fits && before(one, last)) up.push_back(one);
        }
        if (up.empty()) return false;
        swap(last.peer, std::min_element(up.begin(), up.end(), before)->peer);
        exchange();
        return true;
    }
    static std::pair<std::uint64_t, std::uint64_t> place_of(const row& one, std::uint64_t secret) {
        core::table_row real;
        real.id = mogshare::testing::peer_numbered(one.peer);
        real.addresses = one.addresses;
        return core::turn_place(real, secret);
    }
    void dial_succeeded(std::uint32_t peer) {
        if (row* known = find(peer)) known->failures = 0, known->quiet_until.reset();
    }
};

/// What the real table looks like in these terms.
inline table seen(const core::table& real) {
    table made;
    for (const core::table_row& one : real.rows)
        made.rows.push_back({mogshare::testing::number_of(one.id), one.addresses, one.score, one.exchangeable,
                             one.failures, one.quiet_until, mogshare::testing::number_of(one.told_by), one.hearsay,
                             one.earned});
    if (real.last_sent) made.window = made.rows.at(*real.last_sent).peer;
    return made;
}

}  // namespace naive
