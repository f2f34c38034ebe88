#pragma once
// Bookkeeping of a download's pieces: which are there, which are under way, and what is still to be asked for.

#include "mogshare/base/bytes.hpp"
#include "mogshare/base/limits.hpp"
#include "mogshare/content/hash_tree.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace mogshare::core {

/// A run of bytes of a file.
struct byte_run {
    std::uint64_t offset = 0;
    std::uint32_t length = 0;
    bool operator==(const byte_run&) const = default;
};

/// A piece being put together from leaves that came with pings and from runs asked of a source.
class piece_assembly {
public:
    piece_assembly(std::uint64_t file_size, std::uint64_t index);

    std::uint64_t index() const { return index_; }
    std::uint64_t offset() const { return index_ * limits::piece_bytes; }
    bool whole() const { return missing_ == 0; }

    /// Takes over verified bytes from `offset` of the file (a multiple of 16 KiB) as far as they cover whole leaves of this
    /// piece that are missing. Returns how many bytes were new.
    std::uint32_t adopt(std::uint64_t offset, byte_view data);
    /// The runs of leaves that are missing, in order: what has to be asked for.
    std::vector<byte_run> missing_runs() const;
    /// Writes bytes that arrived; the caller keeps them within a run it asked for.
    void write(std::uint64_t offset, byte_view data);
    /// All leaves of `run` have arrived.
    void complete(const byte_run& run);
    /// The bytes, once whole.
    bytes take() { return std::move(data_); }

private:
    std::uint64_t index_;
    bytes data_;
    std::uint64_t missing_ = 0;  ///< a bit a leaf
};

/// The pieces of one file.
class piece_book {
public:
    piece_book(std::uint64_t file_size, std::vector<bool> have);

    std::uint64_t count() const { return state_.size(); }
    bool all_there() const { return there_ == state_.size(); }
    std::uint64_t verified_bytes() const { return verified_bytes_; }

    /// The first piece that is neither there nor under way; it is under way from now on.
    std::optional<std::uint64_t> take_next();
    /// A piece that was under way is on disk.
    void stored(std::uint64_t index);
    /// A piece that was under way has to be fetched again.
    void give_back(std::uint64_t index);

private:
    enum class state : std::uint8_t { missing, under_way, there };
    std::uint64_t file_size_;
    std::vector<state> state_;
    std::uint64_t there_ = 0;
    std::uint64_t verified_bytes_ = 0;
    std::uint64_t first_missing_ = 0;  ///< no piece before it is missing
};

}  // namespace mogshare::core
