#pragma once
// The commands of the prompt: one table for finding them, for `help`, and for the documents. Pure; the tasks do the work.

#include "mogshare/app/human.hpp"
#include "mogshare/base/result.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mogshare::app {

enum class command_kind : std::uint8_t {
    search,
    results,
    get,
    why,
    transfers,
    cancel,
    peers,
    shares,
    rescan,
    join,
    stats,
    set,
    status,
    wait,
    sleep,
    help,
    quit,
};

struct command {
    command_kind kind{};
    std::string_view name;
    std::string_view arguments;  ///< as the help shows them
    std::string_view summary;    ///< one line
    std::string_view details;    ///< further lines, or nothing
    std::string_view example;    ///< a command that can be typed as it is
};

/// In the order in which help lists them.
std::span<const command> all_commands();

/// The command with this name, or the only one whose name begins so.
result<const command*, problem> find_command(std::string_view typed);

/// What `help` says: all commands, or one with its details.
lines help_lines();
lines help_lines(const command& about);

}  // namespace mogshare::app
