#include "mogshare/base/ids.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace mogshare;

namespace {

peer_id counting_id() {
    peer_id id;
    for (std::size_t at = 0; at < id_bytes; ++at) id.value[at] = static_cast<std::uint8_t>(at * 8);
    return id;
}

const std::string counting_hex = "0008101820283038404850586068707880889098a0a8b0b8c0c8d0d8e0e8f0f8";

}  // namespace

TEST_CASE("ids are written as lower-case hex and read in either case") {
    CHECK(to_hex(counting_id()) == counting_hex);
    CHECK(short_hex(counting_id()) == "00081018");
    CHECK(parse_id<peer_id>(counting_hex) == counting_id());
    std::string upper = counting_hex;
    for (char& c : upper)
        if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
    CHECK(parse_id<peer_id>(upper) == counting_id());
    CHECK(to_hex(byte_view{}).empty());
}

TEST_CASE("what is not 64 hex digits is no id") {
    CHECK(!parse_id<peer_id>(""));
    CHECK(!parse_id<peer_id>(counting_hex.substr(1)));
    CHECK(!parse_id<peer_id>(counting_hex + "0"));
    for (const char bad : {'g', 'G', ' ', '/', ':', '@', '`', '\0', '\xff'}) {
        std::string text = counting_hex;
        text[40] = bad;
        CHECK(!parse_id<peer_id>(text));
    }
}

TEST_CASE("hex is read into exactly the room given") {
    std::array<std::uint8_t, 2> two{};
    CHECK(parse_hex("00fF", two));
    CHECK(two == std::array<std::uint8_t, 2>{0x00, 0xff});
    CHECK(!parse_hex("00f", two));
    CHECK(!parse_hex("00ff0", two));
    CHECK(parse_hex("", std::span<std::uint8_t>{}));
}

TEST_CASE("ids compare byte by byte, and zero is recognised") {
    peer_id low;
    peer_id high;
    high.value[0] = 1;
    low.value[31] = 255;
    CHECK(low < high);
    CHECK(peer_id{}.is_zero());
    CHECK(!low.is_zero());
    CHECK(!high.is_zero());
    CHECK(id_cast<query_id>(counting_id()).value == counting_id().value);
}

TEST_CASE("the hash of an id depends on every byte and on the seed") {
    std::set<std::size_t> hashes{seeded_hash{77}(peer_id{}), seeded_hash{78}(peer_id{})};
    for (std::size_t at = 0; at < id_bytes; ++at) {
        peer_id id;
        id.value[at] = 1;
        hashes.insert(seeded_hash{77}(id));
    }
    CHECK(hashes.size() == 2 + id_bytes);
    CHECK(std::hash<peer_id>{}(counting_id()) == seeded_hash{}(counting_id()));
}
