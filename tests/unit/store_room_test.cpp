#include "store/room.hpp"

#include "mogshare/base/limits.hpp"
#include "mogshare/store/partial.hpp"
#include "store/owned_descriptor.hpp"
#include "store_temporary.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>

#include <cstdint>
#include <limits>

using namespace mogshare;
using namespace mogshare::store_test;
using limits::piece_bytes;
using store::fits_in;
using store::partial_file;

namespace {

constexpr std::uint64_t endless = std::numeric_limits<std::uint64_t>::max();

}  // namespace

TEST_CASE("a reserve: what is written leaves it free, to the byte") {
    CHECK(fits_in(1100, 100, 1000));
    CHECK_FALSE(fits_in(1099, 100, 1000));
    CHECK_FALSE(fits_in(999, 1, 1000));
    CHECK_FALSE(fits_in(endless - 1, 1, endless - 1));
    CHECK_FALSE(fits_in(5, endless, 1));
    CHECK(fits_in(0, 0, 1000));             // what needs nothing
    CHECK(fits_in(0, 100, 0));              // no reserve: the disk says itself that it is full
    CHECK(fits_in(std::nullopt, 1, 1000));  // it does not tell
}

TEST_CASE("a reserve: the disk of a folder tells what is free") {
    const temporary_directory place;
    const store::owned_descriptor folder(::open(place.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const auto free = store::free_bytes(folder.get());
    REQUIRE(free);
    CHECK(*free > 0);
    CHECK_FALSE(store::free_bytes(-1));
}

TEST_CASE("a reserve: a download that would use it up is refused as on a full disk, and goes on once there is room") {
    const temporary_home home;
    const bytes data = some_bytes(2 * piece_bytes + 5);
    const content::tree tree = tree_of(data);
    const auto open = [&](std::uint64_t reserve) {
        return partial_file::open(home.paths, tree.root, data.size(), tree.layer, reserve);
    };
    const auto piece = [&](std::uint64_t index) {
        return byte_view(data).subspan(index * piece_bytes, content::piece_size(data.size(), index));
    };
    const auto refused = open(endless);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().is == problem::kind::disk_full);
    CHECK(refused.error().what.find("2097157 bytes are still missing") != std::string::npos);
    CHECK(refused.error().what.find("'transfer.free_reserve_bytes'") != std::string::npos);
    CHECK_FALSE(refused.error().hint.empty());
    {
        const auto some = open(0);
        REQUIRE(some.ok());
        REQUIRE((*some)->store_piece(0, piece(0)).ok());
    }
    CHECK(open(endless).error().what.find("1048581 bytes are still missing") != std::string::npos);
    {
        const auto rest = open(0);
        REQUIRE(rest.ok());
        CHECK(*(*rest)->verify() == std::vector<bool>{true, false, false});
        REQUIRE((*rest)->store_piece(1, piece(1)).ok());
        REQUIRE((*rest)->store_piece(2, piece(2)).ok());
    }
    const auto whole = open(endless);  // nothing is missing: nothing more is written
    REQUIRE(whole.ok());
    const auto opened = store::folder::open(home.paths.folder);
    REQUIRE((*whole)->finish(**opened, "x").ok());
    CHECK(read_bytes(home.paths.folder / "x") == data);
}

TEST_CASE("a reserve: holes that are right are not missing") {
    const temporary_home home;
    bytes data(3 * piece_bytes);
    data.back() = 1;
    const content::tree tree = tree_of(data);
    const auto refused = partial_file::open(home.paths, tree.root, data.size(), tree.layer, endless);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().what.find("1048576 bytes are still missing") != std::string::npos);
}
