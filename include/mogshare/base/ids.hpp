#pragma once
// The 32-byte identifiers of the protocol, each a type of its own so that none can stand for another.

#include "mogshare/base/bytes.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mogshare {

inline constexpr std::size_t id_bytes = 32;

template <class Tag>
struct basic_id {
    std::array<std::uint8_t, id_bytes> value{};

    auto operator<=>(const basic_id&) const = default;
    bool is_zero() const {
        return std::all_of(value.begin(), value.end(), [](std::uint8_t b) { return b == 0; });
    }
    byte_view view() const { return value; }
};

/// SHA-256 output: a leaf or node of a hash tree, a checksum.
using digest = basic_id<struct digest_tag>;
/// Names a peer for as long as its home exists; random until peers have keys.
using peer_id = basic_id<struct peer_tag>;
/// Names a search; the SHA-256 of a nonce that only its originator has (R9).
using query_id = basic_id<struct query_tag>;
/// The nonce behind a query id, shown by the originator to whoever dials with that id (R9).
using nonce = basic_id<struct nonce_tag>;
/// Root of the SHA-256 tree over a file's 16 KiB leaves (BEP 52 `pieces root`); SHA-256 of nothing for an empty file.
using content_id = basic_id<struct content_tag>;

/// Reads one identifier as another kind, where the protocol says that they are the same bytes.
template <class To, class From>
To id_cast(const basic_id<From>& from) {
    To to;
    to.value = from.value;
    return to;
}

/// 64 lower-case hex digits.
std::string to_hex(byte_view data);
template <class Tag>
std::string to_hex(const basic_id<Tag>& id) {
    return to_hex(id.view());
}
/// The first eight hex digits: enough for people to tell peers and contents apart in a table.
template <class Tag>
std::string short_hex(const basic_id<Tag>& id) {
    return to_hex(id.view().first(4));
}

/// Exactly `out.size()` bytes from twice as many hex digits, either case; false when `text` is anything else.
bool parse_hex(std::string_view text, std::span<std::uint8_t> out);
template <class Id>
std::optional<Id> parse_id(std::string_view text) {
    Id id;
    if (!parse_hex(text, id.value)) return std::nullopt;
    return id;
}

/// Hash for tables whose keys strangers choose: keyed, so that nobody can aim keys at one bucket. Each
/// half of the id is multiplied out under secrets of its own (128-bit products folded, as wyhash does), so that no
/// difference between two ids cancels for every key.
class seeded_hash {
public:
    explicit seeded_hash(std::uint64_t seed = 0);

    template <class Tag>
    std::size_t operator()(const basic_id<Tag>& id) const {
        std::array<std::uint64_t, 4> word{};
        std::memcpy(word.data(), id.value.data(), id_bytes);
        const std::uint64_t low = fold(word[0] ^ secret_[0], word[1] ^ secret_[1]);
        const std::uint64_t high = fold(word[2] ^ secret_[2], word[3] ^ secret_[3]);
        return static_cast<std::size_t>(fold(low ^ secret_[4], high ^ secret_[5]));
    }

private:
    static std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
        __extension__ using wide = unsigned __int128;
        const wide product = static_cast<wide>(a) * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    }

    std::array<std::uint64_t, 6> secret_{};
};

}  // namespace mogshare

/// For keys that no stranger chooses.
template <class Tag>
struct std::hash<mogshare::basic_id<Tag>> {
    std::size_t operator()(const mogshare::basic_id<Tag>& id) const {
        static const mogshare::seeded_hash unkeyed;
        return unkeyed(id);
    }
};
