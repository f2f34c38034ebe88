#pragma once
// Looks at the folder and tells the state machine what is in it: a walk and the hashing on the pool, the results on the
// loop.

#include "mogshare/core/io.hpp"
#include "mogshare/runtime/lifetime.hpp"
#include "mogshare/runtime/node.hpp"
#include "mogshare/runtime/workers.hpp"
#include "mogshare/store/folder.hpp"

#include <asio/io_context.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace mogshare::runtime {

/// For the loop's thread only.
class sharing {
public:
    using done_handler = std::function<void(const scan_summary&)>;
    struct handlers {
        std::function<void(core::any_input in)> change;  ///< share_found, share_lost
        std::function<void(const hashing_progress&)> progress;
    };

    sharing(asio::io_context& loop, workers& pool, std::shared_ptr<const store::folder> folder, handlers told);
    ~sharing();
    sharing(const sharing&) = delete;
    sharing& operator=(const sharing&) = delete;

    /// One that is asked for while another runs comes after it, once for all who ask meanwhile: what they have seen in
    /// the folder may be newer than the running one's walk.
    void rescan(done_handler done);
    /// A download has landed: the next scan need not hash it.
    void remember(const content::share& file);
    /// A file turned out to have changed: the next scan hashes it whatever it looks like.
    void forget(const std::string& path);
    /// Ends what runs; nothing is told any more.
    void stop();

private:
    /// What is shared. Only jobs of the hashing lane touch it, which run one at a time, so that comparing it with a
    /// walk over a million files does not hold up the loop.
    struct record {
        std::map<std::string, content::file_stamp, std::less<>> known;
    };
    struct fresh_file {
        store::found_file file;
        bool was_known = false;
    };
    struct walk_outcome {
        std::vector<fresh_file> fresh;  ///< to be hashed
        std::vector<std::string> gone;  ///< not as they were: removed or changed
        scan_summary summary;
    };
    struct hash_outcome {
        std::vector<content::share> shares;
        scan_summary part;
    };

    static walk_outcome walk(const store::folder& folder, record& shared);
    static hash_outcome hash(const store::folder& folder, const std::vector<fresh_file>& batch, record& shared,
                             const std::atomic<bool>& stop);
    void begin();
    void walked(walk_outcome outcome);
    void step();
    void withdraw_some();
    void hash_some();
    void hashed(hash_outcome outcome);
    void end();
    std::vector<fresh_file> next_batch();

    asio::io_context& loop_;
    workers& pool_;
    std::shared_ptr<const store::folder> folder_;
    handlers told_;
    std::shared_ptr<record> record_ = std::make_shared<record>();
    std::shared_ptr<std::atomic<bool>> stop_ = std::make_shared<std::atomic<bool>>(false);

    bool running_ = false;
    std::vector<done_handler> asked_, asked_next_;
    walk_outcome scan_;  ///< the running one, with what it has done so far
    std::size_t gone_done_ = 0;
    std::size_t fresh_done_ = 0;
    hashing_progress progress_;
    std::set<std::string> landed_;  ///< since the running one began: newer than what its walk has seen
    lifetime alive_;
};

}  // namespace mogshare::runtime
