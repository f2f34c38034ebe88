#pragma once
// Running a loop for as long as it takes, instead of sleeping for as long as it might take.

#include "mogshare/runtime/system.hpp"

#include <asio/io_context.hpp>

#include <chrono>

namespace mogshare::testing {

/// Runs the loop until `condition` holds; false when it does not within `limit`, or when nothing is left that could
/// bring it.
template <class Condition>
bool run_until(asio::io_context& loop, Condition condition, std::chrono::seconds limit = std::chrono::seconds(20)) {
    const time_point end = runtime::now() + limit;
    loop.restart();
    while (!condition()) {
        const duration left = end - runtime::now();
        if (left <= duration::zero() || loop.run_one_for(left) == 0) return condition();
    }
    return true;
}

}  // namespace mogshare::testing
