#pragma once
// A peer's folder and its partial files in memory: does the jobs that the core gives out (core/io.hpp) with the real hash tree,
// and fails in the ways in which disks do. It answers at once; whoever uses it adds the delay.

#include "mogshare/core/io.hpp"

#include <map>
#include <set>
#include <string>

namespace mogshare::testing {

class virtual_disk {
public:
    /// Puts a file into the folder, hashed as a scan would.
    content::share put(const std::string& path, bytes data);
    /// The file's bytes, or nothing.
    const bytes* file(const std::string& path) const;
    std::vector<std::string> paths() const;
    /// The shares as a scan would find them.
    std::vector<content::share> scan() const;

    /// The file goes without a word: the core still believes in it.
    void lose(const std::string& path) { files_.erase(path); }
    /// The file is written to without a word: stamp and bytes differ.
    void change(const std::string& path);
    /// From now on transfers of this file give wrong bytes (pings stay right).
    void serve_wrong(const std::string& path) { wrong_.insert(path); }
    /// Pings of this file give wrong bytes.
    void prove_wrong(const std::string& path) { wrong_proofs_.insert(path); }
    /// Shared files cannot be read just now (no descriptors left, say); they are there nevertheless.
    void set_unreadable(bool unreadable) { unreadable_ = unreadable; }
    /// No room for another piece.
    void set_full(bool full) { full_ = full; }
    /// Partial files cannot be opened.
    void set_broken(bool broken) { broken_ = broken; }

    /// It fails in none of these ways any more. What has changed stays changed.
    void mend() {
        wrong_.clear();
        wrong_proofs_.clear();
        unreadable_ = full_ = broken_ = false;
    }

    core::input::range_read operator()(const core::output::read_range& job) const;
    core::input::range_proven operator()(const core::output::prove_range& job) const;
    core::input::partial_opened operator()(const core::output::open_partial& job);
    core::input::piece_stored operator()(const core::output::store_piece& job);
    core::input::download_landed operator()(const core::output::finish_partial& job);
    void operator()(const core::output::close_partial& job) { open_.erase(job.download); }

    /// The process that had partial files open is gone.
    void forget_open() { open_.clear(); }

    /// Bytes of store_piece jobs so far, right or wrong.
    std::uint64_t written_bytes() const { return written_bytes_; }
    /// How often each piece of a content was stored well.
    const std::map<std::uint64_t, int>& stored_pieces(const content_id& of) { return partials_[of].stored; }
    std::size_t open_partials() const { return open_.size(); }

private:
    struct entry {
        bytes data;
        content::share shared;
    };
    struct partial {
        std::uint64_t size = 0;
        std::shared_ptr<const content::piece_layer> layer;
        std::map<std::uint64_t, bytes> pieces;
        std::map<std::uint64_t, int> stored;
    };

    const entry* unchanged(const std::string& path, const content::file_stamp& stamp) const;
    bytes whole(const partial& of) const;

    std::map<std::string, entry> files_;
    std::map<content_id, partial> partials_;
    std::map<core::download_id, content_id> open_;
    std::set<std::string> wrong_;
    std::set<std::string> wrong_proofs_;
    std::uint64_t inodes_ = 0;
    std::uint64_t written_bytes_ = 0;
    bool unreadable_ = false;
    bool full_ = false;
    bool broken_ = false;
};

/// Bytes that look like nothing in particular, decided by a number: content for files.
bytes some_bytes(std::size_t count, std::uint64_t seed);
/// The content id of a file that holds `data`.
content_id id_of(byte_view data);

}  // namespace mogshare::testing
