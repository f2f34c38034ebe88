#pragma once
// The only places of the program that read a clock or draw chance from the system.

#include "mogshare/base/random.hpp"
#include "mogshare/base/time.hpp"

namespace mogshare::runtime {

/// The steady clock.
time_point now();

/// A source seeded by the system, through OpenSSL. Ends the process where the system has no randomness to give: without
/// it no id and no nonce of this peer would mean anything.
random_source system_random();

}  // namespace mogshare::runtime
