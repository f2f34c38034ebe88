#include "mogshare/core/pieces.hpp"

#include <algorithm>
#include <cassert>

namespace mogshare::core {

namespace {

constexpr std::uint64_t leaf = limits::leaf_bytes;

std::uint64_t bits(std::uint64_t first, std::uint64_t count) {
    const std::uint64_t ones = count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
    return first >= 64 ? 0 : ones << first;
}

}  // namespace

piece_assembly::piece_assembly(std::uint64_t file_size, std::uint64_t index)
    : index_(index),
      data_(content::piece_size(file_size, index)),
      missing_(bits(0, (data_.size() + leaf - 1) / leaf)) {}

std::uint32_t piece_assembly::adopt(std::uint64_t from, byte_view data) {
    assert(from % leaf == 0);
    std::uint32_t taken = 0;
    for (std::uint64_t at = 0; at < data.size(); at += leaf) {
        const std::uint64_t position = from + at;
        if (position < offset() || position >= offset() + data_.size()) continue;
        const std::uint64_t local = position - offset();
        const std::uint64_t wanted = std::min<std::uint64_t>(leaf, data_.size() - local);
        const std::uint64_t bit = bits(local / leaf, 1);
        if (data.size() - at < wanted || (missing_ & bit) == 0) continue;
        std::copy_n(data.begin() + static_cast<std::ptrdiff_t>(at), wanted,
                    data_.begin() + static_cast<std::ptrdiff_t>(local));
        missing_ &= ~bit;
        taken += static_cast<std::uint32_t>(wanted);
    }
    return taken;
}

std::vector<byte_run> piece_assembly::missing_runs() const {
    std::vector<byte_run> runs;
    for (std::uint64_t local = 0; local < data_.size();) {
        if ((missing_ & bits(local / leaf, 1)) == 0) {
            local += leaf;
            continue;
        }
        std::uint64_t end = local;
        while (end < data_.size() && (missing_ & bits(end / leaf, 1)) != 0)
            end = std::min<std::uint64_t>(end + leaf, data_.size());
        runs.push_back({offset() + local, static_cast<std::uint32_t>(end - local)});
        local = (end + leaf - 1) / leaf * leaf;
    }
    return runs;
}

void piece_assembly::write(std::uint64_t at, byte_view data) {
    assert(at >= offset() && at - offset() + data.size() <= data_.size());
    std::copy(data.begin(), data.end(), data_.begin() + static_cast<std::ptrdiff_t>(at - offset()));
}

void piece_assembly::complete(const byte_run& run) {
    missing_ &= ~bits((run.offset - offset()) / leaf, (run.length + leaf - 1) / leaf);
}

piece_book::piece_book(std::uint64_t file_size, std::vector<bool> have)
    : file_size_(file_size), state_(content::piece_count(file_size), state::missing) {
    have.resize(state_.size());
    for (std::uint64_t index = 0; index < state_.size(); ++index) {
        if (!have[index]) continue;
        state_[index] = state::under_way;
        stored(index);
    }
}

std::optional<std::uint64_t> piece_book::take_next() {
    while (first_missing_ < state_.size() && state_[first_missing_] != state::missing) ++first_missing_;
    if (first_missing_ == state_.size()) return std::nullopt;
    state_[first_missing_] = state::under_way;
    return first_missing_;
}

void piece_book::stored(std::uint64_t index) {
    assert(state_[index] == state::under_way);
    state_[index] = state::there;
    ++there_;
    verified_bytes_ += content::piece_size(file_size_, index);
}

void piece_book::give_back(std::uint64_t index) {
    assert(state_[index] == state::under_way);
    state_[index] = state::missing;
    first_missing_ = std::min(first_missing_, index);
}

}  // namespace mogshare::core
