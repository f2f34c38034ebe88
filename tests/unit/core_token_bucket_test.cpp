#include "mogshare/core/token_bucket.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace mogshare;
using namespace mogshare::core;
using namespace std::chrono_literals;

namespace {

constexpr time_point begin_at{5000s};

}  // namespace

TEST_CASE("R10: a rate of 0 is no limit") {
    CHECK_FALSE(token_bucket(0, 1000).limited());
    CHECK(token_bucket(1, 1000).limited());
}

TEST_CASE("R10: an upload limit begins with its burst, and never holds more") {
    token_bucket bucket(100, 1000);
    CHECK(bucket.available(begin_at) == 1000);
    bucket.take(1000);
    CHECK(bucket.available(begin_at) == 0);
    CHECK(bucket.available(begin_at + 1s) == 100);
    CHECK(bucket.available(begin_at + 1h) == 1000);
}

TEST_CASE("R10: bytes over time never exceed rate times time and the burst") {
    constexpr std::uint64_t rate = 12345;
    constexpr std::uint64_t burst = 4096;
    token_bucket bucket(rate, burst);
    std::uint64_t sent = 0;
    time_point now = begin_at;
    for (int step = 0; step < 20000; ++step, now += 1ms * (step % 7)) {
        const std::uint64_t count = bucket.available(now);
        bucket.take(count);
        sent += count;
        CHECK(static_cast<double>(sent) <= to_seconds(now - begin_at) * rate + burst + 1);
    }
    CHECK(static_cast<double>(sent) >= to_seconds(now - begin_at) * rate - 100);
}

TEST_CASE("R10: when() is the moment at which the bytes are there") {
    for (const std::uint64_t rate : {1ULL, 3ULL, 1000ULL, 65'537ULL, 1'000'000'007ULL}) {
        CAPTURE(rate);
        for (const std::uint64_t count : {1ULL, 100ULL, 4096ULL}) {
            CAPTURE(count);
            token_bucket bucket(rate, 4096);
            CHECK(bucket.when(count, begin_at) == begin_at);
            bucket.take(bucket.available(begin_at));
            const time_point due = bucket.when(count, begin_at);
            token_bucket early = bucket;
            CHECK(early.available(due - 2ns) < count);
            CHECK(bucket.available(due) >= count);
        }
    }
}

TEST_CASE("R10: when() asks for no more than the burst") {
    token_bucket bucket(100, 1000);
    bucket.take(bucket.available(begin_at));
    CHECK(bucket.when(1'000'000, begin_at) == bucket.when(1000, begin_at));
}

TEST_CASE("R10: a changed limit keeps what is there, within the new burst") {
    token_bucket bucket(100, 1000);
    CHECK(bucket.available(begin_at) == 1000);
    bucket.change(200, 300);
    CHECK(bucket.available(begin_at) == 300);
    bucket.take(300);
    CHECK(bucket.available(begin_at + 1s) == 200);
}

TEST_CASE("R10: time that seems to stand still or run back gives nothing") {
    token_bucket bucket(100, 1000);
    bucket.take(bucket.available(begin_at));
    CHECK(bucket.available(begin_at) == 0);
    CHECK(bucket.available(begin_at - 10s) == 0);
    CHECK(bucket.available(begin_at + 1s) == 100);
}
