// R12: bookkeeping of pieces beside plain sets.

#include "mogshare/core/pieces.hpp"

#include "support/properties.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <ostream>
#include <set>
#include <vector>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;

namespace mogshare::core {

void showValue(const byte_run& run, std::ostream& out) {
    out << run.offset << "+" << run.length;
}

}  // namespace mogshare::core

namespace {

constexpr std::uint64_t leaf = limits::leaf_bytes;
constexpr std::uint64_t piece = limits::piece_bytes;

/// A made-up file, no two leaves of which are alike: two pieces and some.
const bytes& whole_file() {
    static const bytes made = [] {
        bytes file(2 * piece + 3 * leaf);
        for (std::size_t at = 0; at < file.size(); ++at)
            file[at] = static_cast<std::uint8_t>(at * 31 + at / 251 + at / leaf);
        return file;
    }();
    return made;
}

byte_view part(std::uint64_t offset, std::uint64_t count) {
    return byte_view(whole_file()).subspan(offset, count);
}

rc::Gen<std::uint64_t> any_size() {
    using rc::gen::oneOf;
    return oneOf(within<std::uint64_t>(1, 6 * leaf), within<std::uint64_t>(piece - leaf - 1, piece + 2 * leaf),
                 within<std::uint64_t>(2 * piece - leaf, 2 * piece + 3 * leaf),
                 rc::gen::map(within<std::uint64_t>(1, 131), [](std::uint64_t leaves) { return leaves * leaf; }));
}

/// Bytes of the file come with a ping, or some leaves of the piece come from a source.
struct arrival {
    bool ping = false;
    std::uint64_t first = 0;   ///< ping: leaf of the file, counted round; else leaf that is missing, counted round
    std::uint64_t leaves = 1;  ///< how many of them
    std::uint64_t cut = 0;     ///< ping: bytes that its end lacks
    std::size_t chunk = leaf;  ///< else: bytes written at a time
};

std::ostream& operator<<(std::ostream& out, const arrival& one) {
    if (one.ping)
        return out << "ping(leaf " << one.first << ", " << one.leaves << " leaves less " << one.cut << " bytes)";
    return out << "fetch(missing leaf " << one.first << ", " << one.leaves << " leaves, by " << one.chunk << " bytes)";
}

rc::Gen<arrival> any_arrival() {
    using namespace rc;
    const auto leaves = gen::oneOf(within<std::uint64_t>(1, 4), within<std::uint64_t>(1, 64));
    return gen::build<arrival>(
        gen::set(&arrival::ping, gen::element(true, true, false)), gen::set(&arrival::first, up_to(std::uint64_t{131})),
        gen::set(&arrival::leaves, leaves),
        gen::set(&arrival::cut, gen::element(std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{1}, leaf - 1)),
        gen::set(&arrival::chunk, gen::element(leaf, std::uint64_t{1000}, 4 * leaf)));
}

/// The piece as a set of the leaves that it lacks, by where they begin.
struct naive_piece {
    std::uint64_t end = 0;
    std::set<std::uint64_t> missing;

    naive_piece(std::uint64_t file_size, std::uint64_t index) {
        end = std::min((index + 1) * piece, file_size);
        for (std::uint64_t at = index * piece; at < end; at += leaf) missing.insert(at);
    }
    std::uint64_t end_of_leaf(std::uint64_t at) const { return std::min(at + leaf, end); }
    std::vector<byte_run> runs() const {
        std::vector<byte_run> all;
        for (const std::uint64_t at : missing) {
            if (all.empty() || all.back().offset + all.back().length != at) all.push_back({at, 0});
            all.back().length += static_cast<std::uint32_t>(end_of_leaf(at) - at);
        }
        return all;
    }
};

void arrive(const arrival& one, std::uint64_t file_size, piece_assembly& real, naive_piece& model) {
    if (one.ping) {
        const std::uint64_t from = one.first % content::leaf_count(file_size) * leaf;
        const std::uint64_t until = std::min(from + one.leaves * leaf - one.cut, file_size);
        std::uint64_t fresh = 0;
        for (std::uint64_t at = from; at < until; at += leaf)
            if (model.end_of_leaf(at) <= until && model.missing.erase(at) > 0) fresh += model.end_of_leaf(at) - at;
        RC_ASSERT(real.adopt(from, part(from, until - from)) == fresh);
    } else if (!model.missing.empty()) {
        const std::uint64_t from =
            *std::next(model.missing.begin(), static_cast<std::ptrdiff_t>(one.first % model.missing.size()));
        std::uint64_t until = from;
        for (std::uint64_t count = 0; count < one.leaves && model.missing.erase(until) > 0; ++count)
            until = model.end_of_leaf(until);
        for (std::uint64_t at = from; at < until; at += one.chunk)
            real.write(at, part(at, std::min<std::uint64_t>(one.chunk, until - at)));
        real.complete({from, static_cast<std::uint32_t>(until - from)});
    }
}

}  // namespace

TEST_CASE("R10, R12: a piece is whole when every leaf has been adopted or fetched, and holds the file's bytes") {
    const auto property = [] {
        const std::uint64_t size = *any_size().as("file size");
        const std::uint64_t index = *up_to(content::piece_count(size) - 1).as("piece");
        piece_assembly real(size, index);
        naive_piece model(size, index);
        for (const arrival& one : *sequence_of(12, any_arrival()).as("arrivals")) {
            arrive(one, size, real, model);
            RC_ASSERT(real.missing_runs() == model.runs());
            RC_ASSERT(real.whole() == model.missing.empty());
        }
        for (const byte_run& run : real.missing_runs()) {
            real.write(run.offset, part(run.offset, run.length));
            real.complete(run);
        }
        RC_ASSERT(real.whole());
        const byte_view expected = part(index * piece, model.end - index * piece);
        const bytes taken = real.take();
        RC_ASSERT(taken.size() == expected.size());
        const auto right_bytes = std::mismatch(taken.begin(), taken.end(), expected.begin()).first - taken.begin();
        RC_ASSERT(static_cast<std::size_t>(right_bytes) == taken.size());  // tells a number, not a megabyte
    };
    CHECK(check_sequences("piece_assembly", property));
}

namespace {

/// The next piece is taken; or one that is under way, counted round, ends.
struct book_step {
    enum class operation { take, stored, give_back };
    operation what{};
    std::size_t which = 0;
};

std::ostream& operator<<(std::ostream& out, const book_step& one) {
    switch (one.what) {
        case book_step::operation::take: return out << "take_next";
        case book_step::operation::stored: return out << "stored(under way " << one.which << ")";
        case book_step::operation::give_back: return out << "give_back(under way " << one.which << ")";
    }
    return out;
}

rc::Gen<book_step> any_book_step() {
    using enum book_step::operation;
    return rc::gen::build<book_step>(
        rc::gen::set(&book_step::what, rc::gen::element(take, take, take, stored, stored, give_back)),
        rc::gen::set(&book_step::which, up_to(std::size_t{20})));
}

struct naive_book {
    std::uint64_t size;
    std::set<std::uint64_t> missing, under_way, there;

    std::uint64_t verified_bytes() const {
        std::uint64_t total = 0;
        for (const std::uint64_t index : there) total += std::min(piece, size - index * piece);
        return total;
    }
    /// Moves the piece that is number `which` among those under way.
    std::uint64_t end(std::size_t which, std::set<std::uint64_t>& to) {
        const std::uint64_t index =
            *std::next(under_way.begin(), static_cast<std::ptrdiff_t>(which % under_way.size()));
        under_way.erase(index);
        to.insert(index);
        return index;
    }
};

void take_step(const book_step& one, piece_book& real, naive_book& model) {
    if (one.what == book_step::operation::take) {
        const auto next = real.take_next();
        RC_ASSERT(next.has_value() == !model.missing.empty());
        if (!next) return;
        RC_ASSERT(*next == *model.missing.begin());
        model.missing.erase(*next);
        model.under_way.insert(*next);
    } else if (model.under_way.empty()) {
        return;
    } else if (one.what == book_step::operation::stored) {
        real.stored(model.end(one.which, model.there));
    } else {
        real.give_back(model.end(one.which, model.missing));
    }
}

}  // namespace

TEST_CASE("R12: the book of pieces does what three sets do") {
    const auto property = [] {
        const auto size = *up_to(30 * piece).as("file size");
        const auto have =
            *rc::gen::resize(35, rc::gen::arbitrary<std::vector<bool>>()).as("pieces there from the start");
        piece_book real(size, have);
        naive_book model{size, {}, {}, {}};
        for (std::uint64_t index = 0; index * piece < size; ++index)
            (index < have.size() && have[index] ? model.there : model.missing).insert(index);
        const auto alike = [&] {
            RC_ASSERT(real.verified_bytes() == model.verified_bytes());
            RC_ASSERT(real.all_there() == (model.missing.empty() && model.under_way.empty()));
        };
        RC_ASSERT(real.count() == model.missing.size() + model.there.size());
        alike();
        for (const book_step& one : *sequence_of(100, any_book_step()).as("operations")) {
            take_step(one, real, model);
            alike();
        }
    };
    CHECK(check_sequences("piece_book", property));
}
