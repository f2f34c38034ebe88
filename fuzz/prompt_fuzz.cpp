// What people type: lines become commands, words become conditions, times, sizes and addresses, and every mistake two plain lines.
// Then the command line, whose words no input can make it choke on.

#include "bytes/reader.hpp"

#include "mogshare/app/command_line.hpp"
#include "mogshare/app/commands.hpp"
#include "mogshare/app/views.hpp"
#include "mogshare/app/words.hpp"

#include <array>
#include <vector>

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

/// A word as it can be typed: in quotes that keep everything, and each quote of its own after a backslash.
std::string quoted(const std::string& word) {
    std::string typed = "'";
    for (const char c : word) typed += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return typed + "'";
}

void check_line(const std::string& line) {
    const auto commands = app::split_commands(line);
    if (!commands) {
        require(line.find_first_of("'\"") != std::string::npos, "an open quotation without a quote");
        return check_problem(commands.error());
    }
    std::string typed;
    for (const app::command_words& each : *commands) {
        require(!each.empty(), "a command without a word");
        for (const std::string& word : each) typed += quoted(word) + " ";
        typed += ";";
    }
    const auto again = app::split_commands(typed);
    require(again.ok() && *again == *commands, "words that change when they are typed in quotes");
    for (const app::command_words& each : *commands) {
        const auto found = app::find_command(each.front());
        if (!found) {
            check_problem(found.error());
            continue;
        }
        require((*found)->name.starts_with(each.front()), "a command of another name");
        require(!app::help_lines(**found).empty(), "a command without help");
        if ((*found)->kind != app::command_kind::wait) continue;
        const auto wait = app::parse_wait({each.begin() + 1, each.end()});
        if (!wait) check_problem(wait.error());
    }
}

/// Any words can be typed, empty ones too.
void check_typed(reader from) {
    app::command_words words;
    do words.push_back(from.some_text());
    while (!from.empty());
    std::string typed;
    for (const std::string& word : words) typed += quoted(word) + " ";
    const auto read = app::split_commands(typed);
    require(read.ok() && read->size() == 1 && read->front() == words,
            "words that are read otherwise than they were typed");
}

void check_words(const std::string& text) {
    if (const auto time = app::parse_duration(text))
        require(*time >= duration::zero() && *time <= std::chrono::hours(24), "a time beyond a day");
    if (const auto count = app::parse_size(text)) require(*count <= std::uint64_t{1} << 40, "a size beyond any limit");
    if (const auto where = parse_endpoint(text))
        require(parse_endpoint(to_string(*where)) == where, "an address that reads back otherwise");
    if (const auto address = parse_host(text))
        require(parse_host(to_string(*address)) == address, "a host that reads back otherwise");
    if (const auto id = parse_id<content_id>(text))
        require(parse_id<content_id>(to_hex(*id)) == id, "an id that changes");
}

void check_wait(reader from) {
    std::vector<std::string> arguments(from.byte() % 4);
    for (std::string& each : arguments) each = from.some_text();
    const auto wait = app::parse_wait(arguments);
    if (!wait) return check_problem(wait.error());
    const std::string shown = app::to_string(*wait);
    const auto again = app::parse_wait({shown});
    require(again && again->what == wait->what && again->least == wait->least, "a condition that reads back otherwise");
    if (wait->limit) require(*wait->limit <= std::chrono::hours(24), "a time limit beyond a day");
}

/// Options that there are, words, and anything.
void check_command_line(reader from) {
    static constexpr std::array<const char*, 20> likely{"serve",          "search", "get",    "id",        "config",
                                                        "show",           "check",  "replay", "--json",    "--exact",
                                                        "--listen",       "--port", "--join", "--home",    "--set",
                                                        "--upload-limit", "-c",     "--",     "--content", "127.0.0.1"};
    std::vector<std::string> words;
    while (!from.empty() && words.size() < 12) {
        const bool known = from.flag();
        std::string word = known ? from.pick(likely) : from.some_text();
        word.resize(std::min(word.size(), word.find('\0')));  // no argument holds one
        words.push_back(word);
    }
    std::vector<const char*> arguments;
    for (const std::string& each : words) arguments.push_back(each.c_str());
    const auto given = app::parse_command_line(arguments);
    if (!given) return check_problem(given.error());
    app::config chosen;
    const auto applied = app::apply_overrides(chosen, *given);
    if (!applied) return check_problem(applied.error());
    require(!core::check(chosen.protocol), "settings that no peer can have");
    if (given->port) require(chosen.port == *given->port, "a port that is not taken");
    if (given->content) require(given->content->size() <= 64, "more digits than an id has");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    reader from(data, size);
    switch (from.byte() % 5) {
        case 0: check_line(std::string(as_text(from.rest()))); break;
        case 1: check_words(std::string(as_text(from.rest()))); break;
        case 2: check_wait(from); break;
        case 3: check_typed(from); break;
        default: check_command_line(from); break;
    }
    return 0;
}
