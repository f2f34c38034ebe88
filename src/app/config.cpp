#include "mogshare/app/config.hpp"

#include "mogshare/base/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace mogshare::app {

namespace {

// One character as TOML may have it between quotes: what printable() does not let through as it is, by its number.
std::string toml_character(std::string_view character) {
    if (character == "\"" || character == "\\") return '\\' + std::string(character);
    const std::string shown = printable(character);
    if (shown == character) return shown;
    const std::size_t begin = shown.find_first_of("0123456789abcdef", 2);  // of \x1b or \u{202e}
    std::uint32_t value = 0;
    std::from_chars(shown.data() + begin, shown.data() + shown.size(), value, 16);
    return value < 0x10000 ? fmt::format("\\u{:04x}", value) : fmt::format("\\U{:08x}", value);
}

struct as_toml {
    std::string operator()(std::int64_t whole) const { return fmt::format("{}", whole); }
    std::string operator()(double number) const {
        const std::string text = fmt::format("{}", number);
        return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
    }
    std::string operator()(const std::string& text) const { return toml_text(text); }
    std::string operator()(const std::vector<std::string>& texts) const {
        std::vector<std::string> items;
        for (const std::string& text : texts) items.push_back(toml_text(text));
        return fmt::format("[{}]", fmt::join(items, ", "));
    }
};

// A host name, loosely: what could be one, and could not be mistaken for a broken address.
bool may_be_name(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
    };
    const bool numeric = text.find_first_not_of("0123456789.") == std::string_view::npos;
    return !text.empty() && text.size() <= 253 && !numeric && std::all_of(text.begin(), text.end(), fits) &&
           !text.starts_with('-');
}

}  // namespace

std::optional<join_target> parse_join(std::string_view text) {
    if (const std::optional<endpoint> literal = parse_endpoint(text, default_port))
        return literal->dialable() ? std::optional(join_target{to_string(literal->address), literal->port})
                                   : std::nullopt;
    // A name takes the same ports as an address: let the address parser read the port.
    const std::size_t colon = std::min(text.find(':'), text.size());
    const std::optional<endpoint> port = parse_endpoint("127.0.0.1" + std::string(text.substr(colon)), default_port);
    if (!may_be_name(text.substr(0, colon)) || !port) return std::nullopt;
    return join_target{std::string(text.substr(0, colon)), port->port};
}

std::string toml_text(std::string_view text) {
    const auto continues = [text](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80; };
    std::string out = "\"";
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at + 1;
        while (end < text.size() && continues(end)) ++end;
        out += toml_character(text.substr(at, end - at));
        at = end;
    }
    return out + '"';
}

std::string to_toml(const config& chosen) {
    std::string out;
    std::string_view section;
    for (const config_key& key : config_keys()) {
        if (key.section != section) out += fmt::format("{}[{}]\n", section.empty() ? "" : "\n", key.section);
        section = key.section;
        const std::string assignment = fmt::format("{} = {}", key.name, std::visit(as_toml{}, key.get(chosen)));
        out += fmt::format("{:<36}  # {}: {}\n", assignment, key.unit, key.help);
    }
    return out;
}

}  // namespace mogshare::app
