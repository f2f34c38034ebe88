#include "mogshare/base/address.hpp"

#include <doctest/doctest.h>

using namespace mogshare;

namespace {

std::string round_trip(std::string_view text) {
    const auto parsed = parse_endpoint(text, 7000);
    return parsed ? to_string(*parsed) : "none";
}

struct scope_case {
    const char* text;
    scope expected;
};

}  // namespace

TEST_CASE("addresses have the scope of their block, to its edges") {
    using enum scope;
    const scope_case cases[] = {
        {"0.0.0.0", unusable},
        {"0.255.255.255", unusable},
        {"224.0.0.1", unusable},
        {"255.255.255.255", unusable},
        {"240.0.0.1", unusable},
        {"127.0.0.1", loopback},
        {"127.255.255.255", loopback},
        {"126.255.255.255", global},
        {"128.0.0.1", global},
        {"169.254.0.1", link_local},
        {"169.253.255.255", global},
        {"169.255.0.0", global},
        {"10.0.0.1", site},
        {"9.255.255.255", global},
        {"11.0.0.0", global},
        {"172.15.255.255", global},
        {"172.16.0.0", site},
        {"172.31.255.255", site},
        {"172.32.0.0", global},
        {"192.168.0.1", site},
        {"192.167.255.255", global},
        {"192.169.0.0", global},
        {"100.63.255.255", global},
        {"100.64.0.0", site},
        {"100.127.255.255", site},
        {"100.128.0.0", global},
        {"223.255.255.255", global},
        {"8.8.8.8", global},
        {"::", unusable},
        {"::1", loopback},
        {"::2", unusable},
        {"ff02::1", unusable},
        {"fe80::1", link_local},
        {"febf::1", link_local},
        {"fec0::1", site},
        {"feff::1", site},
        {"fc00::1", site},
        {"fdff::1", site},
        {"fbff::1", global},
        {"2001:db8::1", global},
        {"::ffff:10.0.0.1", site},
        {"::ffff:127.0.0.1", loopback},
        // An embedded IPv4 address, of NAT64, 6to4 and v4-compatible, and their neighbours that embed none.
        {"64:ff9b::8.8.8.8", global},
        {"64:ff9b::10.0.0.1", site},
        {"64:ff9b::127.0.0.1", loopback},
        {"64:ff9b::169.254.169.254", link_local},
        {"64:ff9b::0.0.0.0", unusable},
        {"64:ff9b::1:10.0.0.1", global},
        {"64:ff9c::10.0.0.1", global},
        {"2002:808:808::1", global},
        {"2002:c0a8:101::1", site},
        {"2002:7f00:1:ffff::", loopback},
        {"2002:e000:1::1", unusable},
        {"2003:c0a8:101::1", global},
        {"::8.8.8.8", global},
        {"::192.168.1.1", site},
        {"::127.0.0.1", loopback},
        {"::1:192.168.1.1", global},
    };
    for (const scope_case& one : cases) {
        CAPTURE(one.text);
        REQUIRE(parse_host(one.text));
        CHECK(scope_of(*parse_host(one.text)) == one.expected);
    }
    CHECK(scope_of(host{}) == unusable);
}

TEST_CASE("a connection is counted for its IPv4 address or /64, whatever form that has") {
    const auto counted = [](const char* text) { return to_string(counted_as(*parse_host(text))); };
    const auto network = [](const char* text) { return to_string(counted_network(*parse_host(text))); };
    CHECK(counted("192.0.2.7") == "192.0.2.7");
    CHECK(counted("::ffff:192.0.2.7") == "192.0.2.7");
    CHECK(counted("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::");
    CHECK(counted("64:ff9b::192.0.2.7") == "192.0.2.7");  // else all of IPv4 would be one
    CHECK(counted("2002:c000:207:1:2:3:4:5") == "192.0.2.7");
    CHECK(counted("::192.0.2.7") == "192.0.2.7");
    CHECK(counted("::1") == "::");
    CHECK(network("192.0.2.7") == "192.0.2.0");
    CHECK(network("2001:db8:1:2:3:4:5:6") == "2001:db8:1::");
    CHECK(network("64:ff9b::192.0.2.7") == "192.0.2.0");
}

TEST_CASE("scopes compare by reach") {
    CHECK(scope::unusable < scope::loopback);
    CHECK(scope::loopback < scope::link_local);
    CHECK(scope::link_local < scope::site);
    CHECK(scope::site < scope::global);
}

TEST_CASE("small print, IPv6: a v4-mapped address is the IPv4 address it stands for") {
    CHECK(*parse_host("::ffff:192.0.2.7") == host::v4({192, 0, 2, 7}));
    CHECK(to_string(*parse_host("::ffff:192.0.2.7")) == "192.0.2.7");
    CHECK(parse_host("::fffe:192.0.2.7")->is == host::family::v6);
    CHECK(parse_endpoint("[::ffff:192.0.2.7]:80") == endpoint{host::v4({192, 0, 2, 7}), 80});
}

TEST_CASE("small print, IPv6: endpoints are read and written alike") {
    CHECK(round_trip("127.0.0.1:80") == "127.0.0.1:80");
    CHECK(round_trip("127.0.0.1") == "127.0.0.1:7000");
    CHECK(round_trip("[::1]:80") == "[::1]:80");
    CHECK(round_trip("[::1]") == "[::1]:7000");
    CHECK(round_trip("::1") == "[::1]:7000");
    CHECK(round_trip("2001:DB8:0::0:1") == "[2001:db8::1]:7000");
    CHECK(round_trip("127.0.0.1:65535") == "127.0.0.1:65535");
    CHECK(!parse_endpoint("127.0.0.1"));
    CHECK(!parse_endpoint("[::1]"));
    CHECK(to_string(host{}) == "-");
}

TEST_CASE("what is no literal endpoint is refused") {
    for (const char* bad : {"",
                            ":",
                            ":80",
                            "127.0.0.1:",
                            "127.0.0.1:0",
                            "127.0.0.1:65536",
                            "127.0.0.1:+80",
                            "127.0.0.1: 80",
                            "127.0.0.1:80x",
                            "127.0.0",
                            "127.0.0.1.2:80",
                            "256.0.0.1:80",
                            "01.2.3.4x:80",
                            "[::1",
                            "[::1]80",
                            "[::1]:",
                            "[]:80",
                            "::1]:80",
                            "[[::1]]:80",
                            "localhost:80",
                            "1::2::3",
                            "12345::1",
                            "fe80::1%eth0",
                            " 127.0.0.1:80"}) {
        CAPTURE(bad);
        CHECK(round_trip(bad) == "none");
    }
}

TEST_CASE("only a usable address with a port can be dialled") {
    CHECK(parse_endpoint("127.0.0.1:80")->dialable());
    CHECK(!endpoint{*parse_host("127.0.0.1"), 0}.dialable());
    CHECK(!endpoint{*parse_host("0.0.0.0"), 80}.dialable());
    CHECK(!endpoint{*parse_host("ff02::1"), 80}.dialable());
    CHECK(!endpoint{host{}, 80}.dialable());
}
