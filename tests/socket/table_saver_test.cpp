// When tables are saved: soon at first, then rarely.
#include "runtime/table_saver.hpp"

#include "mogshare/secure/network.hpp"
#include "support/rows.hpp"
#include "support/run_until.hpp"
#include "support/temp_home.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace mogshare;
using namespace mogshare::runtime;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

core::table_row row(std::uint8_t number) {
    core::table_row made;
    made.id = peer_numbered(number);
    made.addresses = {endpoint{host::v4({127, 0, 0, number}), 7000}};
    return made;
}

}  // namespace

TEST_CASE(
    "small print, restart: the first rows are saved soon, so that a crash soon after loses little; later ones wait") {
    CHECK(table_saver::pauses{}.first == 10s);
    CHECK(table_saver::pauses{}.later == 5min);
    temp_home home;
    asio::io_context loop(1);
    workers pool(loop, 1);
    core::tables now;
    std::vector<std::string> warned;
    table_saver saver(
        loop, pool, home.paths(), {},
        {[&]() -> const core::tables& { return now; }, [&](std::string text) { warned.push_back(std::move(text)); }},
        {0ms, 24h});
    const auto saved = [&] { return store::load_tables(home.paths()).tables.primary.size(); };
    saver.touched();  // nothing to save yet: the next look is soon again
    loop.run();
    CHECK(saved() == 0);
    now.primary.rows = {row(1)};
    saver.touched();
    CHECK(run_until(loop, [&] { return saved() == 1; }));
    now.primary.rows.push_back(row(2));
    saver.touched();
    loop.poll();
    CHECK(saved() == 1);
    saver.save_last();
    CHECK(run_until(loop, [&] { return saved() == 2; }));
    CHECK(warned.empty());
}

TEST_CASE("small print, restart: tables that could not be read are never saved over, but kept first") {
    temp_home home;
    asio::io_context loop(1);
    workers pool(loop, 1);
    const auto file = home.paths().state / "tables.json";
    const auto aside = home.paths().state / "tables.json.damaged";
    std::ofstream(file) << "not tables";
    std::filesystem::create_directories(aside / "in the way");  // so that it cannot be set aside
    core::tables now;
    now.primary.rows = {row(1)};
    std::vector<std::string> warned;
    table_saver saver(
        loop, pool, home.paths(), {},
        {[&]() -> const core::tables& { return now; }, [&](std::string text) { warned.push_back(std::move(text)); }},
        {0ms, 0ms});
    CHECK(saver.load().primary.rows.empty());
    REQUIRE(warned.size() == 1);
    CHECK(warned[0].find("Nothing is saved over that file") != std::string::npos);
    saver.touched();
    CHECK(run_until(loop, [&] { return warned.size() == 2; }));
    CHECK(warned[1].find("cannot set aside") == 0);
    CHECK(std::filesystem::file_size(file) == 10);
    std::filesystem::remove_all(aside);
    saver.touched();
    CHECK(run_until(loop, [&] { return std::filesystem::exists(aside) && std::filesystem::exists(file); }));
    CHECK(std::filesystem::file_size(aside) == 10);
    now.primary.rows.push_back(row(2));
    saver.save_last();
    CHECK(run_until(loop, [&] { return store::load_tables(home.paths()).tables.primary.size() == 2; }));
    CHECK(std::filesystem::file_size(aside) == 10);
    CHECK(warned.size() == 2);
}

TEST_CASE("small print, restart: rows of another network are not loaded, and stay when those of this one are saved") {
    temp_home home;
    asio::io_context loop(1);
    workers pool(loop, 1);
    const std::string tag =
        secure::network_tag(secure::network_secret::generate().key(), secure::private_key::generate());
    core::tables now;
    now.primary.rows = {row(1)};
    const auto handlers = [&](std::vector<std::string>& warned) {
        return table_saver::handlers{[&]() -> const core::tables& { return now; },
                                     [&](std::string text) { warned.push_back(std::move(text)); }};
    };
    std::vector<std::string> in_the_open, in_private;
    table_saver before(loop, pool, home.paths(), {}, handlers(in_the_open));
    before.save_last();
    CHECK(run_until(loop, [&] { return store::load_tables(home.paths()).tables.primary.size() == 1; }));

    table_saver after(loop, pool, home.paths(), tag, handlers(in_private));
    CHECK(after.load().primary.rows.empty());
    now.primary.rows = {row(2), row(3)};
    after.save_last();
    CHECK(run_until(loop, [&] { return store::load_tables(home.paths(), tag).tables.primary.size() == 2; }));
    CHECK(table_saver(loop, pool, home.paths(), {}, handlers(in_the_open)).load().primary.rows.size() == 1);
    CHECK(in_private.empty());
    CHECK(in_the_open.empty());
}
