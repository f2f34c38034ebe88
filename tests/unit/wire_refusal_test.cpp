// What the decoder refuses, each by its name. Bytes are a stranger's: nothing here may throw or assert.

#include "wire_golden_values.hpp"

#include <doctest/doctest.h>

using namespace wire_goldens;

namespace {

byte_view payload_of(const bytes& frame) {
    return byte_view(frame).subspan(limits::frame_header_bytes);
}

/// Why `payload` is refused; empty when it is not.
std::string_view refusal(message_type type, byte_view payload) {
    const auto decoded = decode(type, payload);
    return decoded ? std::string_view{} : name_of(decoded.error());
}

std::string_view header_refusal(const char* hex) {
    const auto header = decode_header(from_hex(hex));
    return header ? std::string_view{} : name_of(header.error());
}

/// A valid message with some bytes of its payload replaced.
struct patch {
    const char* what;
    message base;
    std::size_t at;
    const char* hex;
};

std::string_view refusal(const patch& p) {
    bytes frame = encode(p.base);
    const bytes with = from_hex(p.hex);
    REQUIRE(limits::frame_header_bytes + p.at + with.size() <= frame.size());
    std::copy(with.begin(), with.end(), frame.begin() + static_cast<std::ptrdiff_t>(limits::frame_header_bytes + p.at));
    return refusal(type_of(p.base), payload_of(frame));
}

void check_all(const std::vector<patch>& patches, std::string_view expected) {
    for (const patch& p : patches) {
        CAPTURE(p.what);
        CHECK(refusal(p) == expected);
    }
}

/// The payload of `m` with that many bytes in its extension block, which stands last.
bytes with_extension(const message& m, std::size_t extension_bytes) {
    const bytes frame = encode(m);
    bytes payload(payload_of(frame).begin(), payload_of(frame).end());
    REQUIRE(payload[payload.size() - 1] == 0);
    payload[payload.size() - 2] = static_cast<std::uint8_t>(extension_bytes >> 8);
    payload[payload.size() - 1] = static_cast<std::uint8_t>(extension_bytes);
    payload.resize(payload.size() + extension_bytes, 0xee);
    return payload;
}

bool carries_data(const message& m) {
    return std::holds_alternative<pong>(m) || std::holds_alternative<piece>(m);
}

const pesquisa exact_search = search_for(query_kind::exact, "hello.txt", {host{}, 7001}, 1);
const existe one_answer{search, 1, 4, 0, 1, {hello_entry()}};

}  // namespace

TEST_CASE("a frame cut at any byte is truncated, whatever its type") {
    for (const golden& g : values()) {
        CAPTURE(g.name);
        const bytes frame = encode(g.value);
        const byte_view payload = payload_of(frame);
        for (std::size_t size = 0; size < payload.size(); ++size)
            CHECK(refusal(type_of(g.value), payload.first(size)) == "truncated");
    }
}

TEST_CASE("a byte after the last field is trailing") {
    for (const golden& g : values()) {
        CAPTURE(g.name);
        bytes frame = encode(g.value);
        frame.push_back(0);
        CHECK(refusal(type_of(g.value), payload_of(frame)) == "trailing");
    }
}

TEST_CASE("an extension block of up to 4 KiB is skipped, a longer one is a bad value") {
    for (const golden& g : values()) {
        if (carries_data(g.value)) continue;
        CAPTURE(g.name);
        for (const std::size_t extension : {std::size_t{1}, std::size_t{300}, limits::extension_bytes_max}) {
            const bytes extended = with_extension(g.value, extension);
            const auto decoded = decode(type_of(g.value), extended);
            REQUIRE(decoded.ok());
            CHECK(same(*decoded, g.value));
        }
    }
    const bytes beyond = with_extension(entrada{16}, limits::extension_bytes_max + 1);
    CHECK(refusal(message_type::entrada, beyond) == "oversized");
    const bytes within_type = with_extension(exact_search, limits::extension_bytes_max + 1);
    CHECK(refusal(message_type::pesquisa, within_type) == "bad_value");
}

TEST_CASE("the extension block of PONG and PIECE stands before their data") {
    const piece whole{7, 0, as_bytes("z")};
    bytes frame = encode(whole);
    REQUIRE(frame.size() == limits::frame_header_bytes + 4 + 8 + 4 + 2 + 1);
    frame[frame.size() - 2] = 3;
    const bytes extension{1, 2, 3};
    frame.insert(frame.end() - 1, extension.begin(), extension.end());
    const auto decoded = decode(message_type::piece, payload_of(frame));
    REQUIRE(decoded.ok());
    CHECK(same(*decoded, whole));
}

TEST_CASE("headers: layout, type and length are checked before anything else is read") {
    CHECK(header_refusal("00000002 10 01 0000") == "");
    CHECK(header_refusal("00000002 10 01 abcd") == "");
    CHECK(header_refusal("00000002 10 00 0000") == "unknown_layout");
    CHECK(header_refusal("00000002 10 02 0000") == "unknown_layout");
    CHECK(header_refusal("ffffffff 00 02 0000") == "unknown_layout");
    CHECK(header_refusal("00000002 00 01 0000") == "unknown_type");
    CHECK(header_refusal("00000002 12 01 0000") == "unknown_type");
    CHECK(header_refusal("ffffffff 7f 01 0000") == "unknown_type");
    CHECK(header_refusal("ffffffff 04 01 0000") == "oversized");
    CHECK(header_refusal("00010000 80 01 0000") == "");
    CHECK(header_refusal("00010001 ff 01 0000") == "oversized");
}

TEST_CASE("each type has its own largest payload, and one byte more is oversized") {
    for (std::uint8_t number = 1; number <= std::variant_size_v<message>; ++number) {
        const auto type = static_cast<message_type>(number);
        CAPTURE(name_of(type));
        const std::size_t most = payload_bytes_max(type);
        CHECK(most <= limits::payload_bytes_max);
        bytes header{0, 0, 0, 0, number, 1, 0, 0};
        const auto set_length = [&](std::size_t length) {
            for (std::size_t at = 0; at < 4; ++at) header[at] = static_cast<std::uint8_t>(length >> (24 - 8 * at));
        };
        set_length(most);
        CHECK(decode_header(header).ok());
        set_length(most + 1);
        const auto refused = decode_header(header);
        REQUIRE_FALSE(refused.ok());
        CHECK(refused.error() == decode_error::oversized);
        CHECK(refusal(type, bytes(most + 1)) == "oversized");
    }
    CHECK(payload_bytes_max(static_cast<message_type>(0)) == 0);
    CHECK(payload_bytes_max(static_cast<message_type>(18)) == 0);
    CHECK(refusal(static_cast<message_type>(18), bytes(2)) == "unknown_type");
}

TEST_CASE("the largest message of every type fits its frame") {
    const endpoint wide = v6_c;
    const rows full{std::vector<row>(limits::rows_max, row{peer_b, {v4({1, 2, 3, 4}, 1), wide}})};
    const std::string long_name(limits::name_bytes_max, 'n');
    const entry long_entry{long_name, 1, hello_content, 1};
    const existe all{search, 3, 1, 1, 99, std::vector<entry>(limits::entries_max, long_entry)};
    const bytes megabyte(limits::ping_bytes_max, 7);
    const bytes bulk(limits::bulk_bytes_max, 7);
    const std::vector<message> largest{
        full,
        all,
        search_for(query_kind::words, long_name, wide, 1),
        pong{search, 0, limits::ping_bytes_max, std::vector<digest>(limits::proof_hashes_max), megabyte},
        hashes{hello_content, 0, std::vector<digest>(limits::hashes_per_frame_max)},
        piece{1, limits::file_bytes_max - 1, bulk},
        bye{bye_reason::full, std::string(limits::reason_bytes_max, 'x')},
    };
    for (const message& m : largest) {
        CAPTURE(name_of(type_of(m)));
        const bytes frame = encode(m);
        REQUIRE(decode_header(frame).ok());
        const auto decoded = decode(type_of(m), payload_of(frame));
        REQUIRE(decoded.ok());
        CHECK(same(*decoded, m));
    }
}

TEST_CASE("HELLO: another program is bad_magic, another version is read as far as its version") {
    const hello own = greeting(purpose::link, 7001);
    check_all({{"magic", own, 0, "4d"}, {"end of magic", own, 7, "45"}}, "bad_magic");
    check_all({{"purpose 0", own, 10, "00"}, {"purpose 4", own, 10, "04"}}, "bad_value");
    const auto foreign = decode(message_type::hello, from_hex("6d6f675368617265 ffff"));
    REQUIRE(foreign.ok());
    CHECK(std::get<hello>(*foreign).version == 0xffff);
    CHECK(std::get<hello>(*foreign).listen_port == 0);
    CHECK(refusal(message_type::hello, from_hex("6d6f675368617265 00")) == "truncated");
    CHECK(refusal(message_type::hello, from_hex("6d6f675368617265 0002")) == "truncated");
}

TEST_CASE("ROWS: a row has one or two addresses, at most one of each family") {
    const rows one{{{peer_b, {v4({127, 0, 0, 1}, 7002)}}}};
    const rows two{{{peer_b, {v4({1, 2, 3, 4}, 1), v6_c}}}};
    check_all({{"129 rows", rows{std::vector<row>(128, one.list[0])}, 0, "0081"}}, "truncated");
    check_all({{"family none", one, 35, "00 1b5a 0000"}}, "trailing");
    check_all({{"family 5", one, 35, "05"},
               {"the IPv6 address is a mapped IPv4 one", two, 43, "00000000000000000000ffff01020305"}},
              "bad_value");
    const std::string id(64, '2');
    const auto row_with = [&](const std::string& addresses) {
        return refusal(message_type::rows, from_hex("0001" + id + addresses + "0000"));
    };
    CHECK(row_with("01 04 01020304 1b5a") == "");
    CHECK(row_with("00") == "bad_value");
    CHECK(row_with("01 00 1b5a") == "bad_value");
    CHECK(row_with("02 04 01020304 1b5a 04 01020305 1b5a") == "bad_value");
    CHECK(row_with("03 04 01020304 1b5a 04 01020305 1b5a 04 01020306 1b5a") == "bad_value");
    bytes many = from_hex("0081");
    for (int count = 0; count < 129; ++count) {
        const bytes item = from_hex(id + "01 04 01020304 1b5a");
        many.insert(many.end(), item.begin(), item.end());
    }
    many.resize(many.size() + 2);
    CHECK(refusal(message_type::rows, many) == "bad_value");
}

TEST_CASE("R9: PESQUISA begins at level 1 and has a kind and a name") {
    const pesquisa by_content = search_for_content();
    check_all({{"level 0", exact_search, 68, "00"},
               {"kind 0", exact_search, 69, "00"},
               {"kind 4", exact_search, 69, "04"},
               {"family 7", exact_search, 64, "07"},
               {"content with a name that is not hex", exact_search, 69, "03"},
               {"content with a digit that is not hex", by_content, 64 + 19 + 3 + 2, "67"}},
              "bad_value");
    CHECK(refusal({"any level is read", exact_search, 68, "ff"}) == "");
    CHECK(refusal({"any port and unknown flags are read", exact_search, 65, "0000 fe"}) == "");
    const bytes nameless = from_hex(std::string(128, '1') + "00 1b59 00 01 01 0000 0000");
    CHECK(refusal(message_type::pesquisa, nameless) == "bad_value");
    bytes long_name = from_hex(std::string(128, '1') + "00 1b59 00 01 01 0401");
    long_name.resize(long_name.size() + 0x401 + 2);
    CHECK(refusal(message_type::pesquisa, long_name) == "bad_value");
}

TEST_CASE("R8: EXISTE names one to 32 files, none larger than 1 TiB nor held beyond its size") {
    const std::size_t size_at = 43 + 2 + 9;
    const std::size_t held_at = size_at + 8 + 32;
    check_all({{"held above size", one_answer, held_at, "0000000000000010"},
               {"size above 1 TiB", one_answer, size_at, "0000010000000001"}},
              "bad_value");
    CHECK(refusal({"1 TiB", one_answer, size_at, "0000010000000000"}) == "");
    CHECK(refusal({"a name that runs past the end", one_answer, 43, "0400"}) == "truncated");
    CHECK(refusal({"more entries than bytes", one_answer, 41, "ffff"}) == "truncated");
    const bytes no_entry = from_hex(std::string(64, '1') + "01 0000 0000 00000000 0000 0000");
    CHECK(refusal(message_type::existe, no_entry) == "bad_value");
    const bytes entry_bytes = from_hex("0000 0000000000000000" + std::string(64, '1') + "0000000000000000");
    bytes many = from_hex(std::string(64, '1') + "01 0000 0000 00000021 0021");
    for (int count = 0; count < 33; ++count) many.insert(many.end(), entry_bytes.begin(), entry_bytes.end());
    many.resize(many.size() + 2);
    CHECK(refusal(message_type::existe, many) == "bad_value");
}

TEST_CASE("R10: PING asks for 1 byte to 1 MiB from a multiple of 16 KiB, PONG brings no more") {
    const ping asked{search, hello_content, 0, 32};
    check_all({{"length 0", asked, 72, "00000000"},
               {"length above 1 MiB", asked, 72, "00100001"},
               {"offset within a leaf", asked, 64, "0000000000000001"},
               {"offset beyond any file", asked, 64, "0000010000004000"}},
              "bad_value");
    CHECK(refusal({"largest", asked, 64, "0000000000004000 00100000"}) == "");
    const pong reply = hello_pong();
    check_all({{"more file bytes than bytes", reply, 40, "00000021"},
               {"offset within a leaf", reply, 32, "00000000000000ff"}},
              "bad_value");
    CHECK(refusal({"more data than there is", reply, 46, "00000021"}) == "truncated");
    CHECK(refusal({"less data than there is", reply, 46, "0000001f"}) == "trailing");
    CHECK(refusal({"more proof than there is", reply, 44, "0080"}) == "truncated");
    bytes long_proof = from_hex(std::string(64, '1') + "0000000000000000 00000000 0081");
    long_proof.resize(long_proof.size() + 129 * id_bytes + 4 + 2);
    CHECK(refusal(message_type::pong, long_proof) == "bad_value");
}

TEST_CASE("R12: runs of piece hashes stay within the largest layer and the largest frame") {
    const get_hashes asked{two_piece_content, 0, 2};
    check_all({{"none", asked, 36, "00000000"},
               {"above 4096", asked, 36, "00001001"},
               {"beyond the largest file", asked, 32, "000fffff"},
               {"a sum that would wrap", asked, 32, "ffffffff"}},
              "bad_value");
    CHECK(refusal({"the last ones", asked, 32, "000ffffe"}) == "");
    const hashes run{two_piece_content, 0, {first_piece, second_piece}};
    CHECK(refusal({"beyond the largest file", run, 32, "ffffffff"}) == "bad_value");
    CHECK(refusal({"more than there are", run, 36, "0003"}) == "truncated");
    CHECK(refusal(message_type::hashes, from_hex(std::string(64, '1') + "00000000 0000 0000")) == "bad_value");
}

TEST_CASE("R12: REQUEST stays within one piece, PIECE brings 1 byte to 64 KiB") {
    const request asked{7, two_piece_content, limits::piece_bytes, 1};
    check_all({{"nothing", asked, 44, "00000000"},
               {"above one piece", asked, 44, "00100001"},
               {"over the end of a piece", asked, 36, "00000000001fffff 00000002"},
               {"a length that would wrap", asked, 36, "00000000001fffff ffffffff"},
               {"beyond any file", asked, 36, "ffffffffffffffff 00000001"}},
              "bad_value");
    CHECK(refusal({"a whole piece", asked, 36, "0000000000100000 00100000"}) == "");
    CHECK(refusal({"its last byte", asked, 36, "00000000001fffff 00000001"}) == "");
    const piece part{7, limits::piece_bytes, as_bytes("z")};
    CHECK(refusal({"beyond any file", part, 4, "ffffffffffffffff"}) == "bad_value");
    CHECK(refusal(message_type::piece, bytes(4 + 8 + 4 + 2)) == "bad_value");
    bytes large = from_hex("00000007 0000000000000000 00010001 0000");
    large.resize(large.size() + limits::bulk_bytes_max + 1);
    CHECK(refusal(message_type::piece, large) == "bad_value");
}

TEST_CASE("reasons that a later version may add are read as the nearest known ones") {
    const auto read_busy = decode(message_type::busy, from_hex("00000001 00 0000 00000000 0000"));
    REQUIRE(read_busy.ok());
    CHECK(std::get<busy>(*read_busy).why == busy_reason::slots);
    for (const char* hex : {"00 0000 0000", "0a 0000 0000", "ff 0000 0000"}) {
        const auto read_bye = decode(message_type::bye, from_hex(hex));
        REQUIRE(read_bye.ok());
        CHECK(std::get<bye>(*read_bye).why == bye_reason::done);
    }
    bytes wordy = from_hex("01 0101");
    wordy.resize(wordy.size() + 0x101 + 2);
    CHECK(refusal(message_type::bye, wordy) == "bad_value");
}

TEST_CASE("a count of items that the payload does not have is truncated") {
    CHECK(refusal(message_type::rows, from_hex("ffff 0000")) == "truncated");
    const std::string id(64, '1');
    CHECK(refusal(message_type::hashes, from_hex(id + "00000000 ffff 0000")) == "truncated");
    CHECK(refusal(message_type::existe, from_hex(id + "01 0000 0000 00000000 ffff 0000")) == "truncated");
}

TEST_CASE("every reason for refusal has its own name") {
    const std::vector<std::string_view> names{"unknown_type", "unknown_layout", "oversized", "truncated",
                                              "trailing",     "bad_magic",      "bad_value"};
    for (std::size_t at = 0; at < names.size(); ++at) CHECK(name_of(static_cast<decode_error>(at)) == names[at]);
}
