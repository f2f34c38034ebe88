#include "mogshare/runtime/system.hpp"

#include "mogshare/base/limits.hpp"

#include <openssl/rand.h>

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <exception>

namespace mogshare::runtime {

namespace {

constexpr rlim_t descriptors_wanted = 4096;
constexpr rlim_t descriptors_for_files =
    24;  // those of the loop, the log, the folder, listeners, and a few files at once
constexpr rlim_t connections_least = 8;

}  // namespace

time_point now() {
    return std::chrono::time_point_cast<duration>(std::chrono::steady_clock::now());
}

digest system_seed() {
    digest seed;
    if (RAND_bytes(seed.value.data(), static_cast<int>(seed.value.size())) != 1) std::terminate();
    return seed;
}

random_source system_random() {
    return random_source(system_seed());
}

void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= descriptors_wanted) return;
    limit.rlim_cur = std::min(limit.rlim_max, descriptors_wanted);
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t connections_that_fit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return limits::connections_max;
    const rlim_t left = limit.rlim_cur > descriptors_for_files ? limit.rlim_cur - descriptors_for_files : 0;
    return static_cast<std::size_t>(std::clamp<rlim_t>(left, connections_least, limits::connections_max));
}

}  // namespace mogshare::runtime
