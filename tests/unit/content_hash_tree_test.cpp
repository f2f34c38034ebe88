#include "mogshare/base/sha256.hpp"
#include "mogshare/content/hash_tree.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>

using namespace mogshare;
using namespace mogshare::content;

namespace {

constexpr std::uint64_t KiB = limits::KiB;
constexpr std::uint64_t MiB = limits::MiB;

// Byte i is i mod 251, a prime, so that no two leaves are alike.
bytes pattern(std::size_t size) {
    bytes data(size);
    for (std::size_t at = 0; at < size; ++at) data[at] = static_cast<std::uint8_t>(at % 251);
    return data;
}

tree hash_whole(byte_view data) {
    tree_hasher hasher;
    hasher.update(data);
    return hasher.finish();
}

std::vector<digest> covering_leaves(byte_view file, leaf_range range) {
    const std::uint64_t first = range.first * limits::leaf_bytes / MiB * MiB;
    const std::uint64_t end = piece_count((range.first + range.count) * limits::leaf_bytes) * MiB;
    return leaf_hashes(file.subspan(first, std::min<std::uint64_t>(end, file.size()) - first));
}

byte_view bytes_of(byte_view file, leaf_range range) {
    const std::uint64_t first = range.first * limits::leaf_bytes;
    return file.subspan(first, std::min<std::uint64_t>(range.count * limits::leaf_bytes, file.size() - first));
}

struct known_root {
    std::size_t size;
    std::string_view root;
};

}  // namespace

// C2: content ids are BEP 52 pieces roots. The expected values do not come from this code but from Python's hashlib:
//   H = lambda b: hashlib.sha256(b).digest()
//   data = bytes(i % 251 for i in range(n)); l = [H(data[i:i+16384]) for i in range(0, n, 16384)] or [H(b'')]
//   m = 1 << (len(l) - 1).bit_length(); l += [bytes(32)] * (m - len(l))
//   while len(l) > 1: l = [H(l[i] + l[i+1]) for i in range(0, len(l), 2)]
//   print(n, l[0].hex())
TEST_CASE("C2: roots are those of BEP 52") {
    const known_root known[] = {
        {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {16384, "4348e3b98e8a327b34ced39c1da9e67cdb4cd5e48e4d7960607a3ae403d35f0c"},
        {16385, "9d7887c65d577a0237fb3c0998b87b3a62762d03796889a2caea01db914ccbb8"},
        {81920, "ecc31c9c67d9c7b8c7f2540df72208ac59a0dc2f7b2477b26638db313a245ca4"},
        {1048576, "cedf940612ac628d0e1eb980ad20f8cc17ea41c89b5f50e0afec0e1cc5c2d997"},
        {1048577, "c764e3ed4ebac5f61ce59e1c78b804a6b9c02350917800126926d903f8d3dc27"},
        {3145733, "2023cc264092ef5c310b42a5b4fc3b33937de91b1353e8af22f1b525f9875527"},
    };
    for (const known_root& expected : known) {
        CAPTURE(expected.size);
        const tree hashed = hash_whole(pattern(expected.size));
        CHECK(to_hex(hashed.root) == expected.root);
        CHECK(hashed.size == expected.size);
        const std::size_t pieces = (expected.size + MiB - 1) / MiB;
        CHECK(hashed.layer->size() == (pieces > 1 ? pieces : 0));
    }
}

// C2: counts are right at every boundary, and do not overflow at the largest size that a stranger can state.
TEST_CASE("C2: piece and leaf counts") {
    constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
    CHECK(piece_count(0) == 0);
    CHECK(piece_count(1) == 1);
    CHECK(piece_count(MiB) == 1);
    CHECK(piece_count(MiB + 1) == 2);
    CHECK(piece_count(largest) == std::uint64_t{1} << 44);
    CHECK(leaf_count(0) == 0);
    CHECK(leaf_count(16 * KiB) == 1);
    CHECK(leaf_count(16 * KiB + 1) == 2);
    CHECK(leaf_count(largest) == std::uint64_t{1} << 50);
    CHECK(piece_size(0, 0) == 0);
    CHECK(piece_size(5, 0) == 5);
    CHECK(piece_size(2 * MiB, 1) == MiB);
    CHECK(piece_size(2 * MiB + 7, 2) == 7);
    CHECK(piece_size(2 * MiB + 7, 3) == 0);
    CHECK(piece_size(largest, largest) == 0);
}

// C2: a piece can be checked by itself, and the pieces make the root.
TEST_CASE("C2: pieces are checked against the layer, or the root where there is none") {
    for (const std::uint64_t size : {0 * KiB, 1 * KiB, 40 * KiB, MiB, MiB + 1, 3 * MiB + 5}) {
        CAPTURE(size);
        const bytes file = pattern(size);
        const tree hashed = hash_whole(file);
        for (std::uint64_t index = 0; index < std::max<std::uint64_t>(piece_count(size), 1); ++index) {
            const byte_view piece = byte_view(file).subspan(index * MiB, piece_size(size, index));
            CHECK(piece_hash(size, index, piece) == expected_piece(hashed.root, *hashed.layer, index));
        }
        if (size > MiB) CHECK(root_of_layer(size, *hashed.layer) == hashed.root);
    }
}

// C2: a stranger cannot pass off a layer of another length, though padding spelt out in it leads to the same root.
TEST_CASE("C2: a layer of the wrong length has no root") {
    const std::uint64_t size = 3 * MiB;
    const tree hashed = hash_whole(pattern(size));
    piece_layer padded = *hashed.layer;
    digest zero_piece;
    for (int level = 0; level < 6; ++level) zero_piece = sha256({zero_piece.view(), zero_piece.view()});
    padded.push_back(zero_piece);
    CHECK(root_of_layer(4 * MiB, padded) == hashed.root);
    CHECK(root_of_layer(size, padded).is_zero());
    CHECK(root_of_layer(size, {}).is_zero());
    CHECK(root_of_layer(0, {}).is_zero());
}

// R10: offsets and lengths of pings become leaves, cut at the end of the file.
TEST_CASE("R10: leaves of a range of bytes") {
    constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
    const auto is = [](leaf_range range, std::uint64_t first, std::uint64_t count) {
        return range.first == first && range.count == count;
    };
    CHECK(is(leaves_of(MiB, 0, MiB), 0, 64));
    CHECK(is(leaves_of(MiB, 16 * KiB, 1), 1, 1));
    CHECK(is(leaves_of(MiB, 16 * KiB, 16 * KiB + 1), 1, 2));
    CHECK(is(leaves_of(20 * KiB, 0, 256 * KiB), 0, 2));
    CHECK(is(leaves_of(20 * KiB, 16 * KiB, largest), 1, 1));
    CHECK(leaves_of(MiB, 0, 0).count == 0);
    CHECK(leaves_of(MiB, MiB, 1).count == 0);
    CHECK(leaves_of(0, 0, 1).count == 0);
    CHECK(leaves_of(largest, 0, largest).count == std::uint64_t{1} << 50);
}

// R10: the proof of one leaf of a small file is its path, without the padding, which both sides derive.
TEST_CASE("R10: a range proof holds neighbours and no padding") {
    const bytes file = pattern(5 * 16 * KiB);  // 5 leaves: a tree of height 3, with 3 leaves of padding
    const tree hashed = hash_whole(file);
    const std::vector<digest> leaves = leaf_hashes(file);
    const auto node = [](const digest& left, const digest& right) { return sha256({left.view(), right.view()}); };
    const digest first_four = node(node(leaves[0], leaves[1]), node(leaves[2], leaves[3]));
    CHECK(range_proof(file.size(), {}, {4, 1}, leaves) == std::vector<digest>{first_four});
    const digest zeros = node(digest{}, digest{});
    const digest last_four = node(node(leaves[4], digest{}), zeros);
    CHECK(range_proof(file.size(), {}, {1, 2}, leaves) == std::vector<digest>{leaves[0], leaves[3], last_four});
    CHECK(range_proof(file.size(), {}, {0, 5}, leaves).empty());
    CHECK(verify_range(hashed.root, file.size(), {4, 1}, bytes_of(file, {4, 1}), {first_four}));
    CHECK_FALSE(verify_range(hashed.root, file.size(), {4, 1}, bytes_of(file, {4, 1}), {digest{}, zeros, first_four}));
}

// R10: a range that crosses pieces needs the leaves of those pieces and the layer, nothing else.
TEST_CASE("R10: range proofs across pieces") {
    const bytes file = pattern(5 * MiB + 100);
    const tree hashed = hash_whole(file);
    for (const leaf_range range : {leaf_range{0, 1}, leaf_range{63, 2}, leaf_range{64, 64}, leaf_range{100, 150},
                                   leaf_range{319, 2}, leaf_range{320, 1}, leaf_range{0, 321}}) {
        CAPTURE(range.first);
        const auto proof = range_proof(file.size(), *hashed.layer, range, covering_leaves(file, range));
        CHECK(verify_range(hashed.root, file.size(), range, bytes_of(file, range), proof));
    }
}

// An empty file is proved by nothing at all, and nothing else is.
TEST_CASE("R10: an empty range proves an empty file only") {
    const content_id empty = hash_whole({}).root;
    CHECK(verify_range(empty, 0, {0, 0}, {}, {}));
    CHECK_FALSE(verify_range(empty, 1, {0, 0}, {}, {}));
    CHECK_FALSE(verify_range(empty, 0, {0, 1}, {}, {}));
    CHECK_FALSE(verify_range(empty, 0, {1, 0}, {}, {}));
    CHECK_FALSE(verify_range(empty, 0, {0, 0}, {}, {digest{}}));
    CHECK_FALSE(verify_range(hash_whole(pattern(1)).root, 0, {0, 0}, {}, {}));
}

// Numbers from a stranger that would overflow, or ask for memory that the data does not back, are refused.
TEST_CASE("R10: hostile sizes and ranges are refused") {
    constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
    const bytes leaf = pattern(16 * KiB);
    const content_id root = hash_whole(leaf).root;
    const std::vector<digest> proof(128);
    for (const std::uint64_t size : {std::uint64_t{1}, std::uint64_t{16 * KiB + 1}, std::uint64_t{1} << 40, largest}) {
        for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{1}, (std::uint64_t{1} << 50) - 1, largest}) {
            for (const std::uint64_t count : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 50, largest}) {
                CHECK_FALSE(verify_range(root, size, {first, count}, leaf, proof));
                CHECK_FALSE(verify_range(root, size, {first, count}, leaf, {}));
            }
        }
    }
}

// A root does not name a size (BEP 52 tells no leaf from a node): callers must compare sizes too.
TEST_CASE("C2: root and size together name content") {
    const bytes file = pattern(32 * KiB);
    const std::vector<digest> leaves = leaf_hashes(file);
    bytes twin;
    for (const digest& leaf : leaves) twin.insert(twin.end(), leaf.value.begin(), leaf.value.end());
    CHECK(hash_whole(twin).root == hash_whole(file).root);
    CHECK(hash_whole(twin).size != hash_whole(file).size);
}
