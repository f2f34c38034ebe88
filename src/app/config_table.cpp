#include "app/config_table.hpp"

#include "app/nearest.hpp"
#include "mogshare/content/names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mogshare::app {

namespace {

std::string_view kind_of(const config_value& value) {
    static constexpr std::array<std::string_view, 4> kinds{"an integer", "a number with a fraction", "text", "a list"};
    return kinds[value.index()];
}

// The alternative of config_value that a key of this type holds.
std::size_t index_for(config_key::type is) {
    switch (is) {
        case config_key::type::integer: return 0;
        case config_key::type::number: return 1;
        case config_key::type::text:
        case config_key::type::choice: return 2;
        case config_key::type::texts: return 3;
    }
    return 0;
}

// An integer is a number, too; a number is never cut to an integer.
config_value widened(const config_key& key, const config_value& value) {
    const auto* whole = std::get_if<std::int64_t>(&value);
    if (key.is == config_key::type::number && whole != nullptr) return static_cast<double>(*whole);
    return value;
}

bool in_range(const config_key& key, double value) {
    return value >= key.least && value <= key.most;  // false for NaN
}

std::optional<std::string> outside(const config_key& key, const config_value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value); whole && !in_range(key, static_cast<double>(*whole)))
        return fmt::format("{}", *whole);
    if (const auto* number = std::get_if<double>(&value); number && !in_range(key, *number))
        return fmt::format("{}", *number);
    if (key.is == config_key::type::choice && std::ranges::count(key.choices, std::get<std::string>(value)) == 0)
        return "'" + std::get<std::string>(value) + "'";
    return {};
}

// `overlay.entry_rows` out of "'overlay.entry_rows' is 7, …".
std::string_view first_quoted(std::string_view text) {
    const std::size_t open = text.find('\'');
    if (open == std::string_view::npos) return {};
    return text.substr(open + 1, text.find('\'', open + 1) - open - 1);
}

}  // namespace

const config_key* find_key(std::string_view full_name) {
    const auto keys = config_keys();
    const auto found = std::ranges::find_if(keys, [&](const config_key& key) { return key.full_name() == full_name; });
    return found == keys.end() ? nullptr : &*found;
}

complaint unknown_key(std::string_view full_name) {
    std::vector<std::string> names;
    for (const config_key& key : config_keys()) names.push_back(key.full_name());
    complaint said{fmt::format("unknown key '{}'", full_name), "'mogshare config show' lists every key"};
    std::optional<std::string> meant = nearest(full_name, names);
    // The right key in the wrong section, or in none, is further away than the distance tells.
    const std::string_view last = full_name.substr(full_name.rfind('.') + 1);
    for (const config_key& key : config_keys())
        if (key.name == last) meant = key.full_name();
    if (meant) said.hint = fmt::format("did you mean '{}'?", *meant);
    return said;
}

std::string expected(const config_key& key) {
    switch (key.is) {
        case config_key::type::integer:
            return fmt::format("an integer from {:.0f} to {:.0f} ({})", key.least, key.most, key.unit);
        case config_key::type::number: return fmt::format("a number from {} to {} ({})", key.least, key.most, key.unit);
        case config_key::type::text: return fmt::format("text ({})", key.unit);
        case config_key::type::choice: return fmt::format("\"{}\"", fmt::join(key.choices, "\" or \""));
        case config_key::type::texts: return fmt::format("a list of texts ({})", key.unit);
    }
    return {};
}

std::optional<complaint> assign(config& chosen, const config_key& key, const config_value& value) {
    const std::string hint = fmt::format("{}: {}", expected(key), key.help);
    const config_value wide = widened(key, value);
    if (wide.index() != index_for(key.is))
        return complaint{fmt::format("'{}' is {}, but must be {}", key.full_name(), kind_of(value), expected(key)),
                         hint};
    // A file is read as UTF-8 or not at all; from the command line any bytes can come.
    if (const auto* text = std::get_if<std::string>(&wide); text != nullptr && !content::normalised(*text))
        return complaint{fmt::format("'{}' must be UTF-8, as all of the configuration is", key.full_name()), hint};
    if (const std::optional<std::string> shown = outside(key, wide))
        return complaint{fmt::format("'{}' is {}, but must be {}", key.full_name(), *shown, expected(key)), hint};
    if (const std::optional<std::string> wrong = key.set(chosen, wide))
        return complaint{fmt::format("'{}': {}", key.full_name(), *wrong), hint};
    return {};
}

std::optional<problem> check_together(const config& chosen, const origins& set_at, std::string_view fallback) {
    std::optional<problem> wrong = core::check(chosen.protocol);
    if (!wrong) return {};
    const auto origin = set_at.find(first_quoted(wrong->what));
    wrong->what =
        fmt::format("{}: {}", origin == set_at.end() ? fallback : std::string_view(origin->second), wrong->what);
    return wrong;
}

}  // namespace mogshare::app
