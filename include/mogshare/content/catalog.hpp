#pragma once
// What this peer shares: names, contents, and how to find them. Pure; the folder on disk is the store's matter.

#include "mogshare/base/ids.hpp"
#include "mogshare/content/hash_tree.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mogshare::content {

/// How a file looked when it was hashed; any difference later means that it may have changed.
struct file_stamp {
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
    std::uint64_t inode = 0;
    bool operator==(const file_stamp&) const = default;
};

/// One shared file.
struct share {
    std::string path;  ///< relative to the folder, with `/`, as on disk; passes check_name
    file_stamp stamp;
    content_id content;
    std::shared_ptr<const piece_layer> layer;  ///< never null

    std::uint64_t size() const { return stamp.size; }
};

/// What a search by words may cost, in bytes of names (limits::read_bytes_a_search), and what it did.
struct name_reading {
    std::uint64_t allowed_bytes = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t spent_bytes = 0;
    bool cut_short = false;  ///< not all names were looked at
};

/// The shared files, with an index for each kind of search. Exact lookups cost O(1); words cost one scan over all names
/// (0.2 ms for 10,000), after a rebuild of what is scanned when names have changed since the last such search. Every
/// returned pointer is valid until the next change. For one thread: even searching rebuilds.
class catalog {
public:
    catalog() = default;
    // The indexes point into the entries, which a move keeps where they are and a copy would not.
    catalog(catalog&&) = default;
    catalog& operator=(catalog&&) = default;

    /// Adds a share, or replaces the one with that path.
    void put(share added);
    /// False when there is none with that path.
    bool remove(std::string_view path);

    std::size_t size() const;
    std::uint64_t total_bytes() const;
    const share* by_path(std::string_view path) const;
    /// All shares in order of path.
    std::vector<const share*> all() const;

    /// Shares whose whole relative path or last component is `name` after NFC, in order of path; at most `most`.
    std::vector<const share*> exact(std::string_view name, std::size_t most) const;
    /// Shares whose path contains all `words` (folded, from words_of) anywhere, in any order; in order of path; at most
    /// `most`, and what was found until it cost as much as it may. No words find nothing.
    std::vector<const share*> with_words(const std::vector<std::string>& words, std::size_t most,
                                         name_reading& reading) const;
    std::vector<const share*> with_words(const std::vector<std::string>& words, std::size_t most) const;
    /// Shares with this content, in order of path; at most `most`.
    std::vector<const share*> with_content(const content_id& id,
                                           std::size_t most = std::numeric_limits<std::size_t>::max()) const;

private:
    struct entry {
        share shared;
        std::string folded_path;
    };
    using entry_map = std::map<std::string, entry, std::less<>>;

    struct path_order {
        bool operator()(const share* left, const share* right) const { return left->path < right->path; }
    };
    // Sorted at all times: thousands of files can have one name or one content, and a stranger asks for the first few.
    using posting = std::set<const share*, path_order>;

    // One text that holds every folded path, so that a search is one scan over adjacent memory.
    struct word_index {
        std::string text;                   ///< each path is followed by a separator that no name contains
        std::vector<std::size_t> ends;      ///< where each path ends: the position of its separator
        std::vector<const share*> entries;  ///< in order of path, as the text is
        bool current = false;

        const share* entry_that_ends_at(std::size_t position) const;
    };

    void index_names(const share& added);
    void forget_names(const share& removed);
    void index_content(const share& added);
    void forget_content(const share& removed);
    const word_index& words() const;

    entry_map entries_;
    std::unordered_map<std::string, posting> by_name_;  ///< NFC of whole paths and of last components
    std::unordered_map<content_id, posting> by_content_;
    std::uint64_t total_bytes_ = 0;
    mutable word_index words_;
};

}  // namespace mogshare::content
