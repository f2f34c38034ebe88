#include "mogshare/core/tables.hpp"

#include "support/rows.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <vector>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

using list = std::vector<std::uint32_t>;
constexpr auto to_primary = table_choice::primary, to_secondary = table_choice::secondary;

const endpoint six{host::v6({0x20, 0x01, 0x0d, 0xb8}), 7000};

double score_of(const tables& all, std::uint32_t number) {
    const table_row* const row = find(all, peer_numbered(number));
    return row == nullptr ? -1 : row->score;
}

/// Primary rows 1…p and secondary rows 101…100+s, all full.
tables full_tables(std::uint32_t p, std::uint32_t s, double scored_share) {
    tables all = tables_of(p, s, scored_share);
    for (std::uint32_t n = 1; n <= p; ++n) store_numbered(all, n, to_primary);
    for (std::uint32_t n = 101; n <= 100 + s; ++n) store_numbered(all, n, to_secondary);
    return all;
}

bool turned(tables& all, std::uint64_t secret) {
    const auto next = next_turn(all, secret);
    return next && take_turn(all, *next);
}

std::size_t taking_part(const tables& all) {
    std::size_t count = 0;
    for (const table_row& row : all.primary.rows) count += row.exchangeable ? 1 : 0;
    return count;
}

}  // namespace

TEST_CASE("R6: a peer goes to the primary table while it has room, then to the secondary one") {
    tables all = tables_of(2, 2);
    for (std::uint32_t n = 1; n <= 4; ++n) CHECK(store_numbered(all, n, to_primary));
    CHECK(numbers(all.primary.rows) == list{1, 2});
    CHECK(numbers(all.secondary.rows) == list{3, 4});
}

TEST_CASE("R1: an originator goes to the secondary table even while the primary one has room") {
    tables all = tables_of(2, 2);
    CHECK(store_numbered(all, 1, to_secondary));
    CHECK(all.primary.rows.empty());
    CHECK(numbers(all.secondary.rows) == list{1});
}

TEST_CASE("R3: a peer never holds itself") {
    tables all = tables_of(2, 2);
    CHECK_FALSE(store_numbered(all, 0, to_primary));
    CHECK_FALSE(store_numbered(all, 0, to_secondary));
    CHECK(find(all, peer_numbered(0)) == nullptr);
}

TEST_CASE("R3: a peer is in one table at most, once") {
    tables all = tables_of(2, 2);
    store_numbered(all, 1, to_primary);
    store_numbered(all, 2, to_secondary);
    CHECK(store_numbered(all, 1, to_secondary));
    CHECK(store_numbered(all, 2, to_primary));
    CHECK(numbers(all.primary.rows) == list{1});
    CHECK(numbers(all.secondary.rows) == list{2});
}

TEST_CASE("R1: a peer without an address that can be dialled is not stored") {
    tables all = tables_of(2, 2);
    const peer_id id = peer_numbered(1);
    CHECK_FALSE(put_row(all, id, {}, to_primary));
    CHECK_FALSE(put_row(all, id, {{host::v4({10, 0, 0, 1}), 0}}, to_primary));
    CHECK_FALSE(put_row(all, id, {{host::v4({0, 0, 0, 0}), 7000}}, to_primary));
    CHECK_FALSE(put_row(all, id, {{host::v4({224, 0, 0, 1}), 7000}}, to_primary));
    CHECK_FALSE(put_row(all, id, {{host::v4({255, 255, 255, 255}), 7000}}, to_primary));
    CHECK_FALSE(put_row(all, id, {{host{}, 7000}}, to_primary));
    CHECK(put_row(all, id, {{host::v4({224, 0, 0, 1}), 7000}, site(1)}, to_primary));
    CHECK(all.primary.rows[0].addresses == std::vector{site(1)});
}

TEST_CASE("small print, IPv6: a row has one address of each family, and a new one replaces that of its family") {
    tables all = tables_of(2, 2);
    const peer_id id = peer_numbered(1);
    CHECK(put_row(all, id, {site(1), site(2), six}, to_primary));
    CHECK(all.primary.rows[0].addresses == std::vector{site(2), six});
    CHECK(put_row(all, id, {site(3)}, to_primary));
    CHECK(all.primary.rows[0].addresses == std::vector{site(3), six});
}

TEST_CASE("small print, IPv6: a v4-mapped address is the IPv4 address") {
    tables all = tables_of(2, 2);
    const endpoint mapped{host::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 9}), 7000};
    CHECK(put_row(all, peer_numbered(1), {site(1), mapped}, to_primary));
    CHECK(all.primary.rows[0].addresses == std::vector{site(9)});
}

TEST_CASE("R3: of a full secondary table the weakest row would go, and of equal ones the oldest") {
    tables all = full_tables(1, 3, 0);
    CHECK(weakest_row(all)->id == peer_numbered(101));
    award(all, peer_numbered(101), 1);
    CHECK_FALSE(store_numbered(all, 104));
    REQUIRE(weakest_row(all)->id == peer_numbered(102));
    CHECK(replace(all, peer_numbered(102), {peer_numbered(104), {site(104)}, {}}));
    CHECK(numbers(all.secondary.rows) == list{101, 103, 104});
    drop(all, peer_numbered(103));
    CHECK(weakest_row(all) == nullptr);  // there is room
}

TEST_CASE("R3: a full table never drops a scored row for an unscored stranger") {
    tables all = full_tables(1, 2, 0);
    award(all, peer_numbered(101), 0.5);
    award(all, peer_numbered(102), 0.25);
    CHECK_FALSE(store_numbered(all, 103));
    CHECK(weakest_row(all) == nullptr);
    CHECK(numbers(all.secondary.rows) == list{101, 102});
}

TEST_CASE("R2: a peer earns so many points a day and no more, whoever it is") {
    tables all = full_tables(2, 2, 0);
    const peer_id one = peer_numbered(1);
    for (int answer = 0; answer < 100; ++answer) award(all, one, 1);
    CHECK(find(all, one)->score == limits::points_per_day / 2);  // at once
    for (int hour = 0; hour < 24; ++hour) {
        fade(all, 1h, 1000000h);
        for (int answer = 0; answer < 100; ++answer) award(all, one, 1);
    }
    CHECK(find(all, one)->score == doctest::Approx(limits::points_per_day).epsilon(0.001));
}

TEST_CASE("R7: what one source has told makes up half of the primary table at most, once there are others") {
    tables all = tables_of(4, 4);
    const peer_id liar = peer_numbered(900);
    for (std::uint32_t n = 1; n <= 6; ++n) store_numbered(all, n, to_primary, liar);
    CHECK(numbers(all.primary.rows) == list{1, 2, 3, 4});  // the first minutes: there is nobody else
    CHECK(all.primary.rows[0].hearsay);
    store_numbered(all, 7, to_primary);
    CHECK(numbers(all.primary.rows) == list{7, 2, 3, 4});
    store_numbered(all, 8, to_primary, peer_numbered(901));
    CHECK(numbers(all.primary.rows) == list{7, 8, 3, 4});
    CHECK_FALSE(broken_rule(all).has_value());
    // Nor by score: a row of the same source may take the place of one of its own.
    for (const std::uint32_t n : {1u, 2u}) award(all, peer_numbered(n), 10);
    std::size_t of_liar = 0;
    for (const table_row& row : all.primary.rows) of_liar += row.told_by == liar ? 1 : 0;
    CHECK(of_liar == 2);
}

TEST_CASE("R7: hearsay of a known peer changes nothing; meeting it does") {
    tables all = tables_of(2, 2);
    store_numbered(all, 1, to_primary, peer_numbered(900));
    put_row(all, peer_numbered(1), {site(66)}, to_primary, peer_numbered(901));
    CHECK(all.primary.rows[0].addresses == std::vector{site(1)});
    CHECK(all.primary.rows[0].hearsay);
    put_row(all, peer_numbered(1), {site(66)}, to_primary);
    CHECK(all.primary.rows[0].addresses == std::vector{site(66)});
    CHECK_FALSE(all.primary.rows[0].hearsay);
    CHECK(all.primary.rows[0].told_by == peer_numbered(900));  // who brought it stays known
}

TEST_CASE("R1: of one network only so many rows are stored") {
    tables all = tables_of(4, 4);
    all.rows_per_block = 2;
    CHECK(store_numbered(all, 1));
    CHECK(store_numbered(all, 2, to_secondary));
    CHECK_FALSE(store_numbered(all, 3));  // 10.0.0.0/16, as both
    CHECK(put_row(all, peer_numbered(3), {{host::v4({10, 1, 0, 3}), 7000}}, to_primary));
    CHECK(put_row(all, peer_numbered(1), {{host::v4({10, 0, 9, 9}), 7000}}, to_primary));  // a known peer may move
}

TEST_CASE("R1: where only public addresses count, others are not stored") {
    tables all = tables_of(4, 4);
    all.least = scope::global;
    CHECK_FALSE(store_numbered(all, 1));
    CHECK_FALSE(put_row(all, peer_numbered(1), {{host::v4({127, 0, 0, 1}), 7000}}, to_primary));
    CHECK(put_row(all, peer_numbered(1), {site(1), {host::v4({8, 8, 8, 8}), 7000}}, to_primary));
    CHECK(find(all, peer_numbered(1))->addresses.size() == 1);
}

TEST_CASE("R3: a secondary row that overtakes the lowest primary row takes its place") {
    tables all = full_tables(3, 2, 1);
    award(all, peer_numbered(1), 3);
    award(all, peer_numbered(2), 1);
    award(all, peer_numbered(3), 2);
    CHECK(award(all, peer_numbered(102), 1.5) == 1);
    CHECK(numbers(all.primary.rows) == list{1, 102, 3});
    CHECK(numbers(all.secondary.rows) == list{101, 2});
    CHECK(score_of(all, 2) == 1);
}

TEST_CASE("R3: an exchange ends after as many rounds as there are rows, also where scores cannot be compared") {
    tables all = full_tables(3, 4, 1);
    for (table* each : {&all.primary, &all.secondary})
        for (table_row& row : each->rows) row.score = std::numeric_limits<double>::quiet_NaN();
    CHECK(exchange(all) <= 7);
    CHECK(all.primary.rows.size() == 3);
    CHECK(all.secondary.rows.size() == 4);
}

TEST_CASE("R3: ties never swap") {
    tables all = full_tables(2, 2, 1);
    CHECK(exchange(all) == 0);
    award(all, peer_numbered(1), 1);
    award(all, peer_numbered(2), 1);
    CHECK(award(all, peer_numbered(101), 1) == 0);
    CHECK(numbers(all.primary.rows) == list{1, 2});
}

TEST_CASE(
    "R3: by turns the unscored primary rows become those that come first in an order of our own, whoever came first") {
    const auto in_the_end = [](list coming, std::uint64_t secret) {
        tables all = tables_of(5, 12);
        store_numbered(all, 999);  // who let us in
        for (const std::uint32_t n : coming) store_numbered(all, n);
        std::size_t turns = 0;
        while (turned(all, secret)) CHECK(++turns <= 4);
        CHECK_FALSE(broken_rule(all).has_value());
        CHECK(all.primary.rows.front().id == peer_numbered(999));
        list there = numbers(all.primary.rows);
        std::sort(there.begin(), there.end());
        return there;
    };
    list coming;
    for (std::uint32_t n = 1; n <= 16; ++n) coming.push_back(n << 16);  // 10.n.0.0, each in a network of its own
    const list sample = in_the_end(coming, 1);
    CHECK(in_the_end({coming.rbegin(), coming.rend()}, 1) == sample);
    CHECK(in_the_end(coming, 2) != sample);  // without the secret nobody knows who comes first
}

TEST_CASE("R3, R7: who let us in takes no turns, whoever comes before it") {
    for (std::uint64_t secret = 0; secret < 50; ++secret) {
        tables all = full_tables(3, 40, 0.5);
        while (turned(all, secret)) continue;
        CHECK(all.primary.rows.front().id == peer_numbered(1));
        tables alone = full_tables(1, 40, 0.5);
        CHECK_FALSE(next_turn(alone, secret).has_value());
    }
}

TEST_CASE("R3, R7: once who let us in has gone, who stands in its place takes turns as the others do") {
    for (std::uint32_t gone = 1; gone <= 5; ++gone) {
        CAPTURE(gone);
        std::size_t changed = 0;
        for (std::uint64_t secret = 0; secret < 50; ++secret) {
            tables all = full_tables(5, 60, 0.5);
            for (std::uint32_t n = 0; n < gone; ++n) CHECK(drop(all, peer_id(all.primary.rows.front().id)));
            const auto first = all.primary.rows.front().id;
            while (turned(all, secret)) CHECK(taking_part(all) == 3);
            changed += all.primary.rows.front().id == first ? 0U : 1U;
        }
        CHECK(changed > 30);
    }
}

TEST_CASE("R3, R7: nobody who was only told of, or who comes up from the secondary table, stands for who let us in") {
    tables told = tables_of(3, 10), alone = told;
    CHECK(store(told, {peer_numbered(1), {site(1)}, peer_numbered(901)}, to_primary) == stored::added);
    CHECK(told.primary.rows.front().exchangeable);
    store_numbered(alone, 1);
    CHECK_FALSE(alone.primary.rows.front().exchangeable);
    store_numbered(alone, 2, to_secondary);
    CHECK(drop(alone, peer_numbered(1)));
    REQUIRE(numbers(alone.primary.rows) == list{2});
    CHECK(alone.primary.rows.front().exchangeable);
}

TEST_CASE("R3: in places of the exchange only who has no score takes turns; who failed never comes up") {
    tables all = full_tables(3, 2, 1);
    for (const std::uint32_t n : {1u, 3u, 101u, 102u}) find(all, peer_numbered(n))->score = 1;
    std::uint64_t secret = 0;  // with which 101, if it had no score, would come first
    const auto place = [&](std::uint32_t n) { return turn_place(*find(all, peer_numbered(n)), secret); };
    while (place(101) > place(2) || place(101) > place(1) || place(101) > place(102)) ++secret;
    CHECK_FALSE(next_turn(all, secret).has_value());
    find(all, peer_numbered(101))->score = 0;
    dial_failed(all, peer_numbered(101), time_point{}, 10s);
    CHECK_FALSE(next_turn(all, secret).has_value());
    dial_succeeded(all, peer_numbered(101));
    const auto next = next_turn(all, secret);
    REQUIRE(next.has_value());
    CHECK(next->up == peer_numbered(101));
    CHECK(next->down == peer_numbered(2));
}

TEST_CASE("R3: places that take no part in the exchange are held by turns, whatever the scores") {
    tables all = full_tables(4, 4, 0);
    for (std::uint32_t n = 1; n <= 4; ++n) find(all, peer_numbered(n))->score = n;
    std::uint64_t secret = 0;  // with which 101 comes first
    const auto first = [&] {
        const auto place = [&](std::uint32_t n) { return turn_place(*find(all, peer_numbered(n)), secret); };
        for (const std::uint32_t n : {1u, 2u, 3u, 4u, 102u, 103u, 104u})
            if (place(n) < place(101)) return false;
        return true;
    };
    while (!first()) ++secret;
    CHECK(turned(all, secret));
    CHECK(all.primary.find(peer_numbered(101)) != nullptr);
}

TEST_CASE("R1: no row moves into a network that has as many rows as it may") {
    tables all = tables_of(4, 4);
    all.rows_per_block = 2;
    const auto at = [](std::uint8_t network, std::uint8_t number) {
        return endpoint{host::v4({10, network, 0, number}), 7000};
    };
    for (std::uint8_t n = 1; n <= 3; ++n) CHECK(put_row(all, peer_numbered(n), {at(n, n)}, to_primary));
    CHECK(put_row(all, peer_numbered(2), {at(1, 2)}, to_primary));
    const newcomer third{peer_numbered(3), {at(1, 3)}, {}};
    CHECK(store(all, third, to_primary) == stored::refused);
    CHECK(find(all, peer_numbered(3))->addresses == std::vector{at(3, 3)});
    CHECK(put_row(all, peer_numbered(1), {at(1, 9)}, to_primary));  // within its own it may
    // Nor does an address of another family hide it.
    CHECK(store(all, {peer_numbered(3), {six, at(1, 3)}, {}}, to_primary) == stored::refused);
}

TEST_CASE("R3: a place in the order of turns is one of the network; ids of one network do not change it") {
    tables all = tables_of(4, 4);
    store_numbered(all, 1);
    store_numbered(all, 2);
    store_numbered(all, 0x10001);  // 10.1.0.1
    const auto place = [&](std::uint32_t n) { return turn_place(*find(all, peer_numbered(n)), 7); };
    CHECK(place(1).first == place(2).first);
    CHECK(place(1).second != place(2).second);
    CHECK(place(1).first != place(0x10001).first);
}

TEST_CASE("R7: no turn puts one source behind more than half of the primary rows") {
    tables all = tables_of(4, 8);
    for (std::uint32_t n = 1; n <= 4; ++n) store_numbered(all, n);
    for (std::uint32_t n = 11; n <= 18; ++n) store_numbered(all, n, to_primary, peer_numbered(900));
    for (std::uint64_t secret = 0; secret < 50; ++secret)
        while (turned(all, secret)) CHECK_FALSE(broken_rule(all).has_value());
}

TEST_CASE("R3: a primary row that is used and rarely answers is replaced by the first row to pass it") {
    tables all = full_tables(1, 1, 1);
    award(all, peer_numbered(1), 1);
    award(all, peer_numbered(101), 0.9);
    std::size_t searches = 0;
    while (fade_used(all, peer_numbered(1), 0.02) == 0) ++searches;
    CHECK(searches == 5);  // 0.98^5 is above 0.9 still, 0.98^6 is not
    CHECK(numbers(all.primary.rows) == list{101});
    CHECK(score_of(all, 1) == doctest::Approx(std::pow(0.98, 6)));
}

TEST_CASE("R3: only use of a primary row fades it") {
    tables all = full_tables(1, 1, 0);
    award(all, peer_numbered(101), 1);
    fade_used(all, peer_numbered(101), 0.5);
    CHECK(score_of(all, 101) == 1);
}

TEST_CASE("R3: scores fade by half in each half-life, down to nothing") {
    tables all = full_tables(1, 1, 0);
    award(all, peer_numbered(1), 8);
    award(all, peer_numbered(101), 4);
    fade(all, 48h, 24h);
    CHECK(score_of(all, 1) == doctest::Approx(2));
    CHECK(score_of(all, 101) == doctest::Approx(1));
    fade(all, 24h * 12, 24h);
    CHECK(score_of(all, 1) == 0);
    CHECK(score_of(all, 101) == 0);
}

TEST_CASE("R3: fading in many steps equals fading in one") {
    tables once = full_tables(1, 1, 0);
    tables often = once;
    for (tables* each : {&once, &often}) award(*each, peer_numbered(1), 1000);
    fade(once, 24h, 24h);
    for (int step = 0; step < 24 * 60; ++step) fade(often, 1min, 24h);
    CHECK(score_of(often, 1) == doctest::Approx(score_of(once, 1)));
}

TEST_CASE("R3: scored_share says how many primary rows take part in the exchange") {
    for (const auto& [share, expected] : std::vector<std::pair<double, std::size_t>>{{0, 0}, {0.5, 4}, {1, 8}}) {
        CAPTURE(share);
        tables all = full_tables(8, 8, share);
        CHECK(taking_part(all) == expected);
        for (std::uint32_t n = 101; n <= 108; ++n) award(all, peer_numbered(n), n);
        CHECK(taking_part(all) == expected);
        std::size_t strangers = 0;
        for (const table_row& row : all.primary.rows) strangers += row.score > 0 ? 1 : 0;
        CHECK(strangers == expected);
    }
}

TEST_CASE("R3: rows that do not take part stay as they came, however low they score") {
    tables all = full_tables(4, 4, 0.5);
    list kept;
    for (const table_row& row : all.primary.rows)
        if (!row.exchangeable) kept.push_back(number_of(row.id));
    for (std::uint32_t n = 101; n <= 104; ++n) award(all, peer_numbered(n), 1);
    for (const std::uint32_t n : kept) CHECK(all.primary.find(peer_numbered(n)) != nullptr);
}

TEST_CASE("R3: with a share of half a lone primary row takes part") {
    tables all = full_tables(1, 1, 0.5);
    CHECK(taking_part(all) == 1);
}

TEST_CASE("R3: a scored secondary row moves into a primary table that has room, an unscored one does not") {
    tables all = tables_of(2, 4);
    store_numbered(all, 1, to_secondary);
    store_numbered(all, 2, to_secondary);
    CHECK(exchange(all) == 0);
    CHECK(award(all, peer_numbered(1), 1) == 1);
    CHECK(numbers(all.primary.rows) == list{1});
    CHECK(numbers(all.secondary.rows) == list{2});
}

TEST_CASE("R2: points for a peer in no table change nothing") {
    tables all = full_tables(1, 1, 1);
    CHECK(award(all, peer_numbered(7), 5) == 0);
    CHECK(find(all, peer_numbered(7)) == nullptr);
}

TEST_CASE(
    "small print, a row's peer does not answer: the primary table refills from the best of the secondary one, then the "
    "newest") {
    tables all = full_tables(2, 4, 0);
    award(all, peer_numbered(102), 2);
    award(all, peer_numbered(103), 1);
    CHECK(drop(all, peer_numbered(1)));
    CHECK(numbers(all.primary.rows) == list{2, 102});
    CHECK(drop(all, peer_numbered(2)));
    CHECK(numbers(all.primary.rows) == list{102, 103});
    CHECK(drop(all, peer_numbered(103)));
    CHECK(numbers(all.primary.rows) == list{102, 104});
    CHECK(numbers(all.secondary.rows) == list{101});
}

TEST_CASE(
    "small print, a row's peer does not answer: dropping a secondary row leaves the primary table alone; an unknown "
    "peer is no row") {
    tables all = full_tables(1, 2, 0);
    CHECK(drop(all, peer_numbered(101)));
    CHECK_FALSE(drop(all, peer_numbered(101)));
    CHECK(numbers(all.primary.rows) == list{1});
    CHECK(numbers(all.secondary.rows) == list{102});
}

TEST_CASE(
    "small print, a row's peer does not answer: it is left alone, each time twice as long; the third time drops it") {
    tables all = full_tables(1, 1, 0);
    const peer_id one = peer_numbered(1);
    const time_point now{100s};
    CHECK_FALSE(dial_failed(all, one, now, 10s));
    CHECK(find(all, one)->quiet_until == now + 10s);
    CHECK_FALSE(dial_failed(all, one, now + 10s, 10s));
    CHECK(find(all, one)->quiet_until == now + 30s);
    CHECK(dial_failed(all, one, now + 30s, 10s));
    CHECK(find(all, one) == nullptr);
    CHECK(numbers(all.primary.rows) == list{101});
    CHECK_FALSE(dial_failed(all, one, now + 31s, 10s));
}

TEST_CASE("small print, a row's peer does not answer: only failures in a row count") {
    tables all = full_tables(1, 1, 0);
    const peer_id one = peer_numbered(1);
    for (int round = 0; round < 5; ++round) {
        CHECK_FALSE(dial_failed(all, one, time_point{}, 10s));
        CHECK_FALSE(dial_failed(all, one, time_point{}, 10s));
        dial_succeeded(all, one);
        CHECK(find(all, one)->failures == 0);
        CHECK_FALSE(find(all, one)->quiet_until.has_value());
    }
}

TEST_CASE("R3: broken_rule sees every broken rule") {
    const tables sound = full_tables(2, 2, 0.5);
    CHECK_FALSE(broken_rule(sound).has_value());
    const auto broken_by = [&](auto change) {
        tables all = sound;
        change(all);
        return broken_rule(all).value_or("");
    };
    CHECK(broken_by([](tables& all) { all.primary.capacity = 1; }) == "a table is over its capacity");
    CHECK(broken_by([](tables& all) { all.secondary.last_sent = 2; }) == "the window is outside its table");
    CHECK(broken_by([](tables& all) { all.owner = peer_numbered(102); }) == "the owner is in a table");
    CHECK(broken_by([](tables& all) { all.primary.rows[0].score = -1; }) == "a score is negative or not a number");
    CHECK(broken_by([](tables& all) { all.primary.rows[0].score = std::numeric_limits<double>::quiet_NaN(); }) ==
          "a score is negative or not a number");
    CHECK(broken_by([](tables& all) { all.primary.rows[0].addresses.clear(); }) == "a row has no address or too many");
    CHECK(broken_by([](tables& all) { all.primary.rows[0].id = peer_numbered(101); }) == "a peer is in two places");
    CHECK(broken_by([](tables& all) {
              for (table_row& row : all.primary.rows) row.told_by = peer_numbered(900);
          }) == "one source is behind more than half of the primary rows, though there are others");
}
