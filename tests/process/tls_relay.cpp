// Speaks TLS and proves the network for a peer that a test plays itself: plain bytes on the test's side, what peers speak on
// the other. It is a peer of its own to them, with a fresh key, and lets everything through, right or wrong.
//
//   tls_relay DOOR      prints `ID PORT PLAIN` and runs until its input ends
//
// Who connects to PORT over TLS is put through to 127.0.0.1:DOOR, behind the 32 bytes of his id. Who connects to PLAIN says
// two bytes, a port of 127.0.0.1, and is put through to the peer there.

#include "mogshare/runtime/connection.hpp"
#include "mogshare/runtime/listener.hpp"

#include <asio/post.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <thread>

using namespace mogshare;
using asio::ip::tcp;
using runtime::connection;

namespace {

const host loopback = host::v4({127, 0, 0, 1});

std::shared_ptr<runtime::transport> shared_transport() {
    static const auto made =
        std::make_shared<runtime::transport>(secure::private_key::generate(), secure::network_key());
    return made;
}

/// One connection, put through.
class pass : public std::enable_shared_from_this<pass> {
public:
    pass(asio::io_context& loop, tcp::socket plain) : loop_(loop), plain_(std::move(plain)) {}

    /// From a peer to the test.
    void take(tcp::socket from, std::uint16_t door) {
        asio::error_code error;
        plain_.connect({asio::ip::address_v4::loopback(), door}, error);
        if (error) return;
        link_ = connection::accept(loop_, shared_transport(), std::move(from), told(true));
    }
    /// From the test to a peer.
    void dial() {
        asio::async_read(plain_, asio::buffer(port_),
                         [self = shared_from_this()](const asio::error_code& error, std::size_t) {
                             if (error) return;
                             const auto port = static_cast<std::uint16_t>(self->port_[0] << 8 | self->port_[1]);
                             self->link_ = connection::dial(self->loop_, shared_transport(), {loopback, port},
                                                            std::nullopt, self->told(false));
                         });
    }

private:
    connection::handlers told(bool say_who) {
        connection::handlers all;
        all.secured = [self = shared_from_this(), say_who](const peer_id& them) {
            if (say_who) self->to_test(them.view());
            self->read();
        };
        all.received = [self = shared_from_this()](time_point, byte_view data) { self->to_test(data); };
        all.sent = [self = shared_from_this()](std::size_t) { self->read(); };
        all.dial_failed = [self = shared_from_this()](std::string, bool) { self->end(); };
        all.closed = [self = shared_from_this()](std::string) { self->end(); };
        return all;
    }
    /// The next bytes of the test, when those before have left.
    void read() {
        if (reading_ || read_all_ || link_->queued_bytes() > 0) return;
        reading_ = true;
        plain_.async_read_some(
            asio::buffer(room_), [self = shared_from_this()](const asio::error_code& error, std::size_t count) {
                self->reading_ = false;
                if (error) {
                    self->read_all_ = true;
                    self->link_->close();
                    return;
                }
                self->link_->send(shared_bytes(bytes(self->room_.data(), self->room_.data() + count)));
                self->link_->flush();
            });
    }
    void to_test(byte_view data) {
        queue_.emplace_back(data.begin(), data.end());
        if (queue_.size() == 1) write();
    }
    void write() {
        asio::async_write(plain_, asio::buffer(queue_.front()),
                          [self = shared_from_this()](const asio::error_code& error, std::size_t) {
                              self->queue_.pop_front();
                              if (error) return self->queue_.clear();
                              if (!self->queue_.empty()) return self->write();
                              if (self->ended_) self->end();
                          });
    }
    void end() {
        ended_ = true;
        asio::error_code ignored;
        if (queue_.empty()) plain_.shutdown(tcp::socket::shutdown_send, ignored);
    }

    asio::io_context& loop_;
    tcp::socket plain_;
    std::shared_ptr<connection> link_;
    std::array<std::uint8_t, 2> port_{};
    std::array<std::uint8_t, 64 * limits::KiB> room_{};
    std::deque<bytes> queue_;
    bool reading_ = false, read_all_ = false, ended_ = false;
};

std::unique_ptr<runtime::listener> open_door(asio::io_context& loop) {
    auto opened = runtime::listener::open(loop, {loopback}, 0);
    if (!opened.ok()) std::exit(1);
    return std::move(*opened);
}

}  // namespace

int main(int count, char** given) {
    if (count != 2) return 2;
    const auto door = static_cast<std::uint16_t>(std::atoi(given[1]));
    asio::io_context loop;
    const auto secured = open_door(loop), plain = open_door(loop);
    secured->start(
        [&](tcp::socket from) { std::make_shared<pass>(loop, tcp::socket(loop))->take(std::move(from), door); });
    plain->start([&](tcp::socket from) { std::make_shared<pass>(loop, std::move(from))->dial(); });
    std::printf("%s %u %u\n", to_hex(shared_transport()->tls.id()).c_str(), secured->port(), plain->port());
    std::fflush(stdout);
    std::thread([] {
        for (char each = 0; ::read(0, &each, 1) > 0;) {
        }
        std::_Exit(0);
    }).detach();
    loop.run();
    return 0;
}
