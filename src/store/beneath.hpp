#pragma once
// Opening what lies below a folder, and nothing else: no symbolic link is followed on the way, so that neither a link
// in the folder nor one slipped in meanwhile leads outside. Failures are errno.

#include "mogshare/base/result.hpp"
#include "store/owned_descriptor.hpp"

#include <string>
#include <string_view>

namespace mogshare::store {

/// Opens a relative path, by openat2 where the kernel allows it. `flags` create nothing.
result<owned_descriptor, int> open_beneath(int folder, const std::string& path, int flags);

/// The same one component at a time: kernels before 5.6 lack openat2, and containers often forbid it.
result<owned_descriptor, int> open_beneath_by_steps(int folder, std::string_view path, int flags);

/// Opens the folder at a relative path, making what is missing of it; the folder itself for an empty path.
result<owned_descriptor, int> make_folders_beneath(int folder, std::string_view path);

}  // namespace mogshare::store
