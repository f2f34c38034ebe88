#include "mogshare/app/config.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

using namespace mogshare;
using namespace mogshare::app;

namespace {

/// A configuration file that is gone when the test is over.
class temporary_file {
public:
    explicit temporary_file(std::string_view text)
        : path_(std::filesystem::temp_directory_path() / ("mogshare_config_" + std::to_string(getpid()) + ".toml")) {
        std::ofstream(path_, std::ios::binary) << text;
    }
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;
    ~temporary_file() { std::filesystem::remove(path_); }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// The message for a file, without the file's name: `:12: what | hint`.
std::string complaint_about(std::string_view text) {
    const temporary_file file(text);
    const auto loaded = load_config(file.path());
    if (loaded) return "accepted";
    CHECK(loaded.error().is == problem::kind::usage);
    REQUIRE(loaded.error().what.starts_with(file.path().string()));
    return loaded.error().what.substr(file.path().string().size()) + " | " + loaded.error().hint;
}

config loaded_from(std::string_view text) {
    const temporary_file file(text);
    const auto loaded = load_config(file.path());
    if (!loaded) FAIL(loaded.error().what);
    return *loaded;
}

std::string error_of(const result<done, problem>& outcome) {
    return outcome ? "accepted" : outcome.error().what;
}

const config_key& key_named(std::string_view full_name) {
    const auto keys = config_keys();
    const auto found = std::ranges::find_if(keys, [&](const config_key& key) { return key.full_name() == full_name; });
    REQUIRE(found != keys.end());
    return *found;
}

/// The keys that the shipped file assigns, in its order.
std::vector<std::string> shipped_keys() {
    std::ifstream file(MOGSHARE_SOURCE_DIR "/config/mogshare.toml");
    std::vector<std::string> keys;
    std::string section;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with('[')) section = line.substr(1, line.find(']') - 1);
        const std::size_t equals = line.find(" = ");
        if (!line.starts_with('#') && equals != std::string::npos)
            keys.push_back(section + "." + line.substr(0, equals));
    }
    return keys;
}

}  // namespace

TEST_CASE("R15: the shipped configuration has every key, in the table's order, and no other") {
    std::vector<std::string> names;
    for (const config_key& key : config_keys()) names.push_back(key.full_name());
    CHECK(shipped_keys() == names);
    CHECK(std::set<std::string>(names.begin(), names.end()).size() == names.size());
}

TEST_CASE("R15: the shipped configuration holds the defaults of the code") {
    const auto shipped = load_config(MOGSHARE_SOURCE_DIR "/config/mogshare.toml");
    REQUIRE(shipped);
    const config defaults;
    for (const config_key& key : config_keys()) {
        CAPTURE(key.full_name());
        CHECK(key.get(*shipped) == key.get(defaults));
    }
    CHECK(!core::check(defaults.protocol));
}

TEST_CASE("every time limit and setting of the core has a key of its own") {
    config defaults;
    for (const config_key& changed : config_keys()) {
        if (changed.is != config_key::type::integer && changed.is != config_key::type::number) continue;
        config other;
        const bool whole = changed.is == config_key::type::integer;
        const auto value = [whole](double number) {
            return whole ? config_value(static_cast<std::int64_t>(number)) : config_value(number);
        };
        const bool at_most = changed.get(defaults) == value(changed.most);
        CHECK(!changed.set(other, value(at_most ? changed.least : changed.most)));
        for (const config_key& key : config_keys()) {
            CAPTURE(changed.full_name());
            CAPTURE(key.full_name());
            CHECK((key.get(other) == key.get(defaults)) == (key.name != changed.name));
        }
    }
    const auto keys = config_keys();
    CHECK(std::ranges::count(keys, "time", &config_key::section) * sizeof(duration) == sizeof(core::time_limits));
}

TEST_CASE("what the table allows for a single key, the core allows") {
    for (const config_key& key : config_keys()) {
        if (key.section == "time" || (key.is != config_key::type::integer && key.is != config_key::type::number))
            continue;
        for (const double edge : {key.least, key.most}) {
            config chosen;
            const bool whole = key.is == config_key::type::integer;
            CHECK(!key.set(chosen, whole ? config_value(static_cast<std::int64_t>(edge)) : config_value(edge)));
            CAPTURE(key.full_name());
            CHECK(!core::check(chosen.protocol));
        }
    }
}

TEST_CASE("a missing or empty file means the defaults") {
    const auto missing = load_config("/nonexistent/mogshare.toml");
    REQUIRE(missing);
    CHECK(to_toml(*missing) == to_toml(config{}));
    CHECK(to_toml(loaded_from("")) == to_toml(config{}));
}

TEST_CASE("values are read into the settings they name") {
    const config read = loaded_from(
        "[network]\nlisten = ['127.0.0.1']\nport = 0\njoin = 'peer.example:7001'\n"
        "[overlay]\nentry_rows = 8\nscored_share = 1\nscore_half_life_h = 2\n"
        "[search]\nelect = 'lowest-rate'\n[time]\nwindow_ms = 1500\n[log]\nlevel = 'debug'\n");
    CHECK(read.listen == std::vector{host::v4({127, 0, 0, 1})});
    CHECK(read.port == 0);
    CHECK(read.join == "peer.example:7001");
    CHECK(read.protocol.entry_rows == 8);
    CHECK(read.protocol.scored_share == 1.0);
    CHECK(read.protocol.score_half_life == std::chrono::hours(2));
    CHECK(read.protocol.elects == core::election_reading::lowest);
    CHECK(read.protocol.times.window == std::chrono::milliseconds(1500));
    CHECK(read.log == log_level::debug);
}

TEST_CASE("R15: an unknown key or section is named with its line and the nearest one") {
    CHECK(complaint_about("[overlay]\n\nprimry_rows = 4\n") ==
          ":3: unknown key 'overlay.primry_rows' | did you mean 'overlay.primary_rows'?");
    CHECK(complaint_about("[network]\nentry_rows = 4\n") ==
          ":2: unknown key 'network.entry_rows' | did you mean 'overlay.entry_rows'?");
    CHECK(complaint_about("port = 7000\n") == ":1: unknown key 'port' | did you mean 'network.port'?");
    CHECK(complaint_about("[network]\nzzzzzzzzzz = 1\n") ==
          ":2: unknown key 'network.zzzzzzzzzz' | 'mogshare config show' lists every key");
    CHECK(complaint_about("[overlya]\ndepth = 3\n") == ":1: unknown section [overlya] | did you mean [overlay]?");
    CHECK(complaint_about("overlay = 3\n") ==
          ":1: 'overlay' is a section, written [overlay] | its keys follow, one a line");
}

TEST_CASE("R15: a value of the wrong type is refused, with what would be right") {
    CHECK(complaint_about("[overlay]\ndepth = 'three'\n") ==
          ":2: 'overlay.depth' is text, but must be an integer from 1 to 16 (hops) | "
          "an integer from 1 to 16 (hops): how far a search travels");
    CHECK(complaint_about("[overlay]\ndepth = 3.0\n")
              .starts_with(":2: 'overlay.depth' is a number with a fraction, but must be an integer"));
    CHECK(complaint_about("[overlay]\ndepth = true\n")
              .starts_with(":2: 'overlay.depth' must be an integer from 1 to 16"));
    CHECK(complaint_about("[folder]\npath = 7\n")
              .starts_with(":2: 'folder.path' is an integer, but must be text (path)"));
    CHECK(complaint_about("[network]\nlisten = '::'\n")
              .starts_with(":2: 'network.listen' is text, but must be a list of texts"));
    CHECK(
        complaint_about("[network]\nlisten = ['::', 1]\n").starts_with(":2: 'network.listen' must be a list of texts"));
    CHECK(complaint_about("[network]\njoin = ['a']\n").starts_with(":2: 'network.join' is a list, but must be text"));
}

TEST_CASE("R15: a value out of its range is refused, and the range is said") {
    CHECK(complaint_about("[network]\nport = 65536\n")
              .starts_with(":2: 'network.port' is 65536, but must be an integer from 0 to 65535 (port)"));
    CHECK(complaint_about("[overlay]\ndepth = -1\n")
              .starts_with(":2: 'overlay.depth' is -1, but must be an integer from 1 to 16"));
    CHECK(complaint_about("[overlay]\nscored_share = 1.5\n")
              .starts_with(":2: 'overlay.scored_share' is 1.5, but must be a number from 0 to 1 (share)"));
    CHECK(complaint_about("[overlay]\nscored_share = nan\n").starts_with(":2: 'overlay.scored_share' is nan"));
    CHECK(complaint_about("[time]\ndial_ms = 0\n")
              .starts_with(":2: 'time.dial_ms' is 0, but must be an integer from 1 to 86400000 (ms)"));
    CHECK(complaint_about("[time]\nseen_ms = 59999\n")
              .starts_with(":2: 'time.seen_ms' is 59999, but must be an integer from 60000"));
    CHECK(complaint_about("[search]\nelect = 'fastest'\n")
              .starts_with(":2: 'search.elect' is 'fastest', but must be \"highest-rate\" or \"lowest-rate\""));
    CHECK(complaint_about("[network]\nlisten = ['localhost']\n")
              .starts_with(":2: 'network.listen': 'localhost' is not a literal IPv4 or IPv6 address"));
    CHECK(complaint_about("[network]\nlisten = []\n").starts_with(":2: 'network.listen': at least one address"));
    CHECK(complaint_about("[network]\njoin = 'a:b'\n").starts_with(":2: 'network.join': 'a:b' is not HOST:PORT"));
    CHECK(complaint_about("[folder]\npath = ''\n").starts_with(":2: 'folder.path': the path of a folder is needed"));
    config chosen;  // from the command line, where any bytes can come
    for (const std::string key : {"folder.path", "network.name", "network.key_file", "network.passphrase"}) {
        const auto latin = set_key(chosen, key + "=caf\xe9", "--set");
        REQUIRE(!latin);
        CHECK(latin.error().what == "--set: '" + key + "' must be UTF-8, as all of the configuration is");
    }
    CHECK(to_toml(chosen) == to_toml(config{}));
}

TEST_CASE("text is TOML whatever stands in it, and shows what it is") {
    CHECK(toml_text("plain caf\u00e9 \U0001F3B5") == "\"plain caf\u00e9 \U0001F3B5\"");
    CHECK(toml_text("a\"b\\c") == "\"a\\\"b\\\\c\"");
    CHECK(toml_text("\n\x1b\x7f\u009b") == "\"\\u000a\\u001b\\u007f\\u009b\"");
    CHECK(toml_text("\u202e\u200b\U000E0041") == "\"\\u202e\\u200b\\U000e0041\"");
    config chosen;
    const std::string name = "\"\\\t\u202e\u009b\U000E0041 caf\u00e9";
    REQUIRE(set_key(chosen, "network.name=" + toml_text(name), "--set").ok());
    CHECK(chosen.network_name == name);
}

TEST_CASE("R5, R15: an odd or small X is refused, with its line") {
    CHECK(complaint_about("[overlay]\nentry_rows = 7\n")
              .starts_with(":2: 'overlay.entry_rows' is 7, but X must be even and at least 4 | "));
    CHECK(complaint_about("[overlay]\nentry_rows = 2\n")
              .starts_with(":2: 'overlay.entry_rows' is 2, but must be an integer from 4 to 128 (rows) | "));
    CHECK(complaint_about("[overlay]\nentry_rows = 130\n").starts_with(":2: 'overlay.entry_rows' is 130"));
}

TEST_CASE("R15: values that do not fit together are refused") {
    CHECK(complaint_about("[time]\nping_ms = 20000\n\nping_wait_ms = 80000\n")
              .starts_with(
                  ":4: 'time.ping_wait_ms' is 80000, but must exceed 4 times 'time.ping_ms', which is 80000 | "));
    CHECK(complaint_about("[time]\nping_ms = 20000\n").starts_with(": 'time.ping_wait_ms' is 60000, but must exceed"));
    CHECK(complaint_about("[time]\nping_ms = 20000\nping_wait_ms = 80001\n") == "accepted");
    CHECK(complaint_about("[time]\nlink_silence_ms = 60000\n")
              .starts_with(":2: 'time.link_silence_ms' is 60000, but must be at least twice 'time.keepalive_ms'"));
    CHECK(complaint_about("[time]\njoin_retry_max_ms = 1000\n")
              .starts_with(":2: 'time.join_retry_max_ms' is 1000, but must be at least"));
}

TEST_CASE("what is not TOML is refused with line and column") {
    CHECK(complaint_about("[overlay]\ndepth 3\n").starts_with(":2:7: "));
    CHECK(complaint_about("[network]\nport = 1\nport = 2\n").starts_with(":3:"));
    CHECK(complaint_about("[overlay\n")
              .ends_with(" | a line is KEY = VALUE with text in double quotes, a [section], or a # comment"));
}

TEST_CASE("a section or key that stands there twice has a hint of its own") {
    CHECK(complaint_about("[network]\nport = 1\n\n[network]\nkey_file = 'a'\n")
              .ends_with(" | the section is there already: put the line under the one that is there"));
    CHECK(complaint_about("[network]\nkey_file = ''\nkey_file = 'a'\n")
              .ends_with(" | the key is there already: change it where it stands"));
}

TEST_CASE("a file that cannot be read is refused") {
    const auto folder = load_config(std::filesystem::temp_directory_path());
    REQUIRE(!folder);
    CHECK(folder.error().what.ends_with("cannot be read: not a regular file"));
    CHECK(folder.error().is == problem::kind::usage);
}

TEST_CASE("a file below the working directory is named as the user would") {
    const std::filesystem::path before = std::filesystem::current_path();
    std::filesystem::current_path(std::filesystem::temp_directory_path());
    const temporary_file file("[log]\nlevle = 'info'\n");
    const auto loaded = load_config(file.path());
    std::filesystem::current_path(before);
    REQUIRE(!loaded);
    CHECK(loaded.error().what == file.path().filename().string() + ":2: unknown key 'log.levle'");
}

TEST_CASE("what config show prints reads back to the same") {
    const config chosen = loaded_from(
        "[network]\nlisten = ['127.0.0.1', 'fd00::1']\njoin = '[fd00::5]:7000'\n"
        "[overlay]\nscored_share = 0.1\nscore_use_fade = 1e-7\n[transfer]\nupload_limit_bytes_per_s = 1099511627776\n"
        "[folder]\npath = \"a \\\"b\\\" \\\\ c\\t\\u0001é\"\n[search]\nelect = 'lowest-rate'\n");
    const config again = loaded_from(to_toml(chosen));
    CHECK(again.folder == "a \"b\" \\ c\t\001é");
    for (const config_key& key : config_keys()) {
        CAPTURE(key.full_name());
        CHECK(key.get(again) == key.get(chosen));
    }
}

TEST_CASE("keys are set from KEY=VALUE, with and without quotes") {
    config chosen;
    for (const char* assignment :
         {"overlay.depth=5", "overlay.scored_share=1", "search.elect=lowest-rate", "log.level=\"warn\"",
          "folder.path=/srv/a b", "network.listen=127.0.0.1,::1", "network.join="})
        CHECK(error_of(set_key(chosen, assignment, "--set")) == "accepted");
    CHECK(chosen.protocol.depth == 5);
    CHECK(chosen.protocol.scored_share == 1.0);
    CHECK(chosen.protocol.elects == core::election_reading::lowest);
    CHECK(chosen.log == log_level::warn);
    CHECK(chosen.folder == "/srv/a b");
    CHECK(chosen.listen == std::vector{host::v4({127, 0, 0, 1}), *parse_host("::1")});
    CHECK(error_of(set_key(chosen, "network.listen=['::']", "--set")) == "accepted");
    CHECK(chosen.listen == std::vector{host::v6({})});
}

TEST_CASE("KEY=VALUE is checked as the file is") {
    config chosen;
    CHECK(error_of(set_key(chosen, "overlay.depth", "--set")) == "--set: 'overlay.depth' is not KEY=VALUE");
    CHECK(error_of(set_key(chosen, "overlay.dpth=3", "--set")) == "--set: unknown key 'overlay.dpth'");
    CHECK(error_of(set_key(chosen, "overlay.depth=99", "--set")) ==
          "--set: 'overlay.depth' is 99, but must be an integer from 1 to 16 (hops)");
    CHECK(error_of(set_key(chosen, "overlay.depth=three", "--set")) ==
          "--set: 'overlay.depth' must be an integer from 1 to 16 (hops)");
    CHECK(error_of(set_key(chosen, "overlay.depth=", "--set")).starts_with("--set: 'overlay.depth' must be"));
    CHECK(error_of(set_key(chosen, "overlay.depth=3\nother=4", "--set")).starts_with("--set: 'overlay.depth' must be"));
    CHECK(error_of(set_key(chosen, "network.listen='a", "--set")).starts_with("--set: 'network.listen' must be"));
    CHECK(to_toml(chosen) == to_toml(config{}));
}

TEST_CASE("the address to join is literal, or a name, with or without a port") {
    const auto target = [](std::string_view text) {
        const auto parsed = parse_join(text);
        return parsed ? parsed->host + " " + std::to_string(parsed->port) : "none";
    };
    CHECK(target("192.0.2.7:7001") == "192.0.2.7 7001");
    CHECK(target("192.0.2.7") == "192.0.2.7 7000");
    CHECK(target("[2001:db8::7]:7001") == "2001:db8::7 7001");
    CHECK(target("::1") == "::1 7000");
    CHECK(target("localhost:80") == "localhost 80");
    CHECK(target("peer.example") == "peer.example 7000");
    for (const char* bad : {"", ":7000", "peer.example:", "peer.example:0", "peer.example:65536", "a:1:2", "192.0.2",
                            "0.0.0.0:7000", "224.0.0.1:7000", "[::1", "-x:1", "a b:1", "192.0.2.7:0"}) {
        CAPTURE(bad);
        CHECK(target(bad) == "none");
    }
}

TEST_CASE("the documentation of a key says its unit") {
    CHECK(key_named("overlay.depth").unit == "hops");
    for (const config_key& key : config_keys()) {
        CAPTURE(key.full_name());
        CHECK(!key.unit.empty());
        CHECK(!key.help.empty());
    }
}
