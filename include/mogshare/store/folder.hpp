#pragma once
// The mogShare folder on disk (R8, R12, R13). Every access goes through directory descriptors and follows no symbolic
// link, so that nothing outside the folder is ever read or written. Blocking: called on the worker pool, never on the
// loop. Safe for use by several threads at once.

#include "mogshare/base/result.hpp"
#include "mogshare/content/catalog.hpp"

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace mogshare::store {

/// A regular file found below the folder.
struct found_file {
    std::string path;  ///< relative, `/`, passes content::check_name
    content::file_stamp stamp;
};

/// What a walk over the folder saw.
struct scan_result {
    std::vector<found_file> files;  ///< in order of path
    /// `path: reason` of what is not shared, fit to be printed: names that are not allowed, links, devices. At most
    /// 1,000, of which the last may say how many more there are. What begins with a dot is not listed.
    std::vector<std::string> skipped;
};

/// A file's bytes with the proof that they belong to its content id.
struct proven_range {
    bytes data;
    std::vector<digest> proof;
};

class folder {
public:
    /// Opens the folder; fails when it cannot be read.
    static result<std::shared_ptr<folder>, problem> open(const std::filesystem::path& path);
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    ~folder();

    /// Every regular file below it. Unreadable sub-folders are listed as skipped.
    result<scan_result, problem> scan() const;
    /// Hashes a file to be shared; fails when it changes meanwhile or `stop` becomes true, and for what begins as the key file of a
    /// network does.
    result<content::share, problem> hash(const found_file& file, const std::atomic<bool>& stop) const;
    /// Exactly these bytes, at most 1 MiB, if the file still has this stamp before and after. Kind `not_found`: the file
    /// with that stamp is gone; any other: it could not be read just now.
    result<bytes, problem> read_range(const std::string& path, const content::file_stamp& stamp, std::uint64_t offset,
                                      std::uint32_t length) const;
    /// The same with its proof. `offset` is a multiple of 16 KiB; `data` are the leaves that the range touches, cut at
    /// the end of the file: exactly the range where `length` is a multiple of 16 KiB, and else up to the next one,
    /// since no less can be proved.
    result<proven_range, problem> prove_range(const std::string& path, const content::file_stamp& stamp,
                                              const content::piece_layer& layer, std::uint64_t offset,
                                              std::uint32_t length) const;

    int descriptor() const { return descriptor_; }

private:
    explicit folder(int descriptor) : descriptor_(descriptor) {}
    int descriptor_ = -1;
};

/// Whether this system lacks openat2 or forbids it, so that paths below a folder are walked one component at a time: as safe, but
/// slower. Asks the system.
bool walks_by_steps();

/// Hashes any file, for `mogshare id`.
result<content::tree, problem> hash_file(const std::filesystem::path& path);

}  // namespace mogshare::store
