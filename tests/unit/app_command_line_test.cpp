#include "mogshare/app/command_line.hpp"

#include "mogshare/app/exit_code.hpp"

#include <doctest/doctest.h>

using namespace mogshare;
using namespace mogshare::app;
using action = command_line::action;

namespace {

const std::string some_id(64, 'a');

result<command_line, problem> parsed(std::vector<const char*> arguments) {
    return parse_command_line(arguments);
}

command_line good(std::vector<const char*> arguments) {
    const auto outcome = parsed(std::move(arguments));
    if (!outcome) FAIL(outcome.error().what);
    return *outcome;
}

/// `what | hint`; every misuse must exit with 2 and advise something.
std::string misuse(std::vector<const char*> arguments) {
    const auto outcome = parsed(std::move(arguments));
    if (outcome) return "accepted";
    CHECK(exit_code_of(outcome.error().is) == exit_code::usage);
    CHECK(!outcome.error().hint.empty());
    return outcome.error().what + " | " + outcome.error().hint;
}

std::string override_error(std::vector<const char*> arguments) {
    config chosen;
    const auto outcome = apply_overrides(chosen, good(std::move(arguments)));
    return outcome ? "accepted" : outcome.error().what;
}

}  // namespace

TEST_CASE("R13: without a command it is the prompt") {
    const command_line none = good({});
    CHECK(none.what == action::prompt);
    CHECK(!none.home);
    CHECK(!none.port);
    CHECK(!none.json);
    CHECK(good({"-q"}).what == action::prompt);
}

TEST_CASE("the home can be looked at without starting a peer") {
    CHECK(good({"status", "--home", "x", "--json"}).what == action::status);
    CHECK(misuse({"status", "now"}).starts_with("unknown argument 'now' of 'status'"));
}

TEST_CASE("a run is recorded where a peer works, and a recording is replayed") {
    CHECK(good({"--record", "run.trace"}).record == "run.trace");
    CHECK(good({"serve", "--record=run.trace"}).record == "run.trace");
    CHECK(good({"get", "a", "--record", "run.trace"}).record == "run.trace");
    CHECK(!good({"serve"}).record);
    const command_line replay = good({"replay", "run.trace"});
    CHECK(replay.what == action::replay);
    CHECK(replay.words == std::vector<std::string>{"run.trace"});
    CHECK(misuse({"replay"}).starts_with("replay: one recording is needed"));
    CHECK(misuse({"replay", "a", "b"}).starts_with("replay: one recording is needed"));
    CHECK(misuse({"--record", ""}).starts_with("--record: a file is needed"));
    CHECK(misuse({"id", "a", "--record", "b"}).find("'id' starts none") != std::string::npos);
    CHECK(misuse({"replay", "a", "--record", "b"}).find("'replay' starts none") != std::string::npos);
}

TEST_CASE("a network is founded with one file for its key") {
    const command_line given = good({"network", "new", "--json", "network.key"});
    CHECK(given.what == action::network_new);
    CHECK(given.words == std::vector<std::string>{"network.key"});
    CHECK(given.json);
    CHECK(misuse({"network"}).starts_with("network: new is needed"));
    CHECK(misuse({"network", "new"}).starts_with("network new: one file is needed"));
    CHECK(misuse({"network", "new", ""}).starts_with("network new: one file is needed"));
    CHECK(misuse({"network", "new", "a", "b"}).starts_with("network new: one file is needed"));
    CHECK(misuse({"network", "old"}).starts_with("network: new is needed"));
}

TEST_CASE("each command is recognised with what it works on") {
    CHECK(good({"serve"}).what == action::serve);
    const command_line search = good({"search", "red", "bicycle"});
    CHECK(search.what == action::search);
    CHECK(search.words == std::vector<std::string>{"red", "bicycle"});
    CHECK(!search.exact);
    CHECK(good({"search", "--exact", "a b.jpg"}).exact);
    const command_line get = good({"get", "a b.jpg", "--content", "3fA2"});
    CHECK(get.what == action::get);
    CHECK(get.words == std::vector<std::string>{"a b.jpg"});
    CHECK(get.content == "3fA2");
    CHECK(good({"id", "a", "b"}).words == std::vector<std::string>{"a", "b"});
    CHECK(good({"config", "show"}).what == action::config_show);
    CHECK(good({"config", "check"}).what == action::config_check);
    CHECK(good({"config", "path"}).what == action::config_path);
}

TEST_CASE("a content id is recognised") {
    CHECK(good({"search", "--id", some_id.c_str()}).by_content_id);
    CHECK(!good({"search", some_id.c_str()}).by_content_id);
    CHECK(good({"get", some_id.c_str()}).by_content_id);
    CHECK(good({"get", "--id", some_id.c_str()}).by_content_id);
    CHECK(!good({"get", "name"}).by_content_id);
    CHECK(misuse({"get", "--id", "name"}).starts_with("--id: a content id is needed | 64 hex digits"));
    CHECK(misuse({"search", "--id", "abc"}).starts_with("--id: a content id is needed"));
    CHECK(misuse({"get", "name", "--content", "xyz"})
              .starts_with("--content: 'xyz' is not the beginning of a content id"));
    CHECK(misuse({"get", some_id.c_str(), "--content", "aa"}).starts_with("get: --content goes with a name"));
}

TEST_CASE("words of a search may look like commands, and after -- like options") {
    CHECK(good({"search", "serve", "config", "search"}).words == std::vector<std::string>{"serve", "config", "search"});
    CHECK(good({"search", "--", "-v", "--json"}).words == std::vector<std::string>{"-v", "--json"});
    CHECK(good({"get", "id"}).words == std::vector<std::string>{"id"});
    CHECK(good({"search", "{}", "[a]", "a=b", "%x"}).words == std::vector<std::string>{"{}", "[a]", "a=b", "%x"});
    CHECK(good({"get", "{}"}).words == std::vector<std::string>{"{}"});
    CHECK(good({"get", "[a]", "--folder", "[b]"}).folder == "[b]");
}

TEST_CASE("options may stand before and after the command") {
    const std::vector<std::vector<const char*>> orders = {
        {"--home", "h", "--port", "0", "--json", "search", "x"},
        {"search", "x", "--home", "h", "--port", "0", "--json"},
        {"--home=h", "search", "--json", "x", "--port=0"},
    };
    for (const auto& order : orders) {
        const command_line read = good(order);
        CHECK(read.what == action::search);
        CHECK(read.words == std::vector<std::string>{"x"});
        CHECK(read.home == "h");
        CHECK(read.port == 0);
        CHECK(read.json);
    }
    CHECK(good({"config", "show", "--home", "h"}).home == "h");
    CHECK(good({"config", "--home", "h", "show"}).home == "h");
}

TEST_CASE("every option is read") {
    const command_line read =
        good({"--port", "7001", "--listen", "127.0.0.1", "--listen", "::1", "--join", "peer.example:7000", "--folder",
              "f", "-v", "--upload-limit", "2M", "--set", "overlay.depth=4", "--set", "log.level=warn"});
    CHECK(read.port == 7001);
    CHECK(read.listen == std::vector{host::v4({127, 0, 0, 1}), *parse_host("::1")});
    CHECK(read.join == "peer.example:7000");
    CHECK(read.folder == "f");
    CHECK(read.verbose);
    CHECK(read.upload_bytes_per_s == 2 * 1024 * 1024);
    CHECK(read.set == std::vector<std::string>{"overlay.depth=4", "log.level=warn"});
    CHECK(good({"-c", "search a; get 1", "-c", "quit"}).commands ==
          std::vector<std::string>{"search a; get 1", "quit"});
    CHECK(good({"-f", "commands.txt", "--quiet"}).command_file == "commands.txt");
    CHECK(good({"--port", "1", "--port", "2"}).port == 2);
}

TEST_CASE("sizes take suffixes of powers of 1024") {
    CHECK(parse_size("0") == 0);
    CHECK(parse_size("500") == 500);
    CHECK(parse_size("500k") == 512000);
    CHECK(parse_size("500K") == 512000);
    CHECK(parse_size("3G") == 3ULL << 30);
    CHECK(parse_size("1024G") == 1ULL << 40);
    for (const char* bad : {"", "k", "-1", "1.5M", "1T", "1MB", "1025G", "99999999999999999999", " 1", "1 "}) {
        CAPTURE(bad);
        CHECK(!parse_size(bad));
    }
}

TEST_CASE("misuse gets an error and a hint") {
    CHECK(misuse({"serv"}) == "unknown command 'serv' | did you mean 'serve'?");
    CHECK(misuse({"--prot", "1"}) == "unknown option '--prot' | did you mean '--port'?");
    CHECK(misuse({"serve", "--joinn", "x"}) == "unknown option '--joinn' | did you mean '--join'?");
    CHECK(misuse({"search", "x", "--exakt"}) == "unknown option '--exakt' | did you mean '--exact'?");
    CHECK(misuse({"serve", "now"}).starts_with("unknown argument 'now' of 'serve' | "));
    CHECK(misuse({"search"}) == "search: nothing to search for | for example: mogshare search red bicycle");
    CHECK(misuse({"search", "", " "}).starts_with("search: nothing to search for"));
    CHECK(misuse({"get"}).starts_with("get: no name | "));
    CHECK(misuse({"get", "a", "b"}).starts_with("get: one name at a time | "));
    CHECK(misuse({"id"}).starts_with("id: no file | "));
    CHECK(misuse({"config"}).starts_with("config: show, check or path is needed | "));
    CHECK(misuse({"config", "shwo"}) == "unknown argument 'shwo' of 'config' | did you mean 'show'?");
    CHECK(misuse({"--port"}).starts_with("--port"));
    CHECK(misuse({"--port", "x"}) == "--port: 'x' is not a port | 0 to 65535; 0 lets the system choose");
    CHECK(misuse({"--port", "65536"}).starts_with("--port: '65536' is not a port"));
    CHECK(misuse({"--port", "-1"}) != "accepted");
    CHECK(misuse({"--listen", "localhost"}).starts_with("--listen: 'localhost' is not a literal address | "));
    CHECK(misuse({"--join", "a:b:c"}).starts_with("--join: 'a:b:c' is not HOST:PORT | "));
    CHECK(misuse({"--upload-limit", "fast"}).starts_with("--upload-limit: 'fast' is not a size | "));
    CHECK(misuse({"--home", ""}).starts_with("--home: a folder is needed | "));
    CHECK(misuse({"-q", "-v"}).starts_with("--quiet and --verbose exclude each other | "));
    CHECK(misuse({"serve", "-c", "quit"})
              .starts_with("-c and -f run commands of the prompt, which 'serve' does not have | "));
    CHECK(misuse({"-c", "quit", "-f", "x"}).starts_with("-c and -f exclude each other | "));
    CHECK(misuse({"search", "a", "--exact", "--id"}) != "accepted");
}

TEST_CASE("what is printed back of a misuse is harmless") {
    CHECK(misuse({"--port", "\x1b[2J"}).starts_with("--port: '\\x1b[2J' is not a port"));
    CHECK(misuse({"\x1b[2J"}).starts_with("unknown command '\\x1b[2J'"));
}

TEST_CASE("help and version need nothing else") {
    const command_line help = good({"--help"});
    CHECK(help.what == action::help);
    CHECK(help.text.starts_with("mogshare - "));
    CHECK(good({"-h"}).text == help.text);
    CHECK(good({"search", "--help"}).text.starts_with("Usage: mogshare search"));
    CHECK(good({"get", "-h"}).text.starts_with("Usage: mogshare get"));
    CHECK(good({"config", "show", "--help"}).text.starts_with("Usage: mogshare config"));
    CHECK(good({"--version"}).what == action::version);
    CHECK(good({"--version"}).text.starts_with("mogshare "));
    for (const char* option :
         {"--home", "--folder", "--port", "--listen", "--join", "--upload-limit", "--set", "-c ", "-f ", "--json",
          "-q, --quiet", "-v, --verbose", "--version", "-h, --help", "serve", "search", "get", "id", "config"}) {
        CAPTURE(option);
        CHECK(help.text.find(option) != std::string::npos);
    }
}

TEST_CASE("R15: flags replace the configuration") {
    config chosen;
    const command_line given =
        good({"--set", "network.port=1", "--port", "0", "--listen", "::1", "--join", "::1", "--folder", "/srv/../f",
              "--upload-limit", "100k", "--set", "overlay.entry_rows=8", "-q"});
    REQUIRE(apply_overrides(chosen, given));
    CHECK(chosen.port == 0);
    CHECK(chosen.listen == std::vector{*parse_host("::1")});
    CHECK(chosen.join == "::1");
    CHECK(chosen.folder == "/f");
    CHECK(chosen.protocol.upload_bytes_per_s == 100 * 1024);
    CHECK(chosen.protocol.entry_rows == 8);
    CHECK(chosen.log == log_level::error);
    REQUIRE(apply_overrides(chosen, good({"--folder", "below"})));
    CHECK(chosen.folder == (std::filesystem::current_path() / "below").string());
}

TEST_CASE("R15: flags are checked as the file is") {
    CHECK(override_error({"--set", "overlay.depth=0"}) ==
          "--set: 'overlay.depth' is 0, but must be an integer from 1 to 16 (hops)");
    CHECK(override_error({"--set", "overlay.entry_rows=5"}) ==
          "--set: 'overlay.entry_rows' is 5, but X must be even and at least 4");
    CHECK(override_error({"--set", "nothing"}) == "--set: 'nothing' is not KEY=VALUE");
    CHECK(override_error({"--set", "time.ping_ms=20000", "--set", "time.ping_wait_ms=90000"}) == "accepted");
}

TEST_CASE("each kind of problem has its exit code") {
    CHECK(static_cast<int>(exit_code_of(problem::kind::failed)) == 1);
    CHECK(static_cast<int>(exit_code_of(problem::kind::usage)) == 2);
    CHECK(static_cast<int>(exit_code_of(problem::kind::not_found)) == 3);
    CHECK(static_cast<int>(exit_code_of(problem::kind::timeout)) == 4);
    CHECK(static_cast<int>(exit_code_of(problem::kind::integrity)) == 5);
    CHECK(static_cast<int>(exit_code_of(problem::kind::network)) == 6);
    CHECK(static_cast<int>(exit_code_of(problem::kind::unfinished)) == 7);
    CHECK(static_cast<int>(exit_code_of(problem::kind::disk_full)) == 9);
}
