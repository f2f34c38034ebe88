#pragma once
// The state machine's work on the disk, done on the pool: reading for others, and partial files of downloads.

#include "mogshare/core/io.hpp"
#include "mogshare/runtime/workers.hpp"
#include "mogshare/store/folder.hpp"
#include "mogshare/store/home.hpp"
#include "mogshare/store/partial.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mogshare::runtime {

/// For the loop's thread only.
class disk_jobs {
public:
    struct handlers {
        std::function<void(core::any_input in)> result;
        /// A download has moved into the folder; told before the result.
        std::function<void(const content::share& file)> landed;
    };

    disk_jobs(workers& pool, std::shared_ptr<const store::folder> folder, store::home_paths home,
              std::uint64_t free_reserve_bytes, handlers told);
    disk_jobs(const disk_jobs&) = delete;
    disk_jobs& operator=(const disk_jobs&) = delete;

    void perform(core::output::read_range wanted);
    void perform(core::output::prove_range wanted);
    void perform(core::output::open_partial wanted);
    void perform(core::output::store_piece wanted);
    void perform(core::output::finish_partial wanted);
    void perform(const core::output::close_partial& wanted);

private:
    /// A download's partial file, from its opening until it is closed on disk.
    struct partial {
        content_id content;
        std::shared_ptr<store::partial_file> file;  ///< once open
        std::shared_ptr<std::atomic<bool>> unwanted = std::make_shared<std::atomic<bool>>(false);
        std::size_t running = 0;               ///< jobs that use it
        std::optional<std::string> finish_as;  ///< to be done when none runs
        bool closing = false;                  ///< likewise
    };
    struct opening;

    void open_now(core::output::open_partial wanted);
    void opened(core::download_id download, opening outcome);
    void job_ended(core::download_id download);
    void finish_now(core::download_id download);
    void finished(core::download_id download, result<content::share, problem> outcome);
    void close_now(core::download_id download);
    void forget(core::download_id download);
    bool being_closed(const content_id& content) const;

    workers& pool_;
    std::shared_ptr<const store::folder> folder_;
    store::home_paths home_;
    std::uint64_t free_reserve_bytes_;
    handlers told_;
    std::map<core::download_id, partial> partials_;
    std::vector<core::output::open_partial> waiting_;  ///< for an earlier partial file of the content to be closed
};

}  // namespace mogshare::runtime
