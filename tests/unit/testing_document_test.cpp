// docs/TESTING.md names the tests that prove what it says of bad input: they are there.

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

std::string text_of(const std::string& path) {
    std::ifstream file(MOGSHARE_SOURCE_DIR "/" + path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The last cell of each row of the table in "Bad input".
std::vector<std::string> proofs() {
    std::ifstream document(MOGSHARE_SOURCE_DIR "/docs/TESTING.md");
    std::vector<std::string> found;
    bool inside = false;
    for (std::string line; std::getline(document, line);) {
        if (line.starts_with("## ")) inside = line == "## Bad input";
        if (!inside || !line.starts_with("| ") || line.starts_with("| **") || line.starts_with("| input ")) continue;
        const std::size_t begin = line.rfind(" | ", line.size() - 3);
        found.push_back(line.substr(begin + 3, line.size() - begin - 5));
    }
    return found;
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

}  // namespace

TEST_CASE("every test that TESTING.md names for bad input is there") {
    const std::vector<std::string> rows = proofs();
    CHECK(rows.size() > 30);
    for (const std::string& row : rows) {
        CAPTURE(row);
        const std::vector<std::string> names = quoted(row);
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
            } else {
                CHECK(source.find(python ? "def case_" + name + "(" : name) != std::string::npos);
            }
        }
    }
}
