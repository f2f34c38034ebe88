#include "mogshare/app/program.hpp"

#include "app/console.hpp"
#include "app/membership.hpp"
#include "app/opening.hpp"
#include "app/passphrase.hpp"
#include "app/session.hpp"
#include "mogshare/base/printable.hpp"
#include "mogshare/content/names.hpp"
#include "mogshare/runtime/signals.hpp"
#include "mogshare/runtime/system.hpp"
#include "mogshare/secure/algorithms.hpp"
#include "mogshare/store/folder.hpp"
#include "mogshare/store/identity.hpp"
#include "mogshare/store/network_file.hpp"
#include "mogshare/trace/replay.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

namespace mogshare::app {

namespace {

using action = command_line::action;

int number_of(exit_code code) {
    return static_cast<int>(code);
}

std::string joined(const lines& text) {
    std::string out;
    for (const std::string& line : text) (out += line) += '\n';
    return out;
}

problem unheard(const std::string& reason) {
    return {"cannot write to the standard output: " + reason,
            "it goes to a full disk, or to a program that has ended: send it elsewhere", problem::kind::failed};
}

/// Prints on stdout. Where that fails, the reader should learn of it.
int print(const std::string& text) {
    const int error = write_all(STDOUT_FILENO, text);
    if (error == 0) return number_of(exit_code::done);
    write_all(STDERR_FILENO, joined(two_lines(unheard(std::generic_category().message(error)))));
    return number_of(exit_code::failed);
}

/// What is wrong before there is a session.
int fail(const problem& what, bool json) {
    if (json) write_all(STDOUT_FILENO, joined(json_views()->failed(what, exit_code_of(what.is))));
    write_all(STDERR_FILENO, joined(two_lines(what)));
    return number_of(exit_code_of(what.is));
}

int print_ids(const command_line& given) {
    int code = number_of(exit_code::done);
    const auto show = given.json ? json_views() : text_views();
    for (const std::string& path : given.words) {
        const auto hashed = store::hash_file(path);
        if (!hashed) {
            problem what = hashed.error();
            what.is = problem::kind::failed;  // one exit code for several files, whatever was wrong with each
            code = fail(what, given.json);
        } else if (const int printed = print(joined(show->file_id(hashed->root, hashed->size, path))); printed != 0) {
            return printed;
        }
    }
    return code;
}

int run_config(const command_line& given) {
    if (given.what == action::config_path) {
        const auto paths = find_paths(given);
        return paths ? print(paths->config.string() + "\n") : fail(paths.error(), given.json);
    }
    const auto from = read_home(given);
    if (!from) return fail(from.error(), given.json);
    if (given.what == action::config_show) return print(to_toml(from->chosen));
    if (const auto wrong = network_trouble(from->chosen, from->paths, passphrase_is_set()))
        return fail(*wrong, given.json);
    std::error_code ignored;
    const bool exists = std::filesystem::exists(from->paths.config, ignored);
    const std::string path = printable(from->paths.config.string(), 4096);
    return print(exists ? path + " is fine\n" : fmt::format("there is no file {}: the defaults are fine\n", path));
}

result<bytes, problem> read_recording(const std::string& path) {
    const auto bad = [&](const std::string& reason) {
        return failure{problem{fmt::format("cannot read the recording '{}': {}", printable(path, 2048), reason),
                               "--record FILE makes one", problem::kind::failed}};
    };
    std::ifstream file(path, std::ios::binary);
    if (!file) return bad(std::generic_category().message(errno));
    bytes read;
    // One that has just become too long still ends within its bound and one more step.
    const std::size_t bytes_max = limits::recording_bytes_max + 8 * limits::MiB;
    std::array<char, 64 * limits::KiB> part;
    while (read.size() <= bytes_max) {
        file.read(part.data(), part.size());
        read.insert(read.end(), part.data(), part.data() + file.gcount());
        if (file.bad() || (file.fail() && !file.eof())) return bad(std::generic_category().message(errno));
        if (file.eof()) return read;
    }
    return bad("it is longer than any recording");
}

/// `same outputs`, or the first step whose outputs are others.
int run_replay(const command_line& given) {
    const auto recording = read_recording(given.words.front());
    if (!recording) return fail(recording.error(), given.json);
    const auto told = trace::replay(*recording);
    if (!told) return fail(told.error(), given.json);
    const auto show = given.json ? json_views() : text_views();
    const int printed = print(joined(show->replayed(*told)));
    return printed != 0 || !told->differs ? printed : number_of(exit_code::failed);
}

int show_home(const command_line& given) {
    const auto from = read_home(given);
    if (!from) return fail(from.error(), given.json);
    const auto id = store::known_id(from->paths);
    if (!id) return fail(id.error(), given.json);
    const auto show = given.json ? json_views() : text_views();
    const auto trouble = network_trouble(from->chosen, from->paths, passphrase_is_set());
    return print(joined(show->home_status({*id, store::running_port(from->paths), from->home,
                                           from->paths.folder.string(), network_text(from->chosen, trouble)})));
}

/// The path as a configuration anywhere can have it.
int found_network(const command_line& given) {
    std::error_code unknown;
    const std::filesystem::path named(given.words.front());
    const std::filesystem::path path = std::filesystem::absolute(named, unknown);
    if (!content::normalised(path.string()))
        return fail({fmt::format("the path of a network's key must be UTF-8: '{}'", printable(path.string(), 2048)),
                     "no configuration could name it otherwise: choose another name or folder", problem::kind::usage},
                    given.json);
    const auto home = read_home(given);
    if (!home) return fail(home.error(), given.json);
    if (store::lies_in_folder(path, home->paths.folder))
        return fail(
            {fmt::format("refusing to make a network's key in the shared folder: '{}'", printable(path.string(), 2048)),
             "whoever fetched it there would be a member: choose a name outside of that folder", problem::kind::usage},
            given.json);
    const auto made = store::make_network_file(unknown ? named : path, secure::network_secret::generate());
    if (!made) return fail(made.error(), given.json);
    const auto show = given.json ? json_views() : text_views();
    return print(joined(show->network_founded((unknown ? named : path).string())));
}

result<std::vector<std::string>, problem> read_commands(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<std::string> commands;
    for (std::string line; std::getline(file, line);) commands.push_back(line);
    if (file.is_open() && !file.bad()) return commands;
    return failure{problem{fmt::format("cannot read the commands in '{}': {}", printable(path.string(), 2048),
                                       std::generic_category().message(errno)),
                           "-f takes a file with commands of the prompt, one a line", problem::kind::usage}};
}

wanted_file file_of(const command_line& given) {
    wanted_file wanted;
    wanted.text = given.words.front();
    wanted.what = given.by_content_id ? wanted_file::by::content : wanted_file::by::name;
    if (const auto id = parse_id<content_id>(wanted.text); id && given.by_content_id) wanted.text = to_hex(*id);
    wanted.beginning = given.content;
    for (char& digit : wanted.beginning ? *wanted.beginning : wanted.text)
        if (wanted.beginning && digit >= 'A' && digit <= 'F') digit = static_cast<char>(digit - 'A' + 'a');
    return wanted;
}

result<session_plan, problem> plan_one_shot(const command_line& given) {
    session_plan plan;
    plan.is = session_plan::kind::one_shot;
    wanted_search wanted;
    for (const std::string& word : given.words) wanted.text += (wanted.text.empty() ? "" : " ") + word;
    if (given.exact) wanted.kind = wire::query_kind::exact;
    if (given.by_content_id) wanted.kind = wire::query_kind::content;
    if (given.what == action::get && !given.by_content_id) wanted.kind = wire::query_kind::exact;
    const auto fit = check_search(wanted);
    if (!fit) return failure{fit.error()};
    if (given.what == action::search) {
        plan.only = [search = *fit](desk& at, task::done_handler done) {
            return make_search(search, at, std::move(done));
        };
    } else {
        const wanted_files files{{file_of(given)}, false};
        plan.only = [files](desk& at, task::done_handler done) { return make_get(files, at, std::move(done)); };
    }
    return plan;
}

result<session_plan, problem> plan_session(const command_line& given) {
    if (given.what == action::search || given.what == action::get) return plan_one_shot(given);
    session_plan plan;
    plan.is = given.what == action::serve ? session_plan::kind::serve : session_plan::kind::prompt;
    if (!given.commands.empty() || given.command_file) plan.is = session_plan::kind::script;
    plan.commands = given.commands;
    if (given.command_file) {
        auto read = read_commands(*given.command_file);
        if (!read) return failure{read.error()};
        plan.commands = std::move(*read);
    }
    return plan;
}

log_level level_for(const command_line& given, const config& chosen) {
    const bool one_shot = given.what == action::search || given.what == action::get;
    return one_shot && !given.verbose ? std::min(chosen.log, log_level::warn) : chosen.log;
}

/// What everything but help would end without a word for.
std::optional<problem> check_openssl() {
    const std::vector<std::string> missing = secure::missing_algorithms();
    if (missing.empty()) return {};
    return problem{
        fmt::format("the OpenSSL of this machine lacks what mogShare is built on: {}", fmt::join(missing, ", ")),
        "its configuration (openssl.cnf, or what OPENSSL_CONF names) must activate the default provider",
        problem::kind::failed};
}

int run_peer(const command_line& given) {
    auto plan = plan_session(given);
    if (!plan) return fail(plan.error(), given.json);
    auto from = read_home(given);
    if (!from) return fail(from.error(), given.json);
    runtime::ignore_write_signals();
    runtime::raise_descriptor_limit();
    asio::io_context loop(1);
    const auto show = given.json ? json_views() : text_views();
    session* working = nullptr;
    auto opened = open_peer(loop, *from, given, [&](const runtime::any_news& news) { working->take(news); });
    if (!opened) return fail(opened.error(), given.json);
    plan->hashes = !opened->beside_another;
    plan->join_later = opened->join_later;
    const bool serves = given.what == action::serve;
    console out(loop, console::look(level_for(given, from->chosen)), [&](const std::string& reason) {
        out.error(unheard(reason));
        if (!serves) working->quit(exit_code::failed);
    });
    if (store::walks_by_steps())
        out.log(log_level::info, "folder",
                "this system has no openat2, or forbids it: paths are walked one folder at a time, as safe and slower");
    for (const std::string& warning : opened->warnings) out.log(log_level::warn, "network", warning);
    if (opened->join_later) out.log(log_level::warn, "entry", opened->join_trouble + "; it will be tried again");
    session work(loop, out, *show, std::move(*plan));
    working = &work;
    work.attach(*opened->node, from->chosen, from->paths, from->home);
    const exit_code code = work.run();
    const std::string broken = out.finish();  // the last lines may be those that cannot be written
    if (broken.empty() || serves) return number_of(code);
    write_all(STDERR_FILENO, joined(two_lines(unheard(broken))));
    return number_of(exit_code::failed);
}

}  // namespace

int run_program(std::span<const char* const> arguments) {
    const auto given = parse_command_line(arguments);
    if (!given)
        return fail(given.error(),
                    std::find(arguments.begin(), arguments.end(), std::string_view("--json")) != arguments.end());
    const bool only_tells = given->what == action::help || given->what == action::version;
    if (const auto wrong = only_tells ? std::nullopt : check_openssl()) return fail(*wrong, given->json);
    switch (given->what) {
        case action::help:
        case action::version: return print(given->text);
        case action::id: return print_ids(*given);
        case action::config_show:
        case action::config_check:
        case action::config_path: return run_config(*given);
        case action::replay: return run_replay(*given);
        case action::network_new: return found_network(*given);
        case action::status: return show_home(*given);
        case action::prompt:
        case action::serve:
        case action::search:
        case action::get: return run_peer(*given);
    }
    return number_of(exit_code::failed);
}

}  // namespace mogshare::app
