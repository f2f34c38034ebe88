// The prompt's language: words, commands and what they wait for.

#include "mogshare/app/commands.hpp"
#include "mogshare/app/words.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace mogshare;
using namespace mogshare::app;
using namespace std::chrono_literals;

namespace {

std::vector<command_words> split(std::string_view line) {
    const auto commands = split_commands(line);
    REQUIRE(commands.ok());
    return *commands;
}

std::string found(std::string_view typed) {
    const auto which = find_command(typed);
    return which ? std::string((*which)->name) : "error: " + which.error().what + " / " + which.error().hint;
}

}  // namespace

TEST_CASE("a line is split into commands and words as a shell does") {
    CHECK(split("") == std::vector<command_words>{});
    CHECK(split("  ; ;; ") == std::vector<command_words>{});
    CHECK(split("search red  bicycle") == std::vector<command_words>{{"search", "red", "bicycle"}});
    CHECK(split("search foo; get 1;quit") == std::vector<command_words>{{"search", "foo"}, {"get", "1"}, {"quit"}});
    CHECK(split("get 'a; b' \"c 'd\" e\\ f") == std::vector<command_words>{{"get", "a; b", "c 'd", "e f"}});
    CHECK(split(R"(get "say \"x\"" '\' a"b"c)") == std::vector<command_words>{{"get", "say \"x\"", "\\", "abc"}});
    CHECK(split("search ''") == std::vector<command_words>{{"search", ""}});
    CHECK(split("get\t1\r") == std::vector<command_words>{{"get", "1"}});
    CHECK(split("get a\\") == std::vector<command_words>{{"get", "a\\"}});
}

TEST_CASE("a comment begins where a command could, and goes on to the end of the line") {
    CHECK(split("# search foo; get 1") == std::vector<command_words>{});
    CHECK(split("status # not a comment") == std::vector<command_words>{{"status", "#", "not", "a", "comment"}});
    CHECK(split("status; # a comment; quit") == std::vector<command_words>{{"status"}});
    CHECK(split("get #1") == std::vector<command_words>{{"get", "#1"}});
}

TEST_CASE("a quotation that is not closed is misuse") {
    for (const char* line : {"get 'a", "get \"a", "get \"a\\\"", "'"}) {
        const auto commands = split_commands(line);
        REQUIRE_FALSE(commands.ok());
        CHECK(commands.error().is == problem::kind::usage);
        CHECK_FALSE(commands.error().hint.empty());
    }
}

TEST_CASE("a command is known by its name or a beginning that no other has") {
    CHECK(found("search") == "search");
    CHECK(found("sea") == "search");
    CHECK(found("g") == "get");
    CHECK(found("wh") == "why");
    CHECK(found("q") == "quit");
    CHECK(found("set") == "set");
    CHECK(found("s") ==
          "error: 's' is ambiguous / did you mean 'search', 'shares', 'stats', 'set', 'status' or 'sleep'?");
    CHECK(found("stat") == "error: 'stat' is ambiguous / did you mean 'stats' or 'status'?");
    CHECK(found("serch") == "error: there is no command 'serch' / did you mean 'search'? 'help' lists all commands");
    CHECK(found("xyzzy") == "error: there is no command 'xyzzy' / 'help' lists all commands");
    CHECK(found("") == "error: there is no command '' / 'help' lists all commands");
    CHECK(found("\033[2J") == "error: there is no command '\\x1b[2J' / 'help' lists all commands");
}

TEST_CASE("every command has a summary and an example that is itself") {
    const lines overview = help_lines();
    for (const command& each : all_commands()) {
        CAPTURE(each.name);
        CHECK_FALSE(each.summary.empty());
        const auto example = split_commands(each.example);
        REQUIRE(example.ok());
        REQUIRE(example->size() == 1);
        CHECK(example->front().front() == each.name);
        CHECK(find_command(each.name).ok());

        const lines help = help_lines(each);
        CHECK(help.front().starts_with(each.name));
        CHECK(help.back() == "  example: " + std::string(each.example));
        const auto listed = [&](const std::string& line) {
            return line.starts_with(each.name) && line.find(each.summary) != std::string::npos &&
                   line.ends_with(each.example);
        };
        CHECK(std::any_of(overview.begin(), overview.end(), listed));
    }
}

TEST_CASE("times have a unit, or are seconds") {
    CHECK(parse_duration("250ms") == 250ms);
    CHECK(parse_duration("2s") == 2s);
    CHECK(parse_duration("1.5s") == 1500ms);
    CHECK(parse_duration("3m") == 3min);
    CHECK(parse_duration("3min") == 3min);
    CHECK(parse_duration("10") == 10s);
    CHECK(parse_duration("0") == 0s);
    CHECK(parse_duration("86400") == 24h);
    for (const char* wrong :
         {"", "s", "-1s", "1h", "1 s", "1e3", "nan", "inf", "86401", "1..2s", ".", "2ss", "99999999999999999999"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_duration(wrong));
    }
}

TEST_CASE("wait knows what it waits for, and for how long") {
    const auto peers = parse_wait({"peers>=2", "10s"});
    REQUIRE(peers.ok());
    CHECK(peers->what == wait_condition::subject::peers);
    CHECK(peers->least == 2);
    CHECK(peers->limit == 10s);
    CHECK(to_string(*peers) == "peers>=2");

    const auto transfers = parse_wait({"transfers"});
    REQUIRE(transfers.ok());
    CHECK(transfers->what == wait_condition::subject::transfers);
    CHECK_FALSE(transfers->limit);
    CHECK(to_string(*transfers) == "transfers");

    for (const std::string text : {"primary>=1", "secondary>=0", "links>=3", "shares>=100", "uploads>=1", "hashed"}) {
        CAPTURE(text);
        const auto condition = parse_wait({text});
        REQUIRE(condition.ok());
        CHECK(to_string(*condition) == text);
    }
}

TEST_CASE("a condition that wait does not know is misuse, with a hint") {
    const std::vector<std::vector<std::string>> wrong{
        {},          {"peers"},        {"peers>="},   {"peers>=x"}, {"peers>=-1"},        {"peers>2"},
        {"peers=2"}, {"transfers>=1"}, {"hashed>=1"}, {"pears>=1"}, {"peers>=1", "soon"}, {"peers>=1", "1s", "2s"},
        {""},        {">=1"}};
    for (const auto& given : wrong) {
        const auto condition = parse_wait(given);
        REQUIRE_FALSE(condition.ok());
        CHECK(condition.error().is == problem::kind::usage);
        CHECK_FALSE(condition.error().hint.empty());
    }
    CHECK(parse_wait({"pears>=1"}).error().hint == "did you mean 'peers'?");
}
