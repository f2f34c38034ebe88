#pragma once
// Finding a key and giving it a value, with messages; shared by the file, `--set` and the command line.

#include "mogshare/app/config.hpp"

#include <map>

namespace mogshare::app {

/// What is wrong and what would be right, still without the place where it stands.
struct complaint {
    std::string what;
    std::string hint;
};

/// The key called `section.name`.
const config_key* find_key(std::string_view full_name);

/// For a key that does not exist: the nearest one.
complaint unknown_key(std::string_view full_name);

/// Sets `key` if type and range allow.
std::optional<complaint> assign(config& chosen, const config_key& key, const config_value& value);

/// "an integer from 1 to 16 (hops)": what the key takes.
std::string expected(const config_key& key);

/// Where each key was set, by its full name: `config/mogshare.toml:12`, `--set`.
using origins = std::map<std::string, std::string, std::less<>>;

/// core::check, with the place where the key at fault was set (`fallback` where it kept its default).
std::optional<problem> check_together(const config& chosen, const origins& set_at, std::string_view fallback);

}  // namespace mogshare::app
