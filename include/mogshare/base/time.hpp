#pragma once
// Time is an argument: nothing below the runtime reads a clock. Points are of the steady clock's kind, so that a wall clock
// that jumps decides nothing.

#include <chrono>

namespace mogshare {

using duration = std::chrono::nanoseconds;
using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

inline double to_seconds(duration d) {
    return std::chrono::duration<double>(d).count();
}

}  // namespace mogshare
