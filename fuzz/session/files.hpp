#pragma once
// The few files that a fuzzed session is about, so that what is said of them can be proven.

#include "support/random_text.hpp"
#include "support/scripted_file.hpp"

#include "mogshare/base/sha256.hpp"

#include <array>

namespace mogshare::fuzz {

/// Like testing::scripted_file, with bytes of which no two leaves are the same.
inline testing::scripted_file made_file(const char* path, std::size_t size, std::uint64_t seed) {
    testing::scripted_file made(path, size);
    const std::string text = testing::random_text(size, seed);
    made.data.assign(text.begin(), text.end());
    content::tree_hasher hasher;
    hasher.update(made.data);
    const content::tree hashed = hasher.finish();
    made.shared.content = hashed.root;
    made.shared.layer = hashed.layer;
    return made;
}

inline constexpr std::size_t file_count = 6;

/// Less than a leaf, some leaves, two pieces, nothing, the second one under another name, and what one ping cannot hold.
inline const std::array<testing::scripted_file, file_count>& files() {
    static const std::array<testing::scripted_file, file_count> all{
        made_file("note.txt", 100, 1),
        made_file("song.ogg", 40'000, 2),
        made_file("film/long.mkv", limits::piece_bytes + 17'000, 3),
        made_file("nothing", 0, 4),
        made_file("copy/song.ogg", 40'000, 2),
        made_file("song of all.ogg", 70'000, 5)};
    return all;
}

inline const testing::scripted_file* file_of(const content_id& content, std::uint64_t size) {
    for (const auto& each : files())
        if (each.shared.content == content && each.data.size() == size) return &each;
    return nullptr;
}
inline const testing::scripted_file* file_of(const content_id& content) {
    for (const auto& each : files())
        if (each.shared.content == content) return &each;
    return nullptr;
}
inline const testing::scripted_file* file_called(std::string_view path) {
    for (const auto& each : files())
        if (each.shared.path == path) return &each;
    return nullptr;
}

/// Secrets of searches that others make: the fuzzer chooses among a few.
inline nonce secret_numbered(std::uint8_t number) {
    nonce made;
    made.value.fill(static_cast<std::uint8_t>(number % 8 + 1));
    return made;
}
inline query_id query_numbered(std::uint8_t number) {
    return id_cast<query_id>(sha256(secret_numbered(number).view()));
}
inline std::optional<std::uint8_t> number_of_query(const query_id& id) {
    static const std::array<query_id, 8> all = [] {
        std::array<query_id, 8> made;
        for (std::uint8_t at = 0; at < 8; ++at) made[at] = query_numbered(at);
        return made;
    }();
    for (std::uint8_t at = 0; at < 8; ++at)
        if (all[at] == id) return at;
    return std::nullopt;
}

}  // namespace mogshare::fuzz
