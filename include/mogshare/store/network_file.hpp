#pragma once
// The secret of a private network as a file: one line that all members have.

#include "mogshare/base/result.hpp"
#include "mogshare/secure/network.hpp"

#include <filesystem>

namespace mogshare::store {

/// Reads it. Links are followed, since the user named this path. Kind usage, also where it is another's, others have rights on it,
/// or it is no such secret.
result<secure::network_secret, problem> read_network_file(const std::filesystem::path& path);

/// Makes the file, 0600, whole or not at all, never over anything. Kinds: usage (there is something already, or no folder for it),
/// disk_full, failed.
result<done, problem> make_network_file(const std::filesystem::path& path, const secure::network_secret& secret);

}  // namespace mogshare::store
