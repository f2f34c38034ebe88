#pragma once
// The far end of a connection, played by the test: it speaks TLS, but reads only when it is told to.

#include "mogshare/runtime/listener.hpp"
#include "socket/connection_pair.hpp"

#include <asio/buffer.hpp>
#include <asio/post.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mogshare::testing {

class driven_end {
public:
    /// Listens on loopback for the one connection that it will be the far end of.
    explicit driven_end(asio::io_context& loop, const secure::network_key& network = {})
        : loop_(loop),
          key_(secure::private_key::generate()),
          context_(key_, network),
          session(context_, secure::role::acceptor) {
        auto opened = runtime::listener::open(loop, {loopback_v4}, 0);
        REQUIRE(opened.ok());
        door_ = std::move(*opened);
        door_->start([this](asio::ip::tcp::socket taken) {
            taken.non_blocking(true);
            taken.set_option(asio::ip::tcp::no_delay(true));
            socket = std::move(taken);
        });
    }
    endpoint where() const { return {loopback_v4, door_->port()}; }
    const peer_id& id() const { return key_.id(); }

    /// Reads what is there, at most so much, and answers what TLS asks for; how much plaintext came.
    std::size_t read(std::size_t bytes_max = 64 * limits::KiB) {
        if (!socket) return 0;
        bytes room(bytes_max), plain_room(bytes_max);
        asio::error_code error;
        const std::size_t count = socket->read_some(asio::buffer(room), error);
        if (error && error != asio::error::would_block) ended = true;
        byte_view in(room.data(), count);
        const std::size_t before = plain.size();
        bytes out;
        for (bool more = !in.empty(); more;) {
            const byte_view got = session.take(in, plain_room, out);
            plain.append(as_text(got));
            more = got.size() == plain_room.size();
        }
        write(out);
        return plain.size() - before;
    }
    void write(byte_view data) {
        while (!data.empty()) data = data.subspan(socket->write_some(asio::buffer(data.data(), data.size())));
    }
    void say(std::string_view text) {
        bytes out;
        session.seal(as_bytes(text), out);
        write(out);
    }
    /// Runs the loop, reading here all the time, until `condition` holds.
    template <class Condition>
    bool read_until(Condition condition) {
        return run_until(loop_, [&] {
            read();
            if (!condition()) asio::post(loop_, [] {});  // nothing need happen at the other end for there to be more
            return condition();
        });
    }

private:
    asio::io_context& loop_;
    secure::private_key key_;
    secure::tls_context context_;
    std::unique_ptr<runtime::listener> door_;

public:
    secure::tls_session session;
    std::optional<asio::ip::tcp::socket> socket;
    std::string plain;
    bool ended = false;
};

}  // namespace mogshare::testing
