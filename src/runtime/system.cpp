#include "mogshare/runtime/system.hpp"

#include <openssl/rand.h>

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <exception>

namespace mogshare::runtime {

namespace {

constexpr rlim_t descriptors_wanted = 4096;

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

}  // namespace mogshare::runtime
