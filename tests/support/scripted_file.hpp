#pragma once
// Content for peers that are driven by hand.

#include "mogshare/content/catalog.hpp"
#include "mogshare/wire/codec.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace mogshare::testing {

/// A file with made-up bytes, and everything that a holder of it can say.
struct scripted_file {
    bytes data;
    content::share shared;

    scripted_file(std::string path, std::size_t size, std::uint8_t fill = 1) : data(size, fill) {
        content::tree_hasher hasher;
        hasher.update(data);
        const content::tree made = hasher.finish();
        shared.path = std::move(path);
        shared.stamp.size = size;
        shared.content = made.root;
        shared.layer = made.layer;
    }
    wire::entry entry() const { return {shared.path, data.size(), shared.content, data.size()}; }
    std::vector<digest> proof(std::uint64_t offset, std::uint64_t length) const {
        const content::leaf_range range = content::leaves_of(data.size(), offset, length);
        const std::uint64_t first_piece = range.first / limits::piece_leaves;
        const std::uint64_t end_piece = (range.first + range.count - 1) / limits::piece_leaves + 1;
        const std::uint64_t begin = first_piece * limits::piece_bytes;
        const std::uint64_t end = std::min<std::uint64_t>(end_piece * limits::piece_bytes, data.size());
        return content::range_proof(data.size(), *shared.layer, range,
                                    content::leaf_hashes(byte_view(data).subspan(begin, end - begin)));
    }
    /// A right answer to PING, as bytes of a frame.
    bytes pong_to(const wire::ping& asked) const {
        bytes sent(data.begin() + static_cast<std::ptrdiff_t>(asked.offset),
                   data.begin() +
                       static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(asked.offset + asked.length, data.size())));
        wire::pong said;
        said.id = asked.id;
        said.offset = asked.offset;
        said.file_bytes = static_cast<std::uint32_t>(sent.size());
        said.proof = proof(asked.offset, asked.length);
        sent.resize(asked.length);
        said.data = sent;
        return wire::encode(said);
    }
};

}  // namespace mogshare::testing
