#include "app/opening.hpp"

#include "app/membership.hpp"

#include "mogshare/app/version.hpp"
#include "mogshare/base/printable.hpp"
#include "mogshare/runtime/system.hpp"
#include "mogshare/store/identity.hpp"

#include <fmt/format.h>

#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace mogshare::app {

namespace {

namespace fs = std::filesystem;
using action = command_line::action;

std::optional<std::string> environment(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

/// The user's home as the system knows it, whatever $HOME says. Before there are threads.
std::optional<std::string> account_home() {
    const passwd* const account = ::getpwuid(::geteuid());
    return account == nullptr || account->pw_dir == nullptr ? std::nullopt
                                                            : std::optional<std::string>(account->pw_dir);
}

host host_of(const addrinfo& found) {
    if (found.ai_family == AF_INET) {
        sockaddr_in address{};
        std::memcpy(&address, found.ai_addr, sizeof address);
        std::array<std::uint8_t, 4> octets{};
        std::memcpy(octets.data(), &address.sin_addr, octets.size());
        return host::v4(octets);
    }
    sockaddr_in6 address{};
    std::memcpy(&address, found.ai_addr, sizeof address);
    std::array<std::uint8_t, 16> octets{};
    std::memcpy(octets.data(), &address.sin6_addr, octets.size());
    return host::v6(octets);
}

/// Before there is a loop that this could hold up.
result<host, std::string> resolve(const std::string& name) {
    if (const auto literal = parse_host(name)) return *literal;
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &found);
    if (error != 0) return failure{std::string(::gai_strerror(error))};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next)
        if (each->ai_family == AF_INET || each->ai_family == AF_INET6) return host_of(*each);
    return failure{std::string("it has no address of a known family")};
}

/// Where a peer that listens on these addresses can be reached from this machine.
host local_form(const std::vector<host>& listen) {
    const auto has = [&](const host& wanted) {
        return std::find(listen.begin(), listen.end(), wanted) != listen.end();
    };
    const host loopback4 = host::v4({127, 0, 0, 1});
    if (listen.empty() || has(host::v4({})) || has(loopback4)) return loopback4;
    if (has(host::v6({}))) return *parse_host("::1");
    return listen.front();
}

/// R4's one known address.
void choose_join(opened_peer& peer, core::settings& protocol, const config& chosen, std::optional<endpoint> instead) {
    if (instead) {
        protocol.join = instead;
        return;
    }
    if (chosen.join.empty()) return;
    const auto target = parse_join(chosen.join);
    const auto found = resolve(target->host);
    if (found) {
        protocol.join = endpoint{*found, target->port};
    } else {
        peer.join_later = target;
        peer.join_trouble = fmt::format("no address for the name '{}': {}", printable(target->host), found.error());
    }
}

/// A peer that lives in this home.
result<runtime::node_options, problem> resident_options(const home_settings& from, opened_peer& made) {
    auto lock = store::home_lock::take(from.paths);
    if (!lock) return failure{lock.error()};
    made.lock.emplace(std::move(*lock));
    const auto key = store::load_or_make_key(from.paths);
    if (!key) return failure{key.error()};
    runtime::node_options options;
    options.key = *key;
    options.port = from.chosen.port;
    options.protocol = from.chosen.protocol;
    choose_join(made, options.protocol, from.chosen, std::nullopt);
    return options;
}

/// A short-lived peer beside or instead of the one that lives here: an id of its own, and no trace left.
result<runtime::node_options, problem> one_shot_options(const home_settings& from, const command_line& given,
                                                        opened_peer& made) {
    const auto running = store::running_port(from.paths);
    made.beside_another = running.has_value();
    runtime::node_options options;
    options.port = given.port.value_or(0);
    options.protocol = from.chosen.protocol;
    options.protocol.short_lived = true;
    options.keep_state = false;
    options.borrow_tables = !made.beside_another;
    options.scan_at_start = !made.beside_another;  // the peer that runs here has hashed the folder, and answers for it
    std::optional<endpoint> neighbour;
    if (running && !given.join) neighbour = endpoint{local_form(from.chosen.listen), *running};
    choose_join(made, options.protocol, from.chosen, neighbour);
    return options;
}

}  // namespace

result<store::home_paths, problem> find_paths(const command_line& given) {
    std::error_code error;
    store::home_choice choice;
    choice.home = given.home;
    choice.working_directory = fs::current_path(error);
    choice.user_home = environment("HOME");
    choice.account_home = account_home();
    choice.xdg_config_home = environment("XDG_CONFIG_HOME");
    choice.xdg_state_home = environment("XDG_STATE_HOME");
    return store::find_home(choice);
}

result<home_settings, problem> read_home(const command_line& given) {
    auto paths = find_paths(given);
    if (!paths) return failure{paths.error()};
    auto chosen = load_config(paths->config);
    if (!chosen) return failure{chosen.error()};
    if (const auto applied = apply_overrides(*chosen, given); !applied) return failure{applied.error()};
    home_settings made{std::move(*paths), {}, std::move(*chosen)};
    const fs::path home = made.paths.folder.parent_path();
    made.home = home.string();
    made.paths.folder = (home / made.chosen.folder).lexically_normal();
    if (!made.paths.folder.has_filename()) made.paths.folder = made.paths.folder.parent_path();
    if (!made.chosen.key_file.empty())
        made.paths.key_file = (made.paths.config.parent_path() / made.chosen.key_file).lexically_normal();
    return made;
}

result<opened_peer, problem> open_peer(asio::io_context& loop, home_settings& from, const command_line& given,
                                       runtime::news_handler news) {
    if (const auto ready = store::prepare_home(from.paths); !ready) return failure{ready.error()};
    if (given.record && store::lies_in_folder(*given.record, from.paths.folder))
        return failure{problem{
            fmt::format("refusing to record into the shared folder: '{}'", printable(given.record->string(), 2048)),
            "a recording holds what others sent, and would be shared: choose a name outside of that folder",
            problem::kind::usage}};
    auto member = find_membership(from.chosen, from.paths);
    if (!member) return failure{member.error()};
    opened_peer made;
    made.warnings = std::move(member->warnings);
    const bool resident = given.what == action::prompt || given.what == action::serve;
    auto options = resident ? resident_options(from, made) : one_shot_options(from, given, made);
    if (!options) return failure{options.error()};
    options->listen = from.chosen.listen;
    options->home = from.paths;
    options->free_reserve_bytes = from.chosen.free_reserve_bytes;
    options->network = member->network;
    options->protocol.connections = std::min(options->protocol.connections, runtime::connections_that_fit());
    if (given.record) options->record = {*given.record, fmt::format("mogshare {}", version())};
    auto node = runtime::node::create(loop, std::move(*options), std::move(news));
    if (!node) return failure{node.error()};
    made.node = std::move(*node);
    if (made.lock) {
        if (const auto noted = made.lock->announce(made.node->port()); !noted) return failure{noted.error()};
    }
    return made;
}

}  // namespace mogshare::app
