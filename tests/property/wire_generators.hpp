#pragma once
// Random messages within the protocol's limits. Lists and texts stay small; the limits themselves have unit tests.

#include "mogshare/wire/codec.hpp"

#include <rapidcheck.h>

#include <limits>
#include <string>
#include <vector>

namespace wire_generators {

using namespace mogshare;
using namespace mogshare::wire;

template <class Id>
Id any_id() {
    Id id;
    id.value = *rc::gen::arbitrary<std::array<std::uint8_t, id_bytes>>();
    return id;
}

/// Uniform in [least, most], both included; small values are as rare as large ones.
template <class Int>
Int between(Int least, Int most) {
    const auto drawn = *rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>());
    const std::uint64_t span = std::uint64_t{most} - std::uint64_t{least};
    return static_cast<Int>(least + (span == UINT64_MAX ? drawn : drawn % (span + 1)));
}

template <class Int>
Int any_number() {
    return between<Int>(0, std::numeric_limits<Int>::max());
}

inline bytes any_bytes(std::size_t least, std::size_t most) {
    return *rc::gen::container<bytes>(between(least, most), rc::gen::arbitrary<std::uint8_t>());
}

/// Any bytes: the codec does not judge text.
inline std::string any_text(std::size_t least, std::size_t most) {
    return std::string(as_text(any_bytes(least, most)));
}

inline std::vector<digest> any_digests(std::size_t least, std::size_t most) {
    std::vector<digest> list(between(least, most));
    for (digest& d : list) d = any_id<digest>();
    return list;
}

inline endpoint any_v4() {
    return {host::v4(*rc::gen::arbitrary<std::array<std::uint8_t, 4>>()), any_number<std::uint16_t>()};
}

inline endpoint any_v6() {
    auto octets = *rc::gen::arbitrary<std::array<std::uint8_t, 16>>();
    octets[0] = 0x20;  // not a mapped IPv4 address, which would be read as what it stands for
    return {host::v6(octets), any_number<std::uint16_t>()};
}

inline endpoint any_endpoint() {
    switch (between(0u, 2u)) {
        case 0: return {host{}, any_number<std::uint16_t>()};
        case 1: return any_v4();
        default: return any_v6();
    }
}

inline row any_row() {
    switch (between(0u, 3u)) {
        case 0: return {any_id<peer_id>(), {any_v4()}};
        case 1: return {any_id<peer_id>(), {any_v6()}};
        case 2: return {any_id<peer_id>(), {any_v4(), any_v6()}};
        default: return {any_id<peer_id>(), {any_v6(), any_v4()}};
    }
}

inline entry any_entry() {
    entry e;
    e.name = any_text(0, 40);
    e.size = between<std::uint64_t>(0, limits::file_bytes_max);
    e.content = any_id<content_id>();
    e.held = between<std::uint64_t>(0, e.size);
    return e;
}

inline message any_hello() {
    hello m;
    m.why = static_cast<purpose>(between(1u, 3u));
    m.short_lived = *rc::gen::arbitrary<bool>();
    m.features = any_number<std::uint64_t>();
    m.listen_port = any_number<std::uint16_t>();
    return m;
}

inline message any_rows() {
    rows m;
    m.list.resize(between<std::size_t>(0, 5));
    for (row& r : m.list) r = any_row();
    return m;
}

inline message any_pesquisa() {
    pesquisa m;
    m.id = any_id<query_id>();
    m.origin_id = any_id<peer_id>();
    m.origin = any_endpoint();
    m.origin_short_lived = *rc::gen::arbitrary<bool>();
    m.level = between<std::uint8_t>(1, 255);
    m.kind = static_cast<query_kind>(between(1u, 3u));
    m.name = m.kind == query_kind::content ? to_hex(any_id<content_id>()) : any_text(1, 60);
    return m;
}

inline message any_existe() {
    existe m;
    m.id = any_id<query_id>();
    m.level = any_number<std::uint8_t>();
    m.slots_free = any_number<std::uint16_t>();
    m.queue = any_number<std::uint16_t>();
    m.matches = any_number<std::uint32_t>();
    m.entries.resize(between<std::size_t>(1, 4));
    for (entry& e : m.entries) e = any_entry();
    return m;
}

inline std::uint64_t any_leaf_offset() {
    return between<std::uint64_t>(0, limits::file_bytes_max / limits::leaf_bytes) * limits::leaf_bytes;
}

inline message any_ping() {
    return ping{any_id<query_id>(), any_id<content_id>(), any_leaf_offset(),
                between(1u, std::uint32_t{limits::ping_bytes_max})};
}

/// PONG and PIECE view `data`, which the caller keeps.
inline message any_pong(bytes& data) {
    data = any_bytes(0, 200);
    const auto file_bytes = between(0u, static_cast<std::uint32_t>(data.size()));
    return pong{any_id<query_id>(), any_leaf_offset(), file_bytes, any_digests(0, 5), data};
}

inline message any_piece(bytes& data) {
    data = any_bytes(1, 200);
    return piece{any_number<std::uint32_t>(), between<std::uint64_t>(0, limits::file_bytes_max), data};
}

inline message any_get_hashes() {
    const auto count = between(1u, std::uint32_t{limits::hashes_per_frame_max});
    return get_hashes{any_id<content_id>(), between(0u, std::uint32_t{limits::file_pieces_max} - count), count};
}

inline message any_hashes() {
    hashes m{any_id<content_id>(), 0, any_digests(1, 6)};
    m.first = between(0u, static_cast<std::uint32_t>(limits::file_pieces_max - m.list.size()));
    return m;
}

inline message any_request() {
    const auto offset = between<std::uint64_t>(0, limits::file_bytes_max - 1);
    request m{any_number<std::uint32_t>(), any_id<content_id>(), offset, 0};
    m.length = between(1u, static_cast<std::uint32_t>(limits::piece_bytes - m.offset % limits::piece_bytes));
    return m;
}

inline message any_busy() {
    return busy{any_number<std::uint32_t>(), static_cast<busy_reason>(between(1u, 3u)), any_number<std::uint16_t>(),
                any_number<std::uint32_t>()};
}

inline message any_bye() {
    return bye{static_cast<bye_reason>(between(1u, 7u)), any_text(0, 60)};
}

inline message any_message(bytes& data) {
    switch (static_cast<message_type>(between(1u, 17u))) {
        case message_type::hello: return any_hello();
        case message_type::entrada: return entrada{any_number<std::uint16_t>()};
        case message_type::rows: return any_rows();
        case message_type::pesquisa: return any_pesquisa();
        case message_type::claim: return claim{any_id<query_id>()};
        case message_type::nonce: return nonce_shown{any_id<nonce>()};
        case message_type::existe: return any_existe();
        case message_type::ping: return any_ping();
        case message_type::pong: return any_pong(data);
        case message_type::get_hashes: return any_get_hashes();
        case message_type::hashes: return any_hashes();
        case message_type::request: return any_request();
        case message_type::piece: return any_piece(data);
        case message_type::busy: return any_busy();
        case message_type::cancel: return cancel{any_number<std::uint32_t>()};
        case message_type::keepalive: return keepalive{};
        case message_type::bye: return any_bye();
    }
    return keepalive{};
}

}  // namespace wire_generators
