#pragma once
// How a line of the prompt becomes commands, and their words what they stand for. Pure.

#include "mogshare/base/result.hpp"
#include "mogshare/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mogshare::app {

/// One command as typed: its name, then its arguments.
using command_words = std::vector<std::string>;

/// The commands of a line, separated by `;`. Words are split at white space as a shell does: `'…'` keeps everything, `"…"`
/// everything but `\`, `\` the next character. A command that begins with `#` is a comment up to the end of the line.
result<std::vector<command_words>, problem> split_commands(std::string_view line);

/// `250ms`, `2s`, `1.5s`, `3m`, `2` (seconds); at most a day.
std::optional<duration> parse_duration(std::string_view text);

/// What `wait` waits for.
struct wait_condition {
    enum class subject : std::uint8_t { peers, primary, secondary, links, shares, uploads, hashed, transfers };

    subject what = subject::peers;
    std::uint64_t least = 0;        ///< for those that are counted: `peers>=2`
    std::optional<duration> limit;  ///< nothing: none was given
};

/// `peers>=2 10s`, `transfers`.
result<wait_condition, problem> parse_wait(const std::vector<std::string>& arguments);
/// `peers>=2`.
std::string to_string(const wait_condition& condition);

}  // namespace mogshare::app
