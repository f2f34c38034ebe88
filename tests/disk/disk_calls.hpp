#pragma once
// What a program asks of its disks: a watcher hears of each call that changes one before it is made and after it, and may make it
// fail. The functions of the C library stand in disk_calls.cpp; in a program they take the place of the library's, and so they do in
// one that is started with the module disk_preload (preload.cpp).

#include <cstddef>
#include <cstdint>

namespace mogshare::disk_calls {

enum class kind { create, write, resize, sync, rename, link, remove, make_folder };

struct call {
    kind what = kind::sync;
    int file = -1;    ///< write, resize, sync: whose; create, after it: the new one
    int folder = -1;  ///< create, remove, make_folder, rename, link: where `name` is
    const char* name = "";
    int to_folder = -1;  ///< rename, link
    const char* to_name = "";
    const void* data = nullptr;
    std::size_t count_bytes = 0;  ///< write
    std::int64_t at = 0;          ///< write: offset; resize: the new size
};

/// What happens to a call instead of what it asks for.
struct verdict {
    int error = 0;                       ///< errno; 0: it goes on
    std::size_t first_bytes = SIZE_MAX;  ///< write: only so many are written
    bool skipped = false;                ///< not made at all, and said to have gone well
};

class watcher {
public:
    virtual ~watcher() = default;
    virtual verdict before(const call& made) = 0;
    /// Only of calls that went well.
    virtual void after(const call& made) { static_cast<void>(made); }
};

/// Null: calls pass unseen. A watcher is called by the thread that makes the call, and its own calls pass unseen.
void watch(watcher* by);

}  // namespace mogshare::disk_calls
