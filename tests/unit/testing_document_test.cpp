// docs/TESTING.md names the tests that prove what it says of bad input and of attacks: they are there.

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

std::string text_of(const std::string& path) {
    std::ifstream file(MOGSHARE_SOURCE_DIR "/" + path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The rows of the table in a section, without its head and without what divides it.
std::vector<std::string> rows_of(const std::string& section) {
    std::ifstream document(MOGSHARE_SOURCE_DIR "/docs/TESTING.md");
    std::vector<std::string> found;
    bool inside = false;
    bool head = true;
    for (std::string line; std::getline(document, line);) {
        if (line.starts_with("## ")) inside = line == "## " + section;
        if (!inside || !line.starts_with("|")) continue;
        if (line.starts_with("|---")) {
            head = false;
        } else if (!head && !line.starts_with("| **")) {
            found.push_back(line);
        }
    }
    return found;
}

std::string last_cell(const std::string& row) {
    const std::size_t begin = row.rfind(" | ", row.size() - 3);
    return row.substr(begin + 3, row.size() - begin - 5);
}

/// What stands between back quotes.
std::vector<std::string> quoted(const std::string& cell) {
    std::vector<std::string> found;
    for (std::size_t begin = cell.find('`'); begin != std::string::npos;) {
        const std::size_t end = cell.find('`', begin + 1);
        if (end == std::string::npos) break;
        found.push_back(cell.substr(begin + 1, end - begin - 1));
        begin = cell.find('`', end + 1);
    }
    return found;
}

/// The names of a program's cases, in the order of the source; one that is written in parts is put together.
std::vector<std::string> cases_of(const std::string& source) {
    std::vector<std::string> found;
    const std::string begins = "TEST_CASE(";
    for (std::size_t at = source.find(begins); at != std::string::npos; at = source.find(begins, at)) {
        at += begins.size();
        std::string name;
        for (bool quoted = false; source.at(at) != ')' || quoted; ++at) {
            if (source.at(at) == '"') {
                quoted = !quoted;
            } else if (quoted) {
                name += source.at(at);
            }
        }
        found.push_back(name);
    }
    return found;
}

/// A row's proofs are there: each file, and each case in the file that was named before it.
void check_proofs(const std::string& row) {
    CAPTURE(row);
    const std::vector<std::string> names = quoted(last_cell(row));
    REQUIRE(names.size() >= 2);
    REQUIRE(names.front().starts_with("tests/"));
    std::string source;
    bool python = false;
    for (const std::string& name : names) {
        CAPTURE(name);
        if (name.starts_with("tests/")) {
            source = text_of(name);
            python = name.ends_with(".py");
            CHECK_FALSE(source.empty());
        } else if (python) {
            CHECK(source.find("def case_" + name + "(") != std::string::npos);
        } else {
            const auto cases = cases_of(source);
            CHECK(std::any_of(cases.begin(), cases.end(),
                              [&](const std::string& one) { return one.find(name) != std::string::npos; }));
        }
    }
}

/// What was thought of (the phases of the protocol), and what other programs really had.
const std::vector<std::string> attacks{"`search-forged`",
                                       "`search-inside`",
                                       "`search-flood`",
                                       "`entry-eclipse`",
                                       "`entry-slice`",
                                       "`answer-false`",
                                       "`answer-mass`",
                                       "`ping-then-slow`",
                                       "`ping-unread`",
                                       "`upload-slots`",
                                       "`download-wrong-content`",
                                       "`download-file-changes`",
                                       "`download-size`",
                                       "`download-resume`",
                                       "`connection-slow`",
                                       "`connection-frames`",
                                       "`connection-memory`",
                                       "`connection-hash`",
                                       "`connection-descriptors`",
                                       "`names-traversal`",
                                       "`names-control`",
                                       "`names-links`",
                                       "`operation-log`",
                                       "`operation-config`",
                                       "CVE-2023-43620",
                                       "CVE-2023-43616",
                                       "CVE-2023-43619",
                                       "CVE-2023-43621",
                                       "CVE-2025-27142",
                                       "CVE-2025-54792",
                                       "CVE-2010-0012",
                                       "CVE-2007-1384",
                                       "CVE-2005-0788, CVE-2005-0789",
                                       "CVE-2017-1000420",
                                       "CVE-2021-21404",
                                       "CVE-2015-3641",
                                       "CVE-2024-52919",
                                       "CVE-2020-14198",
                                       "CVE-2025-54604",
                                       "CVE-2022-0778",
                                       "CVE-2020-26164",
                                       "qBittorrent #4850",
                                       "qBittorrent #13384"};

}  // namespace

TEST_CASE("every test that TESTING.md names for bad input is there") {
    const std::vector<std::string> rows = rows_of("Bad input");
    CHECK(rows.size() > 30);
    for (const std::string& row : rows) check_proofs(row);
}

TEST_CASE("every test that TESTING.md names for an attack is there, and no attack is left out") {
    const std::vector<std::string> rows = rows_of("Attacks");
    REQUIRE(rows.size() == attacks.size());
    for (std::size_t at = 0; at < rows.size(); ++at) {
        CHECK(rows[at].substr(2, attacks[at].size()) == attacks[at]);
        check_proofs(rows[at]);
    }
}

TEST_CASE("every case of attack_tests is named in the table of attacks, and begins with what it is") {
    const std::vector<std::string> rows = rows_of("Attacks");
    std::size_t seen = 0;
    for (const auto& entry : std::filesystem::directory_iterator(MOGSHARE_SOURCE_DIR "/tests/attack")) {
        const std::string path = "tests/attack/" + entry.path().filename().string();
        for (const std::string& name : cases_of(text_of(path))) {
            CAPTURE(path);
            CAPTURE(name);
            ++seen;
            CHECK(name.starts_with("attack: "));
            CHECK(std::any_of(rows.begin(), rows.end(), [&](const std::string& row) {
                const auto names = quoted(last_cell(row));
                const bool of_file = std::find(names.begin(), names.end(), path) != names.end();
                return of_file && std::any_of(names.begin(), names.end(), [&](const std::string& part) {
                           return name.find(part) != std::string::npos;
                       });
            }));
        }
    }
    CHECK(seen > 15);
}
