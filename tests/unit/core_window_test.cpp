// R5: which rows one answer to ENTRADA takes from a table.

#include "mogshare/core/tables.hpp"

#include "support/rows.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;

namespace {

using list = std::vector<std::uint32_t>;

/// A table of peers 1…count.
tables with_rows(std::uint32_t count) {
    tables all = tables_of(count, 16, 1);
    for (std::uint32_t n = 1; n <= count; ++n) store_numbered(all, n);
    return all;
}

list run(table& from, std::size_t count, std::uint32_t asker = 9999) {
    return numbers(next_run(from, count, peer_numbered(asker)));
}

}  // namespace

TEST_CASE("R5: the run of one answer begins with the last row of the run before, and wraps round") {
    tables all = with_rows(5);
    CHECK(run(all.primary, 3) == list{1, 2, 3});
    CHECK(run(all.primary, 3) == list{3, 4, 5});
    CHECK(run(all.primary, 3) == list{5, 1, 2});
    CHECK(run(all.primary, 3) == list{2, 3, 4});
}

TEST_CASE("R5: a table of X/2 rows or fewer is sent whole, and its window does not move") {
    tables all = with_rows(3);
    CHECK(run(all.primary, 3) == list{1, 2, 3});
    CHECK(run(all.primary, 4) == list{1, 2, 3});
    CHECK_FALSE(all.primary.last_sent.has_value());
    tables none = tables_of(4, 4);
    CHECK(run(none.primary, 2).empty());
}

TEST_CASE("R5: a table of one row more than X/2 is sent in overlapping runs") {
    tables all = with_rows(4);
    CHECK(run(all.primary, 3) == list{1, 2, 3});
    CHECK(run(all.primary, 3) == list{3, 4, 1});
    CHECK(run(all.primary, 3) == list{1, 2, 3});
}

TEST_CASE("R5: the asker is never sent its own row, the next one takes its place") {
    tables all = with_rows(5);
    CHECK(run(all.primary, 3, 2) == list{1, 3, 4});
    CHECK(run(all.primary, 3) == list{4, 5, 1});
    SUBCASE("even where the run would begin with it") {
        CHECK(run(all.primary, 3, 1) == list{2, 3, 4});
    }
    SUBCASE("in a table that is sent whole") {
        CHECK(run(all.primary, 5, 3) == list{1, 2, 4, 5});
    }
    SUBCASE("where all others fit") {
        CHECK(run(all.primary, 4, 3) == list{1, 2, 4, 5});
    }
}

TEST_CASE("R5: when the window's row has gone, the run begins with its successor") {
    tables all = with_rows(5);
    run(all.primary, 3);
    SUBCASE("the row itself") {
        drop(all, peer_numbered(3));
        CHECK(run(all.primary, 3) == list{4, 5, 1});
    }
    SUBCASE("a row before it does not matter") {
        drop(all, peer_numbered(1));
        CHECK(run(all.primary, 3) == list{3, 4, 5});
    }
    SUBCASE("a row after it does not matter") {
        drop(all, peer_numbered(4));
        CHECK(run(all.primary, 3) == list{3, 5, 1});
    }
    SUBCASE("the last row of the table wraps round") {
        run(all.primary, 3);
        drop(all, peer_numbered(5));
        CHECK(run(all.primary, 3) == list{1, 2, 3});
    }
}

TEST_CASE("R5: a row that was exchanged away passes the window on to its successor") {
    tables all = with_rows(4);
    for (std::uint32_t n = 1; n <= 4; ++n) award(all, peer_numbered(n), n == 3 ? 1 : 2);
    run(all.primary, 3);
    store_numbered(all, 50, table_choice::secondary);
    REQUIRE(award(all, peer_numbered(50), 1.5) == 1);
    REQUIRE(numbers(all.primary.rows) == list{1, 2, 50, 4});
    CHECK(run(all.primary, 3) == list{4, 1, 2});
}

TEST_CASE("R5: the same holds in the secondary table when its row moves up") {
    tables all = tables_of(1, 8, 0);
    store_numbered(all, 99);
    for (std::uint32_t n = 1; n <= 5; ++n) store_numbered(all, n, table_choice::secondary);
    CHECK(run(all.secondary, 3) == list{1, 2, 3});
    all.primary.capacity = 2;
    REQUIRE(award(all, peer_numbered(3), 1) == 1);
    CHECK(run(all.secondary, 3) == list{4, 5, 1});
}

TEST_CASE("R5: a table that was emptied begins anew") {
    tables all = with_rows(4);
    run(all.primary, 3);
    for (std::uint32_t n = 1; n <= 4; ++n) drop(all, peer_numbered(n));
    CHECK_FALSE(all.primary.last_sent.has_value());
    for (std::uint32_t n = 11; n <= 14; ++n) store_numbered(all, n);
    CHECK(run(all.primary, 2) == list{11, 12});
}

TEST_CASE("R5: an answer of no rows moves nothing") {
    tables all = with_rows(4);
    run(all.primary, 2);
    CHECK(run(all.primary, 0).empty());
    CHECK(run(all.primary, 2) == list{2, 3});
}
