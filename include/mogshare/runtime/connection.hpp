#pragma once
// The one connection type: everything that the runtime does with a connected socket is done here.

#include "mogshare/base/address.hpp"
#include "mogshare/base/bytes.hpp"
#include "mogshare/base/limits.hpp"
#include "mogshare/base/time.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mogshare::runtime {

/// Where a connection reads to. All connections of a loop share one, so that an idle connection costs no buffer.
using read_room = std::array<std::uint8_t, 256 * limits::KiB>;

/// A TCP connection, dialled or accepted. For the loop's thread only. Lives as long as somebody holds it or something
/// is under way on its socket.
class connection : public std::enable_shared_from_this<connection> {
public:
    /// What the owner is told, always on the loop's thread. Nothing is told from within dial, accept, send or close,
    /// and nothing after `dial_failed`, after `closed` or after close_at_once; after close only `sent` and `closed`.
    /// Any of them may close the connection.
    struct handlers {
        std::function<void(const host& local)> connected;  ///< the dial has succeeded
        /// The reason is for people; `ours`: no descriptor or memory was left here.
        std::function<void(std::string reason, bool ours)> dial_failed;
        std::function<void(time_point at, byte_view data)> received;  ///< valid during the call, delivered at `at`
        std::function<void(std::size_t count_bytes)> sent;            ///< so many more bytes have left for the network
        std::function<void(std::string reason)> closed;  ///< the end, after all that came before it was delivered
    };

    /// Begins to dial.
    static std::shared_ptr<connection> dial(asio::io_context& loop, std::shared_ptr<read_room> room,
                                            const endpoint& where, handlers told);
    /// Takes over an accepted socket and begins to read; null when the other side has gone already.
    static std::shared_ptr<connection> accept(asio::io_context& loop, std::shared_ptr<read_room> room,
                                              asio::ip::tcp::socket socket, handlers told);
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    /// Queues bytes; they leave with the next flush(), together with all that is queued by then. After close() they are
    /// dropped.
    void send(shared_bytes data);
    /// Writes what is queued, as far as the system takes it; the rest follows by itself.
    void flush();
    /// Stops listening to the other side, sends what is queued, says so and waits for the other side to close: all of
    /// it within 2 s. Then `closed` comes. False when it has ended instead, without a word: it was still being dialled.
    bool close();
    /// Ends it now; nothing is told any more.
    void close_at_once();

    const endpoint& remote() const { return remote_; }
    /// Our address as the other side sees it; known once connected.
    const host& local() const { return local_; }
    std::size_t queued_bytes() const { return queued_bytes_; }
    /// System calls that have written something.
    std::uint64_t writes() const { return writes_; }

private:
    enum class phase : std::uint8_t { dialling, open, closing, over };

    connection(asio::io_context& loop, std::shared_ptr<read_room> room, handlers told);
    void begin_dialling();
    void dialled(const asio::error_code& error);
    void refuse(const asio::error_code& error);
    bool prepare_socket(asio::error_code& error);

    void wait_readable();
    void read_some();
    bool take(std::size_t count_bytes, const asio::error_code& error);

    void wait_writable();
    bool write_once();
    std::size_t gather(std::array<asio::const_buffer, 64>& into, std::size_t& total_bytes) const;
    void consume(std::size_t count_bytes);
    void fail_writing(const asio::error_code& error);
    void drop_queue();

    void all_written();
    void give_up_after_grace();
    void end(std::string reason);
    void release();

    asio::ip::tcp::socket socket_;
    std::shared_ptr<read_room> room_;
    handlers told_;
    std::optional<asio::steady_timer> grace_;  ///< only while it is closing
    endpoint remote_;
    host local_;
    phase phase_ = phase::dialling;
    bool writing_ = false;       ///< waits for the system to take more
    bool write_closed_ = false;  ///< nothing is written any more: said so to the other side, or writing failed
    std::string failure_;        ///< why writing failed

    std::vector<shared_bytes> queue_;
    std::size_t queue_head_ = 0;       ///< elements before it are sent
    std::size_t head_sent_bytes_ = 0;  ///< of the element at the head
    std::size_t queued_bytes_ = 0;
    std::uint64_t writes_ = 0;
};

}  // namespace mogshare::runtime
