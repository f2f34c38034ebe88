// The pool beside the loop.

#include "mogshare/runtime/workers.hpp"
#include "support/run_until.hpp"

#include <doctest/doctest.h>
#include <asio/post.hpp>

#include <atomic>
#include <condition_variable>
#include <latch>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

using namespace mogshare;
using namespace mogshare::testing;
using runtime::lane;
using runtime::workers;

TEST_CASE("R14: results of the workers come back on the loop's thread") {
    asio::io_context loop;
    workers pool(loop, 2);
    const auto here = std::this_thread::get_id();
    std::vector<int> results;
    for (int i = 0; i < 100; ++i) {
        pool.run(
            i % 2 ? lane::quick : lane::slow,
            [i, here] {
                CHECK(std::this_thread::get_id() != here);
                return i;
            },
            [&, here](int value) {
                CHECK(std::this_thread::get_id() == here);
                results.push_back(value);
            });
    }
    CHECK(pool.outstanding() == 100);
    REQUIRE(run_until(loop, [&] { return results.size() == 100; }));
    CHECK(std::set<int>(results.begin(), results.end()).size() == 100);
    loop.poll();
    CHECK(pool.outstanding() == 0);
}

TEST_CASE("workers: values that can only be moved go there and back") {
    asio::io_context loop;
    workers pool(loop, 2);
    std::unique_ptr<int> back;
    pool.run(
        lane::quick, [value = std::make_unique<int>(7)]() mutable { return std::move(value); },
        [&](std::unique_ptr<int> value) { back = std::move(value); });
    REQUIRE(run_until(loop, [&] { return back != nullptr; }));
    CHECK(*back == 7);
}

TEST_CASE("R14: the hashing lane runs one job at a time, in order") {
    asio::io_context loop;
    workers pool(loop, 4);
    std::atomic<int> running = 0;
    std::vector<int> order;  // written by the lane's one thread, read after its last report
    int reported = 0;
    for (int i = 0; i < 50; ++i) {
        pool.run(
            lane::hashing,
            [&, i] {
                CHECK(++running == 1);
                order.push_back(i);
                --running;
            },
            [&] { ++reported; });
    }
    REQUIRE(run_until(loop, [&] { return reported == 50; }));
    for (int i = 0; i < 50; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("R14: quick jobs get a thread while slow and hashing ones take all the time they want") {
    asio::io_context loop;
    workers pool(loop, 2);
    std::latch release(1);
    int slow_done = 0;
    int quick_done = 0;
    for (int i = 0; i < 5; ++i)
        pool.run(
            lane::slow, [&] { release.wait(); }, [&] { ++slow_done; });
    for (int i = 0; i < 2; ++i)
        pool.run(
            lane::hashing, [&] { release.wait(); }, [&] { ++slow_done; });
    // One after another: a thread that has done a quick job looks for the next one before that is given.
    bool in_time = true;
    for (int round = 1; round <= 3 && in_time; ++round) {
        pool.run(
            lane::quick, [] {}, [&] { ++quick_done; });
        in_time = run_until(loop, [&] { return quick_done == round; });
    }
    CHECK(in_time);
    CHECK(slow_done == 0);
    release.count_down();
    REQUIRE(run_until(loop, [&] { return slow_done == 7; }));
}

TEST_CASE("workers: jobs that have not begun can be dropped") {
    asio::io_context loop;
    workers pool(loop, 2);
    std::latch begun(1), release(1);
    int reported = 0;
    pool.run(
        lane::hashing,
        [&] {
            begun.count_down();
            release.wait();
        },
        [&] { ++reported; });
    begun.wait();
    for (int i = 0; i < 10; ++i)
        pool.run(
            lane::hashing, [] {}, [&] { ++reported; });
    pool.drop_pending(lane::hashing);
    CHECK(pool.outstanding() == 1);
    release.count_down();
    bool idle = false;
    pool.on_idle([&] { idle = true; });
    REQUIRE(run_until(loop, [&] { return idle; }));
    CHECK(reported == 1);
}

TEST_CASE("workers: outstanding jobs keep the loop running, idle ones do not") {
    asio::io_context loop;
    workers pool(loop, 2);
    bool reported = false;
    pool.run(
        lane::quick, [] {}, [&] { reported = true; });
    loop.run();
    CHECK(reported);
}

TEST_CASE("workers: a job's report may give another job") {
    asio::io_context loop;
    workers pool(loop, 2);
    int left = 100;
    std::function<void()> next = [&] {
        if (--left > 0)
            pool.run(
                lane::quick, [] {}, next);
    };
    pool.run(
        lane::quick, [] {}, next);
    REQUIRE(run_until(loop, [&] { return left == 0; }));
}

TEST_CASE("workers: a pool that goes drops what has not begun, and no report comes") {
    asio::io_context loop;
    std::atomic<int> worked = 0;
    int reported = 0;
    std::latch begun(1);
    {
        workers pool(loop, 2);
        pool.run(
            lane::hashing,
            [&] {
                begun.count_down();
                ++worked;
            },
            [&] { ++reported; });
        begun.wait();
        for (int i = 0; i < 1000; ++i)
            pool.run(
                lane::slow, [&] { ++worked; }, [&] { ++reported; });
    }
    loop.run();
    CHECK(reported == 0);
    CHECK(worked <= 1001);
}

TEST_CASE("workers: a job that does not end does not keep the pool from going") {
    auto release = std::make_shared<std::latch>(1);
    auto ended = std::make_shared<std::latch>(1);
    asio::io_context loop;
    bool reported = false;
    const time_point begun = runtime::now();
    {
        workers pool(loop, 2);
        std::latch running(1);
        pool.run(
            lane::slow,
            [&running, release, last = std::shared_ptr<void>(nullptr, [ended](void*) { ended->count_down(); })] {
                running.count_down();
                release->wait();
            },
            [&] { reported = true; });
        running.wait();
    }
    const duration took = runtime::now() - begun;
    CHECK(took >= std::chrono::milliseconds(400));
    CHECK(took < std::chrono::seconds(5));
    release->count_down();
    ended->wait();  // the job is destroyed by the thread that was left behind
    loop.run();
    CHECK_FALSE(reported);
}
