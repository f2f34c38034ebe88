// Bytes to messages. Each read_fields takes the fields of one message in their order; decode_as adds what all have in
// common.

#include "reader.hpp"
#include "rules.hpp"
#include "writer.hpp"

#include <array>

namespace mogshare::wire {

namespace {

constexpr std::string_view magic = "mogShare";
constexpr std::uint8_t flag_short_lived = 1;

// What the smallest item of each kind takes, whether or not its values are allowed.
constexpr std::size_t endpoint_bytes_min = 1 + 2;
constexpr std::size_t row_bytes_min = id_bytes + 1;
constexpr std::size_t entry_bytes_min = 2 + 8 + id_bytes + 8;

template <class Enum>
Enum read_enum(reader& in) {
    return static_cast<Enum>(in.number<std::uint8_t>());
}

bool read_short_lived(reader& in) {
    return (in.number<std::uint8_t>() & flag_short_lived) != 0;
}

void read_magic(reader& in) {
    const byte_view read = in.take(magic.size());
    if (in.ok()) in.require(as_text(read) == magic, decode_error::bad_magic);
}

row read_row(reader& in) {
    row r;
    r.id = in.id<peer_id>();
    const auto count = in.number<std::uint8_t>();
    r.addresses = in.list(count, endpoint_bytes_min, [](reader& from) { return from.where(); });
    return r;
}

entry read_entry(reader& in) {
    entry e;
    e.name = in.text();
    e.size = in.number<std::uint64_t>();
    e.content = in.id<content_id>();
    e.held = in.number<std::uint64_t>();
    return e;
}

void read_fields(reader& in, hello& m) {
    read_magic(in);
    m.version = in.number<std::uint16_t>();
    m.why = read_enum<purpose>(in);
    m.short_lived = read_short_lived(in);
    m.features = in.number<std::uint64_t>();
    m.listen_port = in.number<std::uint16_t>();
}

void read_fields(reader& in, entrada& m) {
    m.rows_wanted = in.number<std::uint16_t>();
}

void read_fields(reader& in, rows& m) {
    const auto count = in.number<std::uint16_t>();
    m.list = in.list(count, row_bytes_min, read_row);
}

void read_fields(reader& in, pesquisa& m) {
    m.id = in.id<query_id>();
    m.origin_id = in.id<peer_id>();
    m.origin = in.where();
    m.origin_short_lived = read_short_lived(in);
    m.level = in.number<std::uint8_t>();
    m.kind = read_enum<query_kind>(in);
    m.name = in.text();
}

void read_fields(reader& in, claim& m) {
    m.id = in.id<query_id>();
}

void read_fields(reader& in, nonce_shown& m) {
    m.secret = in.id<nonce>();
}

void read_fields(reader& in, existe& m) {
    m.id = in.id<query_id>();
    m.level = in.number<std::uint8_t>();
    m.slots_free = in.number<std::uint16_t>();
    m.queue = in.number<std::uint16_t>();
    m.matches = in.number<std::uint32_t>();
    const auto count = in.number<std::uint16_t>();
    m.entries = in.list(count, entry_bytes_min, read_entry);
}

void read_fields(reader& in, ping& m) {
    m.id = in.id<query_id>();
    m.content = in.id<content_id>();
    m.offset = in.number<std::uint64_t>();
    m.length = in.number<std::uint32_t>();
}

void read_fields(reader& in, pong& m) {
    m.id = in.id<query_id>();
    m.offset = in.number<std::uint64_t>();
    m.file_bytes = in.number<std::uint32_t>();
    m.proof = in.digests();
}

void read_fields(reader& in, get_hashes& m) {
    m.content = in.id<content_id>();
    m.first = in.number<std::uint32_t>();
    m.count = in.number<std::uint32_t>();
}

void read_fields(reader& in, hashes& m) {
    m.content = in.id<content_id>();
    m.first = in.number<std::uint32_t>();
    m.list = in.digests();
}

void read_fields(reader& in, request& m) {
    m.number = in.number<std::uint32_t>();
    m.content = in.id<content_id>();
    m.offset = in.number<std::uint64_t>();
    m.length = in.number<std::uint32_t>();
}

void read_fields(reader& in, piece& m) {
    m.number = in.number<std::uint32_t>();
    m.offset = in.number<std::uint64_t>();
}

void read_fields(reader& in, busy& m) {
    m.number = in.number<std::uint32_t>();
    m.why = read_enum<busy_reason>(in);
    m.place = in.number<std::uint16_t>();
    m.retry_ms = in.number<std::uint32_t>();
    // A later version's reason still means "not now".
    if (!within_limits(m)) m.why = busy_reason::slots;
}

void read_fields(reader& in, cancel& m) {
    m.number = in.number<std::uint32_t>();
}

void read_fields(reader&, keepalive&) {}

void read_fields(reader& in, bye& m) {
    m.why = read_enum<bye_reason>(in);
    m.text = in.text();
    // A later version's reason still means that the connection ends.
    if (m.why < bye_reason::leaving || m.why > bye_reason::timeout) m.why = bye_reason::done;
}

/// Fields, length of the bulk data where there is some, extension block, bulk data, and nothing after it.
template <class M>
result<message, decode_error> decode_as(byte_view payload) {
    reader in(payload);
    M m;
    read_fields(in, m);
    if constexpr (requires { m.data; }) {
        const auto data_bytes = in.number<std::uint32_t>();
        in.skip_extension();
        m.data = in.take(data_bytes);
    } else {
        in.skip_extension();
    }
    in.require(in.at_end(), decode_error::trailing);
    if (in.ok()) in.require(within_limits(m), decode_error::bad_value);
    if (!in.ok()) return failure{*in.error()};
    return message(std::move(m));
}

/// Of another version's HELLO only magic and version are known; they are enough to refuse it by name.
result<message, decode_error> decode_hello(byte_view payload) {
    reader in(payload);
    hello foreign;
    read_magic(in);
    foreign.version = in.number<std::uint16_t>();
    if (in.ok() && foreign.version != protocol_version) return message(foreign);
    return decode_as<hello>(payload);
}

using decoder = result<message, decode_error> (*)(byte_view payload);

/// By type byte, from 1.
constexpr std::array<decoder, std::variant_size_v<message>> decoders{
    decode_hello,           decode_as<entrada>, decode_as<rows>,  decode_as<pesquisa>, decode_as<claim>,
    decode_as<nonce_shown>, decode_as<existe>,  decode_as<ping>,  decode_as<pong>,     decode_as<get_hashes>,
    decode_as<hashes>,      decode_as<request>, decode_as<piece>, decode_as<busy>,     decode_as<cancel>,
    decode_as<keepalive>,   decode_as<bye>,
};

}  // namespace

result<frame_header, decode_error> decode_header(byte_view data) {
    assert(data.size() >= limits::frame_header_bytes);
    reader in(data.first(limits::frame_header_bytes));
    frame_header header;
    header.payload_bytes = in.number<std::uint32_t>();
    header.type = read_enum<message_type>(in);
    const auto layout = in.number<std::uint8_t>();
    // Under another layout the other fields could mean anything, so this one is judged first.
    if (layout != layout_version) return failure{decode_error::unknown_layout};
    const auto number = static_cast<std::size_t>(header.type);
    if (!optional_type(header.type) && (number == 0 || number > decoders.size()))
        return failure{decode_error::unknown_type};
    if (header.payload_bytes > payload_bytes_max(header.type)) return failure{decode_error::oversized};
    return header;
}

result<message, decode_error> decode(message_type type, byte_view payload) {
    const auto number = static_cast<std::size_t>(type);
    if (number == 0 || number > decoders.size()) return failure{decode_error::unknown_type};
    if (payload.size() > payload_bytes_max(type)) return failure{decode_error::oversized};
    return decoders[number - 1](payload);
}

}  // namespace mogshare::wire
