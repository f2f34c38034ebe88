#pragma once
// The golden frames of docs/PROTOCOL.md, and the values that they stand for.

#include "support/same_message.hpp"

#include "mogshare/base/sha256.hpp"
#include "mogshare/wire/codec.hpp"

#include <cctype>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace wire_goldens {

using namespace mogshare;

using testing::same;

/// A fenced block of the document: "```golden NAME" is written and read, "```golden-read NAME" is only ever read.
struct block {
    bool read_only = false;
    bytes frame;
};

/// Hex digits; blanks, and what follows a `#`, are left out.
inline bytes from_hex(const std::string& line) {
    std::string digits;
    for (const char c : line.substr(0, line.find('#')))
        if (!std::isspace(static_cast<unsigned char>(c))) digits += c;
    bytes out(digits.size() / 2);
    if (!parse_hex(digits, out)) throw std::runtime_error("not hex: " + line);
    return out;
}

inline std::map<std::string, block> blocks_of_document() {
    std::ifstream document(MOGSHARE_SOURCE_DIR "/docs/PROTOCOL.md");
    std::map<std::string, block> found;
    block* open = nullptr;
    for (std::string line; std::getline(document, line);) {
        if (!line.starts_with("```")) {
            if (!open) continue;
            const bytes more = from_hex(line);
            open->frame.insert(open->frame.end(), more.begin(), more.end());
        } else if (open) {
            open = nullptr;
        } else if (line.starts_with("```golden")) {
            const std::string name = line.substr(line.find(' ') + 1);
            if (found.contains(name)) throw std::runtime_error("golden block twice: " + name);
            open = &found[name];
            open->read_only = line.starts_with("```golden-read ");
        }
    }
    return found;
}

template <class Id>
Id filled(std::uint8_t byte) {
    Id id;
    id.value.fill(byte);
    return id;
}

inline endpoint v4(std::array<std::uint8_t, 4> octets, std::uint16_t port) {
    return {host::v4(octets), port};
}

// The peers, search and files of all examples.
inline const peer_id peer_a = filled<peer_id>(0x11);
inline const peer_id peer_b = filled<peer_id>(0x22);
inline const peer_id peer_c = filled<peer_id>(0x33);
inline const endpoint v6_c{host::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), 7003};

inline nonce search_secret() {
    nonce secret;
    for (std::size_t at = 0; at < id_bytes; ++at) secret.value[at] = static_cast<std::uint8_t>(at);
    return secret;
}
inline const query_id search = id_cast<query_id>(sha256(search_secret().view()));

/// One leaf, so its hash is the content id.
inline const std::string hello_file = "hello, overlay\n";
inline const content_id hello_content = id_cast<content_id>(sha256(as_bytes(hello_file)));
/// Two leaves: 16 KiB of `a`, then `xyz`.
inline const digest first_leaf = sha256(as_bytes(std::string(limits::leaf_bytes, 'a')));
inline const digest second_leaf = sha256(as_bytes("xyz"));
inline const content_id two_leaf_content = id_cast<content_id>(sha256({first_leaf.view(), second_leaf.view()}));

/// The node over one piece whose leaves begin with `leaves`; the others are zero.
inline digest node_over_piece(std::vector<digest> leaves) {
    leaves.resize(limits::piece_leaves);
    for (; leaves.size() > 1; leaves.resize(leaves.size() / 2))
        for (std::size_t at = 0; at < leaves.size() / 2; ++at)
            leaves[at] = sha256({leaves[2 * at].view(), leaves[2 * at + 1].view()});
    return leaves.front();
}
/// Two pieces: 1 MiB of zero bytes, then `z`.
inline const digest first_piece =
    node_over_piece(std::vector<digest>(limits::piece_leaves, sha256(bytes(limits::leaf_bytes, 0))));
inline const digest second_piece = node_over_piece({sha256(as_bytes("z"))});
inline const content_id two_piece_content = id_cast<content_id>(sha256({first_piece.view(), second_piece.view()}));

inline const std::string hello_padded = hello_file + std::string(17, 'Z');

struct golden {
    std::string name;
    wire::message value;
};

}  // namespace wire_goldens
