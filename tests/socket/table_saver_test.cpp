// When tables are saved: soon at first, then rarely.
#include "runtime/table_saver.hpp"

#include "support/rows.hpp"
#include "support/run_until.hpp"
#include "support/temp_home.hpp"

#include <doctest/doctest.h>

#include <chrono>
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
        loop, pool, home.paths(),
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
