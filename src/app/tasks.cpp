// Which task a command is, and the commands that are done at once.

#include "app/task.hpp"

#include "app/config_table.hpp"
#include "app/membership.hpp"
#include "mogshare/base/printable.hpp"
#include "mogshare/runtime/lifetime.hpp"
#include "mogshare/runtime/system.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace mogshare::app {

namespace {

/// The settings that the state machine takes while it runs.
constexpr std::array<std::string_view, 4> changeable{"transfer.upload_limit_bytes_per_s", "transfer.upload_slots",
                                                     "transfer.downloads_at_once", "search.elect"};

/// A command that is done within begin(). The function says what went wrong, if anything did.
class instant_task final : public task {
public:
    using work = std::function<std::optional<problem>(desk&)>;

    instant_task(work what, desk& at, done_handler done) : task(at, std::move(done)), work_(std::move(what)) {}
    void begin() override {
        if (const auto wrong = work_(desk_)) return fail(*wrong);
        finish();
    }

private:
    work work_;
};

class rescan_task final : public task {
public:
    using task::task;
    void begin() override {
        desk_.node.rescan(alive_.guard([this](const runtime::scan_summary& seen) { scanned(seen); }));
    }

private:
    void scanned(const runtime::scan_summary& seen) {
        if (seen.trouble) return fail(*seen.trouble);
        desk_.out.data(desk_.show.scanned(
            {seen.added, seen.changed, seen.removed, seen.unchanged, seen.hashed_bytes, seen.skipped}));
        finish();
    }
    runtime::lifetime alive_;
};

// ---- what the instant commands do -----------------------------------------------------------------------------------

std::optional<problem> show_results(desk& at) {
    const core::search_state* const latest = at.latest_search ? at.peer().find_search(*at.latest_search) : nullptr;
    if (latest == nullptr)
        return problem{"there has been no search", "for example 'search red bicycle'", problem::kind::not_found};
    at.out.data(at.show.results(*latest));
    at.out.data(at.show.reach(*latest));
    return {};
}

std::optional<problem> show_why(desk& at, std::size_t number) {
    const core::search_state* const latest = at.latest_search ? at.peer().find_search(*at.latest_search) : nullptr;
    if (latest == nullptr || number == 0 || number > latest->results.size())
        return problem{fmt::format("there is no result {}", number),
                       latest == nullptr ? "search first" : "'results' lists them", problem::kind::not_found};
    at.out.data(at.show.why(*latest, number, at.peer().chosen().elects));
    return {};
}

std::optional<problem> cancel(desk& at, std::size_t number) {
    const core::download_state* const state = at.peer().find_download(number);
    if (state == nullptr || state->over())
        return problem{fmt::format("download {} is not under way", number), "'transfers' lists downloads",
                       problem::kind::not_found};
    at.node.give(core::input::cancel_download{number});
    return {};
}

std::string value_text(const config_value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    return {};
}

void show_settings(desk& at, std::string_view only) {
    std::vector<setting_view> all;
    for (const std::string_view name : changeable) {
        const config_key& key = *find_key(name);
        if (only.empty() || name == only)
            all.push_back(
                {std::string(name), value_text(key.get(at.settings)), std::string(key.unit), std::string(key.help)});
    }
    at.out.data(at.show.settings(all));
}

std::optional<problem> change_setting(desk& at, const std::string& key, const std::string& value) {
    const bool known = find_key(key) != nullptr;
    if (known && std::find(changeable.begin(), changeable.end(), key) == changeable.end())
        return problem{fmt::format("set: '{}' cannot be changed while the peer runs", key),
                       "'set' lists what can; the configuration file has the rest, for the next start",
                       problem::kind::usage};
    config changed = at.settings;
    if (const auto set = set_key(changed, key + "=" + value, "set"); !set) return set.error();
    if (auto wrong = core::check(changed.protocol)) return wrong;
    at.settings = changed;
    at.node.give(core::input::reconfigure{changed.protocol});
    show_settings(at, key);
    return {};
}

status_view status_of(const desk& at) {
    const core::peer& peer = at.peer();
    status_view about;
    about.id = peer.self().id;
    about.network = network_text(at.settings);
    about.port = at.node.port();
    about.home = at.home;
    about.folder = at.paths.folder.string();
    about.primary = peer.both_tables().primary.rows.size();
    about.secondary = peer.both_tables().secondary.rows.size();
    about.links = ready_links(peer);
    about.shares = peer.shares().size();
    about.shared_bytes = peer.shares().total_bytes();
    about.uploads = peer.uploads();
    about.downloads = unfinished_downloads(peer);
    return about;
}

std::optional<problem> show_help(desk& at, const argument_list& given) {
    if (given.empty()) {
        at.out.data(at.show.help(all_commands()));
        return {};
    }
    const auto about = find_command(given.front());
    if (!about) return about.error();
    at.out.data(at.show.help({*about, 1}));
    return {};
}

// ---- arguments ------------------------------------------------------------------------------------------------------

problem wrong_arguments(const command& what) {
    return {fmt::format("{}: {}", what.name,
                        what.arguments.empty() ? "goes without arguments"
                                               : fmt::format("expected {} {}", what.name, what.arguments)),
            fmt::format("for example '{}'", what.example), problem::kind::usage};
}

std::optional<std::size_t> number_in(const argument_list& given) {
    std::size_t number = 0;
    if (given.size() != 1) return std::nullopt;
    const char* const end = given.front().data() + given.front().size();
    const auto [stop, error] = std::from_chars(given.front().data(), end, number);
    return error == std::errc{} && stop == end ? std::optional(number) : std::nullopt;
}

/// Commands that are done at once; nothing when the arguments are not theirs.
instant_task::work instant_work(const command& what, const argument_list& given) {
    const auto number = number_in(given);
    switch (what.kind) {
        case command_kind::why:
            return number ? [n = *number](desk& at) { return show_why(at, n); } : instant_task::work();
        case command_kind::cancel:
            return number ? [n = *number](desk& at) { return cancel(at, n); } : instant_task::work();
        case command_kind::help:
            return given.size() <= 1 ? [given](desk& at) { return show_help(at, given); } : instant_task::work();
        case command_kind::set:
            if (given.size() == 2) return [given](desk& at) { return change_setting(at, given[0], given[1]); };
            if (given.empty()) return [](desk& at) { return show_settings(at, ""), std::optional<problem>(); };
            return {};
        default: break;
    }
    if (!given.empty()) return {};
    const auto showing = [](auto show) {
        return [show](desk& at) { return at.out.data(show(at)), std::optional<problem>(); };
    };
    switch (what.kind) {
        case command_kind::results: return show_results;
        case command_kind::transfers:
            return showing([](desk& at) {
                return at.show.transfers({at.peer().downloads(), at.peer().uploads(), runtime::now()});
            });
        case command_kind::peers:
            return showing([](desk& at) {
                return at.show.peers({at.peer().both_tables(), at.peer().links(), runtime::now()});
            });
        case command_kind::shares: return showing([](desk& at) { return at.show.shares(at.peer().shares()); });
        case command_kind::stats: return showing([](desk& at) { return at.show.stats(at.peer().counts()); });
        case command_kind::status: return showing([](desk& at) { return at.show.status(status_of(at)); });
        default: return {};
    }
}

instant_task::work failing(problem what) {
    return [what = std::move(what)](desk&) { return std::optional(what); };
}

}  // namespace

void task::fail(const problem& what) {
    tell(desk_, what);
    finish(exit_code_of(what.is));
}

void tell(desk& at, const problem& what) {
    at.out.data(at.show.failed(what, exit_code_of(what.is)));
    at.out.error(what);
}

std::unique_ptr<task> make_task(const command& what, argument_list given, desk& at, task::done_handler done) {
    const auto instant = [&](instant_task::work work) {
        return std::make_unique<instant_task>(std::move(work), at, std::move(done));
    };
    const core::search_state* const latest = at.latest_search ? at.peer().find_search(*at.latest_search) : nullptr;
    switch (what.kind) {
        case command_kind::search: {
            auto wanted = parse_search(given);
            return wanted ? make_search(std::move(*wanted), at, std::move(done)) : instant(failing(wanted.error()));
        }
        case command_kind::get: {
            auto wanted = parse_get(std::move(given), latest);
            return wanted ? make_get(std::move(*wanted), at, std::move(done)) : instant(failing(wanted.error()));
        }
        case command_kind::wait: {
            const auto condition = parse_wait(given);
            return condition ? make_wait(*condition, at, std::move(done)) : instant(failing(condition.error()));
        }
        case command_kind::sleep: {
            const auto time = given.size() == 1 ? parse_duration(given.front()) : std::nullopt;
            return time ? make_sleep(*time, at, std::move(done)) : instant(failing(wrong_arguments(what)));
        }
        case command_kind::join: {
            const auto where = given.size() == 1 ? parse_join(given.front()) : std::nullopt;
            return where ? make_join(*where, at, std::move(done)) : instant(failing(wrong_arguments(what)));
        }
        case command_kind::rescan:
            if (given.empty()) return std::make_unique<rescan_task>(at, std::move(done));
            return instant(failing(wrong_arguments(what)));
        default: break;
    }
    auto work = instant_work(what, given);
    return instant(work ? std::move(work) : failing(wrong_arguments(what)));
}

}  // namespace mogshare::app
