// R12: bookkeeping of pieces beside plain sets.

#include "mogshare/core/pieces.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

using namespace mogshare;
using namespace mogshare::core;

namespace {

constexpr std::uint64_t leaf = limits::leaf_bytes;

/// What byte `at` of the made-up file is.
std::uint8_t byte_at(std::uint64_t at) {
    return static_cast<std::uint8_t>(at * 31 + at / 251);
}

bytes file_bytes(std::uint64_t offset, std::uint64_t count) {
    bytes made(count);
    for (std::uint64_t at = 0; at < count; ++at) made[at] = byte_at(offset + at);
    return made;
}

}  // namespace

TEST_CASE("R10, R12: a piece is whole when every leaf has been adopted or fetched, and holds the file's bytes") {
    CHECK(rc::check("piece_assembly", [] {
        const auto size = *rc::gen::inRange<std::uint64_t>(1, 2 * limits::piece_bytes + 1);
        const auto index = *rc::gen::inRange<std::uint64_t>(0, content::piece_count(size));
        piece_assembly piece(size, index);
        const std::uint64_t begin = index * limits::piece_bytes;
        const std::uint64_t end = std::min<std::uint64_t>(begin + limits::piece_bytes, size);
        std::set<std::uint64_t> missing;  // leaves, by where they begin
        for (std::uint64_t at = begin; at < end; at += leaf) missing.insert(at);
        const int pings = *rc::gen::inRange(0, 6);
        for (int ping = 0; ping < pings; ++ping) {
            const std::uint64_t from = *rc::gen::inRange<std::uint64_t>(0, content::leaf_count(size)) * leaf;
            const std::uint64_t count = std::min(*rc::gen::inRange<std::uint64_t>(1, 20 * leaf), size - from);
            std::uint64_t expected = 0;
            for (std::uint64_t at = from; at < from + count; at += leaf) {
                const std::uint64_t whole = std::min(leaf, size - at);
                if (at + whole <= from + count && missing.erase(at) > 0) expected += whole;
            }
            RC_ASSERT(piece.adopt(from, file_bytes(from, count)) == expected);
        }
        std::uint64_t asked = 0;
        for (const byte_run& run : piece.missing_runs()) {
            for (std::uint64_t at = run.offset; at < run.offset + run.length; at += leaf)
                RC_ASSERT(missing.erase(at) == 1u);
            RC_ASSERT(run.offset >= asked);
            asked = run.offset + run.length + 1;  // runs are in order and never touch
            piece.write(run.offset, file_bytes(run.offset, run.length));
            piece.complete(run);
        }
        RC_ASSERT(missing.empty());
        RC_ASSERT(piece.whole());
        RC_ASSERT(piece.take() == file_bytes(begin, end - begin));
    }));
}

TEST_CASE("R12: the book of pieces does what three sets do") {
    CHECK(rc::check("piece_book", [] {
        const auto size = *rc::gen::inRange<std::uint64_t>(0, 40 * limits::piece_bytes);
        const auto have =
            *rc::gen::container<std::vector<bool>>(content::piece_count(size), rc::gen::arbitrary<bool>());
        piece_book book(size, have);
        std::set<std::uint64_t> missing, under_way, there;
        for (std::uint64_t index = 0; index < have.size(); ++index) (have[index] ? there : missing).insert(index);
        const int steps = *rc::gen::inRange(0, 200);
        for (int step = 0; step < steps; ++step) {
            if (under_way.empty() || *rc::gen::arbitrary<bool>()) {
                const auto next = book.take_next();
                RC_ASSERT(next.has_value() == !missing.empty());
                if (!next) continue;
                RC_ASSERT(*next == *missing.begin());
                missing.erase(*next);
                under_way.insert(*next);
            } else {
                const auto index = *rc::gen::elementOf(under_way);
                under_way.erase(index);
                if (*rc::gen::arbitrary<bool>()) {
                    book.stored(index);
                    there.insert(index);
                } else {
                    book.give_back(index);
                    missing.insert(index);
                }
            }
            std::uint64_t verified = 0;
            for (const std::uint64_t index : there) verified += content::piece_size(size, index);
            RC_ASSERT(book.verified_bytes() == verified);
            RC_ASSERT(book.all_there() == (there.size() == book.count()));
        }
    }));
}
