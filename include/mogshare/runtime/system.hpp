#pragma once
// What the process has from the system: the only places of the program that read a clock or draw chance, and a limit.

#include "mogshare/base/random.hpp"
#include "mogshare/base/time.hpp"

namespace mogshare::runtime {

/// The steady clock.
time_point now();

/// 32 bytes of the system's randomness.
digest system_seed();
/// A source seeded by the system, through OpenSSL. Ends the process where the system has no randomness to give: without
/// it no id and no nonce of this peer would mean anything.
random_source system_random();

/// Allows this process as many open files as it may allow itself, up to 4096: the usual 1024 are soon taken by many
/// connections and the files that they ask for. Never takes any away; where the system refuses, things stay as they are.
void raise_descriptor_limit();

/// Connections that fit beside the files of this process: the limit of descriptors less a reserve, at least 8. Beyond them the system
/// would refuse files and connections as it comes, with no regard to which matter.
std::size_t connections_that_fit();

}  // namespace mogshare::runtime
