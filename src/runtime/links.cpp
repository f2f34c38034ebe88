#include "runtime/links.hpp"

#include "mogshare/runtime/system.hpp"

#include <asio/post.hpp>

#include <utility>

namespace mogshare::runtime {

links::links(asio::io_context& loop, std::shared_ptr<transport> with, std::size_t sockets_max, input_handler given)
    : loop_(loop), given_(std::move(given)), with_(std::move(with)), sockets_max_(sockets_max) {}

links::~links() {
    empty_ = nullptr;
    drop_all();
}

void links::accept(asio::ip::tcp::socket socket) {
    if (closing_) return;  // the socket closes as it goes
    make_room();
    const core::conn_id conn = next_accepted_;
    auto made = connection::accept(loop_, with_, std::move(socket), handlers_for(conn));
    if (!made) return;
    next_accepted_ += 2;
    entries_[conn].link = made;
    given_(now(), core::input::accepted{conn, made->remote(), made->local()});
}

/// Those that the machine knows are as many as it allows. Whoever was sent away and does not close, so that what was said last
/// may still be read, has no right to a descriptor that another needs.
void links::make_room() {
    while (entries_.size() >= sockets_max_) {
        auto oldest = entries_.end();
        for (auto each = entries_.begin(); each != entries_.end(); ++each) {
            if (each->second.hung_up == 0) continue;
            if (oldest == entries_.end() || each->second.hung_up < oldest->second.hung_up) oldest = each;
        }
        if (oldest == entries_.end()) return;
        oldest->second.link->close_at_once();
        entries_.erase(oldest);
    }
}

void links::perform(const core::output::dial& wanted) {
    make_room();
    entries_[wanted.conn].link =
        connection::dial(loop_, with_, wanted.where, wanted.expected, handlers_for(wanted.conn));
}

void links::perform(core::output::send wanted) {
    const auto found = entries_.find(wanted.conn);
    if (found == entries_.end()) return;
    found->second.link->send(std::move(wanted.data));
    mark_dirty(wanted.conn, found->second);
}

void links::perform(const core::output::hang_up& wanted) {
    const auto found = entries_.find(wanted.conn);
    if (found == entries_.end()) return;
    entry& of = found->second;
    of.hung_up = ++last_hung_up_;
    if (!wanted.at_once && of.link->close()) return;  // goes when it has ended
    of.link->close_at_once();
    entries_.erase(found);
    if (entries_.empty() && empty_) empty_();
}

void links::close_all() {
    closing_ = true;
    std::vector<core::conn_id> all;
    for (const auto& [conn, of] : entries_) all.push_back(conn);
    for (const core::conn_id conn : all) perform(core::output::hang_up{conn, false});
}

void links::drop_all() {
    closing_ = true;
    for (auto& [conn, of] : entries_) of.link->close_at_once();
    entries_.clear();
    if (empty_) empty_();
}

// A connection tells its owner nothing after it was closed at once, and this object closes all of them before it goes:
// the handlers may hold `this`.
connection::handlers links::handlers_for(core::conn_id conn) {
    connection::handlers told;
    told.connected = [this, conn](const host& local) { given_(now(), core::input::connected{conn, local}); };
    told.secured = [this, conn](const peer_id& them) { given_(now(), core::input::secured{conn, them}); };
    told.dial_failed = [this, conn](std::string reason, bool ours) {
        ended(conn, core::input::dial_failed{conn, std::move(reason), ours});
    };
    told.received = [this, conn](time_point at, byte_view data) { given_(at, core::input::received{conn, data}); };
    told.sent = [this, conn](std::size_t count_bytes) {
        const auto found = entries_.find(conn);
        if (found != entries_.end() && found->second.hung_up == 0) given_(now(), core::input::sent{conn, count_bytes});
    };
    told.closed = [this, conn](std::string reason) {
        const auto found = entries_.find(conn);
        std::string advice = found == entries_.end() ? std::string() : found->second.link->advice();
        ended(conn, core::input::closed{conn, std::move(reason), std::move(advice)});
    };
    return told;
}

void links::ended(core::conn_id conn, core::any_input in) {
    const auto found = entries_.find(conn);
    if (found == entries_.end()) return;
    const bool hung_up = found->second.hung_up != 0;
    entries_.erase(found);
    if (!hung_up) given_(now(), std::move(in));
    if (entries_.empty() && empty_) empty_();
}

// What becomes ready in one turn of the loop leaves together: the first send of a turn books the flush, which comes
// after all that is ready now.
void links::mark_dirty(core::conn_id conn, entry& of) {
    if (of.dirty) return;
    of.dirty = true;
    if (dirty_.empty()) asio::post(loop_, alive_.guard([this] { flush_dirty(); }));
    dirty_.push_back(conn);
}

void links::flush_dirty() {
    const std::vector<core::conn_id> now_dirty = std::exchange(dirty_, {});
    for (const core::conn_id conn : now_dirty) {
        const auto found = entries_.find(conn);
        if (found == entries_.end()) continue;
        found->second.dirty = false;
        const auto link = found->second.link;  // what it tells may erase the entry
        link->flush();
    }
}

}  // namespace mogshare::runtime
