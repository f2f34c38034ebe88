#pragma once
// Between the program's values and Asio's.

#include "mogshare/base/address.hpp"

#include <asio/error_code.hpp>
#include <asio/ip/tcp.hpp>

#include <string>

namespace mogshare::runtime {

/// `address` is known.
asio::ip::address to_asio(const host& address);
asio::ip::tcp::endpoint to_asio(const endpoint& where);
host from_asio(const asio::ip::address& address);
endpoint from_asio(const asio::ip::tcp::endpoint& where);

/// Why an operation failed, for the end of a sentence: `connection refused`.
std::string reason_of(const asio::error_code& error);

}  // namespace mogshare::runtime
