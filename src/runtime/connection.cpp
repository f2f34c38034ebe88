#include "mogshare/runtime/connection.hpp"

#include "mogshare/runtime/system.hpp"
#include "runtime/translate.hpp"

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace mogshare::runtime {

namespace {

// No connection may starve the others: after so many system calls it waits for its next turn.
constexpr int calls_a_turn = 8;
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

connection::connection(asio::io_context& loop, std::shared_ptr<transport> with, secure::role as,
                       std::optional<peer_id> expected, handlers told)
    : socket_(loop), with_(std::move(with)), session_(with_->tls, as, expected), told_(std::move(told)) {
    fill_in(told_.connected);
    fill_in(told_.secured);
    fill_in(told_.dial_failed);
    fill_in(told_.received);
    fill_in(told_.sent);
    fill_in(told_.closed);
}

// ---- beginning ------------------------------------------------------------------------------------------------------

std::shared_ptr<connection> connection::dial(asio::io_context& loop, std::shared_ptr<transport> with,
                                             const endpoint& where, std::optional<peer_id> expected, handlers told) {
    std::shared_ptr<connection> made(
        new connection(loop, std::move(with), secure::role::dialler, expected, std::move(told)));
    made->remote_ = where;
    made->begin_dialling();
    return made;
}

std::shared_ptr<connection> connection::accept(asio::io_context& loop, std::shared_ptr<transport> with,
                                               asio::ip::tcp::socket socket, handlers told) {
    std::shared_ptr<connection> made(
        new connection(loop, std::move(with), secure::role::acceptor, std::nullopt, std::move(told)));
    made->socket_ = std::move(socket);
    made->phase_ = phase::securing;
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
    phase_ = phase::securing;
    told_.connected(local_);
    if (phase_ == phase::over) return;
    with_->sealed.clear();
    session_.begin(with_->sealed);
    put_sealed();
    if (session_.state() == secure::tls_session::phase::failed && phase_ != phase::over) break_off();
    if (phase_ != phase::over) wait_readable();
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
        const std::size_t count_bytes = socket_.read_some(asio::buffer(with_->received), error);
        if (must_wait(error)) break;
        if (error) return lose(error);
        if (!take({with_->received.data(), count_bytes})) return;
        if (count_bytes < with_->received.size()) break;  // the system had no more
    }
    wait_readable();
}

/// False when the connection has ended.
bool connection::take(byte_view in) {
    const time_point at = now();
    // While closing, what comes is read and dropped: closing a socket with unread bytes resets the connection, and a
    // reset can take back what was sent last.
    while (phase_ == phase::securing || phase_ == phase::open) {
        with_->sealed.clear();
        const byte_view plain = session_.take(in, with_->plain, with_->sealed);
        put_sealed();
        if (phase_ == phase::securing && session_.proven()) became_secure();
        if (phase_ == phase::open && !plain.empty()) told_.received(at, plain);
        if (plain.size() == with_->plain.size()) continue;  // there may be more in it
        if (session_.state() == secure::tls_session::phase::failed && phase_ != phase::over) break_off();
        if (session_.state() == secure::tls_session::phase::closed && phase_ == phase::open)
            end("closed by the other side");
        break;
    }
    return phase_ != phase::over;
}

void connection::became_secure() {
    phase_ = phase::open;
    told_.secured(session_.them());
    // In a turn of its own: what was received is delivered first.
    if (phase_ == phase::open && unsealed_bytes_ > 0) wait_writable();
}

/// The socket has no more to read, and never will.
void connection::lose(const asio::error_code& error) {
    const bool unproven = phase_ == phase::open && session_.awaits_proof();
    const bool cut = phase_ == phase::securing || unproven || (phase_ == phase::open && error == asio::error::eof);
    if (!failure_.empty() && phase_ != phase::securing) return end(failure_);
    if (!cut) return end(reason_of(error));
    session_.end_of_input();
    advice_ = session_.advice();
    end(session_.reason());
}

// An alert may be on its way, and a reset would take it back: the other side has the usual time to read it.
void connection::break_off() {
    failure_ = session_.reason();
    advice_ = session_.advice();
    phase_ = phase::closing;
    drop_unsealed();
    give_up_after_grace();
    if (kept_.empty()) all_written();
}

// ---- writing --------------------------------------------------------------------------------------------------------

void connection::send(shared_bytes data) {
    if (phase_ == phase::closing || phase_ == phase::over || write_closed_ || data.empty()) return;
    unsealed_bytes_ += data.size();
    queue_.push_back(std::move(data));
}

void connection::flush() {
    if (phase_ == phase::dialling || phase_ == phase::over || writing_) return;
    auto self = shared_from_this();
    for (int call = 0; call < calls_a_turn; ++call) {
        if (!write_once()) break;
    }
    if (phase_ == phase::over) return;
    if (unsealed_bytes_ > 0 && phase_ != phase::securing) {
        wait_writable();
    } else if (phase_ == phase::closing && kept_.empty()) {
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

/// Encrypts and writes, once. False when there is nothing to write, when the system takes no more for now, or never will.
bool connection::write_once() {
    if (!kept_.empty()) {
        left(give(byte_view(kept_).subspan(kept_head_)));
    } else if (unsealed_bytes_ > 0 && phase_ != phase::securing) {
        with_->sealed.clear();
        seal_some();
        put_sealed();
        if (session_.state() == secure::tls_session::phase::failed && phase_ != phase::over) break_off();
    } else {
        return false;
    }
    return kept_.empty() && phase_ != phase::over && !write_closed_;
}

void connection::seal_some() {
    while (unsealed_bytes_ > 0 && with_->sealed.size() < limits::sealed_bytes_max) {
        const byte_view plain = next_plain();
        session_.seal(plain, with_->sealed);
        if (session_.state() == secure::tls_session::phase::failed) return;
        marks_.push_back({sealed_end_ + with_->sealed.size(), plain.size()});
        sealed_plain_bytes_ += plain.size();
        drop_plain(plain.size());
    }
}

/// What goes into one record: as it lies, or small pieces copied together.
byte_view connection::next_plain() {
    const byte_view head = queue_[queue_head_].view().subspan(head_sealed_bytes_);
    if (head.size() >= limits::record_bytes_max || queue_head_ + 1 == queue_.size())
        return head.first(std::min(head.size(), limits::record_bytes_max));
    std::size_t count = 0;
    for (std::size_t at = queue_head_; at < queue_.size() && count < with_->record.size(); ++at) {
        const byte_view piece = at == queue_head_ ? head : queue_[at].view();
        const std::size_t taken = std::min(piece.size(), with_->record.size() - count);
        std::copy_n(piece.begin(), taken, with_->record.begin() + static_cast<std::ptrdiff_t>(count));
        count += taken;
    }
    return {with_->record.data(), count};
}

void connection::drop_plain(std::size_t count_bytes) {
    unsealed_bytes_ -= count_bytes;
    head_sealed_bytes_ += count_bytes;
    while (queue_head_ < queue_.size() && head_sealed_bytes_ >= queue_[queue_head_].size()) {
        head_sealed_bytes_ -= queue_[queue_head_].size();
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

/// Writes what was just encrypted; what the system does not take waits, in order.
void connection::put_sealed() {
    const byte_view fresh = with_->sealed;
    if (fresh.empty() || write_closed_) return;
    sealed_end_ += fresh.size();
    const std::size_t count_bytes = kept_.empty() ? give(fresh) : 0;
    if (write_closed_) return;
    kept_.insert(kept_.end(), fresh.begin() + static_cast<std::ptrdiff_t>(count_bytes), fresh.end());
    if (!kept_.empty()) wait_writable();
    left_end_ += count_bytes;
    tell_sent();
}

/// How many bytes of these the system has taken.
std::size_t connection::give(byte_view data) {
    asio::error_code error;
    const std::size_t count_bytes = socket_.write_some(asio::buffer(data.data(), data.size()), error);
    if (must_wait(error)) return 0;
    if (error) {
        fail_writing(error);
        return 0;
    }
    ++writes_;
    return count_bytes;
}

/// So much of what was kept has left.
void connection::left(std::size_t count_bytes) {
    kept_head_ += count_bytes;
    if (kept_head_ >= kept_.size()) {
        kept_ = {};
        kept_head_ = 0;
    } else {
        wait_writable();
    }
    left_end_ += count_bytes;
    tell_sent();
}

/// Of records that have left whole.
void connection::tell_sent() {
    std::size_t plain_bytes = 0;
    auto at = marks_.begin();
    for (; at != marks_.end() && at->end <= left_end_; ++at) plain_bytes += at->plain_bytes;
    marks_.erase(marks_.begin(), at);
    if (plain_bytes == 0) return;
    sealed_plain_bytes_ -= plain_bytes;
    told_.sent(plain_bytes);
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
    drop_unsealed();
    kept_ = {};
    kept_head_ = 0;
    marks_ = {};
    sealed_plain_bytes_ = 0;
}

void connection::drop_unsealed() {
    queue_ = {};
    queue_head_ = 0;
    head_sealed_bytes_ = 0;
    unsealed_bytes_ = 0;
}

// ---- ending ---------------------------------------------------------------------------------------------------------

bool connection::close() {
    if (phase_ == phase::dialling || phase_ == phase::securing) close_at_once();
    if (phase_ != phase::open) return phase_ == phase::closing;
    phase_ = phase::closing;
    give_up_after_grace();
    if (unsealed_bytes_ == 0 && kept_.empty()) {
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
    with_->sealed.clear();
    session_.say_end(with_->sealed);
    put_sealed();
    if (write_closed_ || !kept_.empty()) return;
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
