// docs/PROTOCOL.md and the codec say the same: the document's bytes are the test vectors.

#include "wire_golden_values.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace wire_goldens;

namespace {

const std::map<std::string, block>& document() {
    static const std::map<std::string, block> blocks = blocks_of_document();
    return blocks;
}

/// Reads a whole frame the way a connection does.
result<message, decode_error> read_frame(byte_view frame) {
    const auto header = decode_header(frame);
    if (!header) return failure{header.error()};
    REQUIRE(header->payload_bytes + limits::frame_header_bytes == frame.size());
    return decode(header->type, frame.subspan(limits::frame_header_bytes));
}

}  // namespace

TEST_CASE("every golden frame of the document is what its value encodes to") {
    for (const golden& g : values()) {
        CAPTURE(g.name);
        REQUIRE(document().contains(g.name));
        CHECK_FALSE(document().at(g.name).read_only);
        CHECK(to_hex(encode(g.value)) == to_hex(document().at(g.name).frame));
    }
}

TEST_CASE("every golden frame of the document decodes to its value") {
    std::vector<golden> all = values();
    for (golden& g : read_only_values()) all.push_back(std::move(g));
    for (const golden& g : all) {
        CAPTURE(g.name);
        REQUIRE(document().contains(g.name));
        const auto decoded = read_frame(document().at(g.name).frame);
        REQUIRE(decoded.ok());
        CHECK(type_of(*decoded) == type_of(g.value));
        CHECK(same(*decoded, g.value));
    }
}

TEST_CASE("no golden block is unused, and frames that are only read are marked so") {
    std::set<std::string> known;
    for (const golden& g : values()) known.insert(g.name);
    for (const golden& g : read_only_values()) {
        known.insert(g.name);
        REQUIRE(document().contains(g.name));
        CHECK(document().at(g.name).read_only);
    }
    for (const auto& [name, unused] : document()) {
        CAPTURE(name);
        CHECK(known.contains(name));
    }
}

TEST_CASE("every message type has a golden frame and a name") {
    std::set<message_type> shown;
    for (const golden& g : message_values()) shown.insert(type_of(g.value));
    for (std::uint8_t number = 1; number <= std::variant_size_v<message>; ++number) {
        const auto type = static_cast<message_type>(number);
        CAPTURE(name_of(type));
        CHECK(shown.contains(type));
        CHECK(name_of(type) != "unknown");
    }
    CHECK(name_of(message_type::pesquisa) == "PESQUISA");
    CHECK(name_of(static_cast<message_type>(0)) == "unknown");
    CHECK(name_of(static_cast<message_type>(18)) == "unknown");
    CHECK(name_of(static_cast<message_type>(128)) == "optional");
}

TEST_CASE("R9: in the examples the nonce is the secret behind the query id") {
    const auto shown = read_frame(document().at("example-09").frame);
    const auto asked = read_frame(document().at("example-05").frame);
    REQUIRE(shown.ok());
    REQUIRE(asked.ok());
    CHECK(sha256(std::get<nonce_shown>(*shown).secret.view()) == id_cast<digest>(std::get<pesquisa>(*asked).id));
}

TEST_CASE("R10: in the examples the bytes of a PONG and its proof lead to the content id") {
    const auto decoded = read_frame(document().at("pong-proof").frame);
    REQUIRE(decoded.ok());
    const auto& m = std::get<pong>(*decoded);
    const digest leaf = sha256(m.data.first(m.file_bytes));
    CHECK(sha256({m.proof.at(0).view(), leaf.view()}) == id_cast<digest>(two_leaf_content));
}

TEST_CASE("the head of a PONG or PIECE and the data after it make the frame that encode copies together") {
    const bytes data(5000, 0xab);
    const auto joined = [&](bytes head) {
        head.insert(head.end(), data.begin(), data.end());
        return head;
    };
    const piece part{9, 3 * limits::bulk_bytes_max, data};
    CHECK(joined(encode_head(part)) == encode(part));
    const pong reply{search, limits::leaf_bytes, 4000, {first_leaf, second_leaf}, data};
    CHECK(joined(encode_head(reply)) == encode(reply));
}
