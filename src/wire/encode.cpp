// Messages to bytes: the mirror of decode.cpp.

#include "rules.hpp"
#include "writer.hpp"

#include <algorithm>

namespace mogshare::wire {

namespace {

template <class Enum>
std::uint8_t number_of(Enum value) {
    return static_cast<std::uint8_t>(value);
}

std::uint8_t flags(bool short_lived) {
    return short_lived ? 1 : 0;
}

void write_fields(writer& out, const hello& m) {
    out.raw(as_bytes("mogShare"));
    out.number(m.version);
    out.number(number_of(m.why));
    out.number(flags(m.short_lived));
    out.number(m.features);
    out.number(m.listen_port);
}

void write_fields(writer& out, const entrada& m) {
    out.number(m.rows_wanted);
}

void write_fields(writer& out, const rows& m) {
    out.number(writer::length16(m.list.size()));
    for (const row& r : m.list) {
        out.id(r.id);
        out.number(static_cast<std::uint8_t>(r.addresses.size()));
        for (const endpoint& address : r.addresses) out.where(address);
    }
}

void write_fields(writer& out, const pesquisa& m) {
    out.id(m.id);
    out.id(m.origin_id);
    out.where(m.origin);
    out.number(flags(m.origin_short_lived));
    out.number(m.level);
    out.number(number_of(m.kind));
    out.text(m.name);
}

void write_fields(writer& out, const claim& m) {
    out.id(m.id);
}

void write_fields(writer& out, const nonce_shown& m) {
    out.id(m.secret);
}

void write_fields(writer& out, const existe& m) {
    out.id(m.id);
    out.number(m.level);
    out.number(m.slots_free);
    out.number(m.queue);
    out.number(m.matches);
    out.number(writer::length16(m.entries.size()));
    for (const entry& e : m.entries) {
        out.text(e.name);
        out.number(e.size);
        out.id(e.content);
        out.number(e.held);
    }
}

void write_fields(writer& out, const ping& m) {
    out.id(m.id);
    out.id(m.content);
    out.number(m.offset);
    out.number(m.length);
}

void write_fields(writer& out, const pong& m) {
    out.id(m.id);
    out.number(m.offset);
    out.number(m.file_bytes);
    out.digests(m.proof);
}

void write_fields(writer& out, const get_hashes& m) {
    out.id(m.content);
    out.number(m.first);
    out.number(m.count);
}

void write_fields(writer& out, const hashes& m) {
    out.id(m.content);
    out.number(m.first);
    out.digests(m.list);
}

void write_fields(writer& out, const request& m) {
    out.number(m.number);
    out.id(m.content);
    out.number(m.offset);
    out.number(m.length);
}

void write_fields(writer& out, const piece& m) {
    out.number(m.number);
    out.number(m.offset);
}

void write_fields(writer& out, const busy& m) {
    out.number(m.number);
    out.number(number_of(m.why));
    out.number(m.place);
    out.number(m.retry_ms);
}

void write_fields(writer& out, const cancel& m) {
    out.number(m.number);
}

void write_fields(writer&, const keepalive&) {}

void write_fields(writer& out, const bye& m) {
    out.number(number_of(m.why));
    out.text(m.text);
}

/// About how long a frame will be, so that most are written into memory reserved once.
constexpr std::size_t usual_frame_bytes = 256;

std::size_t bytes_hint(const message& m) {
    if (const auto* list = std::get_if<hashes>(&m)) return usual_frame_bytes + list->list.size() * id_bytes;
    if (const auto* list = std::get_if<rows>(&m)) return usual_frame_bytes + list->list.size() * 2 * id_bytes;
    return usual_frame_bytes;
}

/// The frame up to its bulk data, which the header counts already.
template <class M>
bytes bulk_head(message_type type, const M& m, std::size_t hint) {
    assert(within_limits(m));
    writer out(type, hint);
    write_fields(out, m);
    out.number(static_cast<std::uint32_t>(m.data.size()));
    out.empty_extension();
    return std::move(out).finish(m.data.size());
}

template <class M>
bytes whole_frame(message_type type, const M& m, std::size_t hint) {
    if constexpr (requires { m.data; }) {
        bytes frame = bulk_head(type, m, hint + m.data.size());
        frame.insert(frame.end(), m.data.begin(), m.data.end());
        return frame;
    } else {
        assert(within_limits(m));
        writer out(type, hint);
        write_fields(out, m);
        out.empty_extension();
        return std::move(out).finish(0);
    }
}

}  // namespace

bytes encode(const message& m) {
    return std::visit([&](const auto& body) { return whole_frame(type_of(m), body, bytes_hint(m)); }, m);
}

bytes encode_head(const piece& m) {
    return bulk_head(message_type::piece, m, usual_frame_bytes);
}

bytes encode_head(const pong& m) {
    return bulk_head(message_type::pong, m, usual_frame_bytes + m.proof.size() * id_bytes);
}

}  // namespace mogshare::wire
