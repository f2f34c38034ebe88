#include "mogshare/app/commands.hpp"

#include "app/nearest.hpp"
#include "mogshare/base/printable.hpp"

#include <fmt/format.h>

#include <array>
#include <vector>

namespace mogshare::app {

namespace {

using kind = command_kind;

constexpr std::array table{
    command{kind::search, "search", "WORDS...", "find files whose path holds all the words",
            "search --exact NAME     the whole path or the last part of it; stops at a holder\n"
            "search --id HEX         a content id (64 hex digits)\n"
            "Results are numbered; the numbers hold until the next search.",
            "search red bicycle"},
    command{kind::results, "results", "", "list the results of the latest search again", "", "results"},
    command{
        kind::get, "get", "N... | CONTENT-ID | NAME", "download results of the latest search",
        "Elects the best source, falls back to the next, verifies every piece. Waits until the file is there; with a\n"
        "single & at the end it does not wait (nor after an empty line at a terminal).\n"
        "A content id may be shortened when a result has it. A NAME is searched for first; --name NAME takes what "
        "follows\n"
        "as a name even when it looks like a number.",
        "get 1"},
    command{kind::why, "why", "N", "show the election of a result's source",
            "Every answer with its round trip, the time that its ping took, its rate and its load.", "why 1"},
    command{kind::transfers, "transfers", "", "list downloads, and how many uploads are being served", "", "transfers"},
    command{kind::cancel, "cancel", "N", "end download N of `transfers`; what it has is kept", "", "cancel 1"},
    command{kind::peers, "peers", "", "show both tables",
            "A row says: id, score, whether there is a link, whether score may replace it, and where the peer listens.",
            "peers"},
    command{kind::shares, "shares", "", "list the files that this peer shares", "", "shares"},
    command{kind::rescan, "rescan", "", "look at the folder again, and hash what is new", "", "rescan"},
    command{kind::join, "join", "HOST[:PORT]", "enter the network through this peer", "", "join 192.168.1.5:7000"},
    command{kind::stats, "stats", "", "show what this peer has done and refused", "", "stats"},
    command{kind::set, "set", "[KEY VALUE]",
            "change a setting while the peer runs; alone, list those that can be changed",
            "The configuration file stays as it is.", "set transfer.upload_limit_bytes_per_s 500000"},
    command{kind::status, "status", "", "show this peer's id, port, home, folder and load", "", "status"},
    command{kind::wait, "wait", "CONDITION [TIME]", "wait for something; fails when the time has passed",
            "peers>=N, primary>=N, secondary>=N   rows of the tables\n"
            "links>=N                             open links to neighbours\n"
            "shares>=N, uploads>=N                files shared, uploads being served\n"
            "hashed                               the first look at the folder is over\n"
            "transfers                            no download is under way; fails as the first one that failed\n"
            "Without TIME: 30s, and for transfers and hashed as long as it takes.",
            "wait peers>=2 10s"},
    command{kind::sleep, "sleep", "TIME", "do nothing for a while", "", "sleep 2s"},
    command{kind::help, "help", "[COMMAND]", "say what there is, or more about one command", "", "help get"},
    command{kind::quit, "quit", "", "stop this peer",
            "Unfinished downloads go on where they were when they are asked for again.", "quit"},
};

std::string quoted_list(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t at = 0; at < names.size(); ++at)
        text += (at == 0 ? "'" : at + 1 == names.size() ? " or '" : ", '") + names[at] + "'";
    return text;
}

}  // namespace

std::span<const command> all_commands() {
    return table;
}

result<const command*, problem> find_command(std::string_view typed) {
    std::vector<std::string> names;
    std::vector<std::string> fitting;
    const command* last_fit = nullptr;
    for (const command& each : table) {
        names.emplace_back(each.name);
        if (each.name == typed) return &each;
        if (typed.empty() || !each.name.starts_with(typed)) continue;
        fitting.emplace_back(each.name);
        last_fit = &each;
    }
    if (fitting.size() == 1) return last_fit;
    if (fitting.size() > 1)
        return failure{problem{fmt::format("'{}' is ambiguous", printable(typed)),
                               "did you mean " + quoted_list(fitting) + "?", problem::kind::usage}};
    const auto meant = nearest(typed, names);
    return failure{problem{
        fmt::format("there is no command '{}'", printable(typed)),
        meant ? fmt::format("did you mean '{}'? 'help' lists all commands", *meant) : "'help' lists all commands",
        problem::kind::usage}};
}

lines help_lines() {
    text_table shown({{"command"}, {"what it does"}, {"example"}});
    for (const command& each : table) {
        const std::string usage =
            each.arguments.empty() ? std::string(each.name) : fmt::format("{} {}", each.name, each.arguments);
        shown.add({usage, std::string(each.summary), std::string(each.example)});
    }
    lines out = shown.set();
    out.emplace_back("A command may be shortened ('s' is ambiguous, 'sea' is not); ';' separates several on a line.");
    return out;
}

lines help_lines(const command& about) {
    lines out{fmt::format("{} {}", about.name, about.arguments), fmt::format("  {}", about.summary)};
    std::string_view rest = about.details;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        out.push_back(fmt::format("  {}", rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    out.push_back(fmt::format("  example: {}", about.example));
    return out;
}

}  // namespace mogshare::app
