#pragma once
// The program `mogshare` (R13).

#include <span>

namespace mogshare::app {

/// Does what the command line says, without the program's name. Returns the exit code.
int run_program(std::span<const char* const> arguments);

}  // namespace mogshare::app
