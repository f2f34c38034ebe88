#pragma once
// What a crash may leave of a sequence of calls. A file system promises no more than this: what was synced is there; of all else each
// part may be there or not, whatever its order, and a write may be torn at any byte. Of a rename between two folders the new name
// may be there alone or both, but never the old one gone before the new one is there; within one folder it is all or nothing.

#include "disk_calls.hpp"

#include "mogshare/base/bytes.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mogshare::disk_test {

using node = int;  ///< a file or folder, whatever its names

struct step {
    disk_calls::kind what{};
    node of = 0;      ///< the file or folder that is made, written, synced, or whose name changes
    node folder = 0;  ///< where `name` is
    std::string name;
    node to_folder = 0;  ///< rename, link
    std::string to_name;
    std::uint64_t at = 0;    ///< write: offset; resize: size
    bytes data;              ///< write
    bool is_folder = false;  ///< sync: of a folder
};

/// A tree of files as values.
struct tree_state {
    std::map<node, std::map<std::string, node>> folders;  ///< node 0 is the top
    std::map<node, bytes> files;

    /// Writes it to an empty folder, private as a home's state is.
    void put(const std::filesystem::path& top) const;
};

/// Records what happens below a folder from its making on.
class recorder : public disk_calls::watcher {
public:
    explicit recorder(const std::filesystem::path& top);
    recorder(const recorder&) = delete;
    recorder& operator=(const recorder&) = delete;
    ~recorder() override;

    disk_calls::verdict before(const disk_calls::call& made) override;
    void after(const disk_calls::call& made) override;

    /// Answers the calls before they are recorded; none by default.
    std::function<disk_calls::verdict(const disk_calls::call&)> judge;
    const tree_state& start() const { return start_; }
    const std::vector<step>& steps() const { return steps_; }

private:
    using inode = std::pair<std::uint64_t, std::uint64_t>;
    node known(int file);
    std::optional<node> child(int folder, const char* name);
    void scan(const std::filesystem::path& at, node as);

    std::map<inode, node> nodes_;
    node next_ = 1;
    tree_state start_;
    std::vector<step> steps_;
    std::optional<node> source_;  ///< of the rename, link or remove under way
    bool new_ = false;            ///< what is being created was not there
};

/// Calls `judge` with what a crash after the first `done` steps may have left: every combination where they are few, each small write
/// torn at each byte, and draws by a fixed seed beyond.
void each_crash(const tree_state& start, const std::vector<step>& steps, std::size_t done,
                const std::function<void(const tree_state&)>& judge);

}  // namespace mogshare::disk_test
