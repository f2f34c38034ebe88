// R1, R2, R3, R5: the tables beside the naive ones, whole, after every operation.

#include "naive_tables.hpp"
#include "support/properties.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <ostream>
#include <vector>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

enum class operation {
    store_primary,
    store_secondary,
    award,
    fade_used,
    fade,
    drop,
    dial_failed,
    dial_succeeded,
    run_primary,
    run_secondary,
};

/// `choice` picks among the operation's arguments.
struct step {
    operation what{};
    std::uint32_t peer = 0;
    std::size_t choice = 0;
};

constexpr std::size_t choices = 6;
constexpr std::uint32_t peers_max = 20;

// All scores stay dyadic but for the tie itself, so that both sides calculate without error; two of the points are within a tie.
constexpr std::array<double, choices> points{1, 2, 0.125, 1.0 / 128, score_tie, 0};
constexpr std::array<double, choices> parts{0.5, 0.25, 0.5, 0.25, 0, 0.5};
constexpr std::array<int, choices> half_lives{1, 0, 2, 4, 8, 1};

/// New and old hosts, both families in either order, two of one family, and addresses that nobody can dial.
std::vector<endpoint> addresses_of(std::uint32_t peer, std::size_t choice) {
    const endpoint v4 = site(peer);
    const endpoint moved = site(peer + 1000);
    endpoint v6 = *parse_endpoint("[2001:db8::1]:7000");
    v6.address.octets.back() = static_cast<std::uint8_t>(peer);
    endpoint closed = moved;
    closed.port = 0;
    const std::array<std::vector<endpoint>, choices> all{std::vector{v4}, {v6, moved}, {v4, moved, closed},
                                                         {closed, v6},    {closed},    {v4, v6}};
    return all[choice];
}

time_point time_of(std::size_t choice) {
    return time_point{} + std::chrono::seconds(100 * choice);
}

std::ostream& operator<<(std::ostream& out, const step& one) {
    const std::uint32_t n = one.peer;
    const std::size_t c = one.choice;
    const auto store = [&](const char* where) -> std::ostream& {
        out << "store(" << n << ", " << where;
        for (const endpoint& each : addresses_of(n, c)) out << " " << to_string(each);
        return out << ")";
    };
    switch (one.what) {
        case operation::store_primary: return store("primary");
        case operation::store_secondary: return store("secondary");
        case operation::award: return out << "award(" << n << ", " << points[c] << ")";
        case operation::fade_used: return out << "fade_used(" << n << ", " << parts[c] << ")";
        case operation::fade: return out << "fade(" << half_lives[c] << " half lives)";
        case operation::drop: return out << "drop(" << n << ")";
        case operation::dial_failed: return out << "dial_failed(" << n << ", at " << 100 * c << " s)";
        case operation::dial_succeeded: return out << "dial_succeeded(" << n << ")";
        case operation::run_primary: return out << "next_run(primary, " << c << ", for " << n << ")";
        case operation::run_secondary: return out << "next_run(secondary, " << c << ", for " << n << ")";
    }
    return out;
}

rc::Gen<step> any_step() {
    using enum operation;
    const auto what = rc::gen::element(store_primary, store_primary, store_primary, store_secondary, store_secondary,
                                       award, award, award, fade_used, fade_used, fade, drop, dial_failed, dial_failed,
                                       dial_succeeded, run_primary, run_secondary);
    return rc::gen::build<step>(rc::gen::set(&step::what, what), rc::gen::set(&step::peer, up_to(peers_max)),
                                rc::gen::set(&step::choice, up_to(choices - 1)));
}

void check_run(core::table& real, naive::table& model, const step& one) {
    const std::vector<table_row> run = next_run(real, one.choice, peer_numbered(one.peer));
    RC_ASSERT(numbers(run) == model.next_run(one.choice, one.peer));
    for (const table_row& row : run) RC_ASSERT(row.addresses == real.find(row.id)->addresses);
}

void check_step(core::tables& real, naive::tables& model, const step& one) {
    const std::uint32_t n = one.peer;
    const peer_id id = peer_numbered(n);
    const auto store_in = [&](table_choice where) {
        const std::vector<endpoint> at = addresses_of(n, one.choice);
        RC_ASSERT(store(real, id, at, where) == model.store(n, at, where == table_choice::primary));
    };
    switch (one.what) {
        case operation::store_primary: return store_in(table_choice::primary);
        case operation::store_secondary: return store_in(table_choice::secondary);
        case operation::award: award(real, id, points[one.choice]); return model.award(n, points[one.choice]);
        case operation::fade_used: fade_used(real, id, parts[one.choice]); return model.fade_used(n, parts[one.choice]);
        case operation::fade:
            fade(real, half_lives[one.choice] * 24h, 24h);
            return model.fade(std::ldexp(1.0, -half_lives[one.choice]));
        case operation::drop: RC_ASSERT(drop(real, id) == model.drop(n)); return;
        case operation::dial_failed: {
            const time_point now = time_of(one.choice);
            RC_ASSERT(dial_failed(real, id, now, 10s) == model.dial_failed(n, now, 10s));
            return;
        }
        case operation::dial_succeeded: dial_succeeded(real, id); return model.dial_succeeded(n);
        case operation::run_primary: return check_run(real.primary, model.primary, one);
        case operation::run_secondary: return check_run(real.secondary, model.secondary, one);
    }
}

}  // namespace

TEST_CASE("R1, R2, R3, R5: tables and windows do what naive ones do, under any sequence of operations") {
    const auto property = [] {
        naive::tables model;
        model.primary_max = *within<std::size_t>(1, 7).as("primary rows");
        model.secondary_max = *within<std::size_t>(1, 9).as("secondary rows");
        model.share = *rc::gen::element(0.0, 0.3, 0.5, 1.0).as("scored_share");
        tables real = tables_of(model.primary_max, model.secondary_max, model.share);
        for (const step& one : *sequence_of(150, any_step()).as("operations")) {
            check_step(real, model, one);
            RC_ASSERT(naive::seen(real.primary) == model.primary);
            RC_ASSERT(naive::seen(real.secondary) == model.secondary);
            RC_ASSERT(!broken_rule(real));
        }
    };
    CHECK(check_sequences("tables", property));
}
