// What is known of each type: its name and the largest payload it may have.

#include "mogshare/wire/codec.hpp"

#include <array>

namespace mogshare::wire {

namespace {

constexpr std::size_t count_bytes = 2;
constexpr std::size_t length_bytes = 2;
constexpr std::size_t endpoint_bytes_max = 1 + 16 + 2;
constexpr std::size_t row_bytes_max = id_bytes + 1 + limits::row_addresses_max * endpoint_bytes_max;
constexpr std::size_t name_field_bytes_max = length_bytes + limits::name_bytes_max;
constexpr std::size_t entry_bytes_max = name_field_bytes_max + 8 + id_bytes + 8;
constexpr std::size_t extension_field_bytes_max = length_bytes + limits::extension_bytes_max;

struct type_facts {
    std::string_view name;
    std::size_t fields_bytes_max;  ///< without the extension block, with bulk data
};

/// By type byte; 0 is no type.
constexpr std::array<type_facts, 18> facts{{
    {"", 0},
    {"HELLO", 8 + 2 + 1 + 1 + 8 + 2},
    {"ENTRADA", 2},
    {"ROWS", count_bytes + limits::rows_max* row_bytes_max},
    {"PESQUISA", 2 * id_bytes + endpoint_bytes_max + 1 + 1 + 1 + name_field_bytes_max},
    {"CLAIM", id_bytes},
    {"NONCE", id_bytes},
    {"EXISTE", id_bytes + 1 + 2 + 2 + 4 + count_bytes + limits::entries_max* entry_bytes_max},
    {"PING", 2 * id_bytes + 8 + 4},
    {"PONG", id_bytes + 8 + 4 + count_bytes + limits::proof_hashes_max* id_bytes + 4 + limits::ping_bytes_max},
    {"GET_HASHES", id_bytes + 4 + 4},
    {"HASHES", id_bytes + 4 + count_bytes + limits::hashes_per_frame_max* id_bytes},
    {"REQUEST", 4 + id_bytes + 8 + 4},
    {"PIECE", 4 + 8 + 4 + limits::bulk_bytes_max},
    {"BUSY", 4 + 1 + 2 + 4},
    {"CANCEL", 4},
    {"KEEPALIVE", 0},
    {"BYE", 1 + length_bytes + limits::reason_bytes_max},
}};
static_assert(facts.size() == std::variant_size_v<message> + 1, "one line a message");

constexpr std::size_t optional_payload_bytes_max = 64 * limits::KiB;

constexpr bool every_type_fits() {
    for (const type_facts& type : facts)
        if (type.fields_bytes_max + extension_field_bytes_max > limits::payload_bytes_max) return false;
    return optional_payload_bytes_max <= limits::payload_bytes_max;
}
static_assert(every_type_fits());

const type_facts* find(message_type type) {
    const auto number = static_cast<std::size_t>(type);
    return number > 0 && number < facts.size() ? &facts[number] : nullptr;
}

/// The variant lists the messages in the order of their type bytes.
template <message_type Type, class M>
constexpr bool in_place = std::is_same_v<std::variant_alternative_t<static_cast<std::size_t>(Type) - 1, message>, M>;
static_assert(in_place<message_type::hello, hello> && in_place<message_type::pesquisa, pesquisa>);
static_assert(in_place<message_type::ping, ping> && in_place<message_type::hashes, hashes>);
static_assert(in_place<message_type::piece, piece> && in_place<message_type::bye, bye>);

}  // namespace

std::size_t payload_bytes_max(message_type type) {
    if (optional_type(type)) return optional_payload_bytes_max;
    const type_facts* known = find(type);
    return known ? known->fields_bytes_max + extension_field_bytes_max : 0;
}

message_type type_of(const message& m) {
    return static_cast<message_type>(m.index() + 1);
}

std::string_view name_of(message_type type) {
    if (optional_type(type)) return "optional";
    const type_facts* known = find(type);
    return known ? known->name : "unknown";
}

std::string_view name_of(decode_error error) {
    switch (error) {
        case decode_error::unknown_type: return "unknown_type";
        case decode_error::unknown_layout: return "unknown_layout";
        case decode_error::oversized: return "oversized";
        case decode_error::truncated: return "truncated";
        case decode_error::trailing: return "trailing";
        case decode_error::bad_magic: return "bad_magic";
        case decode_error::bad_value: return "bad_value";
    }
    return "unknown";
}

}  // namespace mogshare::wire
