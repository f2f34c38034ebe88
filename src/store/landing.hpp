#pragma once
// Moving a finished download into the folder, never over another file (R12).

#include "mogshare/base/ids.hpp"
#include "mogshare/base/result.hpp"
#include "mogshare/content/catalog.hpp"

#include <cstdint>
#include <string>

namespace mogshare::store {

/// A file that is whole, right and synced, with its permissions set.
struct finished_file {
    int file = -1;
    int directory = -1;  ///< where it stands, under `name`
    std::string name;
    content_id content;
    content::file_stamp stamp;
    std::uint64_t reserve_bytes = 0;  ///< that a copy leaves free where it goes
};

/// Where it stands afterwards. It has left its old place, or the same content stood here already.
struct landed_file {
    std::string path;
    content::file_stamp stamp;
};

/// Moves it below `folder` as `name`, or as `name (2)`… where that is taken by other content; makes sub-folders. Across
/// file systems it is copied. When this fails, the file stays where it is.
result<landed_file, problem> land(const finished_file& finished, int folder, const std::string& name);

/// Moves a file unless the new name is taken (EEXIST). 0 or errno.
int move_unless_taken(int from_directory, const std::string& from, int to_directory, const std::string& to);
/// The same by a second link, for file systems without RENAME_NOREPLACE.
int move_by_link(int from_directory, const std::string& from, int to_directory, const std::string& to);

/// What a new file of the user's may be: 0644 without the bits of the umask.
unsigned new_file_mode();

}  // namespace mogshare::store
