#include "crashes.hpp"

#include <algorithm>
#include <random>

namespace mogshare::disk_test {

namespace {

using disk_calls::kind;

constexpr std::size_t combined_max = 7;       // so many unsynced parts are combined in every way
constexpr std::size_t torn_bytes_max = 4096;  // so long a write is torn at each byte
constexpr int draws = 40;

/// How much of a step has come to the disk.
struct part {
    std::size_t step = 0;
    bool removal = false;  ///< of a rename between folders: that the old name is gone
};

struct fate {
    bool there = false;
    std::size_t from = 0, to = SIZE_MAX;  ///< of a write: the bytes that are there
};

bool is_name(kind what) {
    return what != kind::write && what != kind::resize && what != kind::sync;
}

bool between_folders(const step& one) {
    return one.what == kind::rename && one.folder != one.to_folder;
}

/// Whether a sync among the first `done` steps, after this part, makes it last.
bool lasts(const std::vector<step>& steps, std::size_t done, const part& of) {
    const step& one = steps[of.step];
    return std::any_of(steps.begin() + static_cast<std::ptrdiff_t>(of.step) + 1,
                       steps.begin() + static_cast<std::ptrdiff_t>(done), [&](const step& later) {
                           if (later.what != kind::sync) return false;
                           if (!is_name(one.what)) return !later.is_folder && later.of == one.of;
                           if (!later.is_folder) return false;
                           const bool arrives = one.what == kind::rename || one.what == kind::link;
                           return later.of == (arrives && !of.removal ? one.to_folder : one.folder);
                       });
}

void write_into(bytes& file, std::uint64_t at, byte_view data) {
    if (file.size() < at + data.size()) file.resize(at + data.size());
    std::copy(data.begin(), data.end(), file.begin() + static_cast<std::ptrdiff_t>(at));
}

void forget(tree_state& in, node folder, const std::string& name, node of) {
    auto& entries = in.folders[folder];
    const auto found = entries.find(name);
    if (found != entries.end() && found->second == of) entries.erase(found);
}

void apply(tree_state& to, const step& one, const part& of, const fate& how) {
    switch (one.what) {
        case kind::create: to.folders[one.folder][one.name] = one.of; break;
        case kind::make_folder: to.folders[one.folder][one.name] = one.of; break;
        case kind::resize: to.files[one.of].resize(one.at); break;
        case kind::write: {
            const std::size_t end = std::min(how.to, one.data.size());
            const std::size_t begin = std::min(how.from, end);
            write_into(to.files[one.of], one.at + begin, byte_view(one.data).subspan(begin, end - begin));
            break;
        }
        case kind::remove: forget(to, one.folder, one.name, one.of); break;
        case kind::link: to.folders[one.to_folder][one.to_name] = one.of; break;
        case kind::rename:
            if (!of.removal) to.folders[one.to_folder][one.to_name] = one.of;
            if (of.removal || !between_folders(one)) forget(to, one.folder, one.name, one.of);
            break;
        case kind::sync: break;
    }
}

class crash {
public:
    crash(const tree_state& start, const std::vector<step>& steps, std::size_t done) : start_(start), steps_(steps) {
        for (std::size_t at = 0; at < done; ++at) {
            if (steps[at].what == kind::sync) continue;
            add({at, false}, done);
            if (between_folders(steps[at])) add({at, true}, done);
        }
    }

    void each(const std::function<void(const tree_state&)>& judge) {
        if (open_.size() <= combined_max) {
            for (std::size_t mask = 0; mask < std::size_t{1} << open_.size(); ++mask) {
                for (std::size_t at = 0; at < open_.size(); ++at) fates_[open_[at]] = {(mask >> at & 1) != 0};
                judge(result());
            }
        } else {
            all(false);
            judge(result());
            all(true);
            judge(result());
            drawn(judge);
        }
        torn(judge);
    }

private:
    void add(const part& one, std::size_t done) {
        const bool last = lasts(steps_, done, one);
        parts_.push_back(one);
        fates_.push_back({last});
        if (!last) open_.push_back(parts_.size() - 1);
    }
    void all(bool there) {
        for (const std::size_t at : open_) fates_[at] = {there};
    }
    void drawn(const std::function<void(const tree_state&)>& judge) {
        std::mt19937_64 chance(parts_.size());
        for (int draw = 0; draw < draws; ++draw) {
            for (const std::size_t at : open_) {
                fates_[at] = {chance() % 2 == 0};
                const std::size_t size = steps_[parts_[at].step].data.size();
                if (size != 0 && chance() % 4 == 0) fates_[at].to = chance() % size;
                if (size != 0 && chance() % 8 == 0) fates_[at].from = chance() % size;
            }
            judge(result());
        }
    }
    /// Each short write cut after each byte, or only what follows it there, with all else there and with nothing else.
    void torn(const std::function<void(const tree_state&)>& judge) {
        for (const std::size_t at : open_) {
            const std::size_t size = steps_[parts_[at].step].data.size();
            if (size > torn_bytes_max) continue;
            for (std::size_t cut = 1; cut < size; ++cut) {
                for (const bool rest : {true, false}) {
                    all(rest);
                    fates_[at] = {true, 0, cut};
                    judge(result());
                }
                all(true);
                fates_[at] = {true, cut, size};
                judge(result());
            }
        }
    }
    tree_state result() const {
        tree_state made = start_;
        for (const step& one : steps_) {  // that there is such a node; whether it has a name is another matter
            if (one.what == kind::make_folder) made.folders[one.of];
            if (one.what == kind::create) made.files[one.of];
        }
        for (std::size_t at = 0; at < parts_.size(); ++at) {
            if (!fates_[at].there) continue;
            // No old name goes before the new one is there.
            if (parts_[at].removal && !fates_[at - 1].there) continue;
            apply(made, steps_[parts_[at].step], parts_[at], fates_[at]);
        }
        return made;
    }

    const tree_state& start_;
    const std::vector<step>& steps_;
    std::vector<part> parts_;
    std::vector<fate> fates_;
    std::vector<std::size_t> open_;  ///< parts that are not sure to last
};

}  // namespace

void each_crash(const tree_state& start, const std::vector<step>& steps, std::size_t done,
                const std::function<void(const tree_state&)>& judge) {
    crash(start, steps, done).each(judge);
}

}  // namespace mogshare::disk_test
