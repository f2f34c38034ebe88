#pragma once
// A file of the folder, opened for reading and known to be a regular one.

#include "mogshare/base/result.hpp"
#include "mogshare/content/catalog.hpp"
#include "store/owned_descriptor.hpp"

#include <atomic>
#include <string>

namespace mogshare::store {

struct opened_file {
    owned_descriptor file;
    content::file_stamp stamp;  ///< as it was when it was opened
};

/// Opens what `path` names below the folder; the path must pass content::check_name, so that nothing hidden is ever
/// served.
result<opened_file, problem> open_shared(int folder, const std::string& path);

/// Takes a descriptor that was opened with O_NONBLOCK, so that a FIFO in the place of a file could not block.
result<opened_file, problem> regular_file(owned_descriptor file, const std::string& path);

/// Fails when the file no longer has this stamp.
result<done, problem> check_unchanged(int file, const content::file_stamp& stamp, const std::string& path);

/// Reads and hashes all of it; fails when it is too large, changes meanwhile, or `stop` becomes true. `stop` may be
/// null.
result<content::tree, problem> hash_opened(const opened_file& opened, const std::string& path,
                                           const std::atomic<bool>* stop);

}  // namespace mogshare::store
