#include "mogshare/content/hash_tree.hpp"

#include "mogshare/base/sha256.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

namespace mogshare::content {

namespace {

using limits::leaf_bytes;
using limits::piece_bytes;
using limits::piece_leaves;

constexpr unsigned piece_level = std::countr_zero(piece_leaves);
// 2^64 bytes are 2^50 leaves: no size that a stranger can state makes a higher tree.
constexpr unsigned height_max = 50;

digest parent(const digest& left, const digest& right) {
    return sha256({left.view(), right.view()});
}

// What stands at each level for a subtree that lies wholly beyond the end of the file.
const digest& padding(unsigned level) {
    static const auto table = [] {
        std::array<digest, height_max + 1> nodes{};
        for (std::size_t at = 1; at < nodes.size(); ++at) nodes[at] = parent(nodes[at - 1], nodes[at - 1]);
        return nodes;
    }();
    return table[level];
}

// Levels between the leaves and the root of a tree over that many leaves (at least 1), padded to a power of two.
unsigned height_over(std::uint64_t leaves) {
    return static_cast<unsigned>(std::bit_width(leaves - 1));
}

// Replaces a run of nodes by their parents, in place. The first node is a left one; a last one without a right
// neighbour is paired with padding.
void climb(std::vector<digest>& nodes, unsigned level) {
    const std::size_t parents = (nodes.size() + 1) / 2;
    for (std::size_t at = 0; at < parents; ++at) {
        const bool whole = 2 * at + 1 < nodes.size();
        nodes[at] = parent(nodes[2 * at], whole ? nodes[2 * at + 1] : padding(level));
    }
    nodes.resize(parents);
}

// The node at level `to` over all of `nodes`, which begin at a multiple of 2^(to - from) and are at least 1.
digest top_of(std::vector<digest> nodes, unsigned from, unsigned to) {
    for (unsigned level = from; level < to; ++level) climb(nodes, level);
    assert(nodes.size() == 1);
    return nodes.front();
}

// A run of nodes of one level, both ends included.
struct node_run {
    std::uint64_t first;
    std::uint64_t last;

    bool lacks_left() const { return first % 2 == 1; }
    bool lacks_right() const { return last % 2 == 0; }
    node_run above() const { return {first / 2, last / 2}; }
};

// `nodes` are consecutive nodes of the level of `run`, from number `base` on; what follows them is padding.
void append_neighbours(std::vector<digest>& proof, const std::vector<digest>& nodes, std::uint64_t base, node_run run) {
    if (run.lacks_left()) proof.push_back(nodes[run.first - 1 - base]);
    const std::uint64_t right = run.last + 1 - base;
    if (run.lacks_right() && right < nodes.size()) proof.push_back(nodes[right]);
}

// Whether `range` is a run of leaves of such a file, and holds exactly that many bytes.
bool range_holds(std::uint64_t size, leaf_range range, std::size_t bytes_given) {
    const std::uint64_t leaves = leaf_count(size);
    if (range.count == 0 || range.count > leaves || range.first > leaves - range.count) return false;
    const std::uint64_t begin = range.first * leaf_bytes;
    const bool to_the_end = range.first + range.count == leaves;
    return bytes_given == (to_the_end ? size - begin : range.count * leaf_bytes);
}

// The node that `nodes` (the leaves of a run) and the proof lead to; nothing when the proof is too short or too long.
std::optional<digest> root_from(std::uint64_t leaves, node_run run, std::vector<digest> nodes,
                                const std::vector<digest>& proof) {
    auto given = proof.begin();
    const unsigned height = height_over(leaves);
    for (unsigned level = 0; level < height; ++level, run = run.above()) {
        if (run.lacks_left()) {
            if (given == proof.end()) return std::nullopt;
            nodes.insert(nodes.begin(), *given++);
        }
        const std::uint64_t real_nodes = ((leaves - 1) >> level) + 1;
        if (run.lacks_right() && run.last + 1 < real_nodes) {
            if (given == proof.end()) return std::nullopt;
            nodes.push_back(*given++);
        }
        climb(nodes, level);
    }
    if (given != proof.end()) return std::nullopt;
    return nodes.front();
}

std::uint64_t divided_up(std::uint64_t size, std::uint64_t unit) {
    return size / unit + (size % unit != 0 ? 1 : 0);  // `size + unit - 1` could overflow
}

}  // namespace

std::uint64_t piece_count(std::uint64_t size) {
    return divided_up(size, piece_bytes);
}

std::uint64_t leaf_count(std::uint64_t size) {
    return divided_up(size, leaf_bytes);
}

std::uint32_t piece_size(std::uint64_t file_size, std::uint64_t index) {
    if (index >= piece_count(file_size)) return 0;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(piece_bytes, file_size - index * piece_bytes));
}

void tree_hasher::update(byte_view data) {
    size_ += data.size();
    if (!partial_.empty()) {
        const byte_view head = data.first(std::min(data.size(), leaf_bytes - partial_.size()));
        partial_.insert(partial_.end(), head.begin(), head.end());
        data = data.subspan(head.size());
        if (partial_.size() < leaf_bytes) return;
        add_leaf(partial_);
        partial_.clear();
    }
    // Whole leaves are hashed where they lie: copying them would cost as much as a tenth of the hashing.
    for (; data.size() >= leaf_bytes; data = data.subspan(leaf_bytes)) add_leaf(data.first(leaf_bytes));
    partial_.assign(data.begin(), data.end());
}

tree tree_hasher::finish() {
    if (!partial_.empty()) add_leaf(partial_);
    tree hashed;
    hashed.size = size_;
    if (size_ == 0) {
        hashed.root = id_cast<content_id>(sha256(byte_view{}));
    } else if (pieces_.empty()) {
        const unsigned height = height_over(leaves_.size());
        hashed.root = id_cast<content_id>(top_of(std::move(leaves_), 0, height));
    } else {
        if (!leaves_.empty()) close_piece();
        const bool one_piece = pieces_.size() == 1;
        hashed.root = one_piece ? id_cast<content_id>(pieces_.front()) : root_of_layer(size_, pieces_);
        if (one_piece) pieces_.clear();
    }
    hashed.layer = std::make_shared<const piece_layer>(std::move(pieces_));
    return hashed;
}

void tree_hasher::add_leaf(byte_view leaf) {
    leaves_.push_back(sha256(leaf));
    if (leaves_.size() == piece_leaves) close_piece();
}

void tree_hasher::close_piece() {
    for (unsigned level = 0; level < piece_level; ++level) climb(leaves_, level);
    pieces_.push_back(leaves_.front());
    leaves_.clear();
}

std::vector<digest> leaf_hashes(byte_view data) {
    std::vector<digest> hashes;
    hashes.reserve(leaf_count(data.size()));
    while (!data.empty()) {
        const byte_view leaf = data.first(std::min(data.size(), leaf_bytes));
        hashes.push_back(sha256(leaf));
        data = data.subspan(leaf.size());
    }
    return hashes;
}

digest piece_hash(std::uint64_t file_size, [[maybe_unused]] std::uint64_t index, byte_view data) {
    assert(data.size() == piece_size(file_size, index));
    if (data.empty()) return sha256(data);
    std::vector<digest> leaves = leaf_hashes(data);
    const unsigned height = file_size > piece_bytes ? piece_level : height_over(leaves.size());
    return top_of(std::move(leaves), 0, height);
}

content_id root_of_layer(std::uint64_t size, const piece_layer& layer) {
    // A layer of another length can have the same root, since padding could be spelt out in it.
    if (size <= piece_bytes || layer.size() != piece_count(size)) return {};
    return id_cast<content_id>(top_of(layer, piece_level, piece_level + height_over(layer.size())));
}

digest expected_piece(const content_id& root, const piece_layer& layer, std::uint64_t index) {
    if (layer.empty()) return id_cast<digest>(root);
    assert(index < layer.size());
    return layer[index];
}

leaf_range leaves_of(std::uint64_t size, std::uint64_t offset, std::uint64_t length) {
    if (offset >= size || length == 0) return {std::min(offset / leaf_bytes, leaf_count(size)), 0};
    const std::uint64_t end = offset + std::min(length, size - offset);
    const std::uint64_t first = offset / leaf_bytes;
    return {first, leaf_count(end) - first};
}

std::vector<digest> range_proof(std::uint64_t size, const piece_layer& layer, leaf_range range,
                                const std::vector<digest>& covering) {
    std::vector<digest> proof;
    if (range.count == 0) return proof;
    node_run run{range.first, range.first + range.count - 1};
    assert(run.last < leaf_count(size));
    std::uint64_t base = range.first / piece_leaves * piece_leaves;
    assert(covering.size() == std::min((run.last / piece_leaves + 1) * piece_leaves, leaf_count(size)) - base);
    std::vector<digest> nodes = covering;
    const unsigned height = height_over(leaf_count(size));
    for (unsigned level = 0; level < height; ++level, run = run.above(), base /= 2) {
        if (level == piece_level) {
            assert(layer.size() == piece_count(size));
            nodes = layer;
            base = 0;
        }
        append_neighbours(proof, nodes, base, run);
        climb(nodes, level);
    }
    return proof;
}

bool verify_range(const content_id& root, std::uint64_t size, leaf_range range, byte_view data,
                  const std::vector<digest>& proof) {
    if (size == 0) {
        const bool nothing = range.first == 0 && range.count == 0 && data.empty() && proof.empty();
        return nothing && id_cast<digest>(root) == sha256(data);
    }
    if (!range_holds(size, range, data.size())) return false;
    const node_run run{range.first, range.first + range.count - 1};
    const std::optional<digest> reached = root_from(leaf_count(size), run, leaf_hashes(data), proof);
    return reached.has_value() && *reached == id_cast<digest>(root);
}

}  // namespace mogshare::content
