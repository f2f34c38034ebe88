#include "mogshare/store/state.hpp"

#include "mogshare/base/limits.hpp"
#include "mogshare/base/sha256.hpp"
#include "store_temporary.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace mogshare;
using namespace mogshare::store_test;
using store::load_tables;
using store::save_tables;
using store::saved_row;
using store::saved_tables;

namespace {

peer_id id_of(std::uint64_t number) {
    return random_source::from_number(number).id<peer_id>();
}

saved_row row(std::uint64_t number, double score, std::initializer_list<const char*> addresses) {
    saved_row made;
    made.id = id_of(number);
    made.score = score;
    for (const char* address : addresses) made.addresses.push_back(parse_endpoint(address).value());
    return made;
}

saved_tables some_tables() {
    saved_tables tables;
    tables.primary = {row(1, 5, {"127.0.0.1:7000"}), row(2, 0.1, {"10.0.0.1:7000", "[fd00::1]:65535"})};
    tables.primary[1].told_by = id_of(9);
    tables.primary[1].hearsay = true;
    tables.secondary = {row(3, 0, {"[::1]:1"})};
    return tables;
}

fs::path tables_file(const temporary_home& home) {
    return home.paths.state / "tables.json";
}

// For as_nobody, which only root can become.
void hand_to_nobody(const temporary_home& home) {
    if (::geteuid() != 0) return;
    for (const fs::path& each : {home.directory.path(), home.paths.state, tables_file(home)})
        REQUIRE(::chown(each.c_str(), 65534, 65534) == 0);
}

// A file that holds together but for its payload.
std::string sealed(const std::string& payload, const char* version = "1") {
    const std::string checksum = to_hex(sha256(as_bytes(payload)));
    return R"({"checksum":")" + checksum + R"(","payload":)" + payload + R"(,"v":)" + version + "}\n";
}

void expect_damaged(const temporary_home& home, const std::string& text) {
    write_file(tables_file(home), text);
    const auto loaded = load_tables(home.paths);
    REQUIRE(loaded.tables == saved_tables{});
    REQUIRE(loaded.warning.find("damaged") != std::string::npos);
    REQUIRE_FALSE(fs::exists(tables_file(home)));
    REQUIRE(read_file(home.paths.state / "tables.json.damaged") == text);
}

}  // namespace

TEST_CASE("small print, restart: tables come back from state as they were") {
    const temporary_home home;
    CHECK(load_tables(home.paths).tables == saved_tables{});
    CHECK(load_tables(home.paths).warning.empty());
    REQUIRE(save_tables(home.paths, some_tables()).ok());
    CHECK(load_tables(home.paths).tables == some_tables());
    CHECK(load_tables(home.paths).warning.empty());
    REQUIRE(save_tables(home.paths, saved_tables{}).ok());
    CHECK(load_tables(home.paths).tables == saved_tables{});
    CHECK(mode_of(tables_file(home)) == 0600);
    CHECK_FALSE(fs::exists(home.paths.state / "tables.json.tmp"));
}

TEST_CASE("small print, clocks: ids, addresses and scores are saved, and no time") {
    const temporary_home home;
    saved_tables tables;
    tables.primary = {row(1, 5, {"127.0.0.1:7000", "[::1]:7000"})};
    REQUIRE(save_tables(home.paths, tables).ok());
    CHECK(read_file(tables_file(home)) ==
          sealed(R"({"primary":[{"addresses":["127.0.0.1:7000","[::1]:7000"],"hearsay":false,"id":")" +
                 to_hex(id_of(1)) + R"(","score":5.0}],"secondary":[]})"));
}

TEST_CASE("small print, restart: full tables fit, and no more rows or addresses than the limits are kept") {
    const temporary_home home;
    saved_tables tables;
    for (std::size_t at = 0; at < limits::primary_rows_max + 1; ++at) {
        tables.primary.push_back(
            row(at, 1.0 / 3, {"[2a00:1db8:1111:2222:3333:4444:5555:6666]:65535", "223.255.255.254:65535"}));
    }
    for (std::size_t at = 0; at < limits::secondary_rows_max + 1; ++at) {
        tables.secondary.push_back(row(at, 1e-300, {"[2a00:1db8:1111:2222:3333:4444:5555:6666]:65535"}));
    }
    tables.primary[0].addresses = {parse_endpoint("10.0.0.1:1").value(), parse_endpoint("10.0.0.2:1").value(),
                                   parse_endpoint("10.0.0.3:1").value()};
    tables.primary[1].addresses = {endpoint{}};
    REQUIRE(save_tables(home.paths, tables).ok());
    const auto loaded = load_tables(home.paths);
    CHECK(loaded.warning.empty());
    tables.primary.pop_back();
    tables.secondary.pop_back();
    tables.primary[0].addresses.pop_back();
    tables.primary[1].addresses.clear();
    CHECK((loaded.tables == tables));
}

TEST_CASE("R2: a score that is no number, or below nothing, counts nothing") {
    const temporary_home home;
    using bounds = std::numeric_limits<double>;
    for (const double score : {bounds::quiet_NaN(), bounds::infinity(), -bounds::infinity(), -1.0, -0.0}) {
        saved_tables tables;
        tables.primary = {row(1, score, {"127.0.0.1:7000"})};
        REQUIRE(save_tables(home.paths, tables).ok());
        const auto loaded = load_tables(home.paths);
        CHECK(loaded.warning.empty());
        REQUIRE(loaded.tables.primary.size() == 1);
        CHECK(loaded.tables.primary[0].score == 0);
        CHECK_FALSE(std::signbit(loaded.tables.primary[0].score));
    }
}

TEST_CASE("small print, restart: tables cut at any byte, or with any byte changed, are set aside with a warning") {
    const temporary_home home;
    REQUIRE(save_tables(home.paths, some_tables()).ok());
    const std::string good = read_file(tables_file(home));
    for (std::size_t at = 0; at < good.size(); ++at) {
        CAPTURE(at);
        expect_damaged(home, good.substr(0, at));
        for (const unsigned flip : {0x01U, 0x02U, 0x10U, 0x20U, 0x4BU, 0x80U, 0xFFU}) {
            std::string bad = good;
            bad[at] = static_cast<char>(static_cast<unsigned char>(bad[at]) ^ flip);
            CAPTURE(flip);
            expect_damaged(home, bad);
        }
    }
    expect_damaged(home, good + " ");
    expect_damaged(home, good + good);
    REQUIRE(save_tables(home.paths, some_tables()).ok());
    CHECK(load_tables(home.paths).tables == some_tables());
}

TEST_CASE("small print, restart: tables with a right checksum and wrong values are set aside as well") {
    const temporary_home home;
    const std::string id = to_hex(id_of(1));
    const auto one_row = [](const std::string& fields) {
        return R"({"primary":[{)" + fields + R"(}],"secondary":[]})";
    };
    const std::string good = one_row(R"("addresses":["10.0.0.1:1"],"hearsay":false,"id":")" + id + R"(","score":1.0)");
    write_file(tables_file(home), sealed(good));
    REQUIRE(load_tables(home.paths).tables.primary.size() == 1);  // so each of the others fails for its own reason

    expect_damaged(home, sealed(good, "2"));
    for (const char* payload :
         {"null", "1", "[]", "{}", R"("text")", R"({"primary":[]})", R"({"primary":{},"secondary":[]})",
          R"({"primary":[1],"secondary":[]})", R"({"extra":1,"primary":[],"secondary":[]})"}) {
        expect_damaged(home, sealed(payload));
    }
    for (const char* fields :
         {R"("addresses":["10.0.0.1:1"],"hearsay":false,"id":"ID","score":-1.0)",
          R"("addresses":["10.0.0.1:1"],"hearsay":false,"id":"ID","score":1)",
          R"("addresses":["10.0.0.1:1"],"hearsay":false,"id":"ID","score":null)",
          R"("addresses":["10.0.0.1:1"],"hearsay":false,"id":"ID","score":"1")",
          R"("addresses":["10.0.0.1:1"],"hearsay":false,"id":"ID")",
          R"("addresses":["10.0.0.1:1"],"hearsay":false,"score":1.0)",
          R"("addresses":["10.0.0.1:0"],"hearsay":false,"id":"ID","score":1.0)",
          R"("addresses":["host:1"],"hearsay":false,"id":"ID","score":1.0)",
          R"("addresses":["224.0.0.1:1"],"hearsay":false,"id":"ID","score":1.0)",
          R"("addresses":[1],"hearsay":false,"id":"ID","score":1.0)",
          R"("addresses":"10.0.0.1:1","hearsay":false,"id":"ID","score":1.0)",
          R"("addresses":[],"hearsay":false,"id":"0123","score":1.0)",
          R"("addresses":["10.0.0.1:1"],"id":"ID","score":1.0)",
          R"("addresses":["10.0.0.1:1"],"hearsay":0,"id":"ID","score":1.0)",
          R"("addresses":["10.0.0.1:1"],"hearsay":true,"id":"ID","score":1.0,"told_by":1)",
          R"("addresses":["10.0.0.1:1"],"hearsay":true,"id":"ID","score":1.0,"told_by":"")",
          R"("addresses":["10.0.0.1:1","10.0.0.1:2","10.0.0.1:3"],"hearsay":false,"id":"ID","score":1.0)"}) {
        std::string filled = fields;
        if (const std::size_t at = filled.find("\"ID\""); at != std::string::npos) filled.replace(at + 1, 2, id);
        CAPTURE(filled);
        expect_damaged(home, sealed(one_row(filled)));
    }
    expect_damaged(
        home, sealed(one_row(R"("addresses":[],"hearsay":false,"id":")" + std::string(64, '0') + R"(","score":1.0)")));
}

TEST_CASE("small print, restart: tables with more rows than the limits, or nested without end, are set aside") {
    const temporary_home home;
    std::string rows;
    for (std::size_t at = 0; at <= limits::primary_rows_max; ++at) {
        rows += std::string(at == 0 ? "" : ",") + R"({"addresses":[],"hearsay":false,"id":")" + to_hex(id_of(at)) +
                R"(","score":1.0})";
    }
    expect_damaged(home, sealed(R"({"primary":[)" + rows + R"(],"secondary":[]})"));
    expect_damaged(home, std::string(1'000'000, '['));
    expect_damaged(home, std::string(500'000, '[') + std::string(500'000, ']'));
    std::string objects;
    for (int level = 0; level < 100'000; ++level) objects += "{\"payload\":";
    expect_damaged(home, objects + "1" + std::string(100'000, '}'));
    expect_damaged(home, std::string(9'000'000, ' '));
}

TEST_CASE("small print, restart: what cannot be a file of ours is moved out of the way, not followed") {
    const temporary_home home;
    const temporary_directory outside;
    SUBCASE("a link") {
        write_file(outside / "tables", "theirs");
        fs::create_symlink(outside / "tables", tables_file(home));
    }
    SUBCASE("a folder") {
        fs::create_directory(tables_file(home));
    }
    SUBCASE("a FIFO") {
        REQUIRE(::mkfifo(tables_file(home).c_str(), 0600) == 0);
    }
    CHECK_FALSE(load_tables(home.paths).warning.empty());
    CHECK(fs::exists(fs::symlink_status(home.paths.state / "tables.json.damaged")));
    REQUIRE(save_tables(home.paths, some_tables()).ok());
    CHECK(load_tables(home.paths).tables == some_tables());
    if (fs::exists(outside / "tables")) CHECK(read_file(outside / "tables") == "theirs");
}

TEST_CASE("small print, restart: tables that cannot be read are set aside, not written over") {
    const temporary_home home;
    REQUIRE(save_tables(home.paths, some_tables()).ok());
    const std::string good = read_file(tables_file(home));
    hand_to_nobody(home);
    REQUIRE(::chmod(tables_file(home).c_str(), 0000) == 0);
    {
        const as_nobody user;
        const auto loaded = load_tables(home.paths);
        CHECK(loaded.tables == saved_tables{});
        CHECK(loaded.warning.find("Permission denied") != std::string::npos);
        CHECK(loaded.warning.find("kept as tables.json.unread") != std::string::npos);
        CHECK(loaded.keep_first_as.empty());
        CHECK_FALSE(fs::exists(tables_file(home)));
        REQUIRE(save_tables(home.paths, saved_tables{}).ok());
        REQUIRE(::chmod((home.paths.state / "tables.json.unread").c_str(), 0600) == 0);
        CHECK(read_file(home.paths.state / "tables.json.unread") == good);
    }
}

TEST_CASE("small print, restart: tables that can neither be read nor set aside are kept before anything is saved") {
    const temporary_home home;
    REQUIRE(save_tables(home.paths, some_tables()).ok());
    const std::string good = read_file(tables_file(home));
    hand_to_nobody(home);
    const as_nobody user;
    REQUIRE(::chmod(tables_file(home).c_str(), 0000) == 0);
    REQUIRE(::chmod(home.paths.state.c_str(), 0500) == 0);
    const auto loaded = load_tables(home.paths);
    CHECK(loaded.tables == saved_tables{});
    CHECK(loaded.warning.find("Nothing is saved over that file: cannot set aside") != std::string::npos);
    CHECK(loaded.keep_first_as == "tables.json.unread");
    const auto refused = save_tables(home.paths, saved_tables{}, loaded.keep_first_as);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().what.find("cannot set aside") == 0);
    CHECK_FALSE(refused.error().hint.empty());
    REQUIRE(::chmod(home.paths.state.c_str(), 0700) == 0);
    REQUIRE(save_tables(home.paths, saved_tables{}, loaded.keep_first_as).ok());
    CHECK(load_tables(home.paths).warning.empty());
    REQUIRE(::chmod((home.paths.state / "tables.json.unread").c_str(), 0600) == 0);
    CHECK(read_file(home.paths.state / "tables.json.unread") == good);
}

TEST_CASE("small print, restart: a crash while saving leaves the old tables, and does not hinder the next save") {
    const temporary_home home;
    REQUIRE(save_tables(home.paths, some_tables()).ok());
    write_file(home.paths.state / "tables.json.tmp", "half of a fi");
    CHECK(load_tables(home.paths).tables == some_tables());
    REQUIRE(save_tables(home.paths, saved_tables{}).ok());
    CHECK(load_tables(home.paths).tables == saved_tables{});
}

TEST_CASE("small print, a home: a state folder that cannot be written is a clear problem") {
    const temporary_home home;
    fs::remove_all(home.paths.state);
    const auto saved = save_tables(home.paths, some_tables());
    REQUIRE_FALSE(saved.ok());
    CHECK(saved.error().what.find("tables.json") != std::string::npos);
    CHECK(saved.error().hint.find("writable") != std::string::npos);
    CHECK(load_tables(home.paths).warning.empty());

    write_file(home.paths.state, "a file in its place");
    CHECK_FALSE(save_tables(home.paths, some_tables()).ok());
    CHECK(load_tables(home.paths).warning.find("Not a directory") != std::string::npos);
}

TEST_CASE("small print, restart: each network has its own tables, which another one neither loads nor changes") {
    const temporary_home home;
    const std::vector<std::string> networks{"", "00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"};
    const auto tables_in = [](const std::string& network, std::size_t rows) {
        saved_tables made = some_tables();
        made.network = network;
        made.primary.resize(rows);
        return made;
    };
    for (std::size_t n = 0; n < networks.size(); ++n) {
        CHECK(load_tables(home.paths, networks[n]).tables == saved_tables{});
        CHECK(load_tables(home.paths, networks[n]).warning.empty());
        REQUIRE(save_tables(home.paths, tables_in(networks[n], n)).ok());
    }
    for (std::size_t n = 0; n < networks.size(); ++n)
        CHECK(load_tables(home.paths, networks[n]).tables == tables_in(networks[n], n));
    CHECK(fs::exists(tables_file(home)));
    CHECK(fs::exists(home.paths.state / "tables.00112233445566778899aabbccddeeff.json"));
}

TEST_CASE("small print, restart: tables under the name of another network's are set aside") {
    const temporary_home home;
    const std::string tag = "00112233445566778899aabbccddeeff";
    for (const std::string& says : {std::string(), tag}) {
        const std::string asked = says.empty() ? tag : "";
        const std::string name = asked.empty() ? "tables.json" : "tables." + tag + ".json";
        saved_tables ours = some_tables();
        ours.network = says;
        REQUIRE(save_tables(home.paths, ours).ok());
        fs::rename(home.paths.state / (says.empty() ? "tables.json" : "tables." + tag + ".json"),
                   home.paths.state / name);
        const auto loaded = load_tables(home.paths, asked);
        CHECK(loaded.tables == saved_tables{});
        CHECK(loaded.warning.find("are of another network; starting with empty ones") != std::string::npos);
        CHECK(loaded.warning.find("kept as " + name + ".other-network") != std::string::npos);
        CHECK(load_tables(home.paths, asked).warning.empty());
        CHECK(fs::exists(home.paths.state / (name + ".other-network")));
    }
}

TEST_CASE("small print, restart: tables with a network's tag that is none are set aside as damaged") {
    const temporary_home home;
    const auto tagged = [](const std::string& tag) {
        return sealed(R"({"network":)" + tag + R"(,"primary":[],"secondary":[]})");
    };
    const std::string right = "00112233445566778899aabbccddeeff";
    write_file(home.paths.state / ("tables." + right + ".json"), tagged("\"" + right + "\""));
    REQUIRE(load_tables(home.paths, right).warning.empty());
    for (const char* tag : {R"("")", "null", "1", R"("00112233445566778899AABBCCDDEEFF")", R"("00112233")",
                            R"("00112233445566778899aabbccddeefg")", R"("00112233445566778899aabbccddeeff00")"})
        expect_damaged(home, tagged(tag));
}
