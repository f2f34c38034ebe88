#pragma once
// Small text files in the state folder, replaced as a whole: whoever reads sees the old text or the new one, also after
// a crash.

#include "mogshare/base/result.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace mogshare::store {

/// The text; nothing when there is no such file. What is no text of ours (a link, a folder, something huge) reads as an
/// empty one.
result<std::optional<std::string>, problem> read_state_file(const std::filesystem::path& state,
                                                            const std::string& name);

/// Writes `name.tmp`, syncs it and renames it. One at a time: threads of this process take turns, other processes are
/// kept out by the home's lock.
result<done, problem> write_state_file(const std::filesystem::path& state, const std::string& name,
                                       const std::string& text);

/// Makes a file that is not there yet, 0600, in any folder: written beside under a name of chance that begins with a dot, synced, and
/// moved to its name unless that is taken, so that after a crash it is whole or not there. Touches nothing that it has not made, and
/// waits for nobody. 0, EEXIST when there is something of that name, or another errno.
int make_new_file(int folder, const std::string& name, std::string_view text);

/// Renames the file to `aside`, over an older one, if it is there at all.
result<done, problem> set_aside(const std::filesystem::path& state, const std::string& name, const std::string& aside);

}  // namespace mogshare::store
