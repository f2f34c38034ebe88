#include "mogshare/core/pieces.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace mogshare;
using namespace mogshare::core;

namespace {

constexpr std::uint64_t leaf = limits::leaf_bytes;
constexpr std::uint64_t whole = limits::piece_bytes;
/// One whole piece and one of three leaves, the last of 100 bytes.
constexpr std::uint64_t file_bytes = whole + 2 * leaf + 100;

using runs = std::vector<byte_run>;

bytes filled(std::uint64_t count, std::uint8_t value) {
    return bytes(count, value);
}

}  // namespace

TEST_CASE("R12: a piece of which nothing is there is asked for in one run") {
    CHECK(piece_assembly(file_bytes, 0).missing_runs() == runs{{0, whole}});
    CHECK(piece_assembly(file_bytes, 1).missing_runs() == runs{{whole, 2 * leaf + 100}});
    CHECK(piece_assembly(1, 0).missing_runs() == runs{{0, 1}});
    CHECK_FALSE(piece_assembly(1, 0).whole());
}

TEST_CASE("R10: verified leaves of a ping are taken over, and what is missing are the runs between") {
    piece_assembly piece(file_bytes, 0);
    CHECK(piece.adopt(2 * leaf, filled(3 * leaf, 7)) == 3 * leaf);
    CHECK(piece.missing_runs() == runs{{0, 2 * leaf}, {5 * leaf, whole - 5 * leaf}});
    CHECK(piece.adopt(0, filled(leaf, 8)) == leaf);
    CHECK(piece.missing_runs() == runs{{leaf, leaf}, {5 * leaf, whole - 5 * leaf}});
    CHECK(piece.adopt(4 * leaf, filled(2 * leaf, 9)) == leaf);  // leaf 4 was there
    CHECK_FALSE(piece.whole());
}

TEST_CASE("R10: only whole leaves are taken over") {
    piece_assembly piece(file_bytes, 0);
    CHECK(piece.adopt(0, filled(leaf - 1, 7)) == 0);
    CHECK(piece.adopt(0, filled(2 * leaf - 1, 7)) == leaf);
    CHECK(piece.missing_runs() == runs{{leaf, whole - leaf}});
}

TEST_CASE("R10: the last leaf of a file may be short") {
    piece_assembly piece(file_bytes, 1);
    CHECK(piece.adopt(whole + 2 * leaf, filled(99, 7)) == 0);
    CHECK(piece.adopt(whole + 2 * leaf, filled(100, 7)) == 100);
    CHECK(piece.missing_runs() == runs{{whole, 2 * leaf}});
    CHECK(piece.adopt(whole, filled(2 * leaf, 6)) == 2 * leaf);
    CHECK(piece.whole());
    const bytes data = piece.take();
    CHECK(data.size() == 2 * leaf + 100);
    CHECK(data.front() == 6);
    CHECK(data.back() == 7);
}

TEST_CASE("R10: of a range that reaches over pieces each takes its own part") {
    const bytes data = filled(4 * leaf, 5);
    piece_assembly first(file_bytes, 0);
    piece_assembly second(file_bytes, 1);
    CHECK(first.adopt(whole - 2 * leaf, data) == 2 * leaf);
    CHECK(second.adopt(whole - 2 * leaf, data) == 2 * leaf);
    CHECK(first.missing_runs() == runs{{0, whole - 2 * leaf}});
    CHECK(second.missing_runs() == runs{{whole + 2 * leaf, 100}});
    CHECK(first.adopt(whole, data) == 0);
    CHECK(second.adopt(0, data) == 0);
}

TEST_CASE("R12: runs that have arrived complete a piece, byte for byte") {
    piece_assembly piece(file_bytes, 1);
    piece.adopt(whole + leaf, filled(leaf, 2));
    REQUIRE(piece.missing_runs() == runs{{whole, leaf}, {whole + 2 * leaf, 100}});
    piece.write(whole, filled(10, 1));
    piece.write(whole + 10, filled(leaf - 10, 1));
    piece.complete({whole, leaf});
    CHECK_FALSE(piece.whole());
    piece.write(whole + 2 * leaf, filled(100, 3));
    piece.complete({whole + 2 * leaf, 100});
    CHECK(piece.whole());
    CHECK(piece.missing_runs().empty());
    bytes expected = filled(leaf, 1);
    expected.resize(2 * leaf, 2);
    expected.resize(2 * leaf + 100, 3);
    CHECK(piece.take() == expected);
}

TEST_CASE("R12: one run over the whole of a piece of 64 leaves completes it") {
    piece_assembly piece(file_bytes, 0);
    piece.complete({0, whole});
    CHECK(piece.whole());
}

TEST_CASE("R12: pieces are taken in order, each once, and again when they are given back") {
    piece_book book(3 * whole + 1, {});
    CHECK(book.count() == 4);
    CHECK(book.take_next() == 0);
    CHECK(book.take_next() == 1);
    book.give_back(0);
    CHECK(book.take_next() == 0);
    CHECK(book.take_next() == 2);
    CHECK(book.take_next() == 3);
    CHECK(book.take_next() == std::nullopt);
    for (const std::uint64_t index : {3, 0, 2}) book.stored(index);
    CHECK(book.verified_bytes() == 2 * whole + 1);
    CHECK_FALSE(book.all_there());
    book.stored(1);
    CHECK(book.all_there());
    CHECK(book.verified_bytes() == 3 * whole + 1);
}

TEST_CASE("C12: pieces of an earlier download are there already") {
    piece_book book(3 * whole + 1, {true, false, true});
    CHECK(book.verified_bytes() == 2 * whole);
    CHECK(book.take_next() == 1);
    CHECK(book.take_next() == 3);
    CHECK(book.take_next() == std::nullopt);
    CHECK(piece_book(whole + 1, {true, true}).all_there());
    CHECK(piece_book(whole, {true, true, true}).verified_bytes() == whole);
}

TEST_CASE("small print, empty files: such a file is all there") {
    piece_book book(0, {});
    CHECK(book.count() == 0);
    CHECK(book.all_there());
    CHECK(book.take_next() == std::nullopt);
}
