#pragma once
// The hash tree as a picture of it.

#include "mogshare/base/sha256.hpp"
#include "mogshare/content/hash_tree.hpp"

#include <algorithm>
#include <vector>

namespace naive {

using namespace mogshare;

// Over the whole padded vector of leaves.
inline digest tree_node(const std::vector<digest>& padded, std::size_t first, std::size_t count) {
    if (count == 1) return padded[first];
    const digest left = tree_node(padded, first, count / 2);
    const digest right = tree_node(padded, first + count / 2, count / 2);
    return sha256({left.view(), right.view()});
}

inline std::vector<digest> tree_leaves(byte_view file) {
    std::vector<digest> leaves;
    for (std::size_t at = 0; at < file.size(); at += limits::leaf_bytes) {
        leaves.push_back(sha256(file.subspan(at, std::min<std::size_t>(limits::leaf_bytes, file.size() - at))));
    }
    std::size_t padded = 1;
    while (padded < leaves.size()) padded *= 2;
    leaves.resize(padded);
    return leaves;
}

inline digest tree_root(byte_view file) {
    if (file.empty()) return sha256(file);
    const std::vector<digest> leaves = tree_leaves(file);
    return tree_node(leaves, 0, leaves.size());
}

// The rule of the header, read off the whole tree: neighbours from the leaves up, without those beyond the file.
inline std::vector<digest> tree_proof(byte_view file, content::leaf_range range) {
    const std::vector<digest> leaves = tree_leaves(file);
    std::vector<digest> proof;
    std::uint64_t first = range.first;
    std::uint64_t last = range.first + range.count - 1;
    for (std::size_t width = 1; width < leaves.size(); width *= 2, first /= 2, last /= 2) {
        if (first % 2 == 1) proof.push_back(tree_node(leaves, (first - 1) * width, width));
        const bool in_file = (last + 1) * width < content::leaf_count(file.size());
        if (last % 2 == 0 && in_file) proof.push_back(tree_node(leaves, (last + 1) * width, width));
    }
    return proof;
}

}  // namespace naive
