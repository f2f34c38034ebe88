// Dials that a stranger's word causes, and who is left alone for breaking the rules: budgets, silence, bans.

#include "mogshare/core/bans.hpp"
#include "mogshare/core/dial_budget.hpp"

#include "support/rows.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

constexpr duration silence = 10min;
const time_point begin{1000s};

dial_budget of_internet() {
    return {limits::internet, silence, true};
}

endpoint public_host(std::uint8_t last, std::uint16_t port = 7000) {
    return {host::v4({20, 0, 0, last}), port};
}

}  // namespace

TEST_CASE("R8: a destination that wants no dial is dialled three times, whatever the port, then not for ten minutes") {
    dial_budget budget = of_internet();
    time_point now = begin;
    for (std::uint16_t port = 7000; port < 7003; ++port) {
        CHECK(budget.ask(public_host(1, port), said_by::others, now) == dial_verdict::allowed);
        budget.failed(public_host(1, port), said_by::others, now);
        now += 1min;
    }
    CHECK(budget.ask(public_host(1), said_by::others, now) == dial_verdict::silence);
    CHECK(budget.ask(public_host(2), said_by::others, now) == dial_verdict::allowed);
    now += silence - 1min - 1ns;
    CHECK(budget.ask(public_host(1), said_by::others, now) == dial_verdict::silence);
    CHECK(budget.ask(public_host(1), said_by::others, now + 1ns) == dial_verdict::allowed);
}

TEST_CASE(
    "R8: what others say of a peer does not make us leave alone who speaks for itself, and its own failures stay its "
    "own") {
    const endpoint other_port = public_host(1, 7001);
    for (const bool internet : {true, false}) {
        CAPTURE(internet);
        dial_budget budget = internet ? of_internet() : dial_budget{limits::lan, silence, false};
        time_point now = begin;
        for (int dial = 0; dial < 3; ++dial, now += 1min) {
            CHECK(budget.ask(public_host(1), said_by::others, now) == dial_verdict::allowed);
            budget.failed(public_host(1), said_by::others, now);
            CHECK(budget.ask(public_host(1), said_by::itself, now) == dial_verdict::allowed);
            budget.failed(public_host(1), said_by::itself, now);
        }
        CHECK(budget.ask(public_host(1), said_by::others, now) == dial_verdict::silence);
        CHECK(budget.ask(public_host(1), said_by::itself, now) == dial_verdict::silence);
        // In the internet profile what others say is about the address, whatever the port.
        CHECK(budget.ask(other_port, said_by::others, now) ==
              (internet ? dial_verdict::silence : dial_verdict::allowed));
        CHECK(budget.ask(other_port, said_by::itself, now) ==
              dial_verdict::allowed);  // another peer behind that address
    }
}

TEST_CASE("R8: dials of which nobody knows yet whether they are wanted count as if they were not") {
    dial_budget budget = of_internet();
    for (int dial = 0; dial < 3; ++dial)
        CHECK(budget.ask(public_host(1), said_by::others, begin) == dial_verdict::allowed);
    CHECK(budget.ask(public_host(1), said_by::others, begin) == dial_verdict::silence);
    budget.wanted(public_host(1), said_by::others, begin);
    CHECK(budget.ask(public_host(1), said_by::others, begin) == dial_verdict::allowed);
}

TEST_CASE("R8: a host gets four dials a minute and a network eight; those that were wanted cost nothing") {
    dial_budget budget = of_internet();
    const auto one = [&](std::uint8_t last, time_point now, bool wanted) {
        const dial_verdict verdict = budget.ask(public_host(last), said_by::itself, now);
        if (verdict == dial_verdict::allowed && wanted) budget.wanted(public_host(last), said_by::itself, now);
        return verdict;
    };
    for (int dial = 0; dial < 100; ++dial) CHECK(one(1, begin, true) == dial_verdict::allowed);
    for (std::uint8_t last = 10; last < 18; ++last) CHECK(one(last, begin, false) == dial_verdict::allowed);
    CHECK(one(18, begin, false) == dial_verdict::block);
    CHECK(one(18, begin + 7s, false) == dial_verdict::block);
    CHECK(one(18, begin + 8s, false) == dial_verdict::allowed);

    dial_budget by_rate = of_internet();
    for (int dial = 0; dial < 4; ++dial)
        CHECK(by_rate.ask(public_host(1), said_by::itself, begin) == dial_verdict::allowed);
    CHECK(by_rate.ask(public_host(1), said_by::itself, begin) == dial_verdict::host);
    CHECK(by_rate.ask(public_host(1), said_by::itself, begin + 15s) == dial_verdict::allowed);
}

TEST_CASE("R8: what others say uses up three quarters of each budget, the rest is for who speaks for itself") {
    limits::budgets patient = limits::internet;
    patient.dials_unproven = 100;
    dial_budget hosts(patient, silence, true);
    for (int dial = 0; dial < 3; ++dial)
        CHECK(hosts.ask(public_host(1), said_by::others, begin) == dial_verdict::allowed);
    CHECK(hosts.ask(public_host(1), said_by::others, begin) == dial_verdict::host);
    CHECK(hosts.ask(public_host(1), said_by::itself, begin) == dial_verdict::allowed);
    CHECK(hosts.ask(public_host(1), said_by::itself, begin) == dial_verdict::host);
    CHECK(hosts.ask(public_host(1), said_by::others, begin + 16s) == dial_verdict::host);  // the reserve fills first
    CHECK(hosts.ask(public_host(1), said_by::itself, begin + 16s) == dial_verdict::allowed);

    dial_budget blocks = of_internet();
    for (std::uint8_t last = 10; last < 16; ++last)
        CHECK(blocks.ask(public_host(last), said_by::others, begin) == dial_verdict::allowed);
    CHECK(blocks.ask(public_host(16), said_by::others, begin) == dial_verdict::block);
    for (std::uint8_t last = 20; last < 22; ++last)
        CHECK(blocks.ask(public_host(last), said_by::itself, begin) == dial_verdict::allowed);
    CHECK(blocks.ask(public_host(22), said_by::itself, begin) == dial_verdict::block);
}

TEST_CASE("R8: a budget too small to share is for whoever comes first") {
    limits::budgets least = limits::internet;
    least.dials_per_min_host = least.dials_per_min_block = least.dials_per_min = 1;
    dial_budget budget(least, silence, true);
    CHECK(budget.ask(public_host(1), said_by::others, begin) == dial_verdict::allowed);
    CHECK(budget.ask(public_host(1), said_by::itself, begin) == dial_verdict::host);
}

TEST_CASE("R8: all together get ten dials a second") {
    dial_budget budget = of_internet();
    std::uint32_t number = 0;
    const auto allowed = [&](said_by whose_word) {
        std::uint32_t count = 0;
        for (std::uint32_t end = number + 2000; number < end; ++number) {
            const auto high = static_cast<std::uint8_t>(number >> 8);
            const endpoint to{host::v4({30, high, static_cast<std::uint8_t>(number), 1}), 7000};
            count += budget.ask(to, whose_word, begin) == dial_verdict::allowed ? 1 : 0;
        }
        return count;
    };
    const std::uint32_t kept = limits::internet.dials_per_min / limits::dials_kept_share;
    CHECK(allowed(said_by::others) == limits::internet.dials_per_min - kept);
    CHECK(allowed(said_by::itself) == kept);
}

TEST_CASE("R8, lan: peers behind one address are destinations of their own") {
    dial_budget budget(limits::lan, silence, false);
    const endpoint dead{host::v4({127, 0, 0, 1}), 7001};
    const endpoint alive{host::v4({127, 0, 0, 1}), 7002};
    for (int dial = 0; dial < 3; ++dial) {
        CHECK(budget.ask(dead, said_by::others, begin) == dial_verdict::allowed);
        budget.failed(dead, said_by::others, begin);
    }
    CHECK(budget.ask(dead, said_by::others, begin) == dial_verdict::silence);
    CHECK(budget.ask(alive, said_by::others, begin) == dial_verdict::allowed);
}

TEST_CASE("R8: a dial that was taken back says nothing, and costs nothing") {
    dial_budget budget = of_internet();
    for (int dial = 0; dial < 50; ++dial) {
        CHECK(budget.ask(public_host(1), said_by::others, begin) == dial_verdict::allowed);
        budget.taken_back(public_host(1), said_by::others, begin);
    }
}

TEST_CASE("bounds: of so many destinations something is remembered, and no more") {
    limits::budgets endless = limits::lan;
    endless.dials_per_min = endless.dials_per_min_block = 1'000'000'000;
    dial_budget budget(endless, silence, true);
    for (std::uint32_t n = 0; n < 2 * limits::dial_records_max; ++n) {
        const endpoint to = site(n + 1);
        if (budget.ask(to, said_by::others, begin + n * 1ms) == dial_verdict::allowed)
            budget.failed(to, said_by::others, begin + n * 1ms);
        CHECK(budget.size() <= limits::dial_records_max);
    }
    CHECK(budget.forgotten() == limits::dial_records_max);
}

TEST_CASE("budgets by key: each has its own, and while too many have spent something an unknown one has none") {
    rate_budget<int> budget(1.0, 2.0, 3);
    for (const int key : {1, 2, 3}) {
        CHECK(budget.take(key, begin));
        CHECK(budget.take(key, begin));
        CHECK_FALSE(budget.take(key, begin));
    }
    CHECK_FALSE(budget.take(4, begin));
    CHECK(budget.take(1, begin + 1s));
    CHECK(budget.take(4, begin + 2s));  // 2 and 3 have their whole burst again, and are forgotten
    CHECK(budget.size() <= 3);
}

TEST_CASE("bans: at the limit, until the points have faded to half of it") {
    ban_list<int> bans(100, 10min, 2);
    for (int time = 0; time < 3; ++time) CHECK_FALSE(bans.note(1, 25, begin));
    CHECK_FALSE(bans.banned(1, begin));
    CHECK(bans.note(1, 25, begin));
    CHECK_FALSE(bans.note(1, 1, begin));  // banned already
    CHECK(bans.banned(1, begin + 10min - 1s));
    CHECK_FALSE(bans.banned(1, begin + 11min));
    CHECK_FALSE(bans.note(1, 25, begin + 11min));
    CHECK_FALSE(bans.banned(2, begin));
}

TEST_CASE("bans: of so many keys something is remembered; the one with the least points is forgotten") {
    ban_list<int> bans(100, 10min, 2);
    bans.note(1, 100, begin);
    bans.note(2, 25, begin);
    bans.note(3, 25, begin);
    CHECK(bans.size() == 2);
    CHECK(bans.forgotten() == 1);
    CHECK(bans.banned(1, begin));
}

TEST_CASE("a block is the first bits of an address") {
    CHECK(to_string(block_of(host::v4({10, 1, 2, 3}))) == "10.1.2.0");
    CHECK(to_string(block_of(host::v4({10, 1, 2, 3}), 16)) == "10.1.0.0");
    CHECK(to_string(block_of(host::v4({10, 1, 255, 3}), 20)) == "10.1.240.0");
    CHECK(to_string(block_of(*parse_host("2001:db8:1:2:3:4:5:6"))) == "2001:db8:1:2::");
    CHECK(to_string(block_of(*parse_host("2001:db8:1:2:3:4:5:6"), 24, 32)) == "2001:db8::");
}
