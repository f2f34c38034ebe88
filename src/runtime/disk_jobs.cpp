#include "runtime/disk_jobs.hpp"

#include <algorithm>
#include <utility>

namespace mogshare::runtime {

namespace {

core::input::disk_status status_of(const problem& why) {
    switch (why.is) {
        case problem::kind::integrity: return core::input::disk_status::corrupt;
        case problem::kind::disk_full: return core::input::disk_status::full;
        default: return core::input::disk_status::failed;
    }
}

/// What could not be read for want of descriptors or memory, or by a failing disk, is still there to be shared.
template <class T>
bool is_gone(const result<T, problem>& outcome) {
    return !outcome && outcome.error().is == problem::kind::not_found;
}

}  // namespace

disk_jobs::disk_jobs(workers& pool, std::shared_ptr<const store::folder> folder, store::home_paths home,
                     std::uint64_t free_reserve_bytes, handlers told)
    : pool_(pool),
      folder_(std::move(folder)),
      home_(std::move(home)),
      free_reserve_bytes_(free_reserve_bytes),
      told_(std::move(told)) {}

// ---- reading for others ---------------------------------------------------------------------------------------------

void disk_jobs::perform(core::output::read_range wanted) {
    const core::job_id job = wanted.job;
    auto work = [folder = folder_, wanted = std::move(wanted)] {
        return folder->read_range(wanted.path, wanted.stamp, wanted.offset, wanted.length);
    };
    pool_.run(lane::quick, std::move(work), [this, job](result<bytes, problem> outcome) {
        core::input::range_read given{job, std::nullopt};
        given.gone = is_gone(outcome);
        if (outcome) given.data = std::move(*outcome);
        told_.result(std::move(given));
    });
}

void disk_jobs::perform(core::output::prove_range wanted) {
    const core::job_id job = wanted.job;
    auto work = [folder = folder_, wanted = std::move(wanted)] {
        return folder->prove_range(wanted.path, wanted.stamp, *wanted.layer, wanted.offset, wanted.length);
    };
    pool_.run(lane::quick, std::move(work), [this, job](result<store::proven_range, problem> outcome) {
        core::input::range_proven given{job, std::nullopt};
        given.gone = is_gone(outcome);
        if (outcome) given.value = {std::move(outcome->data), std::move(outcome->proof)};
        told_.result(std::move(given));
    });
}

// ---- opening a partial file -----------------------------------------------------------------------------------------

/// A partial file with what it holds already, or why there is none.
struct disk_jobs::opening {
    std::shared_ptr<store::partial_file> file;
    std::vector<bool> have;
    problem trouble;  ///< where file is null
};

void disk_jobs::perform(core::output::open_partial wanted) {
    // Two open files of one content would write over each other.
    if (being_closed(wanted.content)) {
        waiting_.push_back(std::move(wanted));
    } else {
        open_now(std::move(wanted));
    }
}

void disk_jobs::open_now(core::output::open_partial wanted) {
    const core::download_id download = wanted.download;
    partial& added = partials_[download];
    added.content = wanted.content;
    added.running = 1;
    auto work = [home = home_, reserve_bytes = free_reserve_bytes_, wanted = std::move(wanted),
                 unwanted = added.unwanted]() -> opening {
        if (*unwanted) return {};
        auto file = store::partial_file::open(home, wanted.content, wanted.size, wanted.layer, reserve_bytes);
        if (!file) return {nullptr, {}, file.error()};
        if (*unwanted) return {};
        auto have = (*file)->verify(unwanted.get());
        if (!have) return {nullptr, {}, have.error()};
        return {std::move(*file), std::move(*have), {}};
    };
    pool_.run(lane::slow, std::move(work), [this, download](opening outcome) { opened(download, std::move(outcome)); });
}

void disk_jobs::opened(core::download_id download, opening outcome) {
    partial& of = partials_.at(download);
    of.file = outcome.file;
    const bool unwanted = of.closing;
    const bool failed = !of.file;
    outcome.file.reset();
    job_ended(download);
    if (unwanted) return;
    if (failed) {
        forget(download);
        told_.result(core::input::partial_opened{download, status_of(outcome.trouble), outcome.trouble.what, {}});
        return;
    }
    told_.result(core::input::partial_opened{download, core::input::disk_status::ok, {}, std::move(outcome.have)});
}

// ---- using it -------------------------------------------------------------------------------------------------------

void disk_jobs::perform(core::output::store_piece wanted) {
    const auto found = partials_.find(wanted.download);
    if (found == partials_.end() || !found->second.file) return;
    const core::download_id download = wanted.download;
    const std::uint64_t piece = wanted.piece;
    ++found->second.running;
    auto work = [file = found->second.file, wanted = std::move(wanted)]() mutable {
        auto outcome = file->store_piece(wanted.piece, wanted.data);
        file.reset();
        return outcome;
    };
    pool_.run(lane::quick, std::move(work), [this, download, piece](const result<done, problem>& outcome) {
        const bool unwanted = partials_.at(download).closing;
        job_ended(download);
        if (unwanted) return;
        core::input::piece_stored given{download, piece, core::input::disk_status::ok, {}};
        if (!outcome) {
            given.status = status_of(outcome.error());
            given.reason = outcome.error().what;
        }
        told_.result(std::move(given));
    });
}

void disk_jobs::perform(core::output::finish_partial wanted) {
    const auto found = partials_.find(wanted.download);
    if (found == partials_.end() || !found->second.file) return;
    found->second.finish_as = std::move(wanted.name);
    if (found->second.running == 0) finish_now(wanted.download);
}

void disk_jobs::finish_now(core::download_id download) {
    partial& of = partials_.at(download);
    of.running = 1;
    auto work = [file = std::exchange(of.file, nullptr), folder = folder_,
                 name = *std::exchange(of.finish_as, std::nullopt)]() mutable {
        auto outcome = file->finish(*folder, name);
        file.reset();
        return outcome;
    };
    pool_.run(lane::slow, std::move(work),
              [this, download](result<content::share, problem> outcome) { finished(download, std::move(outcome)); });
}

void disk_jobs::finished(core::download_id download, result<content::share, problem> outcome) {
    const bool unwanted = partials_.at(download).closing;
    forget(download);
    if (outcome) told_.landed(*outcome);
    if (unwanted) {
        // It was given up while it moved, and stands in the folder like any file that was put there.
        if (outcome) told_.result(core::input::share_found{std::move(*outcome)});
        return;
    }
    core::input::download_landed given{download, core::input::disk_status::ok, {}, {}};
    if (outcome) {
        given.file = std::move(*outcome);
    } else {
        given.status = status_of(outcome.error());
        given.reason = outcome.error().what;
    }
    told_.result(std::move(given));
}

// ---- closing it -----------------------------------------------------------------------------------------------------

void disk_jobs::perform(const core::output::close_partial& wanted) {
    std::erase_if(waiting_, [&](const auto& each) { return each.download == wanted.download; });
    const auto found = partials_.find(wanted.download);
    if (found == partials_.end() || found->second.closing) return;
    partial& of = found->second;
    of.closing = true;
    of.finish_as.reset();
    *of.unwanted = true;
    if (of.running == 0) close_now(wanted.download);
}

void disk_jobs::job_ended(core::download_id download) {
    partial& of = partials_.at(download);
    if (--of.running > 0) return;
    if (of.closing) {
        close_now(download);
    } else if (of.finish_as) {
        finish_now(download);
    }
}

void disk_jobs::close_now(core::download_id download) {
    partial& of = partials_.at(download);
    of.running = 1;
    auto work = [file = std::exchange(of.file, nullptr)]() mutable { file.reset(); };
    pool_.run(lane::quick, std::move(work), [this, download] { forget(download); });
}

/// Its file is closed on disk: who waited for that may go on.
void disk_jobs::forget(core::download_id download) {
    const content_id content = partials_.at(download).content;
    partials_.erase(download);
    const auto next =
        std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& each) { return each.content == content; });
    if (next == waiting_.end()) return;
    core::output::open_partial wanted = std::move(*next);
    waiting_.erase(next);
    perform(std::move(wanted));
}

bool disk_jobs::being_closed(const content_id& content) const {
    return std::any_of(partials_.begin(), partials_.end(),
                       [&](const auto& each) { return each.second.content == content && each.second.closing; });
}

}  // namespace mogshare::runtime
