#pragma once
// Chance is an argument too: a seed decides every draw, and who does not know the seed cannot foresee one.

#include "mogshare/base/ids.hpp"

#include <cstdint>

namespace mogshare {

/// Deterministic random numbers: SHA-256 of (seed, counter), block after block. The runtime seeds it from the operating
/// system, tests and the simulator from a number that they print. Not safe for use by two threads at once.
class random_source {
public:
    explicit random_source(const digest& seed) : seed_(seed) {}
    /// A source decided by a small number, for tests and simulations.
    static random_source from_number(std::uint64_t seed);

    void fill(std::span<std::uint8_t> out);
    std::uint64_t next();
    /// Uniform in [0, bound); `bound` is at least 1.
    std::uint64_t below(std::uint64_t bound);
    template <class Id>
    Id id() {
        Id drawn;
        fill(drawn.value);
        return drawn;
    }

private:
    void refill();

    digest seed_;
    std::uint64_t counter_ = 0;
    digest block_{};
    std::size_t used_ = id_bytes;
};

}  // namespace mogshare
