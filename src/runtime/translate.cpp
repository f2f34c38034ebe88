#include "runtime/translate.hpp"

#include <asio/error.hpp>

#include <algorithm>

namespace mogshare::runtime {

asio::ip::address to_asio(const host& address) {
    if (address.is == host::family::v4) {
        asio::ip::address_v4::bytes_type octets{};
        std::copy_n(address.octets.begin(), octets.size(), octets.begin());
        return asio::ip::address_v4(octets);
    }
    asio::ip::address_v6::bytes_type octets{};
    std::copy_n(address.octets.begin(), octets.size(), octets.begin());
    return asio::ip::address_v6(octets);
}

asio::ip::tcp::endpoint to_asio(const endpoint& where) {
    return {to_asio(where.address), where.port};
}

host from_asio(const asio::ip::address& address) {
    return address.is_v4() ? host::v4(address.to_v4().to_bytes()) : host::v6(address.to_v6().to_bytes());
}

endpoint from_asio(const asio::ip::tcp::endpoint& where) {
    return {from_asio(where.address()), where.port()};
}

std::string reason_of(const asio::error_code& error) {
    if (error == asio::error::eof) return "closed by the other side";
    std::string text = error.message();
    if (!text.empty() && text.front() >= 'A' && text.front() <= 'Z')
        text.front() = static_cast<char>(text.front() + ('a' - 'A'));
    return text;
}

}  // namespace mogshare::runtime
