#include "mogshare/runtime/connection.hpp"

#include "mogshare/runtime/system.hpp"
#include "runtime/translate.hpp"

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

namespace mogshare::runtime {

namespace {

// No connection may starve the others: after so many system calls it waits for its next turn.
constexpr int calls_a_turn = 4;
constexpr auto grace_period = std::chrono::seconds(2);
constexpr std::size_t queue_kept = 64;  // elements for which room is kept when nothing is queued

bool must_wait(const asio::error_code& error) {
    return error == asio::error::would_block || error == asio::error::try_again;
}

// An owner that does not care for a piece of news need not say so.
template <class... Given>
void fill_in(std::function<void(Given...)>& handler) {
    if (!handler) handler = [](Given...) {};
}

}  // namespace

connection::connection(asio::io_context& loop, std::shared_ptr<read_room> room, handlers told)
    : socket_(loop), room_(std::move(room)), told_(std::move(told)) {
    fill_in(told_.connected);
    fill_in(told_.dial_failed);
    fill_in(told_.received);
    fill_in(told_.sent);
    fill_in(told_.closed);
}

// ---- beginning ------------------------------------------------------------------------------------------------------

std::shared_ptr<connection> connection::dial(asio::io_context& loop, std::shared_ptr<read_room> room,
                                             const endpoint& where, handlers told) {
    std::shared_ptr<connection> made(new connection(loop, std::move(room), std::move(told)));
    made->remote_ = where;
    made->begin_dialling();
    return made;
}

std::shared_ptr<connection> connection::accept(asio::io_context& loop, std::shared_ptr<read_room> room,
                                               asio::ip::tcp::socket socket, handlers told) {
    std::shared_ptr<connection> made(new connection(loop, std::move(room), std::move(told)));
    made->socket_ = std::move(socket);
    made->phase_ = phase::open;
    asio::error_code error;
    made->remote_ = from_asio(made->socket_.remote_endpoint(error));
    if (error || !made->prepare_socket(error)) return nullptr;
    made->wait_readable();
    return made;
}

void connection::begin_dialling() {
    auto self = shared_from_this();
    const asio::ip::tcp::endpoint target = to_asio(remote_);
    asio::error_code error;
    socket_.open(target.protocol(), error);
    if (error) {
        asio::post(socket_.get_executor(), [self, error] { self->refuse(error); });
        return;
    }
    socket_.async_connect(target, [self](const asio::error_code& result) { self->dialled(result); });
}

void connection::dialled(const asio::error_code& error) {
    if (phase_ != phase::dialling) return;
    asio::error_code failed = error;
    if (failed || !prepare_socket(failed)) {
        refuse(failed);
        return;
    }
    phase_ = phase::open;
    told_.connected(local_);
    if (phase_ == phase::over) return;
    wait_readable();
    flush();
}

void connection::refuse(const asio::error_code& error) {
    if (phase_ != phase::dialling) return;
    phase_ = phase::over;
    release();
    const bool ours = error == asio::error::no_descriptors || error == asio::error::no_memory ||
                      error == asio::error::no_buffer_space ||
                      error == asio::error_code(ENFILE, asio::error::get_system_category());
    told_.dial_failed(reason_of(error), ours);
}

bool connection::prepare_socket(asio::error_code& error) {
    local_ = from_asio(socket_.local_endpoint(error).address());
    if (error) return false;
    socket_.non_blocking(true, error);
    if (error) return false;
    socket_.set_option(asio::ip::tcp::no_delay(true), error);
    return !error;
}

// ---- reading --------------------------------------------------------------------------------------------------------

void connection::wait_readable() {
    socket_.async_wait(asio::ip::tcp::socket::wait_read, [self = shared_from_this()](const asio::error_code& error) {
        if (!error && self->phase_ != phase::over) self->read_some();
    });
}

void connection::read_some() {
    for (int call = 0; call < calls_a_turn; ++call) {
        asio::error_code error;
        const std::size_t count_bytes = socket_.read_some(asio::buffer(*room_), error);
        if (must_wait(error)) break;
        if (!take(count_bytes, error)) return;
        if (count_bytes < room_->size()) break;  // the system had no more
    }
    wait_readable();
}

/// False when the connection has ended.
bool connection::take(std::size_t count_bytes, const asio::error_code& error) {
    if (error) {
        end(failure_.empty() ? reason_of(error) : failure_);
        return false;
    }
    // While closing, what comes is read and dropped: closing a socket with unread bytes resets the connection, and a
    // reset can take back what was sent last.
    if (phase_ == phase::open) told_.received(now(), byte_view(room_->data(), count_bytes));
    return phase_ != phase::over;
}

// ---- writing --------------------------------------------------------------------------------------------------------

void connection::send(shared_bytes data) {
    if (phase_ == phase::closing || phase_ == phase::over || write_closed_ || data.empty()) return;
    queued_bytes_ += data.size();
    queue_.push_back(std::move(data));
}

void connection::flush() {
    if (phase_ == phase::dialling || phase_ == phase::over || writing_) return;
    auto self = shared_from_this();
    for (int call = 0; call < calls_a_turn && queued_bytes_ > 0; ++call) {
        if (!write_once()) break;
    }
    if (phase_ == phase::over) return;
    if (queued_bytes_ > 0) {
        wait_writable();
    } else if (phase_ == phase::closing) {
        all_written();
    }
}

void connection::wait_writable() {
    if (writing_) return;
    writing_ = true;
    socket_.async_wait(asio::ip::tcp::socket::wait_write, [self = shared_from_this()](const asio::error_code& error) {
        self->writing_ = false;
        if (!error) self->flush();
    });
}

/// One gathered write. False when the system takes no more for now, or never will.
bool connection::write_once() {
    std::array<asio::const_buffer, 64> buffers;
    std::size_t total_bytes = 0;
    const std::size_t count = gather(buffers, total_bytes);
    asio::error_code error;
    const std::size_t written_bytes =
        socket_.write_some(std::span<const asio::const_buffer>(buffers.data(), count), error);
    if (must_wait(error)) return false;
    if (error) {
        fail_writing(error);
        return false;
    }
    ++writes_;
    consume(written_bytes);
    told_.sent(written_bytes);
    return written_bytes == total_bytes && phase_ != phase::over;
}

std::size_t connection::gather(std::array<asio::const_buffer, 64>& into, std::size_t& total_bytes) const {
    const std::size_t count = std::min(into.size(), queue_.size() - queue_head_);
    for (std::size_t i = 0; i < count; ++i) {
        byte_view data = queue_[queue_head_ + i].view();
        if (i == 0) data = data.subspan(head_sent_bytes_);
        into[i] = asio::const_buffer(data.data(), data.size());
        total_bytes += data.size();
    }
    return count;
}

void connection::consume(std::size_t count_bytes) {
    queued_bytes_ -= count_bytes;
    head_sent_bytes_ += count_bytes;
    while (queue_head_ < queue_.size() && head_sent_bytes_ >= queue_[queue_head_].size()) {
        head_sent_bytes_ -= queue_[queue_head_].size();
        queue_[queue_head_] = {};
        ++queue_head_;
    }
    if (queue_head_ == queue_.size()) {
        if (queue_.capacity() > queue_kept) {
            queue_ = {};
        } else {
            queue_.clear();
        }
        queue_head_ = 0;
    } else if (queue_head_ > queue_kept && queue_head_ > queue_.size() / 2) {
        queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(queue_head_));
        queue_head_ = 0;
    }
}

// What the other side sent before it went may still wait to be read, and the end comes after it. Reading finds the end
// by itself; the grace period is for a system that reports it to the writer only.
void connection::fail_writing(const asio::error_code& error) {
    failure_ = reason_of(error);
    write_closed_ = true;
    drop_queue();
    give_up_after_grace();
}

void connection::drop_queue() {
    queue_ = {};
    queue_head_ = 0;
    head_sent_bytes_ = 0;
    queued_bytes_ = 0;
}

// ---- ending ---------------------------------------------------------------------------------------------------------

bool connection::close() {
    if (phase_ == phase::dialling) close_at_once();
    if (phase_ != phase::open) return phase_ == phase::closing;
    phase_ = phase::closing;
    give_up_after_grace();
    if (queued_bytes_ == 0) {
        all_written();
    } else {
        // Not written here, since that would tell the owner of it from within close().
        wait_writable();
    }
    return true;
}

void connection::close_at_once() {
    if (phase_ == phase::over) return;
    phase_ = phase::over;
    release();
}

void connection::all_written() {
    if (write_closed_) return;
    write_closed_ = true;
    asio::error_code ignored;  // a connection that broke meanwhile is found by the reader
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

void connection::give_up_after_grace() {
    if (grace_) return;
    grace_.emplace(socket_.get_executor(), grace_period);
    grace_->async_wait([self = shared_from_this()](const asio::error_code& error) {
        if (!error) self->end(self->failure_.empty() ? "the other side did not close in time" : self->failure_);
    });
}

void connection::end(std::string reason) {
    if (phase_ == phase::over) return;
    phase_ = phase::over;
    release();
    told_.closed(std::move(reason));
}

void connection::release() {
    asio::error_code ignored;
    socket_.close(ignored);
    if (grace_) grace_->cancel();
    drop_queue();
}

}  // namespace mogshare::runtime
