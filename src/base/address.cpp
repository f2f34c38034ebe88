#include "mogshare/base/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace mogshare {

namespace {

constexpr std::array<std::uint8_t, 12> v4_mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

scope scope_of_v4(const std::array<std::uint8_t, 16>& o) {
    if (o[0] == 0 || o[0] >= 224) return scope::unusable;
    if (o[0] == 127) return scope::loopback;
    if (o[0] == 169 && o[1] == 254) return scope::link_local;
    const bool rfc1918 = o[0] == 10 || (o[0] == 172 && (o[1] & 0xf0) == 16) || (o[0] == 192 && o[1] == 168);
    const bool rfc6598 = o[0] == 100 && (o[1] & 0xc0) == 64;
    return rfc1918 || rfc6598 ? scope::site : scope::global;
}

/// `::` and `::1` are nobody's IPv4 address.
std::optional<host> embedded_in_v6(const std::array<std::uint8_t, 16>& o) {
    constexpr std::array<std::uint8_t, 12> nat64_prefix{0, 0x64, 0xff, 0x9b};
    constexpr std::array<std::uint8_t, 12> compatible_prefix{};
    if (o[0] == 0x20 && o[1] == 0x02) return host::v4({o[2], o[3], o[4], o[5]});
    const host last = host::v4({o[12], o[13], o[14], o[15]});
    if (std::equal(nat64_prefix.begin(), nat64_prefix.end(), o.begin())) return last;
    const bool special = o[12] == 0 && o[13] == 0 && o[14] == 0 && o[15] <= 1;
    if (!special && std::equal(compatible_prefix.begin(), compatible_prefix.end(), o.begin())) return last;
    return std::nullopt;
}

scope scope_of_v6(const std::array<std::uint8_t, 16>& o) {
    if (o[0] == 0xff) return scope::unusable;
    if (std::all_of(o.begin(), o.begin() + 15, [](std::uint8_t b) { return b == 0; })) {
        if (o[15] == 0) return scope::unusable;
        if (o[15] == 1) return scope::loopback;
    }
    if (const auto inner = embedded_in_v6(o)) return scope_of_v4(inner->octets);
    if (o[0] == 0xfe && (o[1] & 0xc0) == 0x80) return scope::link_local;
    if (o[0] == 0xfe && (o[1] & 0xc0) == 0xc0) return scope::site;
    return (o[0] & 0xfe) == 0xfc ? scope::site : scope::global;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

}  // namespace

host host::v4(std::array<std::uint8_t, 4> value) {
    host made;
    made.is = family::v4;
    std::copy(value.begin(), value.end(), made.octets.begin());
    return made;
}

host host::v6(std::array<std::uint8_t, 16> value) {
    if (std::equal(v4_mapped_prefix.begin(), v4_mapped_prefix.end(), value.begin()))
        return v4({value[12], value[13], value[14], value[15]});
    host made;
    made.is = family::v6;
    made.octets = value;
    return made;
}

scope scope_of(const host& address) {
    switch (address.is) {
        case host::family::v4: return scope_of_v4(address.octets);
        case host::family::v6: return scope_of_v6(address.octets);
        case host::family::none: break;
    }
    return scope::unusable;
}

host block_of(const host& address, int v4_bits, int v6_bits) {
    host block = address;
    int left_bits = address.is == host::family::v4 ? v4_bits : v6_bits;
    for (std::uint8_t& octet : block.octets) {
        const int kept_bits = std::clamp(left_bits, 0, 8);
        octet = static_cast<std::uint8_t>(octet & (0xff00 >> kept_bits));
        left_bits -= 8;
    }
    return block;
}

std::optional<host> embedded_v4(const host& address) {
    return address.is == host::family::v6 ? embedded_in_v6(address.octets) : std::nullopt;
}

host counted_as(const host& address) {
    return block_of(embedded_v4(address).value_or(address), 32, 64);
}

host counted_network(const host& address) {
    return block_of(counted_as(address), 24, 48);
}

std::string to_string(const host& address) {
    if (!address.known()) return "-";
    char text[INET6_ADDRSTRLEN] = {};
    inet_ntop(address.is == host::family::v4 ? AF_INET : AF_INET6, address.octets.data(), text, sizeof text);
    return text;
}

std::string to_string(const endpoint& where) {
    const std::string port = std::to_string(where.port);
    if (where.address.is == host::family::v6) return "[" + to_string(where.address) + "]:" + port;
    return to_string(where.address) + ":" + port;
}

std::optional<host> parse_host(std::string_view text) {
    const std::string terminated(text);
    std::array<std::uint8_t, 4> four{};
    if (inet_pton(AF_INET, terminated.c_str(), four.data()) == 1) return host::v4(four);
    std::array<std::uint8_t, 16> sixteen{};
    if (inet_pton(AF_INET6, terminated.c_str(), sixteen.data()) == 1) return host::v6(sixteen);
    return std::nullopt;
}

std::optional<endpoint> parse_endpoint(std::string_view text, std::optional<std::uint16_t> default_port) {
    std::string_view address = text;
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        address = text.substr(1, close - 1);
        const std::string_view rest = text.substr(close + 1);
        if (!rest.empty() && !rest.starts_with(':')) return std::nullopt;
        if (!rest.empty()) port = rest.substr(1);
        if (rest.size() == 1) return std::nullopt;
    } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos && colon == text.rfind(':')) {
        address = text.substr(0, colon);
        port = text.substr(colon + 1);
        if (port.empty()) return std::nullopt;
    }
    const std::optional<host> parsed = parse_host(address);
    const std::optional<std::uint16_t> number = port.empty() ? default_port : parse_port(port);
    if (!parsed || !number) return std::nullopt;
    return endpoint{*parsed, *number};
}

}  // namespace mogshare
