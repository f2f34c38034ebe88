#pragma once
// The disk of a fuzzed session: work that was given out, and answers that a real disk could give, in any order.

#include "bytes/reader.hpp"
#include "session/files.hpp"

#include "mogshare/content/names.hpp"
#include "mogshare/core/io.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

namespace mogshare::fuzz {

class disk {
public:
    using work = std::variant<core::output::read_range, core::output::prove_range, core::output::open_partial,
                              core::output::store_piece, core::output::finish_partial>;

    /// Notes an output that is work for a disk, and checks that it can be one.
    void take(const core::any_output& out) {
        if (const auto* read = std::get_if<core::output::read_range>(&out))
            note(*read, read->path, read->offset, read->length);
        if (const auto* prove = std::get_if<core::output::prove_range>(&out)) {
            require(prove->offset % limits::leaf_bytes == 0, "a proof of parts of leaves");
            note(*prove, prove->path, prove->offset, prove->length);
        }
        if (const auto* open = std::get_if<core::output::open_partial>(&out)) {
            const auto* file = file_of(open->content, open->size);
            require(file != nullptr, "a partial file of no content");
            require(*open->layer == *file->shared.layer, "R12: piece hashes that are not the content's");
            require(downloads_.try_emplace(open->download, download{file, {}}).second, "a partial file opened twice");
            waiting_.push_back(*open);
        }
        if (const auto* store = std::get_if<core::output::store_piece>(&out)) {
            require(downloads_.contains(store->download), "a piece of no partial file");
            ++storing_[store->download];
            waiting_.push_back(*store);
        }
        if (const auto* finish = std::get_if<core::output::finish_partial>(&out)) {
            const auto found = downloads_.find(finish->download);
            require(found != downloads_.end() && found->second.whole(), "R12: a file landed that is not whole");
            require(!content::check_name(finish->name), "R12: a file landed under a name that no folder may hold");
            waiting_.push_back(*finish);
        }
        if (const auto* close = std::get_if<core::output::close_partial>(&out)) downloads_.erase(close->download);
    }

    bool idle() const { return waiting_.empty(); }
    std::size_t open_partials() const { return downloads_.size(); }
    const std::map<core::download_id, std::size_t>& storing() const { return storing_; }

    /// The answer to one piece of work: the oldest, or another; right, or one of the things that go wrong.
    core::any_input answer(reader& from) {
        const auto at = waiting_.begin() + static_cast<std::ptrdiff_t>(from.byte() % waiting_.size());
        const work one = std::move(*at);
        waiting_.erase(at);
        const std::uint8_t how = from.byte();
        return std::visit([&](const auto& each) { return done(each, how); }, one);
    }

private:
    struct download {
        const testing::scripted_file* file = nullptr;
        std::set<std::uint64_t> there;
        bool whole() const { return there.size() == content::piece_count(file->data.size()); }
    };
    using status = core::input::disk_status;

    template <class Work>
    void note(const Work& work, const std::string& path, std::uint64_t offset, std::uint64_t length) {
        const auto* file = file_called(path);
        require(file != nullptr && work.stamp == file->shared.stamp, "a file read that is not shared");
        require(offset <= file->data.size() && length <= file->data.size() - offset, "R12: bytes read beyond a file");
        waiting_.push_back(work);
    }
    static bytes part(const std::string& path, std::uint64_t offset, std::uint64_t length) {
        const auto begin = file_called(path)->data.begin() + static_cast<std::ptrdiff_t>(offset);
        return {begin, begin + static_cast<std::ptrdiff_t>(length)};
    }
    /// Most answers are good ones.
    static status status_of(std::uint8_t how) {
        return how % 8 == 5 ? status::full : how % 8 == 6 ? status::failed : status::ok;
    }

    core::any_input done(const core::output::read_range& one, std::uint8_t how) {
        if (how % 8 == 7) return core::input::range_read{one.job, std::nullopt, how % 16 == 7};
        return core::input::range_read{one.job, part(one.path, one.offset, one.length), false};
    }
    core::any_input done(const core::output::prove_range& one, std::uint8_t how) {
        if (how % 8 == 7) return core::input::range_proven{one.job, std::nullopt, how % 16 == 7};
        const auto* file = file_called(one.path);
        core::input::range_proven::proven made{part(one.path, one.offset, one.length), {}};
        if (one.length > 0) made.proof = file->proof(one.offset, one.length);
        return core::input::range_proven{one.job, std::move(made), false};
    }
    core::any_input done(const core::output::open_partial& one, std::uint8_t how) {
        const auto found = downloads_.find(one.download);
        std::vector<bool> have(content::piece_count(one.size));
        for (std::size_t at = 0; at < have.size(); ++at) have[at] = (how >> (at + 3) & 1) != 0;
        const status said = status_of(how);
        if (found != downloads_.end() && said != status::ok) downloads_.erase(found);
        if (found != downloads_.end() && said == status::ok)
            for (std::size_t at = 0; at < have.size(); ++at)
                if (have[at]) found->second.there.insert(at);
        return core::input::partial_opened{one.download, said, said == status::ok ? "" : "no", have};
    }
    core::any_input done(const core::output::store_piece& one, std::uint8_t how) {
        if (--storing_[one.download] == 0) storing_.erase(one.download);
        const auto found = downloads_.find(one.download);
        if (found == downloads_.end())
            return core::input::piece_stored{one.download, one.piece, status::failed, "closed"};
        const bytes& whole = found->second.file->data;
        const auto begin = whole.begin() + static_cast<std::ptrdiff_t>(one.piece * limits::piece_bytes);
        const std::size_t count = content::piece_size(whole.size(), one.piece);
        require(one.data.size() == count, "a piece of another length");
        const bool right = std::equal(one.data.begin(), one.data.end(), begin);
        const status said = right ? status_of(how) : status::corrupt;
        if (said == status::ok) found->second.there.insert(one.piece);
        return core::input::piece_stored{one.download, one.piece, said, ""};
    }
    core::any_input done(const core::output::finish_partial& one, std::uint8_t how) {
        const status said = status_of(how);
        const auto found = downloads_.find(one.download);
        if (found == downloads_.end()) return core::input::download_landed{one.download, status::failed, "closed", {}};
        const content::share landed = found->second.file->shared;
        downloads_.erase(found);
        return core::input::download_landed{one.download, said, "", landed};
    }

    std::vector<work> waiting_;
    std::map<core::download_id, download> downloads_;  ///< partial files that are open
    std::map<core::download_id, std::size_t> storing_;
};

}  // namespace mogshare::fuzz
