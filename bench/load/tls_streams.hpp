#pragma once
// Three ways in which OpenSSL can meet an Asio loop, behind one interface, to be measured beside each other.

#include "mogshare/base/limits.hpp"
#include "mogshare/secure/tls.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl.hpp>
#include <asio/write.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace mogshare::bench {

using tcp_socket = asio::ip::tcp::socket;

[[noreturn]] inline void give_up(const std::string& why) {
    std::fprintf(stderr, "error: %s\n", why.c_str());
    std::exit(1);
}

/// Where all streams of a process read to.
struct rooms {
    std::array<std::uint8_t, 64 * limits::KiB> in;
    std::array<std::uint8_t, 64 * limits::KiB> plain;
    bytes out;
};

class stream {
public:
    virtual ~stream() = default;
    /// Shakes hands, calls `ready`, and gives `received` whatever comes after.
    virtual void begin(std::function<void()> ready) = 0;
    /// One at a time; `data` stays where it is until `done`, which never comes from within.
    virtual void send(byte_view data, std::function<void()> done) = 0;
    /// Ends what is under way; the stream goes only when that has been seen by the loop.
    virtual void close() = 0;
    std::function<void(byte_view)> received;
    std::function<void()> ended;
};

/// Asio's own: a BIO pair, one record an operation.
class asio_stream : public stream {
public:
    asio_stream(tcp_socket raw, asio::ssl::context& with, bool dials) : stream_(std::move(raw), with), dials_(dials) {}

    void begin(std::function<void()> ready) override {
        const auto side = dials_ ? asio::ssl::stream_base::client : asio::ssl::stream_base::server;
        stream_.async_handshake(side, [this, ready = std::move(ready)](const asio::error_code& error) {
            if (error) give_up("handshake: " + error.message());
            read();
            ready();
        });
    }
    void send(byte_view data, std::function<void()> done) override {
        asio::async_write(stream_, asio::buffer(data.data(), data.size()),
                          [done = std::move(done)](const asio::error_code& error, std::size_t) {
                              if (!error) done();
                          });
    }

    void close() override { stream_.lowest_layer().close(); }

private:
    void read() {
        // What is under way needs a room of its own.
        stream_.async_read_some(asio::buffer(own_), [this](const asio::error_code& error, std::size_t count) {
            if (error == asio::error::operation_aborted) return;
            if (error) {
                if (ended) ended();
                return;
            }
            received({own_.data(), count});
            read();
        });
    }

    asio::ssl::stream<tcp_socket> stream_;
    bool dials_;
    std::array<std::uint8_t, 16 * limits::KiB> own_;
};

/// OpenSSL reads and writes the socket itself; Asio says when.
class fd_stream : public stream {
public:
    fd_stream(tcp_socket raw, SSL_CTX* with, bool dials, rooms& shared, bool ahead)
        : socket_(std::move(raw)), ssl_(SSL_new(with)), rooms_(shared) {
        socket_.non_blocking(true);
        SSL_set_fd(ssl_, socket_.native_handle());
        SSL_set_mode(ssl_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        if (ahead) {
            SSL_set_read_ahead(ssl_, 1);
            SSL_set_default_read_buffer_len(ssl_, 64 * limits::KiB);
        }
        dials ? SSL_set_connect_state(ssl_) : SSL_set_accept_state(ssl_);
    }
    ~fd_stream() override { SSL_free(ssl_); }

    void begin(std::function<void()> ready) override {
        const int result = SSL_do_handshake(ssl_);
        if (result == 1) {
            ready();
            return read_all();  // some of it may have come with the handshake
        }
        if (SSL_get_error(ssl_, result) != SSL_ERROR_WANT_READ) give_up("handshake");
        socket_.async_wait(tcp_socket::wait_read, [this, ready = std::move(ready)](const asio::error_code& error) {
            if (!error) begin(ready);
        });
    }
    void send(byte_view data, std::function<void()> done) override {
        socket_.async_wait(tcp_socket::wait_write, [this, data, done = std::move(done)](const asio::error_code& error) {
            if (error) return;
            byte_view rest = data;
            while (!rest.empty()) {
                std::size_t count = 0;
                if (SSL_write_ex(ssl_, rest.data(), rest.size(), &count) != 1) break;
                rest = rest.subspan(count);
            }
            if (rest.empty()) return done();
            send(rest, done);
        });
    }

    void close() override { socket_.close(); }

private:
    void read() {
        socket_.async_wait(tcp_socket::wait_read, [this](const asio::error_code& error) {
            if (!error) read_all();
        });
    }
    void read_all() {
        for (int records = 0; records < 16;) {
            std::size_t count = 0;
            const int result = SSL_read_ex(ssl_, rooms_.plain.data(), rooms_.plain.size(), &count);
            if (result == 1) {
                received({rooms_.plain.data(), count});
                // With bytes read ahead the socket may never be readable again: go on until there are none.
                if (SSL_has_pending(ssl_) == 0) ++records;
                continue;
            }
            if (SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ) break;
            if (ended) ended();
            return;
        }
        read();
    }

    tcp_socket socket_;
    SSL* ssl_;
    rooms& rooms_;
};

/// The program's own session: bytes in, bytes out.
class own_stream : public stream {
public:
    own_stream(tcp_socket raw, const secure::tls_context& with, bool dials, rooms& shared)
        : socket_(std::move(raw)),
          session_(with, dials ? secure::role::dialler : secure::role::acceptor),
          rooms_(shared) {
        socket_.non_blocking(true);
    }

    void begin(std::function<void()> ready) override {
        ready_ = std::move(ready);
        rooms_.out.clear();
        session_.begin(rooms_.out);
        write_out();
        read();
    }
    void send(byte_view data, std::function<void()> done) override {
        plain_ = data;
        done_ = std::move(done);
        await_write();
    }

    void close() override { socket_.close(); }

private:
    void await_write() {
        socket_.async_wait(tcp_socket::wait_write, [this](const asio::error_code& error) {
            if (!error) write();
        });
    }
    void write() {
        while (true) {
            if (kept_.empty()) {
                if (plain_.empty()) break;
                const byte_view batch = plain_.first(std::min(plain_.size(), limits::sealed_bytes_max));
                plain_ = plain_.subspan(batch.size());
                rooms_.out.clear();
                session_.seal(batch, rooms_.out);
                write_out();
            } else {
                rooms_.out.clear();
                rooms_.out.swap(kept_);
                write_out();
            }
            if (!kept_.empty()) return await_write();
        }
        const auto done = std::move(done_);
        done();
    }
    /// Writes what stands in the shared room; what the system does not take is kept.
    void write_out() {
        if (rooms_.out.empty()) return;
        asio::error_code error;
        const std::size_t count = socket_.write_some(asio::buffer(rooms_.out), error);
        if (count < rooms_.out.size())
            kept_.assign(rooms_.out.begin() + static_cast<std::ptrdiff_t>(count), rooms_.out.end());
    }
    void read() {
        socket_.async_wait(tcp_socket::wait_read, [this](const asio::error_code& error) {
            if (error) return;
            for (int call = 0; call < 4; ++call) {
                asio::error_code failed;
                const std::size_t count = socket_.read_some(asio::buffer(rooms_.in), failed);
                if (failed == asio::error::would_block) break;
                if (failed) {
                    if (ended) ended();
                    return;
                }
                take({rooms_.in.data(), count});
                if (count < rooms_.in.size()) break;
            }
            read();
        });
    }
    void take(byte_view in) {
        rooms_.out.clear();
        for (;;) {
            const byte_view plain = session_.take(in, rooms_.plain, rooms_.out);
            if (session_.state() == secure::tls_session::phase::failed) give_up("session: " + session_.reason());
            write_out();
            rooms_.out.clear();
            if (session_.proven() && ready_) std::exchange(ready_, nullptr)();
            if (!plain.empty()) received(plain);
            if (plain.size() < rooms_.plain.size()) return;
        }
    }

    tcp_socket socket_;
    secure::tls_session session_;
    rooms& rooms_;
    std::function<void()> ready_, done_;
    byte_view plain_;
    bytes kept_;
};

}  // namespace mogshare::bench
