// Reading the command line. The only unit that includes CLI11, which is slow to compile.

#include "mogshare/app/command_line.hpp"

#include "app/help.hpp"
#include "app/nearest.hpp"
#include "mogshare/app/version.hpp"
#include "mogshare/base/ids.hpp"
#include "mogshare/base/printable.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>

namespace mogshare::app {

namespace {

using action = command_line::action;

constexpr std::size_t content_id_digits = id_bytes * 2;

failure<problem> misuse(std::string what, std::string hint) {
    return failure{problem{std::move(what), std::move(hint), problem::kind::usage}};
}

/// Options as CLI11 delivers them: text, whose meaning is read afterwards, with messages of our own.
struct raw_options {
    std::string home, folder, port, join, upload_limit, command_file, content, record;
    std::vector<std::string> listen, set, commands;
    bool json = false, quiet = false, verbose = false, help = false, version = false, exact = false, id = false;
};

/// The grammar. Every option of the program is known before and after a command (fall-through).
class grammar {
public:
    explicit grammar(raw_options& into);
    grammar(const grammar&) = delete;
    grammar& operator=(const grammar&) = delete;

    CLI::App& app() { return app_; }
    bool given(const std::string& option) const { return app_.count(option) > 0; }
    /// The command that was given, as typed; empty for the prompt.
    std::string command() const;
    /// The command under `config`; empty when there was none.
    std::string config_command() const;
    bool founds_network() const { return !network_->get_subcommands().empty(); }
    /// What a word that was not understood most likely stands for.
    std::string advice(const std::string& word) const;

private:
    void add_text(const std::string& name, std::string& into) { app_.add_option(name, into)->take_last(); }
    void add_list(const std::string& name, std::vector<std::string>& into) {
        app_.add_option(name, into)->allow_extra_args(false)->take_all();
    }
    CLI::App* add_command(CLI::App& parent, const std::string& name);

    CLI::App app_;
    CLI::App* config_ = nullptr;
    CLI::App* network_ = nullptr;
};

CLI::App* grammar::add_command(CLI::App& parent, const std::string& name) {
    CLI::App* const command = parent.add_subcommand(name);
    command->set_help_flag();
    command->fallthrough();
    return command;
}

grammar::grammar(raw_options& into) {
    app_.set_help_flag();
    app_.require_subcommand(0, 1);  // else `search serve` would be two commands
    app_.allow_extras();            // words: as positional arguments, CLI11 would take `[a]` and `{}` for lists
    add_text("--home", into.home);
    add_text("--folder", into.folder);
    add_text("--port", into.port);
    add_text("--join", into.join);
    add_text("--upload-limit", into.upload_limit);
    add_text("-f", into.command_file);
    add_text("--record", into.record);
    add_list("--listen", into.listen);
    add_list("--set", into.set);
    add_list("-c", into.commands);
    app_.add_flag("--json", into.json);
    app_.add_flag("-q,--quiet", into.quiet);
    app_.add_flag("-v,--verbose", into.verbose);
    app_.add_flag("-h,--help", into.help);
    app_.add_flag("--version", into.version);

    add_command(app_, "serve");
    CLI::App* const search = add_command(app_, "search");
    search->add_flag("--exact", into.exact);
    search->add_flag("--id", into.id);
    CLI::App* const get = add_command(app_, "get");
    get->add_flag("--id", into.id);
    get->add_option("--content", into.content)->take_last();
    add_command(app_, "id");
    add_command(app_, "replay");
    add_command(app_, "status");
    config_ = add_command(app_, "config");
    config_->require_subcommand(0, 1);
    for (const char* name : {"show", "check", "path"}) add_command(*config_, name);
    network_ = add_command(app_, "network");
    network_->require_subcommand(0, 1);
    add_command(*network_, "new");
}

std::string grammar::command() const {
    const auto given = app_.get_subcommands();
    return given.empty() ? std::string() : given.front()->get_name();
}

std::string grammar::config_command() const {
    const auto given = config_->get_subcommands();
    return given.empty() ? std::string() : given.front()->get_name();
}

std::string grammar::advice(const std::string& word) const {
    std::vector<std::string> known;
    const auto add_names = [&known](const CLI::App& of) {
        for (const CLI::Option* option : of.get_options())
            for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
        for (const CLI::App* command : of.get_subcommands([](const CLI::App*) { return true; }))
            known.push_back(command->get_name());
    };
    add_names(app_);
    for (const CLI::App* command : app_.get_subcommands()) add_names(*command);
    const std::optional<std::string> meant = nearest(word.substr(0, word.find('=')), known);
    return meant ? fmt::format("did you mean '{}'?", *meant) : "'mogshare --help' lists commands and options";
}

problem not_understood(const grammar& rules, const std::string& word) {
    const std::string_view kind = word.starts_with('-') ? "option" : rules.command().empty() ? "command" : "argument";
    const std::string which = kind == "argument" ? fmt::format(" of '{}'", rules.command()) : "";
    return {fmt::format("unknown {} '{}'{}", kind, printable(word), which), rules.advice(word), problem::kind::usage};
}

bool takes_words(std::string_view command) {
    return command == "search" || command == "get" || command == "id" || command == "replay" || command == "network";
}

/// Parses, and returns the words that are no options; all that follows `--` are words.
result<std::vector<std::string>, problem> parse(grammar& rules, std::span<const char* const> arguments) {
    const std::vector<std::string> all(arguments.begin(), arguments.end());
    const auto end_of_options = std::find(all.begin(), all.end(), "--");
    std::vector<std::string> reversed(std::make_reverse_iterator(end_of_options), all.rend());  // as CLI11 wants them
    try {
        rules.app().parse(std::move(reversed));
    } catch (const CLI::ParseError& error) {
        return misuse(printable(error.what()), "'mogshare --help' lists commands and options");
    }
    std::vector<std::string> words = rules.app().remaining(true);
    for (const std::string& word : words)
        if (word.size() > 1 && word.starts_with('-')) return failure{not_understood(rules, word)};
    if (end_of_options != all.end()) words.insert(words.end(), end_of_options + 1, all.end());
    if (!words.empty() && !takes_words(rules.command())) return failure{not_understood(rules, words.front())};
    return words;
}

result<std::uint16_t, problem> parse_port_option(const std::string& text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error == std::errc{} && end == text.data() + text.size()) return port;
    return misuse(fmt::format("--port: '{}' is not a port", printable(text)), "0 to 65535; 0 lets the system choose");
}

/// The options that replace keys of the configuration.
std::optional<problem> read_overrides(const grammar& rules, const raw_options& raw, command_line& out) {
    if (rules.given("--port")) {
        const auto port = parse_port_option(raw.port);
        if (!port) return port.error();
        out.port = *port;
    }
    for (const std::string& text : raw.listen) {
        const std::optional<host> address = parse_host(text);
        if (!address)
            return misuse(fmt::format("--listen: '{}' is not a literal address", printable(text)),
                          "for example 0.0.0.0, 127.0.0.1 or ::1")
                .reason;
        out.listen.push_back(*address);
    }
    if (rules.given("--join")) {
        if (!parse_join(raw.join))
            return misuse(fmt::format("--join: '{}' is not HOST:PORT", printable(raw.join)),
                          "for example 192.0.2.7:7000, [2001:db8::7]:7000 or peer.example:7000")
                .reason;
        out.join = raw.join;
    }
    if (rules.given("--upload-limit")) {
        out.upload_bytes_per_s = parse_size(raw.upload_limit);
        if (!out.upload_bytes_per_s)
            return misuse(fmt::format("--upload-limit: '{}' is not a size", printable(raw.upload_limit)),
                          "bytes a second, with k, M or G for powers of 1024, at most 1024G: 500k; 0 = no limit")
                .reason;
    }
    out.set = raw.set;
    return {};
}

std::optional<problem> read_paths(const grammar& rules, const raw_options& raw, command_line& out) {
    const auto read = [&](const char* option, const std::string& text, std::optional<std::filesystem::path>& into) {
        if (rules.given(option)) into = text;
        return !rules.given(option) || (!text.empty() && text.find('\0') == std::string::npos);
    };
    if (!read("--home", raw.home, out.home))
        return misuse("--home: a folder is needed", "for example --home /srv/peer").reason;
    if (!read("--folder", raw.folder, out.folder))
        return misuse("--folder: a folder is needed", "for example --folder ~/mogShare").reason;
    if (!read("-f", raw.command_file, out.command_file))
        return misuse("-f: a file is needed", "for example -f commands.txt").reason;
    if (!read("--record", raw.record, out.record))
        return misuse("--record: a file is needed", "for example --record run.trace; it must not be there yet").reason;
    return {};
}

action action_of(const grammar& rules) {
    const std::string command = rules.command();
    if (command == "serve") return action::serve;
    if (command == "search") return action::search;
    if (command == "get") return action::get;
    if (command == "id") return action::id;
    if (command == "replay") return action::replay;
    if (command == "status") return action::status;
    if (command == "network") return action::network_new;
    if (command != "config") return action::prompt;
    if (rules.config_command() == "check") return action::config_check;
    return rules.config_command() == "path" ? action::config_path : action::config_show;
}

bool content_id_text(std::string_view text) {
    return parse_id<content_id>(text).has_value();
}

bool hex_prefix(std::string_view text) {
    const std::string_view digits = "0123456789abcdefABCDEF";
    return !text.empty() && text.size() <= content_id_digits &&
           text.find_first_not_of(digits) == std::string_view::npos;
}

std::optional<problem> check_words(const grammar& rules, const command_line& out) {
    const std::vector<std::string>& words = out.words;
    const bool blank = std::all_of(words.begin(), words.end(), [](const std::string& word) {
        return word.find_first_not_of(' ') == std::string::npos;
    });
    switch (out.what) {
        case action::search:
            if (blank)
                return misuse("search: nothing to search for", "for example: mogshare search red bicycle").reason;
            if (out.exact && out.by_content_id)
                return misuse("search: --exact and --id exclude each other", "a content id is exact already").reason;
            break;
        case action::get:
            if (blank || words.size() != 1)
                return misuse(words.size() > 1 ? "get: one name at a time" : "get: no name",
                              "for example: mogshare get \"red bicycle.jpg\" (quote a name with spaces)")
                    .reason;
            if (out.content && !hex_prefix(*out.content))
                return misuse(
                           fmt::format("--content: '{}' is not the beginning of a content id", printable(*out.content)),
                           "1 to 64 hex digits")
                    .reason;
            if (out.content && out.by_content_id)
                return misuse("get: --content goes with a name", "a content id needs no further choice").reason;
            break;
        case action::replay:
            if (words.size() != 1)
                return misuse("replay: one recording is needed", "for example: mogshare replay run.trace").reason;
            break;
        case action::network_new:
            if (!rules.founds_network())
                return misuse("network: new is needed", "for example: mogshare network new config/network.key").reason;
            if (words.size() != 1 || words.front().empty() || words.front().find('\0') != std::string::npos)
                return misuse("network new: one file is needed", "for example: mogshare network new config/network.key")
                    .reason;
            break;
        case action::id:
            if (words.empty()) return misuse("id: no file", "for example: mogshare id mogShare/*").reason;
            break;
        default:
            if (rules.command() == "config" && rules.config_command().empty())
                return misuse("config: show, check or path is needed", "for example: mogshare config show").reason;
    }
    return {};
}

/// The command and what it works on.
std::optional<problem> read_action(const grammar& rules, const raw_options& raw, command_line& out) {
    out.what = action_of(rules);
    out.exact = raw.exact;
    out.commands = raw.commands;
    if (!raw.content.empty()) out.content = raw.content;
    if (raw.id && (out.words.size() != 1 || !content_id_text(out.words.front())))
        return misuse("--id: a content id is needed",
                      "64 hex digits, as 'mogshare id FILE' and the results of a search show them")
            .reason;
    out.by_content_id =
        raw.id || (out.what == action::get && out.words.size() == 1 && content_id_text(out.words.front()));
    if (auto wrong = check_words(rules, out)) return wrong;
    const bool scripted = !out.commands.empty() || out.command_file;
    if (scripted && out.what != action::prompt)
        return misuse(fmt::format("-c and -f run commands of the prompt, which '{}' does not have", rules.command()),
                      "leave the command out, or -c and -f")
            .reason;
    if (!out.commands.empty() && out.command_file)
        return misuse("-c and -f exclude each other", "put all commands into the file").reason;
    const bool works = out.what == action::prompt || out.what == action::serve || out.what == action::search ||
                       out.what == action::get;
    if (out.record && !works)
        return misuse(fmt::format("--record records a peer at work, and '{}' starts none", rules.command()),
                      "leave it out")
            .reason;
    if (out.quiet && out.verbose)
        return misuse("--quiet and --verbose exclude each other", "leave one of them out").reason;
    return {};
}

}  // namespace

result<command_line, problem> parse_command_line(std::span<const char* const> arguments) {
    raw_options raw;
    grammar rules(raw);
    auto words = parse(rules, arguments);
    if (!words) return failure{words.error()};
    command_line out;
    out.words = std::move(*words);
    out.json = raw.json;
    out.quiet = raw.quiet;
    out.verbose = raw.verbose;
    if (raw.help || raw.version) {
        out.what = raw.help ? action::help : action::version;
        out.text = raw.help ? help_text(rules.command()) : fmt::format("mogshare {}\n", version());
        return out;
    }
    if (const auto wrong = read_paths(rules, raw, out)) return failure{*wrong};
    if (const auto wrong = read_overrides(rules, raw, out)) return failure{*wrong};
    if (const auto wrong = read_action(rules, raw, out)) return failure{*wrong};
    return out;
}

}  // namespace mogshare::app
