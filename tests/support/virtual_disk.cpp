#include "virtual_disk.hpp"

#include "mogshare/base/random.hpp"
#include "mogshare/content/names.hpp"

#include <algorithm>

namespace mogshare::testing {

namespace {

content::tree hashed(byte_view data) {
    content::tree_hasher hasher;
    hasher.update(data);
    return hasher.finish();
}

bytes part(const bytes& of, std::uint64_t from, std::uint64_t to) {
    return {of.begin() + static_cast<std::ptrdiff_t>(from), of.begin() + static_cast<std::ptrdiff_t>(to)};
}

}  // namespace

bytes some_bytes(std::size_t count, std::uint64_t seed) {
    bytes made(count);
    random_source::from_number(seed).fill(made);
    return made;
}

content_id id_of(byte_view data) {
    return hashed(data).root;
}

content::share virtual_disk::put(const std::string& path, bytes data) {
    const content::tree tree = hashed(data);
    ++inodes_;
    entry& added = files_[path];
    added.data = std::move(data);
    added.shared = {path, {tree.size, static_cast<std::int64_t>(inodes_), inodes_}, tree.root, tree.layer};
    return added.shared;
}

const bytes* virtual_disk::file(const std::string& path) const {
    const auto found = files_.find(path);
    return found == files_.end() ? nullptr : &found->second.data;
}

std::vector<std::string> virtual_disk::paths() const {
    std::vector<std::string> all;
    for (const auto& [path, held] : files_) all.push_back(path);
    return all;
}

std::vector<content::share> virtual_disk::scan() const {
    std::vector<content::share> all;
    for (const auto& [path, held] : files_) all.push_back(held.shared);
    return all;
}

void virtual_disk::change(const std::string& path) {
    entry& held = files_.at(path);
    ++held.shared.stamp.modified_ns;
    for (std::uint8_t& each : held.data) each ^= 0xFF;
}

const virtual_disk::entry* virtual_disk::unchanged(const std::string& path, const content::file_stamp& stamp) const {
    const auto found = files_.find(path);
    return found == files_.end() || !(found->second.shared.stamp == stamp) ? nullptr : &found->second;
}

core::input::range_read virtual_disk::operator()(const core::output::read_range& job) const {
    if (unreadable_) return {job.job, std::nullopt, false};
    const entry* held = unchanged(job.path, job.stamp);
    if (held == nullptr || job.offset + job.length > held->data.size()) return {job.job, std::nullopt, true};
    bytes data = part(held->data, job.offset, job.offset + job.length);
    if (wrong_.contains(job.path) && !data.empty()) data[data.size() / 2] ^= 1;
    return {job.job, std::move(data), false};
}

core::input::range_proven virtual_disk::operator()(const core::output::prove_range& job) const {
    if (unreadable_) return {job.job, std::nullopt, false};
    const entry* held = unchanged(job.path, job.stamp);
    if (held == nullptr) return {job.job, std::nullopt, true};
    const std::uint64_t size = held->data.size();
    const content::leaf_range leaves = content::leaves_of(size, job.offset, job.length);
    const std::uint64_t first_piece = job.offset / limits::piece_bytes;
    const std::uint64_t end = std::min<std::uint64_t>(job.offset + job.length, size);
    const std::uint64_t pieces_end = (end + limits::piece_bytes - 1) / limits::piece_bytes * limits::piece_bytes;
    const bytes covering = part(held->data, first_piece * limits::piece_bytes, std::min(pieces_end, size));
    core::input::range_proven::proven made;
    made.data = part(held->data, job.offset, end);
    made.proof = content::range_proof(size, *job.layer, leaves, content::leaf_hashes(covering));
    if (wrong_proofs_.contains(job.path) && !made.data.empty()) made.data.front() ^= 1;
    return {job.job, std::move(made), false};
}

core::input::partial_opened virtual_disk::operator()(const core::output::open_partial& job) {
    if (broken_) return {job.download, core::input::disk_status::failed, "the disk is broken", {}};
    for (const auto& [download, content] : open_)
        if (content == job.content) return {job.download, core::input::disk_status::failed, "in use", {}};
    open_[job.download] = job.content;
    partial& opened = partials_[job.content];
    opened.size = job.size;
    opened.layer = job.layer;
    std::vector<bool> have(content::piece_count(job.size));
    for (const auto& [index, data] : opened.pieces) have[index] = true;
    return {job.download, core::input::disk_status::ok, "", std::move(have)};
}

core::input::piece_stored virtual_disk::operator()(const core::output::store_piece& job) {
    const auto open = open_.find(job.download);
    if (open == open_.end()) return {job.download, job.piece, core::input::disk_status::failed, "not open"};
    partial& into = partials_[open->second];
    written_bytes_ += job.data.size();
    const digest expected = content::expected_piece(open->second, *into.layer, job.piece);
    const bool right = job.data.size() == content::piece_size(into.size, job.piece) &&
                       content::piece_hash(into.size, job.piece, job.data) == expected;
    if (!right) return {job.download, job.piece, core::input::disk_status::corrupt, "wrong bytes"};
    if (full_) return {job.download, job.piece, core::input::disk_status::full, "no space left"};
    into.pieces[job.piece] = job.data;
    ++into.stored[job.piece];
    return {job.download, job.piece, core::input::disk_status::ok, ""};
}

bytes virtual_disk::whole(const partial& of) const {
    bytes all;
    all.reserve(of.size);
    for (const auto& [index, data] : of.pieces) all.insert(all.end(), data.begin(), data.end());
    return all;
}

core::input::download_landed virtual_disk::operator()(const core::output::finish_partial& job) {
    const auto open = open_.find(job.download);
    if (open == open_.end()) return {job.download, core::input::disk_status::failed, "not open", {}};
    partial& from = partials_[open->second];
    if (from.pieces.size() != content::piece_count(from.size))
        return {job.download, core::input::disk_status::failed, "not whole", {}};
    if (full_) return {job.download, core::input::disk_status::full, "no space left", {}};
    std::string path = job.name;
    for (unsigned number = 2; files_.contains(path); ++number) path = content::numbered(job.name, number);
    content::share landed = put(path, whole(from));
    from.pieces.clear();
    open_.erase(open);
    return {job.download, core::input::disk_status::ok, "", std::move(landed)};
}

}  // namespace mogshare::testing
