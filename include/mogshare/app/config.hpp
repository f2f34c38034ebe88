#pragma once
// The configuration: defaults, config/mogshare.toml, and what the command line puts in their place (R15). One table of keys
// serves reading, `config show`, `--set` and the test that holds the shipped file against the defaults.

#include "mogshare/base/address.hpp"
#include "mogshare/base/result.hpp"
#include "mogshare/core/settings.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mogshare::app {

inline constexpr std::uint16_t default_port = 7000;

enum class log_level : std::uint8_t { error, warn, info, debug };

/// Where the passphrase of a private network comes from.
enum class passphrase_source : std::uint8_t { none, ask, environment };

struct config {
    core::settings protocol;  ///< without `join`: a name has to be resolved first
    std::vector<host> listen = {host::v4({}), host::v6({})};
    std::uint16_t port = default_port;  ///< 0: any that is free
    std::string join;                   ///< R4's one known address as `HOST:PORT`; empty: nobody
    std::string key_file;               ///< of a private network, relative to the configuration's folder; empty: none
    std::string network_name;           ///< goes into the key that a passphrase makes
    passphrase_source passphrase = passphrase_source::none;
    std::string folder = "mogShare";                       ///< relative to the home, or absolute
    std::uint64_t free_reserve_bytes = 128 * limits::MiB;  ///< that downloads leave free on a disk; 0: none
    log_level log = log_level::info;
};

/// The parts of `HOST:PORT`, where HOST is a literal address (an IPv6 one in brackets) or a name that is still to be resolved.
struct join_target {
    std::string host;
    std::uint16_t port = default_port;
};

/// Nothing when `text` is no such address. Without a port it is the default one.
std::optional<join_target> parse_join(std::string_view text);

/// A value as TOML has it.
using config_value = std::variant<std::int64_t, double, std::string, std::vector<std::string>>;

/// One key of the configuration.
struct config_key {
    enum class type : std::uint8_t { integer, number, text, choice, texts };

    std::string_view section;
    std::string_view name;
    type is = type::text;
    double least = 0;  ///< of an integer or a number; so is `most`
    double most = 0;
    std::span<const std::string_view> choices = {};
    std::string_view unit;
    std::string_view help;
    config_value (*get)(const config&) = nullptr;
    /// Takes a value of the key's type that is in range or among the choices; says what is wrong with it all the same.
    std::optional<std::string> (*set)(config&, const config_value&) = nullptr;

    std::string full_name() const { return std::string(section) + "." + std::string(name); }
};

/// All keys, section by section.
std::span<const config_key> config_keys();

/// The configuration in `path`, over the defaults; a file that is missing changes none of them.
result<config, problem> load_config(const std::filesystem::path& path);

/// Sets one key from `KEY=VALUE`. Text may go without quotes, and a list without brackets (`a,b`). `source` begins the message
/// when something is wrong. The caller runs core::check once all keys are set.
result<done, problem> set_key(config& chosen, std::string_view assignment, std::string_view source);

/// UTF-8 as TOML has it, in double quotes, with nothing in it that a terminal obeys or nobody sees.
std::string toml_text(std::string_view text);

/// The whole configuration as a TOML file that load_config reads back to the same.
std::string to_toml(const config& chosen);

}  // namespace mogshare::app
