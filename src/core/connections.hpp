#pragma once
// Every connection of this peer: dialling, the handshake, HELLO, frames, closing. What is said after HELLO is the matter of the part that
// owns the connection's purpose.

#include "context.hpp"

#include "mogshare/wire/framer.hpp"

#include <map>
#include <memory>

namespace mogshare::core {

enum class conn_state : std::uint8_t {
    dialling,  ///< no connection yet; what is sent waits
    securing,  ///< connected, the handshake is under way; what is sent waits
    greeting,  ///< we know who they are, their HELLO is awaited
    open,
    over,  ///< closed; removed at the end of the input
};

struct connection {
    conn_id id = 0;
    bool dialled = false;
    wire::purpose why = wire::purpose::link;
    conn_state state = conn_state::dialling;
    endpoint remote;
    host local;
    std::optional<peer_id> expected;  ///< whom we mean to reach, where known
    peer_id them;                     ///< from the handshake
    endpoint listens;                 ///< host of the connection, port of HELLO; port 0: nowhere
    bool short_lived = false;
    bool on_hearsay =
        false;  ///< dialled because others told us of it: the budget of dials waits to hear what came of it

    wire::framer frames;
    std::uint32_t frames_taken = 0;  ///< since frames_since
    time_point frames_since{};
    std::size_t unfinished_bytes = 0;   ///< of a frame that has come in part
    std::vector<shared_bytes> waiting;  ///< until the handshake has ended
    std::size_t backlog_bytes = 0;      ///< given out and not yet sent, or waiting
    std::size_t gated_bytes = 0;        ///< held back by the upload limit; a frame may have left in part only
    double backlog_frames = 0;          ///< of the backlog, as its bytes leave; which frames those were is not known
    std::size_t gated_frames = 0;
    std::uint64_t left_bytes = 0;        ///< that the network has taken so far
    std::optional<time_point> deadline;  ///< of whatever the owner awaits next
    std::optional<time_point>
        timer_at;  ///< a timer is set for then; one a connection, however often the deadline moves
    std::optional<std::uint64_t> unfinished;  ///< the frame that has come in part, by the framer's count
    time_point unfinished_since{};
    bool frame_timer_set = false;
    time_point last_received{};
    time_point last_sent{};
    time_point last_said{};  ///< the latest message but KEEPALIVE came

    bool live() const { return state != conn_state::over; }
    /// Of what is meant for it, all that has not left.
    std::size_t queued_bytes() const { return backlog_bytes + gated_bytes; }
    /// What that takes in memory.
    std::size_t held_bytes() const {
        return queued_bytes() + limits::frame_extra_bytes * (gated_frames + static_cast<std::size_t>(backlog_frames));
    }
    /// We may speak: the handshake has ended.
    bool secured() const { return state == conn_state::greeting || state == conn_state::open; }
    /// Accepted and not yet introduced.
    bool half_open() const { return !dialled && (state == conn_state::securing || state == conn_state::greeting); }
    /// A frame must not be cut by a BYE: who cannot send its rest closes without a word.
    bool may_say_bye() const { return secured() && gated_bytes == 0; }
};

/// Why a connection ended that its owner did not close.
struct ending {
    std::string reason;                   ///< for people
    std::optional<wire::bye_reason> bye;  ///< what the other side said, where it did
    bool reached = false;                 ///< the other side said HELLO before
    bool ours = false;                    ///< it was never dialled, for want of something of ours
    std::string hint = {};                ///< what people can do about it, where that is known
};

/// A part that owns connections of one purpose and direction.
class conversation {
public:
    virtual ~conversation() = default;
    /// HELLO has been exchanged.
    virtual void opened(connection& with) = 0;
    /// A message other than HELLO and BYE.
    virtual void message(connection& with, wire::message& said) = 0;
    /// It has ended, and not by close() or vanish().
    virtual void ended(connection& with, const ending& why) = 0;
    /// Its deadline has passed; closing it is up to the owner.
    virtual void overdue(connection& with) = 0;
    /// Bytes have left; there may be room for more.
    virtual void drained(connection&) {}
};

class connections {
public:
    explicit connections(context& shared);

    /// Says who owns the connections that we dial, or that others dial, for this purpose.
    void assign(wire::purpose why, bool dialled, conversation& owner);

    /// Null when there is no room for another connection.
    connection* dial(const endpoint& where, wire::purpose why, std::optional<peer_id> expected);
    void send(connection& to, const wire::message& said) { send(to, shared_bytes(wire::encode(said))); }
    void send(connection& to, shared_bytes frame);
    /// Says BYE and closes once it is sent. The owner is not told.
    void close(connection& which, wire::bye_reason why, std::string text);
    /// Closes once everything queued is sent, without a word.
    void finish(connection& which);
    /// Closes at once, dropping what is queued.
    void vanish(connection& which);
    /// The upload limit holds back a frame that is meant for it: it counts as queued meanwhile.
    void hold_back(connection& to, std::size_t frame_bytes);
    /// It holds back so many bytes of a frame no longer; `last`: they end it.
    void let_go(connection& to, std::size_t count_bytes, bool last);
    /// Closes with BYE and tells the owner, too.
    void refuse(connection& which, wire::bye_reason why, std::string text, std::string reason, std::string hint = {});
    /// Who is on the other side has broken the rules; at so many points it is banned for a while.
    void blame(const connection& which, double points);
    /// Closes with BYE `protocol` and tells the owner: something came that must not come.
    void violation(connection& which, std::string what);
    /// Sets when the owner wants to be told; replaces what was set before.
    void expect_within(connection& of, duration limit);
    void expect_nothing(connection& of) { of.deadline.reset(); }
    /// From now on the large messages that we ask for may come: PONG, HASHES, PIECE.
    void expect_bulk(connection& of) { of.frames.limit_payloads(limits::payload_bytes_max); }

    void take(const input::accepted& in);
    void take(const input::connected& in);
    void take(const input::secured& in);
    void take(const input::dial_failed& in);
    void take(const input::received& in);
    void take(const input::sent& in);
    void take(const input::closed& in);
    void timer_due(conn_id conn);
    void frame_due(conn_id conn);

    connection* find(conn_id id);
    /// Tells the owner that there may be room for more to send.
    void room_for(connection& on);
    const std::map<conn_id, std::unique_ptr<connection>>& all() const { return all_; }
    /// Accepted and not yet introduced.
    std::size_t half_open() const { return half_open_; }
    /// Forgets those that are over, and cuts off whoever holds most where all together hold too much; called between inputs.
    void sweep();
    /// What everything takes in memory that is given out and not yet sent, waits, or is held back.
    std::size_t held_bytes() const { return held_bytes_; }
    /// Of frames that have come in part.
    std::size_t unfinished_bytes() const { return unfinished_bytes_; }

private:
    conversation& owner_of(const connection& which);
    bool owned(const connection& which) const { return which.dialled || which.state == conn_state::open; }
    void greet(connection& to);
    void say_waiting(connection& to);
    void take_hello(connection& from, const wire::hello& said);
    void take_bye(connection& from, const wire::bye& said);
    void take_frames(connection& from);
    void watch_frame(connection& of);
    void take_message(connection& from, wire::message& said);
    void choked(connection& from);
    void unreadable(connection& from, wire::decode_error why);
    /// Marks it as over and tells the owner, if it has one yet.
    void end(connection& which, const ending& why);
    void leave(connection& which, bool at_once);
    void mark_over(connection& which);
    static bool answers(const connection& which) { return which.dialled && which.why == wire::purpose::answer; }
    // admitting.cpp: whom this peer lets in, and who gives way.
    /// Whether a newcomer from there may stay; where others have to give way for it, they do. Counts why it may not.
    bool admit(const host& from);
    /// The counter of what speaks against a newcomer from there; null where nothing does.
    std::uint64_t* obstacle(const host& from);
    bool comes_too_often(const host& from);
    /// An accepted one has come, or gone.
    void count_in(const connection& which);
    void count_out(const connection& which);
    template <class From>
    std::size_t half_open_of(From from) const;
    /// The oldest half-open one from an address for which `from` holds gives way; false when there is none.
    template <class From>
    bool evict_oldest(From from);
    /// The oldest half-open one of the network that has the most of them, and of the host there that does, gives way.
    void evict_of_crowd();
    /// Of the idle links the one that said nothing for longest gives way, of the network and host with the most connections; false
    /// when there is none.
    bool evict_idle_link();
    /// One of the largest crowd gives way for a newcomer from a smaller one; false when there is no such crowd.
    bool evict_of_larger_crowd(const host& newcomer);
    bool has_points(const peer_id& who) const;
    /// Accepted and open, but not used, and of a peer that has earned no points.
    bool idle_link(const connection& which) const;
    std::size_t live() const { return all_.size() - over_.size(); }
    /// Answers that we dial with take the place of no newcomer: they have a share of their own.
    std::size_t accepted_max() const { return places_for_others() + answers_; }
    std::size_t places_for_others() const {
        return ctx_.cfg.connections - ctx_.cfg.connections / limits::dialled_share;
    }
    std::size_t half_open_max() const {
        return std::min(limits::half_open_max, places_for_others() / limits::half_open_share);
    }
    bool floods(connection& from);
    void cut_off(connection& which, std::string reason);
    void shed();
    /// Changes what waits for a connection, and with it what all hold.
    template <class Change>
    void requeue(connection& of, Change change) {
        held_bytes_ -= of.held_bytes();
        change();
        held_bytes_ += of.held_bytes();
    }
    std::string what_is_overdue(const connection& of) const;
    void set_timer(connection& of);
    void drop_stale_timers();

    context& ctx_;
    std::map<conn_id, std::unique_ptr<connection>> all_;
    std::vector<conn_id> over_;
    conversation* owners_[3][2] = {};
    conn_id last_dialled_ = 0;
    std::size_t timers_kept_ = limits::timers_stale_max;  ///< beyond, those that mean nothing any more are looked for
    std::size_t half_open_ = 0;
    std::size_t answers_ = 0;  ///< dialled ones that are live, to answer a search
    std::size_t held_bytes_ = 0;
    std::size_t unfinished_bytes_ = 0;
    std::map<host, std::size_t> of_host_;   ///< accepted ones that are live, by whom they are counted for
    std::map<host, std::size_t> of_block_;  ///< the same by network
    rate_budget<host> host_rate_;           ///< accepted a minute
    rate_budget<host> block_rate_;
};

}  // namespace mogshare::core
