// Reading TOML. The only unit that includes toml++, which is slow to compile.

#include "app/config_table.hpp"
#include "app/nearest.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

namespace mogshare::app {

namespace {

failure<problem> wrong(std::string_view origin, const complaint& said) {
    return failure{problem{fmt::format("{}: {}", origin, said.what), said.hint, problem::kind::usage}};
}

// A path as the user would type it: relative where it lies below the working directory.
std::string shown(const std::filesystem::path& path) {
    std::error_code ignored;
    const std::filesystem::path relative = path.lexically_relative(std::filesystem::current_path(ignored));
    return relative.empty() || *relative.begin() == ".." ? path.string() : relative.string();
}

// Nothing when there is no such file.
result<std::optional<std::string>, problem> read_file(const std::filesystem::path& path) {
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(path, error);
    if (status.type() == std::filesystem::file_type::not_found) return std::optional<std::string>{};
    const complaint unreadable{"cannot be read", "it must be a TOML file that this user may read"};
    if (error) return wrong(shown(path), {unreadable.what + ": " + error.message(), unreadable.hint});
    if (!std::filesystem::is_regular_file(status))
        return wrong(shown(path), {unreadable.what + ": not a regular file", unreadable.hint});
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file.is_open() || file.bad())
        return wrong(shown(path), {unreadable.what + ": " + std::generic_category().message(errno), unreadable.hint});
    return std::optional{std::move(text)};
}

std::optional<config_value> texts_of(const toml::array& list) {
    std::vector<std::string> texts;
    for (const toml::node& item : list) {
        const auto* text = item.as_string();
        if (text == nullptr) return {};
        texts.push_back(text->get());
    }
    return texts;
}

// Nothing for a value that no key takes: a boolean, a date, a table, a list of anything but text.
std::optional<config_value> value_of(const toml::node& node) {
    if (const auto* whole = node.as_integer()) return whole->get();
    if (const auto* number = node.as_floating_point()) return number->get();
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* list = node.as_array()) return texts_of(*list);
    return {};
}

std::optional<complaint> assign_node(config& chosen, const config_key& key, const toml::node& node) {
    if (const std::optional<config_value> value = value_of(node)) return assign(chosen, key, *value);
    return complaint{fmt::format("'{}' must be {}", key.full_name(), expected(key)), std::string(key.help)};
}

complaint unknown_section(std::string_view name) {
    std::vector<std::string> sections;
    for (const config_key& key : config_keys()) sections.emplace_back(key.section);
    const std::optional<std::string> meant = nearest(name, sections);
    return {fmt::format("unknown section [{}]", name),
            meant ? fmt::format("did you mean [{}]?", *meant) : "'mogshare config show' lists every section"};
}

bool known_section(std::string_view name) {
    const auto keys = config_keys();
    return std::any_of(keys.begin(), keys.end(), [&](const config_key& key) { return key.section == name; });
}

struct reading {
    std::string file;
    config into;
    origins set_at;

    std::string at(const toml::source_region& where) const { return fmt::format("{}:{}", file, where.begin.line); }
};

std::optional<problem> read_section(reading& state, std::string_view section, const toml::table& keys) {
    for (auto&& [name, node] : keys) {
        const std::string full_name = fmt::format("{}.{}", section, name.str());
        const std::string origin = state.at(name.source());
        const config_key* key = find_key(full_name);
        if (key == nullptr) return wrong(origin, unknown_key(full_name)).reason;
        if (const auto said = assign_node(state.into, *key, node)) return wrong(origin, *said).reason;
        state.set_at[full_name] = origin;
    }
    return {};
}

std::optional<problem> read_sections(reading& state, const toml::table& document) {
    for (auto&& [name, node] : document) {
        const std::string origin = state.at(name.source());
        const toml::table* keys = node.as_table();
        if (keys == nullptr) {
            const complaint said{fmt::format("'{}' is a section, written [{}]", name.str(), name.str()),
                                 "its keys follow, one a line"};
            return wrong(origin, known_section(name.str()) ? said : unknown_key(name.str())).reason;
        }
        if (!known_section(name.str())) return wrong(origin, unknown_section(name.str())).reason;
        if (auto said = read_section(state, name.str(), *keys)) return said;
    }
    return check_together(state.into, state.set_at, state.file);
}

// toml++ reports by exception here: that is how the distributions build its library.
result<toml::table, toml::parse_error> parse(std::string_view text) {
    try {
        return toml::parse(text);
    } catch (const toml::parse_error& error) {
        return failure{error};
    }
}

std::string_view toml_hint(std::string_view description) {
    if (description.find("redefine existing table") != std::string_view::npos)
        return "the section is there already: put the line under the one that is there";
    if (description.find("redefine existing") != std::string_view::npos)
        return "the key is there already: change it where it stands";
    return "a line is KEY = VALUE with text in double quotes, a [section], or a # comment";
}

problem not_toml(std::string_view file, const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    return {fmt::format("{}:{}:{}: {}", file, at.line, at.column, error.description()),
            std::string(toml_hint(error.description())), problem::kind::usage};
}

// What follows `=` in KEY=VALUE. Quotes are the shell's matter, so plain text may come without its own.
result<config_value, problem> parse_value(const config_key& key, std::string_view text, std::string_view source) {
    const bool plain_text = !text.starts_with('"') && !text.starts_with('\'');
    if ((key.is == config_key::type::text || key.is == config_key::type::choice) && plain_text)
        return config_value(std::string(text));
    std::string document = fmt::format("value = {}", text);
    if (key.is == config_key::type::texts && plain_text && !text.starts_with('[')) {
        std::string list(text);
        for (std::size_t at = 0; (at = list.find(',', at)) != std::string::npos; at += 3) list.replace(at, 1, "','");
        document = fmt::format("value = ['{}']", list);
    }
    const auto parsed = parse(document);
    std::optional<config_value> value;
    if (parsed && parsed->size() == 1) value = value_of(*parsed->get("value"));
    if (value) return *value;
    return wrong(source, {fmt::format("'{}' must be {}", key.full_name(), expected(key)), std::string(key.help)});
}

}  // namespace

result<config, problem> load_config(const std::filesystem::path& path) {
    const auto text = read_file(path);
    if (!text) return failure{text.error()};
    reading state{shown(path), {}, {}};
    if (!text->has_value()) return state.into;
    const auto parsed = parse(**text);
    if (!parsed) return failure{not_toml(state.file, parsed.error())};
    if (const auto said = read_sections(state, *parsed)) return failure{*said};
    return std::move(state.into);
}

result<done, problem> set_key(config& chosen, std::string_view assignment, std::string_view source) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string_view::npos)
        return wrong(source, {fmt::format("'{}' is not KEY=VALUE", assignment), "for example overlay.depth=4"});
    const std::string_view name = assignment.substr(0, equals);
    const config_key* key = find_key(name);
    if (key == nullptr) return wrong(source, unknown_key(name));
    const auto value = parse_value(*key, assignment.substr(equals + 1), source);
    if (!value) return failure{value.error()};
    if (const auto said = assign(chosen, *key, *value)) return wrong(source, *said);
    return done{};
}

}  // namespace mogshare::app
