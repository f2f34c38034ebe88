// The configuration, R15: any text gives a configuration that the core takes, or a problem with file and line; what `config show`
// prints reads back to the same. Then single keys, `--set` and `set`, over one another.

#include "bytes/place.hpp"
#include "bytes/reader.hpp"

#include "mogshare/app/config.hpp"
#include "mogshare/app/views.hpp"

#include <charconv>

using namespace mogshare;
using namespace mogshare::fuzz;

namespace {

void check_problem(const problem& told) {
    require(told.is == problem::kind::usage, "a mistake of the user that is none");
    require(!told.what.empty() && !told.hint.empty(), "a problem without a hint");
    for (const std::string& line : app::two_lines(told))
        require(line.find('\n') == std::string::npos && line.find('\x1b') == std::string::npos,
                "a problem that is not two plain lines");
}

/// `FILE:LINE: …` or `FILE:LINE:COLUMN: …`, and the line is one of the text.
void check_place(const problem& told, const std::string& text) {
    const std::string file = home().config.filename().string() + ":";  // before it, where that is from here
    const std::size_t named = told.what.find(file);
    require(named != std::string::npos, "a problem that does not name the file");
    std::size_t line = 0;
    const char* const begin = told.what.data() + named + file.size();
    const auto [end, error] = std::from_chars(begin, told.what.data() + told.what.size(), line);
    require(error == std::errc{} && (*end == ':'), "a problem that does not name the line");
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    require(line >= 1 && line <= lines, "a line that the file does not have");
}

app::config read_back(const app::config& chosen, const char* what) {
    store_test::write_file(home().config, app::to_toml(chosen));
    const auto again = app::load_config(home().config);
    require(again.ok(), what);
    require(app::to_toml(*again) == app::to_toml(chosen), "a configuration that changes when it is read again");
    for (const app::config_key& key : app::config_keys())
        require(key.get(*again) == key.get(chosen), "a value that changes when it is read again");
    return *again;
}

void check_range(const app::config_key& key, const app::config_value& value) {
    const auto* whole = std::get_if<std::int64_t>(&value);
    const auto* number = std::get_if<double>(&value);
    if (whole == nullptr && number == nullptr) return;
    const double seen = whole != nullptr ? static_cast<double>(*whole) : *number;
    require(seen >= key.least && seen <= key.most, "a value out of its range");
}

void check_file(const std::string& text) {
    store_test::write_file(home().config, text);
    const auto loaded = app::load_config(home().config);
    if (!loaded) {
        check_problem(loaded.error());
        return check_place(loaded.error(), text);
    }
    for (const app::config_key& key : app::config_keys()) check_range(key, key.get(*loaded));
    require(!core::check(loaded->protocol), "settings that no peer can have");
    read_back(*loaded, "a shown configuration that cannot be read");
}

/// Several `KEY=VALUE`, some of keys that there are.
void check_keys(reader from) {
    app::config chosen;
    while (!from.empty()) {
        const auto keys = app::config_keys();
        const app::config_key& key = keys[from.below(keys.size())];
        const std::string text = from.some_text();
        const std::string assignment = from.flag() ? key.full_name() + "=" + text : text;
        const std::string before = app::to_toml(chosen);
        const auto set = app::set_key(chosen, assignment, "--set");
        if (!set) {
            check_problem(set.error());
            require(set.error().what.starts_with("--set: "), "a problem that does not say where");
            require(app::to_toml(chosen) == before, "a key that is refused and set all the same");
        }
        for (const app::config_key& each : keys) check_range(each, each.get(chosen));
    }
    if (!core::check(chosen.protocol)) read_back(chosen, "keys that were set, and cannot be read from a file");
}

void check_join(const std::string& text) {
    const auto target = app::parse_join(text);
    if (!target) return;
    require(!target->host.empty() && target->host.size() <= 253, "a host without a name, or with a very long one");
    const bool v6 = target->host.find(':') != std::string::npos;
    const std::string shown = (v6 ? "[" + target->host + "]" : target->host) + ":" + std::to_string(target->port);
    const auto again = app::parse_join(shown);
    require(again && again->host == target->host && again->port == target->port,
            "an address that reads back otherwise");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    reader from(data, size);
    switch (from.byte() % 3) {
        case 0: check_file(std::string(as_text(from.rest()))); break;
        case 1: check_keys(from); break;
        default: check_join(std::string(as_text(from.rest()))); break;
    }
    return 0;
}
