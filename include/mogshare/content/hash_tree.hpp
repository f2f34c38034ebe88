#pragma once
// The SHA-256 tree over 16 KiB leaves that names and proves content, exactly as BitTorrent v2 has it (BEP 52): leaves
// are the hashes of the file's 16 KiB blocks (the last one may be shorter), missing leaves up to the next power of two
// are 32 zero bytes, and a node is SHA-256(left ‖ right). The root is the content id (C2). Pure: no file is touched
// here.
//
// BEP 52 does not tell leaves from inner nodes, so a root alone does not name a size: the 64 bytes (left ‖ right) under
// the root of a longer file are a one-leaf file with the same root. Size and root together name a content.

#include "mogshare/base/ids.hpp"
#include "mogshare/base/limits.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace mogshare::content {

/// Pieces of a file of `size` bytes: ceil(size / 1 MiB); 0 for an empty file.
std::uint64_t piece_count(std::uint64_t size);
std::uint64_t leaf_count(std::uint64_t size);
/// Bytes of piece `index`; the last one may be shorter, and there is nothing in a piece beyond it.
std::uint32_t piece_size(std::uint64_t file_size, std::uint64_t index);

/// The layer of the tree whose nodes each cover one piece. A file of one piece or less has none (empty vector): its
/// root is its only piece hash.
using piece_layer = std::vector<digest>;

/// What hashing a file yields.
struct tree {
    content_id root;
    std::uint64_t size = 0;
    std::shared_ptr<const piece_layer> layer;  ///< never null
};

/// Hashes a file as it is read, in memory that grows only by the piece layer.
class tree_hasher {
public:
    void update(byte_view data);
    /// Call once, last.
    tree finish();

private:
    void add_leaf(byte_view leaf);
    void close_piece();

    bytes partial_;
    std::vector<digest> leaves_;
    piece_layer pieces_;
    std::uint64_t size_ = 0;
};

/// The hashes of the 16 KiB blocks of `data`.
std::vector<digest> leaf_hashes(byte_view data);

/// The hash that piece `index` of a file of `file_size` bytes must have if its bytes are `data`: a node of the piece
/// layer, or the root itself for a file of one piece. `data.size()` is piece_size(file_size, index). In a file of
/// several pieces, a short last one is padded with zero leaf hashes up to 64.
digest piece_hash(std::uint64_t file_size, std::uint64_t index, byte_view data);

/// Root of a file of `size` bytes with that piece layer; for files of more than one piece. The layer is padded to a
/// power of two with the root over 64 zero leaf hashes. All zeros, the root of no file, when it has not
/// piece_count(size) hashes.
content_id root_of_layer(std::uint64_t size, const piece_layer& layer);

/// The hash that piece `index` (below piece_count) is checked against: of the layer, or the root for a file of one
/// piece.
digest expected_piece(const content_id& root, const piece_layer& layer, std::uint64_t index);

/// A run of whole leaves.
struct leaf_range {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
};

/// The leaves touched by `length` file bytes from `offset` (a multiple of 16 KiB, below `size`), cut at the end of the
/// file; none when `length` is 0 or `offset` lies at the end or beyond it.
leaf_range leaves_of(std::uint64_t size, std::uint64_t offset, std::uint64_t length);

/// The hashes that lead from the leaves of `range` to the root, level by level from the leaves up: at each level first
/// the left neighbour where the run begins at an odd node, then the right one where it ends at an even node.
///
/// Padding is derived by both sides and never sent. Leaves are numbered from 0; node n of level k covers the leaves
/// from n·2^k to (n + 1)·2^k - 1; with L leaves the root stands at level H, the least with 2^H >= L. At each level k
/// from 0 to H - 1, with the run reaching from node a to node b of it:
///   1. if a is odd, the proof's next hash is node a - 1;
///   2. if b is even and (b + 1)·2^k < L, the proof's next hash is node b + 1; if b is even and that node lies wholly
///      beyond the file, it is P(k), and the proof holds nothing for it: P(0) is 32 zero bytes, and
///      P(k + 1) = SHA-256(P(k) ‖ P(k));
///   3. the run of the level above reaches from a/2 to b/2, rounded down.
/// A proof holds exactly these hashes: none for a whole file, and never more than 2·H. It proves what stands in the
/// range of a file of that root and size, not the size itself.
///
/// `covering` holds the leaf hashes of the whole pieces that `range` touches, beginning with the first leaf of the
/// first one. Costs as many hashes as the layer has: 2^16 for a file of 64 GiB.
std::vector<digest> range_proof(std::uint64_t size, const piece_layer& layer, leaf_range range,
                                const std::vector<digest>& covering);

/// True when `data` is what the file with this root and size holds in `range` (the last leaf of the file may be short).
/// A range of no leaves is true only of an empty file, with an empty proof. Accepts hostile input: any size, any range,
/// any proof; it hashes `data` and what leads from it to the root, and holds one hash for each 16 KiB of `data`.
bool verify_range(const content_id& root, std::uint64_t size, leaf_range range, byte_view data,
                  const std::vector<digest>& proof);

}  // namespace mogshare::content
