#include "rules.hpp"

#include "mogshare/base/limits.hpp"

#include <algorithm>

namespace mogshare::wire {

namespace {

template <class Enum>
bool one_of(Enum value, Enum first, Enum last) {
    return value >= first && value <= last;
}

/// Where bytes of a file may begin. Keeps every later `offset + length` far from overflow.
bool file_offset(std::uint64_t offset) {
    return offset <= limits::file_bytes_max;
}

bool leaf_offset(std::uint64_t offset) {
    return file_offset(offset) && offset % limits::leaf_bytes == 0;
}

bool layer_run(std::uint32_t first, std::size_t count) {
    return count <= limits::hashes_per_frame_max && first + std::uint64_t{count} <= limits::file_pieces_max;
}

bool row_within_limits(const row& r) {
    const std::vector<endpoint>& at = r.addresses;
    if (at.empty() || at.size() > limits::row_addresses_max) return false;
    if (at.size() == 2 && at[0].address.is == at[1].address.is) return false;
    return std::all_of(at.begin(), at.end(), [](const endpoint& e) { return e.address.known(); });
}

bool entry_within_limits(const entry& e) {
    return e.name.size() <= limits::name_bytes_max && e.size <= limits::file_bytes_max && e.held <= e.size;
}

}  // namespace

bool within_limits(const hello& m) {
    return one_of(m.why, purpose::link, purpose::transfer);
}

bool within_limits(const entrada&) {
    return true;
}

bool within_limits(const rows& m) {
    return m.list.size() <= limits::rows_max && std::all_of(m.list.begin(), m.list.end(), row_within_limits);
}

bool within_limits(const pesquisa& m) {
    if (m.level < 1 || m.name.empty() || m.name.size() > limits::name_bytes_max) return false;
    if (!one_of(m.kind, query_kind::exact, query_kind::content)) return false;
    return m.kind != query_kind::content || parse_id<content_id>(m.name).has_value();
}

bool within_limits(const claim&) {
    return true;
}

bool within_limits(const nonce_shown&) {
    return true;
}

bool within_limits(const existe& m) {
    return !m.entries.empty() && m.entries.size() <= limits::entries_max &&
           std::all_of(m.entries.begin(), m.entries.end(), entry_within_limits);
}

bool within_limits(const ping& m) {
    return leaf_offset(m.offset) && m.length >= 1 && m.length <= limits::ping_bytes_max;
}

bool within_limits(const pong& m) {
    return leaf_offset(m.offset) && m.proof.size() <= limits::proof_hashes_max &&
           m.data.size() <= limits::ping_bytes_max && m.file_bytes <= m.data.size();
}

bool within_limits(const get_hashes& m) {
    return m.count >= 1 && layer_run(m.first, m.count);
}

bool within_limits(const hashes& m) {
    return !m.list.empty() && layer_run(m.first, m.list.size());
}

bool within_limits(const request& m) {
    if (!file_offset(m.offset) || m.length < 1 || m.length > limits::piece_bytes) return false;
    return m.offset % limits::piece_bytes + m.length <= limits::piece_bytes;
}

bool within_limits(const piece& m) {
    return file_offset(m.offset) && !m.data.empty() && m.data.size() <= limits::bulk_bytes_max;
}

bool within_limits(const busy& m) {
    return one_of(m.why, busy_reason::slots, busy_reason::requests);
}

bool within_limits(const cancel&) {
    return true;
}

bool within_limits(const keepalive&) {
    return true;
}

bool within_limits(const bye& m) {
    return one_of(m.why, bye_reason::leaving, bye_reason::timeout) && m.text.size() <= limits::reason_bytes_max;
}

}  // namespace mogshare::wire
