#pragma once
// The texts of --help.

#include "mogshare/app/command_line.hpp"

#include <string>
#include <string_view>

namespace mogshare::app {

/// Help on one command, or on the program: `command` is empty, or what the user typed (`search`, `config`).
std::string help_text(std::string_view command);

}  // namespace mogshare::app
