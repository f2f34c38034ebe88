#pragma once
// What the user asked for on the command line, as plain values.

#include "mogshare/app/config.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mogshare::app {

struct command_line {
    enum class action : std::uint8_t {
        prompt,
        serve,
        search,
        get,
        id,
        config_show,
        config_check,
        config_path,
        replay,
        network_new,
        status,
        help,
        version
    };

    action what = action::prompt;
    std::string text;  ///< for `help` and `version`: what to print

    // --- what the command works on
    std::vector<std::string>
        words;           ///< search: the query; get: one NAME or content id; id: the files; replay: the recording;
                         ///< network_new: where the key goes
    bool exact = false;  ///< search: the whole name, stops at a holder
    bool by_content_id = false;          ///< search, get: words[0] is a whole content id
    std::optional<std::string> content;  ///< get: hex digits with which the id of the wanted content begins
    std::vector<std::string> commands;   ///< -c: lines for the prompt
    std::optional<std::filesystem::path> command_file;  ///< -f

    // --- how the program behaves
    bool json = false;
    bool quiet = false;
    bool verbose = false;
    std::optional<std::filesystem::path> home;
    std::optional<std::filesystem::path> record;  ///< where the state machine's inputs go

    // --- in place of the configuration
    std::vector<std::string> set;  ///< KEY=VALUE, in order
    std::optional<std::uint16_t> port;
    std::vector<host> listen;  ///< empty: as configured
    std::optional<std::string> join;
    std::optional<std::filesystem::path> folder;
    std::optional<std::uint64_t> upload_bytes_per_s;
};

/// `arguments` without the program's name. Fails with kind usage.
result<command_line, problem> parse_command_line(std::span<const char* const> arguments);

/// Puts what the command line says in place of the configuration: `--set` first, in order, then the flags. A relative --folder
/// becomes absolute, since it is meant from where the user is.
result<done, problem> apply_overrides(config& chosen, const command_line& given);

/// `4096`, `300k`, `2M`, `1G`: powers of 1024. Nothing when it is something else, or more than any limit may be.
std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace mogshare::app
