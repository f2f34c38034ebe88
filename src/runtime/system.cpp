#include "mogshare/runtime/system.hpp"

#include <openssl/rand.h>

#include <chrono>
#include <exception>

namespace mogshare::runtime {

time_point now() {
    return std::chrono::time_point_cast<duration>(std::chrono::steady_clock::now());
}

random_source system_random() {
    digest seed;
    if (RAND_bytes(seed.value.data(), static_cast<int>(seed.value.size())) != 1) std::terminate();
    return random_source(seed);
}

}  // namespace mogshare::runtime
