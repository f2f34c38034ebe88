#pragma once
// Which address families this machine has, found out by binding.

#include "mogshare/base/address.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

namespace mogshare::testing {

inline const host loopback_v4 = host::v4({127, 0, 0, 1});
inline const host loopback_v6 = host::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});

inline bool system_has_v6() {
    asio::io_context loop;
    asio::ip::tcp::acceptor acceptor(loop);
    asio::error_code error;
    acceptor.open(asio::ip::tcp::v6(), error);
    if (!error) acceptor.bind({asio::ip::address_v6::loopback(), 0}, error);
    return !error;
}

}  // namespace mogshare::testing
