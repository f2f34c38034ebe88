// Names by which other programs were led astray, and secrets where everybody reads them.

#include "mogshare/content/names.hpp"
#include "mogshare/app/command_line.hpp"
#include "mogshare/app/config.hpp"
#include "mogshare/base/printable.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

using namespace mogshare;

TEST_CASE("attack: names that led out of a folder, or to hidden files, or over others, are refused") {
    for (const char* name :
         {"..", "../x", "a/../../x", "/etc/passwd", "//x", "..\\x", "C:\\x", "C:x", "a/..", "./x", "a//x", "a/",
          ".ssh/authorized_keys", "a/.bashrc", ".hidden", "..hidden", "~/.profile/.x", "a\\..\\..\\x"}) {
        CAPTURE(name);
        CHECK(content::check_name(name).has_value());
    }
    CHECK(content::check_name(std::string("a\0b", 3)).has_value());
    CHECK_FALSE(content::check_name("a/b/c.txt").has_value());
}

TEST_CASE("attack: names of devices are refused in any case, with any extension, in any component") {
    for (const char* name : {"CON", "con.txt", "a/NUL", "aux.tar.gz", "Com1", "lpt9.x/y", "nul .txt", "PRN"}) {
        CAPTURE(name);
        CHECK(content::check_name(name) == content::name_error::reserved);
    }
    CHECK_FALSE(content::check_name("console.txt").has_value());
}

TEST_CASE(
    "attack: terminal escapes in a name are refused, and no character without a look of its own is printed as it is") {
    const auto printed_plainly = [](const char* name) {
        const std::string shown = printable(name);
        return std::all_of(shown.begin(), shown.end(), [](char each) { return each >= ' ' && each <= '~'; });
    };
    for (const char* name : {"a\x1b[2Jb", "a\x1b]0;title\x07", "a\rb", "a\nb", "a\x7f", "a\xc2\x9b\x32J", "a\xff"}) {
        CAPTURE(printable(name));
        CHECK(content::check_name(name).has_value());
        CHECK(printed_plainly(name));
    }
    for (const char* name : {"a\u202Egpj.exe", "a\u2066b", "zero\u200Bwidth"}) CHECK(printed_plainly(name));
}

TEST_CASE("attack: no secret can be given on the command line, where everybody reads it") {
    app::config chosen;
    for (const char* set : {"network.passphrase=hunter2", "network.passphrase='a secret'", "network.key=hunter2",
                            "network.secret=hunter2"}) {
        CAPTURE(set);
        CHECK_FALSE(app::set_key(chosen, set, "--set").ok());
    }
    CHECK(app::set_key(chosen, "network.passphrase=ask", "--set").ok());
    for (const char* option : {"--passphrase", "--secret", "--key", "--password"}) {
        CAPTURE(option);
        const std::array<const char*, 3> arguments{"mogshare", option, "hunter2"};
        CHECK_FALSE(app::parse_command_line(arguments).ok());
    }
}
