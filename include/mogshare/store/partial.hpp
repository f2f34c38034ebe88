#pragma once
// A download on its way to the folder: a partial file in the state, verified piece by piece, moved into the folder only
// when whole, never over another file (R12). Blocking: called on the worker pool.

#include "mogshare/base/result.hpp"
#include "mogshare/content/catalog.hpp"
#include "mogshare/store/folder.hpp"
#include "mogshare/store/home.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace mogshare::store {

/// The partial file of one content. Calls for different pieces may come from different threads; finish() and the
/// destructor come after them.
class partial_file {
public:
    /// Opens or creates `state/partial/<content id>.part`, which the returned object then holds alone. On the disks of the state and
    /// of the folder `reserve_bytes` stay free: what does not leave them, with all that is still missing, is refused as on a full
    /// disk; so is, later, each piece and a copy. Downloads at the same time do not count each other's missing bytes. Kinds of
    /// failure: disk_full, usage (another download of the same content holds it, in this process or another), integrity
    /// (size, layer and content id do not belong together), failed.
    static result<std::shared_ptr<partial_file>, problem> open(const home_paths& paths, const content_id& content,
                                                               std::uint64_t size,
                                                               std::shared_ptr<const content::piece_layer> layer,
                                                               std::uint64_t reserve_bytes = 0);
    ~partial_file();

    /// Which pieces are there already, right to the last byte; reads and hashes what an earlier run left. What never
    /// came costs no reading, but counts as there where the content has zeros.
    /// Gives up with a failure once `stop`, where given, becomes true.
    result<std::vector<bool>, problem> verify(const std::atomic<bool>* stop = nullptr) const;
    /// Hashes the piece leaf by leaf and compares with the tree; writes it only when right. Kinds: integrity,
    /// disk_full, failed.
    result<done, problem> store_piece(std::uint64_t index, byte_view data) const;
    /// Syncs the whole file and moves it into the folder as `name`, making its sub-folders, or as `name (2)`… where
    /// that is taken by other content; where a name on that way holds the very same content, that file is what is
    /// returned. The partial file is gone afterwards. Pieces that this object neither stored nor verified are checked
    /// first. When it fails, the partial file stays as it was. Kinds: unfinished (pieces are missing), disk_full,
    /// failed.
    result<content::share, problem> finish(const folder& into, const std::string& name);

private:
    struct parts;
    explicit partial_file(std::unique_ptr<parts> made);
    std::unique_ptr<parts> parts_;
};

}  // namespace mogshare::store
