#include "mogshare/base/random.hpp"

#include "mogshare/base/sha256.hpp"

#include <doctest/doctest.h>

#include <set>
#include <vector>

using namespace mogshare;

TEST_CASE("the same seed draws the same numbers, another one others") {
    random_source one = random_source::from_number(7);
    random_source same = random_source::from_number(7);
    random_source other = random_source::from_number(8);
    std::size_t equal_to_other = 0;
    for (int draw = 0; draw < 100; ++draw) {
        const std::uint64_t number = one.next();
        CHECK(number == same.next());
        equal_to_other += number == other.next() ? 1 : 0;
    }
    CHECK(equal_to_other == 0);
}

TEST_CASE("the stream is SHA-256 of seed and counter, block after block") {
    digest seed;
    seed.value[0] = 5;
    const std::array<std::uint8_t, 8> first{};
    const std::array<std::uint8_t, 8> second{1};
    random_source source(seed);
    CHECK(source.id<digest>() == sha256({seed.view(), first}));
    CHECK(source.id<digest>() == sha256({seed.view(), second}));
}

TEST_CASE("how bytes are asked for does not change them") {
    random_source whole = random_source::from_number(1);
    random_source parts = random_source::from_number(1);
    std::vector<std::uint8_t> expected(100);
    std::vector<std::uint8_t> got(100);
    whole.fill(expected);
    for (std::size_t at = 0; at < got.size(); at += 10) parts.fill(std::span(got).subspan(at, 10));
    CHECK(got == expected);
}

TEST_CASE("below stays below its bound and reaches all of it") {
    random_source source = random_source::from_number(3);
    for (const std::uint64_t bound : {1ULL, 2ULL, 3ULL, 7ULL, 16ULL}) {
        std::vector<int> drawn(bound);
        for (int draw = 0; draw < 4000; ++draw) {
            const std::uint64_t number = source.below(bound);
            REQUIRE(number < bound);
            ++drawn[number];
        }
        for (const int times : drawn) CHECK(times > 4000 / static_cast<int>(bound) / 2);
    }
}

TEST_CASE("below works at the largest bounds") {
    random_source source = random_source::from_number(4);
    const std::uint64_t just_above_half = (1ULL << 63) + 1;  // about every second draw is refused
    std::set<std::uint64_t> drawn;
    for (int draw = 0; draw < 200; ++draw) {
        const std::uint64_t number = source.below(just_above_half);
        CHECK(number < just_above_half);
        drawn.insert(number);
    }
    CHECK(drawn.size() == 200);
    CHECK(source.below(~0ULL) < ~0ULL);
}
