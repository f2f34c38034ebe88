// Parts of shared files: for pieces that are asked for, and for pings with their proof (R10).
#include "mogshare/base/limits.hpp"
#include "mogshare/store/folder.hpp"
#include "store/errors.hpp"
#include "store/file_io.hpp"
#include "store/shared_file.hpp"

#include <algorithm>

namespace mogshare::store {

namespace {

using limits::leaf_bytes;
using limits::piece_bytes;

// A stranger chooses ranges, so nothing is allocated for more than the largest of them.
constexpr std::uint64_t range_bytes_max = std::max(piece_bytes, limits::ping_bytes_max);

problem bad_range(const std::string& path) {
    return plain_problem("cannot read", path, "the range does not lie within the file, or is too long");
}

// Exactly the bytes [begin, begin + count), which lie within the file, if it has the stamp before and after.
result<bytes, problem> read_unchanged(int folder, const std::string& path, const content::file_stamp& stamp,
                                      std::uint64_t begin, std::uint64_t count) {
    const auto opened = open_shared(folder, path);
    if (!opened) return failure{opened.error()};
    const int file = opened->file.get();
    const auto before = check_unchanged(file, stamp, path);
    if (!before) return failure{before.error()};
    bytes data(count);
    const auto got = read_at(file, data, begin);
    if (!got) return failure{system_problem("cannot read", path, got.error())};
    const auto after = check_unchanged(file, stamp, path);
    if (!after) return failure{after.error()};
    if (*got != count) return failure{plain_problem("cannot read", path, "it ended early", problem::kind::not_found)};
    return data;
}

// Whole pieces around a run of leaves: its proof begins with their leaf hashes.
struct byte_run {
    std::uint64_t begin;
    std::uint64_t end;
};
byte_run pieces_around(std::uint64_t size, content::leaf_range leaves) {
    const std::uint64_t end = (leaves.first + leaves.count) * leaf_bytes;
    const std::uint64_t pieces_end = (end + piece_bytes - 1) / piece_bytes * piece_bytes;
    return {leaves.first * leaf_bytes / piece_bytes * piece_bytes, std::min(size, pieces_end)};
}

bool layer_fits(std::uint64_t size, const content::piece_layer& layer) {
    const std::uint64_t pieces = content::piece_count(size);
    return layer.size() == (pieces > 1 ? pieces : 0);
}

}  // namespace

result<bytes, problem> folder::read_range(const std::string& path, const content::file_stamp& stamp,
                                          std::uint64_t offset, std::uint32_t length) const {
    const bool within = offset <= stamp.size && length <= stamp.size - offset;
    if (!within || length > range_bytes_max) return failure{bad_range(path)};
    return read_unchanged(descriptor_, path, stamp, offset, length);
}

result<proven_range, problem> folder::prove_range(const std::string& path, const content::file_stamp& stamp,
                                                  const content::piece_layer& layer, std::uint64_t offset,
                                                  std::uint32_t length) const {
    const content::leaf_range leaves = content::leaves_of(stamp.size, offset, length);
    const bool empty_file = stamp.size == 0 && offset == 0;
    const bool fits = offset % leaf_bytes == 0 && length <= range_bytes_max && layer_fits(stamp.size, layer);
    if (!fits || (leaves.count == 0 && !empty_file)) return failure{bad_range(path)};

    const byte_run pieces = pieces_around(stamp.size, leaves);
    auto read = read_unchanged(descriptor_, path, stamp, pieces.begin, pieces.end - pieces.begin);
    if (!read) return failure{read.error()};
    proven_range proven;
    proven.proof = content::range_proof(stamp.size, layer, leaves, content::leaf_hashes(*read));

    const std::uint64_t begin = leaves.first * leaf_bytes;
    const std::uint64_t end = std::min(stamp.size, begin + leaves.count * leaf_bytes);
    const byte_view range = byte_view(*read).subspan(begin - pieces.begin, end - begin);
    proven.data.assign(range.begin(), range.end());
    return proven;
}

}  // namespace mogshare::store
