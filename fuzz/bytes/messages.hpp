#pragma once
// Messages that the fuzzer's bytes describe: every type, every field, always within the protocol's limits and often at their edge.

#include "bytes/reader.hpp"

#include "mogshare/wire/codec.hpp"

#include <array>
#include <string>
#include <vector>

namespace mogshare::fuzz {

/// 0…most; the edges are as likely as all the rest.
template <class Int>
Int up_to(reader& from, Int most) {
    const std::uint8_t how = from.byte();
    if (how % 4 == 0) return 0;
    if (how % 4 == 1) return most;
    return static_cast<Int>(from.below(std::uint64_t{most} + 1));
}
template <class Int>
Int between(reader& from, Int least, Int most) {
    return static_cast<Int>(least + up_to(from, static_cast<Int>(most - least)));
}

/// Mostly short; at times as long as allowed.
inline std::string text_of(reader& from, std::size_t least, std::size_t most) {
    std::string text = from.some_text();
    if (text.size() < least || text.size() >= 250) text.resize(text.size() < least ? least : most, 'x');
    text.resize(std::min(text.size(), most));
    return text;
}

/// How many of a list: few, or all that are allowed.
inline std::size_t count_of(reader& from, std::size_t least, std::size_t most) {
    const std::uint8_t how = from.byte();
    return how == 255 ? most : std::min<std::size_t>(least + how % 5, most);
}

inline std::vector<digest> digests_of(reader& from, std::size_t least, std::size_t most) {
    std::vector<digest> list(count_of(from, least, most));
    for (digest& each : list) each.value.fill(from.byte());
    return list;
}

inline host host_of(reader& from, bool v6) {
    if (!v6) return host::v4({from.byte(), from.byte(), from.byte(), from.byte()});
    std::array<std::uint8_t, 16> octets{};
    for (std::uint8_t& each : octets) each = from.byte();
    octets[0] |= 0x20;  // not a mapped IPv4 address, which would be read as what it stands for
    return host::v6(octets);
}

inline endpoint endpoint_of(reader& from) {
    const std::uint8_t family = from.byte() % 3;
    const host address = family == 0 ? host{} : host_of(from, family == 1);
    return {address, from.number<std::uint16_t>()};
}

inline wire::row row_of(reader& from) {
    wire::row made;
    made.id.value.fill(from.byte());
    const std::uint8_t how = from.byte() % 4;
    made.addresses.push_back({host_of(from, how % 2 == 0), from.number<std::uint16_t>()});
    if (how >= 2) made.addresses.push_back({host_of(from, how % 2 == 1), from.number<std::uint16_t>()});
    return made;
}

inline wire::entry entry_of(reader& from) {
    wire::entry made;
    made.name = text_of(from, 0, limits::name_bytes_max);
    made.size = up_to(from, limits::file_bytes_max);
    made.content.value.fill(from.byte());
    made.held = up_to(from, made.size);
    return made;
}

inline std::uint64_t leaf_offset_of(reader& from) {
    return up_to(from, limits::file_bytes_max / limits::leaf_bytes) * limits::leaf_bytes;
}

inline wire::message hello_of(reader& from) {
    wire::hello m;
    m.why = static_cast<wire::purpose>(1 + from.byte() % 3);
    m.short_lived = from.flag();
    m.features = from.number<std::uint64_t>();
    m.listen_port = from.number<std::uint16_t>();
    return m;
}

inline wire::message rows_of(reader& from) {
    wire::rows m;
    m.list.resize(count_of(from, 0, limits::rows_max));
    for (wire::row& each : m.list) each = row_of(from);
    return m;
}

inline wire::message pesquisa_of(reader& from) {
    wire::pesquisa m;
    m.id = from.id<query_id>();
    m.origin_id = from.id<peer_id>();
    m.origin = endpoint_of(from);
    m.origin_short_lived = from.flag();
    m.level = between<std::uint8_t>(from, 1, 255);
    m.kind = static_cast<wire::query_kind>(1 + from.byte() % 3);
    const bool content = m.kind == wire::query_kind::content;
    m.name = content ? to_hex(from.id<content_id>()) : text_of(from, 1, limits::name_bytes_max);
    return m;
}

inline wire::message existe_of(reader& from) {
    wire::existe m;
    m.id = from.id<query_id>();
    m.level = from.byte();
    m.slots_free = from.number<std::uint16_t>();
    m.queue = from.number<std::uint16_t>();
    m.matches = from.number<std::uint32_t>();
    m.entries.resize(count_of(from, 1, limits::entries_max));
    for (wire::entry& each : m.entries) each = entry_of(from);
    return m;
}

/// PONG and PIECE view `data`, which the caller keeps.
inline wire::message pong_of(reader& from, bytes& data) {
    const std::size_t count = from.byte() == 255 ? limits::ping_bytes_max : from.byte();
    data.assign(count, from.byte());
    wire::pong m;
    m.id = from.id<query_id>();
    m.offset = leaf_offset_of(from);
    m.file_bytes = up_to(from, static_cast<std::uint32_t>(data.size()));
    m.proof = digests_of(from, 0, limits::proof_hashes_max);
    m.data = data;
    return m;
}

inline wire::message piece_of(reader& from, bytes& data) {
    const std::size_t count = from.byte() == 255 ? limits::bulk_bytes_max : std::size_t{from.byte()} + 1;
    data.assign(count, from.byte());
    return wire::piece{from.number<std::uint32_t>(), up_to(from, limits::file_bytes_max), data};
}

inline wire::message get_hashes_of(reader& from) {
    wire::get_hashes m;
    m.content = from.id<content_id>();
    m.count = between(from, 1U, std::uint32_t{limits::hashes_per_frame_max});
    m.first = up_to(from, std::uint32_t{limits::file_pieces_max} - m.count);
    return m;
}

inline wire::message hashes_of(reader& from) {
    wire::hashes m;
    m.content = from.id<content_id>();
    m.list = digests_of(from, 1, limits::hashes_per_frame_max);
    m.first = up_to(from, static_cast<std::uint32_t>(limits::file_pieces_max - m.list.size()));
    return m;
}

inline wire::message request_of(reader& from) {
    wire::request m;
    m.number = from.number<std::uint32_t>();
    m.content = from.id<content_id>();
    m.offset = up_to(from, limits::file_bytes_max);
    m.length = between(from, 1U, static_cast<std::uint32_t>(limits::piece_bytes - m.offset % limits::piece_bytes));
    return m;
}

inline wire::message busy_of(reader& from) {
    wire::busy m;
    m.number = from.number<std::uint32_t>();
    m.why = static_cast<wire::busy_reason>(1 + from.byte() % 3);
    m.place = from.number<std::uint16_t>();
    m.retry_ms = from.number<std::uint32_t>();
    return m;
}

inline wire::message message_of(reader& from, bytes& data) {
    using type = wire::message_type;
    switch (static_cast<type>(1 + from.byte() % 17)) {
        case type::hello: return hello_of(from);
        case type::entrada: return wire::entrada{from.number<std::uint16_t>()};
        case type::rows: return rows_of(from);
        case type::pesquisa: return pesquisa_of(from);
        case type::claim: return wire::claim{from.id<query_id>()};
        case type::nonce: return wire::nonce_shown{from.id<nonce>()};
        case type::existe: return existe_of(from);
        case type::ping:
            return wire::ping{from.id<query_id>(), from.id<content_id>(), leaf_offset_of(from),
                              between(from, 1U, std::uint32_t{limits::ping_bytes_max})};
        case type::pong: return pong_of(from, data);
        case type::get_hashes: return get_hashes_of(from);
        case type::hashes: return hashes_of(from);
        case type::request: return request_of(from);
        case type::piece: return piece_of(from, data);
        case type::busy: return busy_of(from);
        case type::cancel: return wire::cancel{from.number<std::uint32_t>()};
        case type::keepalive: return wire::keepalive{};
        case type::bye:
            return wire::bye{static_cast<wire::bye_reason>(1 + from.byte() % 7),
                             text_of(from, 0, limits::reason_bytes_max)};
    }
    return wire::keepalive{};
}

}  // namespace mogshare::fuzz
