#include "runtime/sharing.hpp"

#include "mogshare/base/printable.hpp"

#include <asio/post.hpp>

#include <algorithm>
#include <utility>

namespace mogshare::runtime {

namespace {

// Small files go to the pool many at a time: a way there and back costs as much as hashing one of them. A file is
// searchable when its batch is hashed, so a batch is short: about ten milliseconds.
constexpr std::size_t batch_files = 64;
constexpr std::uint64_t batch_bytes = 8 * limits::MiB;
constexpr std::size_t withdrawn_a_turn = 256;

}  // namespace

sharing::sharing(asio::io_context& loop, workers& pool, std::shared_ptr<const store::folder> folder, handlers told)
    : loop_(loop), pool_(pool), folder_(std::move(folder)), told_(std::move(told)) {}

sharing::~sharing() {
    *stop_ = true;
}

void sharing::rescan(done_handler done) {
    if (*stop_) return;
    (running_ ? asked_next_ : asked_).push_back(std::move(done));
    if (!running_) begin();
}

void sharing::remember(const content::share& file) {
    if (*stop_) return;
    if (running_) landed_.insert(file.path);
    pool_.run(
        lane::hashing, [shared = record_, path = file.path, stamp = file.stamp] { shared->known[path] = stamp; },
        [] {});
}

void sharing::forget(const std::string& path) {
    if (*stop_) return;
    pool_.run(
        lane::hashing, [shared = record_, path] { shared->known.erase(path); }, [] {});
}

void sharing::stop() {
    *stop_ = true;
    pool_.drop_pending(lane::hashing);
}

// ---- the walk -------------------------------------------------------------------------------------------------------

void sharing::begin() {
    running_ = true;
    landed_.clear();
    pool_.run(
        lane::hashing, [folder = folder_, shared = record_] { return walk(*folder, *shared); },
        [this](walk_outcome outcome) { walked(std::move(outcome)); });
}

sharing::walk_outcome sharing::walk(const store::folder& folder, record& shared) {
    walk_outcome outcome;
    auto seen = folder.scan();
    if (!seen) {
        outcome.summary.trouble = seen.error();
        return outcome;
    }
    outcome.summary.skipped = std::move(seen->skipped);
    std::map<std::string, content::file_stamp, std::less<>> still_known;
    for (store::found_file& file : seen->files) {
        const auto known = shared.known.find(file.path);
        if (known != shared.known.end() && known->second == file.stamp) {
            still_known.insert(still_known.end(), shared.known.extract(known));
            ++outcome.summary.unchanged;
            continue;
        }
        outcome.fresh.push_back({std::move(file), known != shared.known.end()});
    }
    // What is left of the record is not as it was. A changed file is withdrawn until it is hashed: nobody can read it
    // by its old content id any more.
    for (const auto& [path, stamp] : shared.known) outcome.gone.push_back(path);
    const auto changed = std::count_if(outcome.fresh.begin(), outcome.fresh.end(),
                                       [](const fresh_file& each) { return each.was_known; });
    outcome.summary.removed = outcome.gone.size() - static_cast<std::size_t>(changed);
    shared.known = std::move(still_known);
    return outcome;
}

void sharing::walked(walk_outcome outcome) {
    if (*stop_) return;
    scan_ = std::move(outcome);
    gone_done_ = 0;
    fresh_done_ = 0;
    progress_ = {};
    progress_.files_total = scan_.fresh.size();
    for (const fresh_file& each : scan_.fresh) progress_.bytes_total += each.file.stamp.size;
    step();
}

// ---- what follows from it -------------------------------------------------------------------------------------------

void sharing::step() {
    if (*stop_) return;
    if (gone_done_ < scan_.gone.size()) {
        withdraw_some();
    } else if (fresh_done_ < scan_.fresh.size()) {
        hash_some();
    } else {
        end();
    }
}

void sharing::withdraw_some() {
    const std::size_t until = std::min(scan_.gone.size(), gone_done_ + withdrawn_a_turn);
    for (; gone_done_ < until; ++gone_done_) {
        std::string& path = scan_.gone[gone_done_];
        if (!landed_.contains(path)) told_.change(core::input::share_lost{std::move(path)});
    }
    asio::post(loop_, alive_.guard([this] { step(); }));
}

std::vector<sharing::fresh_file> sharing::next_batch() {
    std::vector<fresh_file> batch;
    std::uint64_t size_bytes = 0;
    while (fresh_done_ < scan_.fresh.size() && batch.size() < batch_files) {
        fresh_file& next = scan_.fresh[fresh_done_];
        if (!batch.empty() && size_bytes + next.file.stamp.size > batch_bytes) break;
        ++fresh_done_;
        progress_.files_done += 1;
        progress_.bytes_done += next.file.stamp.size;
        if (landed_.contains(next.file.path)) continue;
        size_bytes += next.file.stamp.size;
        batch.push_back(std::move(next));
    }
    return batch;
}

void sharing::hash_some() {
    pool_.run(
        lane::hashing,
        [folder = folder_, shared = record_, stop = stop_, batch = next_batch()] {
            return hash(*folder, batch, *shared, *stop);
        },
        [this](hash_outcome outcome) { hashed(std::move(outcome)); });
}

sharing::hash_outcome sharing::hash(const store::folder& folder, const std::vector<fresh_file>& batch, record& shared,
                                    const std::atomic<bool>& stop) {
    hash_outcome outcome;
    for (const fresh_file& each : batch) {
        if (stop) break;
        auto hashed = folder.hash(each.file, stop);
        if (!hashed) {
            outcome.part.skipped.push_back(printable(each.file.path) + ": " + hashed.error().what);
            continue;
        }
        shared.known[hashed->path] = hashed->stamp;
        outcome.part.hashed_bytes += hashed->size();
        ++(each.was_known ? outcome.part.changed : outcome.part.added);
        outcome.shares.push_back(std::move(*hashed));
    }
    return outcome;
}

void sharing::hashed(hash_outcome outcome) {
    if (*stop_) return;
    scan_.summary.added += outcome.part.added;
    scan_.summary.changed += outcome.part.changed;
    scan_.summary.hashed_bytes += outcome.part.hashed_bytes;
    for (std::string& each : outcome.part.skipped) scan_.summary.skipped.push_back(std::move(each));
    for (content::share& each : outcome.shares) {
        if (!landed_.contains(each.path)) told_.change(core::input::share_found{std::move(each)});
    }
    if (!*stop_) told_.progress(progress_);
    step();
}

void sharing::end() {
    running_ = false;
    const scan_summary summary = std::move(std::exchange(scan_, {}).summary);
    const std::vector<done_handler> told = std::exchange(asked_, std::exchange(asked_next_, {}));
    if (!asked_.empty()) begin();
    for (const done_handler& each : told) {
        if (each) each(summary);
    }
}

}  // namespace mogshare::runtime
