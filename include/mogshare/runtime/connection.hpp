#pragma once
// The one connection type: everything that the runtime does with a connected socket is done here.

#include "mogshare/base/address.hpp"
#include "mogshare/base/bytes.hpp"
#include "mogshare/base/limits.hpp"
#include "mogshare/base/time.hpp"
#include "mogshare/secure/tls.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mogshare::runtime {

/// What all connections of a loop share: who they are made for, and room to work in, so that an idle connection costs no
/// buffer. What stands in a room is of no use to anybody once control has gone back to the loop.
struct transport {
    transport(secure::private_key own, const secure::network_key& network) : tls(std::move(own), network) {}

    secure::tls_context tls;
    std::array<std::uint8_t, 64 * limits::KiB> received{};  ///< as it came; small enough to stay in a cache
    /// Decrypted, lent to `received` handlers; with room for the record that the bytes before have begun.
    std::array<std::uint8_t, 64 * limits::KiB + limits::record_bytes_max> plain{};
    std::array<std::uint8_t, limits::record_bytes_max> record{};  ///< small pieces that leave in one record
    bytes sealed;                                                 ///< encrypted, to be sent
};

/// A TCP connection, dialled or accepted, and the TLS on it: nothing else ever travels. For the loop's thread only. Lives
/// as long as somebody holds it or something is under way on its socket.
class connection : public std::enable_shared_from_this<connection> {
public:
    /// What the owner is told, always on the loop's thread. Nothing is told from within dial, accept, send or close,
    /// and nothing after `dial_failed`, after `closed` or after close_at_once; after close only `sent` and `closed`.
    /// Any of them may close the connection.
    struct handlers {
        std::function<void(const host& local)> connected;  ///< the dial has succeeded; the handshake begins
        /// The other side has proven who it is, and that it is in our network; in the open network, whose proof everybody
        /// could make, a dialler is told before the acceptor's has come, and a wrong one ends the connection later. Nothing
        /// is received before the proof, and what was queued before leaves from now on.
        std::function<void(const peer_id& them)> secured;
        /// The reason is for people; `ours`: no descriptor or memory was left here.
        std::function<void(std::string reason, bool ours)> dial_failed;
        /// Valid during the call; the last of it came from the network at `at`, before it was decrypted.
        std::function<void(time_point at, byte_view data)> received;
        std::function<void(std::size_t count_bytes)> sent;  ///< so many more bytes have left for the network
        std::function<void(std::string reason)> closed;     ///< the end, after all that came before it was delivered
    };

    /// Begins to dial. `expected`: who must be there; another one is told nothing, not even who we are.
    static std::shared_ptr<connection> dial(asio::io_context& loop, std::shared_ptr<transport> with,
                                            const endpoint& where, std::optional<peer_id> expected, handlers told);
    /// Takes over an accepted socket and begins to read; null when the other side has gone already. Until the dialler
    /// has spoken, it costs no more than its own size.
    static std::shared_ptr<connection> accept(asio::io_context& loop, std::shared_ptr<transport> with,
                                              asio::ip::tcp::socket socket, handlers told);
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    /// Queues bytes; they leave with the next flush(), together with all that is queued by then. After close() they are
    /// dropped.
    void send(shared_bytes data);
    /// Writes what is queued, as far as the system takes it; the rest follows by itself.
    void flush();
    /// Stops listening to the other side, sends what is queued, says so and waits for the other side to close: all of
    /// it within 2 s. Then `closed` comes. False when it has ended instead, without a word: it was not yet secured.
    bool close();
    /// Ends it now; nothing is told any more.
    void close_at_once();

    /// What people can do about the reason that `closed` has given; empty where nothing is known.
    const std::string& advice() const { return advice_; }
    const endpoint& remote() const { return remote_; }
    /// Our address as the other side sees it; known once connected.
    const host& local() const { return local_; }
    /// Plaintext that was queued and has not left.
    std::size_t queued_bytes() const { return unsealed_bytes_ + sealed_plain_bytes_; }
    /// System calls that have written something.
    std::uint64_t writes() const { return writes_; }

private:
    enum class phase : std::uint8_t { dialling, securing, open, closing, over };
    /// A record that is encrypted: where it ends, counted from the first byte of the connection, and what it holds.
    struct mark {
        std::uint64_t end;
        std::size_t plain_bytes;
    };

    connection(asio::io_context& loop, std::shared_ptr<transport> with, secure::role as,
               std::optional<peer_id> expected, handlers told);
    void begin_dialling();
    void dialled(const asio::error_code& error);
    void refuse(const asio::error_code& error);
    bool prepare_socket(asio::error_code& error);

    void wait_readable();
    void read_some();
    bool take(byte_view in);
    void became_secure();
    void lose(const asio::error_code& error);
    void break_off();

    void wait_writable();
    bool write_once();
    byte_view next_plain();
    void seal_some();
    void drop_plain(std::size_t count_bytes);
    void put_sealed();
    std::size_t give(byte_view data);
    void left(std::size_t count_bytes);
    void tell_sent();
    void fail_writing(const asio::error_code& error);
    void drop_queue();
    void drop_unsealed();

    void all_written();
    void give_up_after_grace();
    void end(std::string reason);
    void release();

    asio::ip::tcp::socket socket_;
    std::shared_ptr<transport> with_;
    secure::tls_session session_;
    handlers told_;
    std::optional<asio::steady_timer> grace_;  ///< only while it is closing
    endpoint remote_;
    host local_;
    phase phase_ = phase::dialling;
    bool writing_ = false;       ///< waits for the system to take more
    bool write_closed_ = false;  ///< nothing is written any more: said so to the other side, or writing failed
    std::string advice_;
    std::string failure_;  ///< why writing, or the session, failed

    std::vector<shared_bytes> queue_;    ///< plaintext
    std::size_t queue_head_ = 0;         ///< elements before it are sealed
    std::size_t head_sealed_bytes_ = 0;  ///< of the element at the head
    std::size_t unsealed_bytes_ = 0;
    std::size_t sealed_plain_bytes_ = 0;  ///< encrypted and not yet taken by the system

    bytes kept_;                    ///< encrypted, and more than the system took
    std::size_t kept_head_ = 0;     ///< bytes before it have left
    std::vector<mark> marks_;       ///< of records that have not left
    std::uint64_t sealed_end_ = 0;  ///< encrypted bytes so far
    std::uint64_t left_end_ = 0;    ///< encrypted bytes that the system has taken
    std::uint64_t writes_ = 0;
};

}  // namespace mogshare::runtime
