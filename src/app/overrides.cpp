// What the command line puts in place of the configuration.

#include "app/config_table.hpp"
#include "mogshare/app/command_line.hpp"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>

namespace mogshare::app {

namespace {

constexpr std::uint64_t size_max = std::uint64_t{1} << 40;

/// Gives `key` the value of the flag `source`, with the same checks as in the file.
std::optional<problem> override_key(config& chosen, origins& set_at, std::string_view key, std::string_view source,
                                    const config_value& value) {
    set_at[std::string(key)] = source;
    const auto said = assign(chosen, *find_key(key), value);
    if (!said) return {};
    return problem{fmt::format("{}: {}", source, said->what), said->hint, problem::kind::usage};
}

std::optional<problem> apply_flags(config& chosen, origins& set_at, const command_line& given) {
    std::optional<problem> wrong;
    const auto put = [&](std::string_view key, std::string_view source, const config_value& value) {
        if (!wrong) wrong = override_key(chosen, set_at, key, source, value);
    };
    if (given.port) put("network.port", "--port", std::int64_t{*given.port});
    if (given.join) put("network.join", "--join", *given.join);
    if (given.folder)
        put("folder.path", "--folder", std::filesystem::absolute(*given.folder).lexically_normal().string());
    if (given.upload_bytes_per_s)
        put("transfer.upload_limit_bytes_per_s", "--upload-limit",
            static_cast<std::int64_t>(*given.upload_bytes_per_s));
    if (!given.listen.empty()) chosen.listen = given.listen;
    if (given.quiet) chosen.log = log_level::error;
    if (given.verbose) chosen.log = log_level::debug;
    return wrong;
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return {};
    const std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
    int shift = 0;
    if (suffix == "k" || suffix == "K")
        shift = 10;
    else if (suffix == "M")
        shift = 20;
    else if (suffix == "G")
        shift = 30;
    else if (!suffix.empty())
        return {};
    if (number > size_max >> shift) return {};
    return number << shift;
}

result<done, problem> apply_overrides(config& chosen, const command_line& given) {
    origins set_at;
    for (const std::string& assignment : given.set) {
        const auto set = set_key(chosen, assignment, "--set");
        if (!set) return failure{set.error()};
        set_at[assignment.substr(0, assignment.find('='))] = "--set";
    }
    if (const auto wrong = apply_flags(chosen, set_at, given)) return failure{*wrong};
    if (const auto wrong = check_together(chosen, set_at, "--set")) return failure{*wrong};
    return done{};
}

}  // namespace mogshare::app
