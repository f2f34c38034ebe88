#pragma once
// Takes connections on one port of one or more addresses.

#include "mogshare/base/address.hpp"
#include "mogshare/base/result.hpp"
#include "mogshare/base/time.hpp"
#include "mogshare/runtime/lifetime.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mogshare::runtime {

/// For the loop's thread only.
class listener {
public:
    using accept_handler = std::function<void(asio::ip::tcp::socket)>;

    /// Binds all addresses to one port; with port 0 the system picks one that is free on all of them. An address of a
    /// family that this system does not have is left out as long as another one works. Connections queue from now on.
    static result<std::unique_ptr<listener>, problem> open(asio::io_context& loop, const std::vector<host>& addresses,
                                                           std::uint16_t port);
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;

    /// Hands over every connection until close(). When the system has no descriptor to spare it tries again every 200
    /// ms, and tells `warned` so; again only after a minute without such trouble.
    void start(accept_handler accepted, std::function<void(std::string)> warned = {});
    void close();

    std::uint16_t port() const { return port_; }
    /// Where it listens.
    const std::vector<endpoint>& bound() const { return bound_; }
    /// Addresses that were left out, for people.
    const std::vector<std::string>& warnings() const { return warnings_; }

private:
    struct door {
        asio::ip::tcp::acceptor acceptor;
        asio::steady_timer pause;
    };
    struct attempt;

    listener() = default;
    static attempt try_to_bind(asio::io_context& loop, const std::vector<host>& addresses, std::uint16_t port);
    void accept_next(std::size_t at);
    void accept_later(std::size_t at, const asio::error_code& why);
    void wait_and_accept(std::size_t at);

    std::vector<door> doors_;
    std::vector<endpoint> bound_;
    std::vector<std::string> warnings_;
    std::uint16_t port_ = 0;
    accept_handler accepted_;
    std::function<void(std::string)> warned_;
    std::optional<time_point> trouble_at_;
    lifetime alive_;
};

}  // namespace mogshare::runtime
