#include "mogshare/core/flood.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

using namespace mogshare;
using namespace mogshare::core;
using namespace std::chrono_literals;

namespace {

query_id query(std::uint32_t number) {
    query_id id;
    for (std::size_t at = 0; at < 4; ++at) id.value[at] = static_cast<std::uint8_t>(number >> (8 * at));
    return id;
}

constexpr time_point begin_at{1000s};

}  // namespace

TEST_CASE("R9: the first copy is answered, a strictly lower level only forwarded, any other nothing") {
    seen_searches seen(16, 60s, 1);
    CHECK(seen.observe(query(1), 3, begin_at) == copy_kind::first);
    CHECK(seen.observe(query(1), 3, begin_at) == copy_kind::known);
    CHECK(seen.observe(query(1), 2, begin_at) == copy_kind::shorter);
    CHECK(seen.observe(query(1), 3, begin_at) == copy_kind::known);
    CHECK(seen.observe(query(1), 2, begin_at) == copy_kind::known);
    CHECK(seen.observe(query(1), 1, begin_at) == copy_kind::shorter);
    CHECK(seen.observe(query(2), 3, begin_at) == copy_kind::first);
}

TEST_CASE("R9: a full memory refuses new searches, and forgets none") {
    seen_searches seen(3, 60s, 1);
    for (std::uint32_t n = 0; n < 3; ++n) CHECK(seen.observe(query(n), 2, begin_at) == copy_kind::first);
    for (std::uint32_t n = 3; n < 50; ++n) CHECK(seen.observe(query(n), 1, begin_at + 30s) == copy_kind::refused);
    for (std::uint32_t n = 0; n < 3; ++n) CHECK(seen.observe(query(n), 2, begin_at + 59s) == copy_kind::known);
    CHECK(seen.observe(query(0), 1, begin_at + 59s) == copy_kind::shorter);
    CHECK(seen.size() == 3);
}

TEST_CASE("R9: a shorter copy that is not let in is not noted, and asks for admission like a first one") {
    seen_searches seen(2, 60s, 1);
    std::vector<copy_kind> asked;
    bool open = true;
    const auto observe = [&](std::uint32_t number, int level) {
        return seen.observe(query(number), level, begin_at, [&](copy_kind kind) {
            asked.push_back(kind);
            return open;
        });
    };
    CHECK(observe(1, 3) == copy_kind::first);
    CHECK(observe(1, 3) == copy_kind::known);
    open = false;
    CHECK(observe(1, 2) == copy_kind::refused);
    CHECK(observe(2, 2) == copy_kind::refused);
    open = true;
    CHECK(observe(1, 2) == copy_kind::shorter);
    CHECK(observe(2, 2) == copy_kind::first);
    CHECK(asked ==
          std::vector{copy_kind::first, copy_kind::shorter, copy_kind::first, copy_kind::shorter, copy_kind::first});
}

TEST_CASE("R9: a refused search is no known one once there is room") {
    seen_searches seen(1, 60s, 1);
    seen.observe(query(1), 2, begin_at);
    CHECK(seen.observe(query(2), 2, begin_at) == copy_kind::refused);
    CHECK(seen.observe(query(2), 2, begin_at + 120s) == copy_kind::first);
}

TEST_CASE("R9: an id is remembered for at least its span, whenever it came") {
    for (duration came = 0s; came < 60s; came += 1s) {
        CAPTURE(came.count());
        seen_searches seen(64, 60s, 1);
        seen.observe(query(1), 2, begin_at);
        seen.observe(query(2), 2, begin_at + came);
        CHECK(seen.observe(query(2), 2, begin_at + came + 60s - 1ns) == copy_kind::known);
    }
}

TEST_CASE("R9: an id is remembered for at most two spans, however seldom searches come") {
    for (duration pause = 1s; pause <= 120s; pause += 1s) {
        CAPTURE(pause.count());
        seen_searches seen(1024, 60s, 1);
        seen.observe(query(1), 2, begin_at);
        std::uint32_t other = 2;
        for (time_point now = begin_at + pause; now < begin_at + 120s; now += pause)
            seen.observe(query(other++), 2, now);
        CHECK(seen.observe(query(1), 2, begin_at + 120s) == copy_kind::first);
    }
}

TEST_CASE("R9: a shorter copy does not make an id live longer") {
    seen_searches seen(64, 60s, 1);
    seen.observe(query(1), 3, begin_at);
    CHECK(seen.observe(query(1), 2, begin_at + 100s) == copy_kind::shorter);
    CHECK(seen.observe(query(1), 1, begin_at + 120s) == copy_kind::first);
}

TEST_CASE("R9: a search goes on only below the exclusive limit") {
    CHECK(may_forward(1, 3));
    CHECK(may_forward(2, 3));
    CHECK_FALSE(may_forward(3, 3));
    CHECK_FALSE(may_forward(4, 3));
    CHECK_FALSE(may_forward(1, 1));
}

TEST_CASE("R9, scopes: who could reach whom") {
    const host loopback = host::v4({127, 0, 0, 1});
    const host link_local = host::v4({169, 254, 1, 1});
    const host site = host::v4({10, 0, 0, 1});
    const host other_site = host::v4({192, 168, 1, 1});
    const host global = host::v4({8, 8, 8, 8});
    const std::vector<host> by_scope{loopback, link_local, site, global};
    SUBCASE("an address as wide as the neighbour's goes unchanged, whatever our side is") {
        for (std::size_t origin = 0; origin < by_scope.size(); ++origin)
            for (std::size_t neighbour = 0; neighbour <= origin; ++neighbour)
                for (const std::optional<host>& ours : {std::optional<host>{}, std::optional(global)})
                    CHECK(reachable_form(by_scope[origin], by_scope[neighbour], ours) == by_scope[origin]);
    }
    SUBCASE("a searcher on this machine is reached at our side of the link, if that is wide enough") {
        CHECK(reachable_form(loopback, site, other_site) == other_site);
        CHECK(reachable_form(loopback, global, global) == global);
        CHECK(reachable_form(loopback, global, site) == std::nullopt);
        CHECK(reachable_form(loopback, site, loopback) == std::nullopt);
        CHECK(reachable_form(loopback, site, std::nullopt) == std::nullopt);
    }
    SUBCASE("a searcher on another machine never gets our address") {
        CHECK(reachable_form(site, global, global) == std::nullopt);
        CHECK(reachable_form(link_local, site, site) == std::nullopt);
        CHECK(reachable_form(link_local, global, global) == std::nullopt);
    }
    SUBCASE("the same in IPv6") {
        const host one = host::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
        const host unique_local = host::v6({0xfd});
        CHECK(reachable_form(one, unique_local, unique_local) == unique_local);
        CHECK(reachable_form(one, unique_local, std::nullopt) == std::nullopt);
        CHECK(reachable_form(unique_local, one, std::nullopt) == unique_local);
    }
}
