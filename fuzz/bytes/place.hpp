#pragma once
// A home for one input after another, where temporary files go: scripts/fuzz sees that this is in memory, since each input syncs
// several files.

#include "unit/store_temporary.hpp"

namespace mogshare::fuzz {

/// Made at the first input, removed at the end of the program.
inline const store::home_paths& home() {
    static const store_test::temporary_home made;
    return made.paths;
}

/// Empties a folder without removing it.
inline void clear(const std::filesystem::path& folder) {
    for (const auto& each : std::filesystem::directory_iterator(folder)) std::filesystem::remove_all(each.path());
}

}  // namespace mogshare::fuzz
