#pragma once
// A connection to a peer of the open network, secured: dialled and proven while the caller waits, then read and written by it.

#include "mogshare/base/limits.hpp"
#include "mogshare/secure/tls.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>

#include <array>
#include <stdexcept>

namespace mogshare::bench {

class secured {
public:
    /// The context outlives it.
    secured(asio::io_context& loop, const secure::tls_context& with)
        : socket_(loop), session_(with, secure::role::dialler) {}

    /// To a port of 127.0.0.1; throws when there is no proof of each other.
    void connect(std::uint16_t port) {
        socket_.connect({asio::ip::address_v4::loopback(), port});
        socket_.set_option(asio::ip::tcp::no_delay(true));
        bytes out;
        session_.begin(out);
        asio::write(socket_, asio::buffer(out));
        while (!session_.proven()) {
            if (!read([](byte_view) {})) throw std::runtime_error("no handshake: " + session_.reason());
        }
    }
    asio::ip::tcp::socket& socket() { return socket_; }

    bytes sealed(byte_view plain) {
        bytes out;
        session_.seal(plain, out);
        return out;
    }

    /// What the system has, up to the size of a room, or what comes first; false when the connection has ended.
    template <class Take>
    bool read(const Take& plain_came) {
        asio::error_code error;
        byte_view in(room().data(), socket_.read_some(asio::buffer(room()), error));
        if (error) return false;
        for (;;) {
            bytes out;  // of a handshake; afterwards nothing is said unasked
            const byte_view plain = session_.take(in, plain_room(), out);
            if (!out.empty()) asio::write(socket_, asio::buffer(out));
            if (!plain.empty()) plain_came(plain);
            if (plain.size() < plain_room().size()) break;
        }
        return session_.state() != secure::tls_session::phase::failed &&
               session_.state() != secure::tls_session::phase::closed;
    }

private:
    using large = std::array<std::uint8_t, 64 * limits::KiB>;
    static large& room() {
        static large all{};
        return all;
    }
    static large& plain_room() {
        static large all{};
        return all;
    }

    asio::ip::tcp::socket socket_;
    secure::tls_session session_;
};

}  // namespace mogshare::bench
