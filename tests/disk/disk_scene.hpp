#pragma once
// What is done to a home's disk in these tests, and what must hold of it whatever happened.

#include "disk_calls.hpp"

#include "mogshare/base/limits.hpp"
#include "mogshare/store/home.hpp"
#include "mogshare/store/partial.hpp"
#include "mogshare/store/state.hpp"
#include "unit/store_temporary.hpp"

#include <functional>
#include <string>

namespace mogshare::disk_test {

namespace fs = std::filesystem;
using store_test::temporary_directory;

/// Memory where there is such a file system: nothing here is about the speed of a disk.
inline fs::path scratch() {
    return fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
}

inline store::home_paths home_in(const fs::path& top) {
    store::home_paths paths;
    paths.folder = top / "mogShare";
    paths.config = top / "mogshare.toml";
    paths.state = top / "state";
    return paths;
}

/// Something that the store does, and what is then to be found.
struct deed {
    std::string name;
    std::function<void(const store::home_paths&)> before;  ///< what an earlier life has left
    std::function<result<done, problem>(const store::home_paths&)> act;
    /// Looks at what is left and goes on from there, without faults. Says what is wrong with it; nothing when all is well. `done`:
    /// the deed had ended well.
    std::function<std::string(const store::home_paths&, bool done)> wrong;
};

/// Everything that is written to state or folder.
const std::vector<deed>& deeds();

/// Fetches all of the download, but does not land it.
void store_whole(const store::home_paths& paths);
/// Whether its bytes are in the folder, or in a partial file.
bool is_somewhere(const store::home_paths& paths);

/// Syncs cost time and prove nothing where no power fails: they are left out while this lives.
class without_syncs : public disk_calls::watcher {
public:
    without_syncs() { disk_calls::watch(this); }
    without_syncs(const without_syncs&) = delete;
    without_syncs& operator=(const without_syncs&) = delete;
    ~without_syncs() override { disk_calls::watch(nullptr); }
    disk_calls::verdict before(const disk_calls::call& made) override {
        return {0, SIZE_MAX, made.what == disk_calls::kind::sync};
    }
};

}  // namespace mogshare::disk_test
