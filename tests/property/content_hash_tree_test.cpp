#include "naive_tree.hpp"

#include "mogshare/base/random.hpp"
#include "mogshare/content/hash_tree.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>

using namespace mogshare;
using namespace mogshare::content;

namespace {

constexpr std::uint64_t leaf = limits::leaf_bytes;
constexpr std::uint64_t piece = limits::piece_bytes;

// Sizes around every boundary of the tree, and some anywhere.
rc::Gen<std::uint64_t> file_sizes() {
    return rc::gen::oneOf(
        rc::gen::element<std::uint64_t>(0, 1, 63, 64, leaf - 1, leaf, leaf + 1, 2 * leaf, 3 * leaf + 9, piece - leaf,
                                        piece - 1, piece, piece + 1, 2 * piece - 1, 2 * piece, 2 * piece + leaf,
                                        3 * piece + 5, 4 * piece, 5 * piece - leaf),
        rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint64_t>(0, 3 * piece)));
}

bytes random_file(std::uint64_t size) {
    bytes data(size);
    random_source::from_number(*rc::gen::arbitrary<std::uint32_t>()).fill(data);
    return data;
}

// Uniform from the first case on; rapidcheck's numbers begin small.
std::uint64_t below(std::uint64_t bound) {
    return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint64_t>(0, bound));
}

tree hash_whole(byte_view file) {
    tree_hasher hasher;
    hasher.update(file);
    return hasher.finish();
}

// A file, a run of its leaves, and the honest proof.
struct proved {
    bytes file;
    tree hashed;
    leaf_range range;
    bytes data;
    std::vector<digest> proof;

    bool holds() const { return verify_range(hashed.root, hashed.size, range, data, proof); }
};

proved any_proved(bool to_the_end = false) {
    proved made;
    made.file = random_file(std::max<std::uint64_t>(*file_sizes(), 1));
    made.hashed = hash_whole(made.file);
    const std::uint64_t leaves = leaf_count(made.file.size());
    made.range.first = below(leaves);
    const std::uint64_t after = leaves - made.range.first;
    made.range.count = to_the_end ? after : 1 + below(std::min<std::uint64_t>(after, 70));
    const byte_view file = made.file;
    const std::uint64_t begin = made.range.first * leaf;
    const std::uint64_t end = std::min<std::uint64_t>(begin + made.range.count * leaf, file.size());
    const byte_view data = file.subspan(begin, end - begin);
    made.data.assign(data.begin(), data.end());
    const std::uint64_t covered = begin / piece * piece;
    const std::uint64_t covered_end = std::min<std::uint64_t>(piece_count(end) * piece, file.size());
    const std::vector<digest> covering = leaf_hashes(file.subspan(covered, covered_end - covered));
    made.proof = range_proof(made.hashed.size, *made.hashed.layer, made.range, covering);
    return made;
}

}  // namespace

// C2: the hasher agrees with the model for any size, however the bytes come in.
TEST_CASE("C2: tree_hasher against a naive tree, in random chunks") {
    CHECK(rc::check("tree_hasher = model", [] {
        const bytes file = random_file(*file_sizes());
        const auto chunk_max = *rc::gen::element<std::uint64_t>(7'000, leaf - 1, leaf, leaf + 1, 100'000, 2 * piece);
        // Sizes of chunks, some of them 0, are not rapidcheck's to shrink: were all of them 0, this would never end.
        random_source chunks = random_source::from_number(*rc::gen::arbitrary<std::uint32_t>());
        tree_hasher hasher;
        byte_view rest = file;
        while (!rest.empty()) {
            const byte_view chunk = rest.first(std::min<std::size_t>(rest.size(), chunks.below(chunk_max + 1)));
            hasher.update(chunk);
            rest = rest.subspan(chunk.size());
        }
        const tree hashed = hasher.finish();
        RC_ASSERT(hashed.size == file.size());
        return id_cast<digest>(hashed.root) == naive::tree_root(file);
    }));
}

// C2: layer, root and pieces agree with one another and with the model.
TEST_CASE("C2: the piece layer leads to the root, and every piece to the layer") {
    CHECK(rc::check("layer = nodes over 64 leaves", [] {
        const bytes file = random_file(*file_sizes());
        const tree hashed = hash_whole(file);
        const std::uint64_t pieces = piece_count(file.size());
        RC_ASSERT(hashed.layer->size() == (pieces > 1 ? pieces : 0));
        if (pieces > 1) RC_ASSERT(root_of_layer(file.size(), *hashed.layer) == hashed.root);
        for (std::uint64_t index = 0; index < pieces; ++index) {
            const byte_view data = byte_view(file).subspan(index * piece, piece_size(file.size(), index));
            RC_ASSERT(piece_hash(file.size(), index, data) == expected_piece(hashed.root, *hashed.layer, index));
        }
        return true;
    }));
}

// R10: an honest proof holds, and is what the rule of the header says.
TEST_CASE("R10: range proofs hold, and hold exactly the neighbours") {
    CHECK(rc::check("range_proof = model, and verifies", [] {
        const proved honest = any_proved();
        return honest.holds() && honest.proof == naive::tree_proof(honest.file, honest.range);
    }));
}

// R10: one bit of the data or of the proof, or one hash too many or too few, and nothing is believed.
TEST_CASE("R10: tampered data and proofs fail") {
    CHECK(rc::check("no flipped bit passes", [] {
        proved forged = any_proved();
        const auto bit = static_cast<std::uint8_t>(1U << below(8));
        if (!forged.proof.empty() && *rc::gen::arbitrary<bool>()) {
            forged.proof[below(forged.proof.size())].value[below(id_bytes)] ^= bit;
        } else {
            forged.data[below(forged.data.size())] ^= bit;
        }
        return !forged.holds();
    }));
    CHECK(rc::check("no proof of another length passes", [] {
        proved longer = any_proved();
        proved shorter = longer;
        const auto place = static_cast<std::ptrdiff_t>(below(longer.proof.size() + 1));
        longer.proof.insert(longer.proof.begin() + place, digest{});
        if (!shorter.proof.empty()) {
            shorter.proof.erase(shorter.proof.begin() + std::max<std::ptrdiff_t>(place - 1, 0));
            RC_ASSERT(!shorter.holds());
        }
        return !longer.holds();
    }));
}

// R10: data of one place does not pass for another, nor for another length.
TEST_CASE("R10: tampered ranges fail") {
    CHECK(rc::check("no other range passes", [] {
        proved forged = any_proved();
        const leaf_range honest = forged.range;
        const auto any = rc::gen::oneOf(rc::gen::inRange<std::uint64_t>(0, 400), rc::gen::arbitrary<std::uint64_t>());
        forged.range = {*any, *any};
        RC_PRE(forged.range.first != honest.first || forged.range.count != honest.count);
        return !forged.holds();
    }));
    CHECK(rc::check("no cut or lengthened data passes", [] {
        proved forged = any_proved();
        const std::uint64_t size = below(forged.data.size() + 2 * leaf);
        RC_PRE(size != forged.data.size());
        forged.data.resize(size);
        return !forged.holds();
    }));
}

// R10: an honest proof that reaches the end of the file fails under any other size.
TEST_CASE("R10: tampered sizes fail at the end of the file") {
    CHECK(rc::check("no other size passes", [] {
        proved forged = any_proved(true);
        const auto whole_leaves =
            rc::gen::map(rc::gen::inRange<std::uint64_t>(0, 400), [](std::uint64_t leaves) { return leaves * leaf; });
        forged.hashed.size = *rc::gen::oneOf(whole_leaves, file_sizes(), rc::gen::arbitrary<std::uint64_t>());
        RC_PRE(forged.hashed.size != forged.file.size());
        return !forged.holds();
    }));
}

// Whatever a stranger sends, verification ends, within bounds, with a refusal.
TEST_CASE("R10: random claims are refused") {
    CHECK(rc::check("nothing made up passes", [] {
        const auto data = *rc::gen::arbitrary<bytes>();
        const auto number =
            rc::gen::oneOf(rc::gen::inRange<std::uint64_t>(0, 100'000), rc::gen::arbitrary<std::uint64_t>());
        std::vector<digest> proof(below(130));
        content_id root;
        root.value.fill(1);
        return !verify_range(root, *number, {*number, *number}, data, proof);
    }));
}
