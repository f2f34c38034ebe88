// The table of keys. A key that is added here must be added to config/mogshare.toml as well: a test compares the two.

#include "mogshare/app/config.hpp"

#include "mogshare/base/limits.hpp"

#include <array>
#include <chrono>
#include <concepts>

namespace mogshare::app {

namespace {

using type = config_key::type;
using complaint = std::optional<std::string>;

constexpr double day_ms = 24.0 * 60 * 60 * 1000;
constexpr std::array<std::string_view, 2> election_names{"highest-rate", "lowest-rate"};
constexpr std::array<std::string_view, 3> passphrase_names{"none", "ask", "environment"};
constexpr std::array<std::string_view, 2> profile_names{"lan", "internet"};
constexpr std::array<std::string_view, 4> log_names{"error", "warn", "info", "debug"};

/// The index of a choice, which stands at its enumerator's place in the list of names.
template <class Enum, std::size_t Count>
Enum choice_of(const std::array<std::string_view, Count>& names, const config_value& value) {
    std::size_t at = 0;
    while (at + 1 < Count && names[at] != std::get<std::string>(value)) ++at;
    return static_cast<Enum>(at);
}

struct bounds {
    double least;
    double most;
};

/// A member of core::settings that is written as it is stored.
template <auto Member>
constexpr config_key setting(std::string_view section, std::string_view name, bounds range, std::string_view unit,
                             std::string_view help) {
    using stored = std::remove_cvref_t<decltype(std::declval<core::settings>().*Member)>;
    using written = std::conditional_t<std::integral<stored>, std::int64_t, double>;
    config_key key{
        .section = section, .name = name, .least = range.least, .most = range.most, .unit = unit, .help = help};
    key.is = std::integral<stored> ? type::integer : type::number;
    key.get = [](const config& c) -> config_value { return static_cast<written>(c.protocol.*Member); };
    key.set = [](config& c, const config_value& value) -> complaint {
        c.protocol.*Member = static_cast<stored>(std::get<written>(value));
        return {};
    };
    return key;
}

/// A member of core::time_limits, in milliseconds.
template <auto Member>
constexpr config_key time_limit(std::string_view name, std::string_view help, double least_ms = 1) {
    config_key key{.section = "time",
                   .name = name,
                   .is = type::integer,
                   .least = least_ms,
                   .most = day_ms,
                   .unit = "ms",
                   .help = help};
    key.get = [](const config& c) -> config_value {
        return std::int64_t{std::chrono::duration_cast<std::chrono::milliseconds>(c.protocol.times.*Member).count()};
    };
    key.set = [](config& c, const config_value& value) -> complaint {
        c.protocol.times.*Member = std::chrono::milliseconds(std::get<std::int64_t>(value));
        return {};
    };
    return key;
}

/// A member of limits::budgets; 0 is as the profile has it.
template <auto Member>
constexpr config_key budget(std::string_view name, std::string_view unit, std::string_view help,
                            double most = 1'000'000'000) {
    config_key key{
        .section = "budget", .name = name, .is = type::integer, .least = 0, .most = most, .unit = unit, .help = help};
    key.get = [](const config& c) -> config_value { return std::int64_t{c.protocol.budget.*Member}; };
    key.set = [](config& c, const config_value& value) -> complaint {
        c.protocol.budget.*Member = static_cast<std::uint32_t>(std::get<std::int64_t>(value));
        return {};
    };
    return key;
}

config_value get_listen(const config& c) {
    std::vector<std::string> texts;
    for (const host& address : c.listen) texts.push_back(to_string(address));
    return texts;
}

complaint set_listen(config& c, const config_value& value) {
    std::vector<host> parsed;
    for (const std::string& text : std::get<std::vector<std::string>>(value)) {
        const std::optional<host> address = parse_host(text);
        if (!address) return "'" + text + "' is not a literal IPv4 or IPv6 address, such as 0.0.0.0 or ::1";
        parsed.push_back(*address);
    }
    if (parsed.empty()) return "at least one address is needed, such as 0.0.0.0";
    c.listen = std::move(parsed);
    return {};
}

complaint set_join(config& c, const config_value& value) {
    const std::string& text = std::get<std::string>(value);
    if (!text.empty() && !parse_join(text))
        return "'" + text + "' is not HOST:PORT, such as 192.0.2.7:7000, [2001:db8::7]:7000 or peer.example:7000";
    c.join = text;
    return {};
}

complaint set_folder(config& c, const config_value& value) {
    const std::string& text = std::get<std::string>(value);
    if (text.empty() || text.find('\0') != std::string::npos) return "the path of a folder is needed, such as mogShare";
    c.folder = text;
    return {};
}

constexpr config_key listen_key{.section = "network",
                                .name = "listen",
                                .is = type::texts,
                                .unit = "addresses",
                                .help = "literal addresses to accept connections on",
                                .get = get_listen,
                                .set = set_listen};

constexpr config_key port_key{.section = "network",
                              .name = "port",
                              .is = type::integer,
                              .least = 0,
                              .most = 65535,
                              .unit = "port",
                              .help = "where to listen; 0 = any free one",
                              .get = [](const config& c) -> config_value { return std::int64_t{c.port}; },
                              .set = [](config& c, const config_value& value) -> complaint {
                                  c.port = static_cast<std::uint16_t>(std::get<std::int64_t>(value));
                                  return {};
                              }};

constexpr config_key join_key{.section = "network",
                              .name = "join",
                              .is = type::text,
                              .unit = "host:port",
                              .help = "the one known peer to enter through; empty = nobody",
                              .get = [](const config& c) -> config_value { return c.join; },
                              .set = set_join};

complaint set_key_file(config& c, const config_value& value) {
    const std::string& text = std::get<std::string>(value);
    if (text.find('\0') != std::string::npos) return "the path of a file is needed, such as network.key";
    c.key_file = text;
    return {};
}

constexpr config_key key_file_key{.section = "network",
                                  .name = "key_file",
                                  .is = type::text,
                                  .unit = "path",
                                  .help = "key of a private network, from 'network new'; empty = none",
                                  .get = [](const config& c) -> config_value { return c.key_file; },
                                  .set = set_key_file};

constexpr config_key name_key{.section = "network",
                              .name = "name",
                              .is = type::text,
                              .unit = "text",
                              .help = "of the private network; goes into the key of a passphrase",
                              .get = [](const config& c) -> config_value { return c.network_name; },
                              .set = [](config& c, const config_value& value) -> complaint {
                                  c.network_name = std::get<std::string>(value);
                                  return {};
                              }};

constexpr config_key passphrase_key{.section = "network",
                                    .name = "passphrase",
                                    .is = type::choice,
                                    .choices = passphrase_names,
                                    .unit = "choice",
                                    .help = "of a private network: where it comes from",
                                    .get = [](const config& c) -> config_value {
                                        return std::string(passphrase_names[static_cast<std::size_t>(c.passphrase)]);
                                    },
                                    .set = [](config& c, const config_value& value) -> complaint {
                                        c.passphrase = choice_of<passphrase_source>(passphrase_names, value);
                                        return {};
                                    }};

constexpr config_key half_life_key{
    .section = "overlay",
    .name = "score_half_life_h",
    .is = type::integer,
    .least = 1,
    .most = 24 * 365,
    .unit = "h",
    .help = "after which an unused score has halved",
    .get = [](const config& c) -> config_value {
        return std::int64_t{std::chrono::duration_cast<std::chrono::hours>(c.protocol.score_half_life).count()};
    },
    .set = [](config& c, const config_value& value) -> complaint {
        c.protocol.score_half_life = std::chrono::hours(std::get<std::int64_t>(value));
        return {};
    }};

constexpr config_key elect_key{.section = "search",
                               .name = "elect",
                               .is = type::choice,
                               .choices = election_names,
                               .unit = "choice",
                               .help = "which rate makes a source win",
                               .get = [](const config& c) -> config_value {
                                   return std::string(election_names[static_cast<std::size_t>(c.protocol.elects)]);
                               },
                               .set = [](config& c, const config_value& value) -> complaint {
                                   c.protocol.elects = choice_of<core::election_reading>(election_names, value);
                                   return {};
                               }};

constexpr config_key profile_key{.section = "network",
                                 .name = "profile",
                                 .is = type::choice,
                                 .choices = profile_names,
                                 .unit = "choice",
                                 .help = "whose word counts for how much: budgets, and which addresses are dialled",
                                 .get = [](const config& c) -> config_value {
                                     return std::string(profile_names[static_cast<std::size_t>(c.protocol.profile)]);
                                 },
                                 .set = [](config& c, const config_value& value) -> complaint {
                                     c.protocol.profile = choice_of<core::network_profile>(profile_names, value);
                                     return {};
                                 }};

constexpr config_key reserve_key{
    .section = "transfer",
    .name = "free_reserve_bytes",
    .is = type::integer,
    .least = 0,
    .most = limits::file_bytes_max,
    .unit = "bytes",
    .help = "that downloads leave free on the disk; 0 = none",
    .get = [](const config& c) -> config_value { return static_cast<std::int64_t>(c.free_reserve_bytes); },
    .set = [](config& c, const config_value& value) -> complaint {
        c.free_reserve_bytes = static_cast<std::uint64_t>(std::get<std::int64_t>(value));
        return {};
    }};

constexpr config_key folder_key{.section = "folder",
                                .name = "path",
                                .is = type::text,
                                .unit = "path",
                                .help = "the shared folder; relative to the home",
                                .get = [](const config& c) -> config_value { return c.folder; },
                                .set = set_folder};

constexpr config_key log_key{
    .section = "log",
    .name = "level",
    .is = type::choice,
    .choices = log_names,
    .unit = "choice",
    .help = "what is worth a line on stderr",
    .get = [](const config& c) -> config_value { return std::string(log_names[static_cast<std::size_t>(c.log)]); },
    .set = [](config& c, const config_value& value) -> complaint {
        c.log = choice_of<log_level>(log_names, value);
        return {};
    }};

using core::settings;
using core::time_limits;
using limits::budgets;

constexpr double leaf = limits::leaf_bytes;
constexpr double no_less_than_a_minute_ms = 60'000;  // R9 promises it to the other peers

constexpr auto table = std::to_array<config_key>({
    listen_key,
    port_key,
    join_key,
    key_file_key,
    name_key,
    passphrase_key,
    profile_key,
    setting<&settings::connections>("network", "connections", {8, limits::connections_max}, "connections",
                                    "at once; fewer where descriptors are few"),

    setting<&settings::entry_rows>("overlay", "entry_rows", {4, limits::rows_max}, "rows",
                                   "X: rows of an answer to ENTRADA; even"),
    setting<&settings::primary_rows>("overlay", "primary_rows", {1, limits::primary_rows_max}, "rows",
                                     "capacity of the primary table"),
    setting<&settings::secondary_rows>("overlay", "secondary_rows", {1, limits::secondary_rows_max}, "rows",
                                       "capacity of the secondary table"),
    setting<&settings::depth>("overlay", "depth", {1, limits::depth_max}, "hops", "how far a search travels"),
    setting<&settings::scored_share>("overlay", "scored_share", {0, 1}, "share",
                                     "part of the primary rows that score may replace"),
    half_life_key,
    setting<&settings::score_use_fade>("overlay", "score_use_fade", {0, 0.5}, "share",
                                       "part of its score a row loses with each search sent to it"),

    setting<&settings::ping_bytes>("search", "ping_bytes", {leaf, limits::ping_bytes_max}, "bytes",
                                   "Y: what a ping moves"),
    elect_key,

    setting<&settings::upload_bytes_per_s>("transfer", "upload_limit_bytes_per_s", {0, 1ULL << 40}, "bytes/s",
                                           "over all uploads; 0 = no limit"),
    setting<&settings::upload_slots>("transfer", "upload_slots", {1, 256}, "transfers", "served at once"),
    setting<&settings::downloads_at_once>("transfer", "downloads_at_once", {1, 64}, "downloads", "further ones wait"),
    setting<&settings::download_bytes_max>("transfer", "download_bytes_max", {1, limits::file_bytes_max}, "bytes",
                                           "a larger file is not fetched"),
    reserve_key,

    folder_key,

    budget<&budgets::dials_per_min_host>("dials_per_min_host", "dials/min", "to one host, on the word of others"),
    budget<&budgets::dials_per_min_block>("dials_per_min_block", "dials/min", "to one /24 or /64"),
    budget<&budgets::dials_per_min>("dials_per_min", "dials/min", "in all"),
    budget<&budgets::dials_unproven>("dials_unproven", "dials",
                                     "at once to one destination that has not shown that it wants them"),
    budget<&budgets::searches_per_s>("searches_per_s", "searches/s", "distinct ones from one neighbour"),
    budget<&budgets::entries_per_min_host>("entries_per_min_host", "entries/min", "ENTRADA answered to one host"),
    budget<&budgets::frames_per_s>("frames_per_s", "messages/s", "taken on one connection"),
    budget<&budgets::answers_per_search>("answers_per_search", "answers", "taken for one search",
                                         limits::answers_per_search_max),
    budget<&budgets::answers_per_block>("answers_per_block", "answers", "of them, from one /24 or /64"),
    budget<&budgets::connections_per_host>("connections_per_host", "connections", "accepted from one host"),
    budget<&budgets::connections_per_block>("connections_per_block", "connections", "accepted from one /24 or /48"),
    budget<&budgets::rows_per_block>("rows_per_block", "rows", "of one /16 or /32 in both tables"),
    budget<&budgets::ban_points_host>("ban_points_host", "points", "at which a host is banned for a while"),

    time_limit<&time_limits::dial>("dial_ms", "until a dialled connection stands"),
    time_limit<&time_limits::handshake>("handshake_ms", "from connection to the end of the handshake"),
    time_limit<&time_limits::hello>("hello_ms", "from the handshake to the other side's HELLO"),
    time_limit<&time_limits::entry>("entry_ms", "from ENTRADA to ROWS"),
    time_limit<&time_limits::join_retry_first>("join_retry_first_ms",
                                               "next ENTRADA while there is no neighbour; doubles"),
    time_limit<&time_limits::join_retry_max>("join_retry_max_ms", "longest pause between two ENTRADA"),
    time_limit<&time_limits::row_backoff_first>("row_backoff_first_ms",
                                                "a row that did not answer is left alone; doubles"),
    time_limit<&time_limits::claim>("claim_ms", "from HELLO to CLAIM on an accepted answer"),
    time_limit<&time_limits::nonce>("nonce_ms", "from CLAIM to NONCE, at the holder"),
    time_limit<&time_limits::existe>("existe_ms", "from NONCE to EXISTE, at the originator"),
    time_limit<&time_limits::ping>("ping_ms", "from PING to the last byte of PONG"),
    time_limit<&time_limits::ping_wait>("ping_wait_ms", "from EXISTE to PING, at the holder"),
    time_limit<&time_limits::window>("window_ms", "in which answers to a search are taken"),
    time_limit<&time_limits::seen>("seen_ms", "query ids are remembered at least this long", no_less_than_a_minute_ms),
    time_limit<&time_limits::entry_repeat>("entry_repeat_ms", "the same asker gets the same rows again"),
    time_limit<&time_limits::keepalive>("keepalive_ms", "a link on which nothing was sent says KEEPALIVE"),
    time_limit<&time_limits::link_silence>("link_silence_ms", "a link from which nothing came is closed"),
    time_limit<&time_limits::linger>("linger_ms", "the losing link of a pair still listens"),
    time_limit<&time_limits::stall>("stall_ms", "a source without a byte gives way to the next"),
    time_limit<&time_limits::upload_idle>("upload_idle_ms", "a transfer connection without a request is closed"),
    time_limit<&time_limits::frame>("frame_ms", "from the first byte of a frame to its last"),
    time_limit<&time_limits::silence>("silence_ms", "a destination that was dialled in vain is left alone"),
    time_limit<&time_limits::ban_half_life>("ban_half_life_ms", "points of who breaks the rules halve"),
    time_limit<&time_limits::row_test>("row_test_ms", "between two tests of rows that are to make room"),

    log_key,
});

}  // namespace

std::span<const config_key> config_keys() {
    return table;
}

}  // namespace mogshare::app
