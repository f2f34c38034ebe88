#pragma once
// Network addresses as values: literal only, no name is ever resolved below the program's command line.

#include "mogshare/base/bytes.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mogshare {

/// An IPv4 or IPv6 address, or none. A v4-mapped IPv6 address is stored as the IPv4 address it stands for.
struct host {
    enum class family : std::uint8_t { none = 0, v4 = 4, v6 = 6 };

    family is = family::none;
    std::array<std::uint8_t, 16> octets{};  ///< the first 4 are used for v4

    auto operator<=>(const host&) const = default;
    bool known() const { return is != family::none; }

    static host v4(std::array<std::uint8_t, 4> value);
    static host v6(std::array<std::uint8_t, 16> value);
};

/// How far an address reaches, narrowest first. Wider scopes compare greater.
enum class scope : std::uint8_t { unusable, loopback, link_local, site, global };

/// `unusable`: none, unspecified, multicast, broadcast. `site`: RFC 1918, RFC 6598, RFC 4193, and the site-local addresses of old.
/// An IPv6 address in which an IPv4 address is embedded reaches as far as that one.
scope scope_of(const host& address);

/// Where a peer listens.
struct endpoint {
    host address;
    std::uint16_t port = 0;

    auto operator<=>(const endpoint&) const = default;
    /// Something a peer may be told to dial: a usable literal address and a port. Never a link-local one, which only has a
    /// meaning together with an interface.
    bool dialable() const {
        const scope reach = scope_of(address);
        return port != 0 && reach != scope::unusable && reach != scope::link_local;
    }
};

/// The network that an address belongs to: its first bits, the rest 0. By default those that are usually one owner's.
host block_of(const host& address, int v4_bits = 24, int v6_bits = 64);

/// The IPv4 address that a translator or tunnel would turn this IPv6 address into: NAT64 (64:ff9b::/96), 6to4 (2002::/16),
/// or v4-compatible (::/96).
std::optional<host> embedded_v4(const host& address);

/// Whom a connection from there is counted for. Who has an IPv6 address has its whole /64, and takes any of them for nothing.
host counted_as(const host& address);
/// The network of that: the /24 or /48.
host counted_network(const host& address);

std::string to_string(const host& address);
/// `127.0.0.1:7000`, `[::1]:7000`.
std::string to_string(const endpoint& where);

/// A literal address, without brackets.
std::optional<host> parse_host(std::string_view text);
/// `127.0.0.1:7000` or `[::1]:7000`; the port is needed unless `default_port` is given.
std::optional<endpoint> parse_endpoint(std::string_view text, std::optional<std::uint16_t> default_port = std::nullopt);

}  // namespace mogshare
