#pragma once
// A network of secure byte streams in virtual time: who listens where, connections with delays, bandwidth and bounded buffers,
// a handshake as long as the real one that tells who is who, and the ways in which they break. It knows no message: what uses it is a socket_user, be it a peer or a script.

#include "event_queue.hpp"

#include "mogshare/base/address.hpp"
#include "mogshare/base/bytes.hpp"
#include "mogshare/base/ids.hpp"
#include "mogshare/base/random.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mogshare::testing {

/// A machine on the network, numbered from 0.
using node = std::size_t;
/// A user's own number for a connection: odd where it dialled, even where it accepted (core/io.hpp).
using conn_number = std::uint64_t;

/// What a network tells whoever uses a socket. Never called from within a call that the user makes.
class socket_user {
public:
    virtual ~socket_user() = default;
    /// Whose key it holds.
    virtual const peer_id& id() const = 0;
    virtual void on_accepted(conn_number conn, const endpoint& remote, const host& local) = 0;
    virtual void on_connected(conn_number conn, const host& local) = 0;
    virtual void on_secured(conn_number conn, const peer_id& them) = 0;
    virtual void on_dial_failed(conn_number conn, const std::string& reason) = 0;
    virtual void on_received(conn_number conn, byte_view data) = 0;
    virtual void on_sent(conn_number conn, std::size_t count_bytes) = 0;
    virtual void on_closed(conn_number conn, const std::string& reason) = 0;
};

struct wire_options {
    std::uint64_t seed = 1;
    duration delay = std::chrono::milliseconds(5);  ///< one way, for pairs without a delay of their own
    duration jitter{};                        ///< up to so much more for each chunk; order within a direction stays
    std::size_t chunk_bytes_max = 64 * 1024;  ///< chunks are cut at random up to this; 1: byte by byte
    bool cuts_chunks = true;                  ///< else what left together arrives together
    std::size_t window_bytes = 256 * 1024;    ///< left and not yet taken by the reader; more has to wait
    duration flush =
        std::chrono::seconds(2);  ///< how long a closed connection may still send, as in runtime/connection.cpp
};

/// A chunk as its reader took it, or the opening and end of a connection; for taps.
struct wire_event {
    enum class kind { opened, data, ended };
    kind what = kind::opened;
    std::uint64_t connection = 0;  ///< unique over the whole network
    node from = 0;                 ///< opened: who dialled; ended: who learns of it
    node to = 0;
    byte_view data;
};

class virtual_wire {
public:
    virtual_wire(event_queue& events, wire_options chosen);
    ~virtual_wire();

    node add(socket_user& user, std::vector<endpoint> addresses);
    const std::vector<endpoint>& addresses(node of) const { return machines_[of].addresses; }
    std::optional<node> at(const endpoint& where) const;
    /// Somebody else may have it from now on.
    void forget_address(const endpoint& where) { listeners_.erase(where); }
    void listen(node who, bool on) { machines_[who].listening = on; }
    void set_tap(std::function<void(const wire_event&)> tap) { tap_ = std::move(tap); }

    // ---- what users do ----
    /// The handshake with anybody but `expected` fails.
    void dial(node from, conn_number conn, const endpoint& where, const std::optional<peer_id>& expected = {});
    void send(node from, conn_number conn, shared_bytes data);
    void hang_up(node from, conn_number conn, bool at_once);
    /// Says that nothing more comes, and goes on reading. No peer of ours does: they close, and read no more.
    void half_close(node who, conn_number conn);
    /// Closes everything of a node once its queues are empty, as a process does that ends in order.
    void leave(node who);

    // ---- the shape of the network ----
    void set_delay(node from, node to, duration one_way) { delays_[{from, to}] = one_way; }
    /// Bytes a second that leave this node, over all its connections; 0: no limit.
    void set_uplink(node who, std::uint64_t bytes_per_s) { machines_[who].uplink_bytes_per_s = bytes_per_s; }

    // ---- faults ----
    /// Dials to this address get no answer at all.
    void black_hole(const endpoint& where) { holes_.insert(where); }
    void fill_hole(const endpoint& where) { holes_.erase(where); }
    /// Breaks every connection between the two; gives their number.
    std::size_t cut(node one, node other);
    /// The process dies: its connections break, its port refuses.
    void kill(node who);
    /// The machine is gone from the network: nothing leaves or arrives, no connection ends.
    void vanish(node who) { machines_[who].vanished = true; }
    void reappear(node who);
    /// The node takes no bytes any more until it is told to read again.
    void pause_reading(node who, bool paused);
    /// Nothing passes from one node to the other: chunks, ends and dials on their way are held or lost, no connection ends.
    void sever(node from, node to) { severed_.insert({from, to}); }
    void mend(node from, node to);
    /// Nothing passes between nodes of different groups; what is in no group is not touched.
    void partition(const std::vector<std::vector<node>>& groups);
    /// Everything passes again.
    void heal();
    /// The connection with this number (wire_event) is reset for both sides once exactly so many bytes of what `from` sends
    /// have been taken.
    void reset_at(std::uint64_t serial, node from, std::uint64_t position) {
        planted_[{serial, from}] = {position, true};
    }
    /// No byte of what `from` sends on it comes after so many, nor its end, nor a reset.
    void stall_at(std::uint64_t serial, node from, std::uint64_t position) {
        planted_[{serial, from}] = {position, false};
    }
    /// Takes back every fault: all pass, all read, all are there; planted ones are gone, and slow uplinks are fast.
    void calm();
    /// Flips bits in the byte number `position` of every connection's stream from one node to another.
    void spoil(node from, node to, std::uint64_t position) { spoilt_[{from, to}].insert(position); }

    // ---- what can be seen ----
    /// Most bytes that were ever queued by `from` on one connection to `to`, and had not left.
    std::size_t most_queued_bytes(node from, node to) const;
    /// Connections between the two that stand now.
    std::size_t standing(node one, node other) const;
    std::size_t standing(node one) const;
    /// Bytes that were taken, by connection (wire_event) and sender.
    const std::map<std::pair<std::uint64_t, node>, std::uint64_t>& delivered() const { return delivered_; }
    /// Connections that a node holds an end of.
    std::size_t sockets(node of) const { return machines_[of].sides.size(); }
    /// Commands for connections that had ended or never were: mistakes of a user.
    std::size_t stray_commands() const { return stray_commands_; }

private:
    struct side;
    struct connection;
    struct machine {
        socket_user* user = nullptr;
        std::vector<endpoint> addresses;
        bool listening = false;
        bool vanished = false;
        bool paused = false;
        std::uint64_t uplink_bytes_per_s = 0;
        bool uplink_busy = false;
        std::deque<std::pair<std::weak_ptr<connection>, int>> uplink_queue;
        conn_number last_accepted = 0;
        std::uint16_t last_ephemeral = 40'000;
        std::map<conn_number, std::pair<std::shared_ptr<connection>, int>> sides;
    };
    using line = std::shared_ptr<connection>;
    /// At a place in a stream: a reset, else nothing more comes.
    struct planted {
        std::uint64_t position = 0;
        bool resets = false;
    };

    duration one_way(node from, node to);
    std::size_t draw_chunk(std::size_t most);
    std::optional<host> source_host(node from, const endpoint& where) const;
    void knock(const line& on, const endpoint& where, const host& source);
    void refuse(const line& on, const std::string& reason);
    void establish(const line& on);
    /// One flight of the handshake arrives at `to`; it is tried again later while nothing passes.
    void flight(const line& on, int to, int number);
    void secure(const line& on, int end);

    void pump(const line& on, int from);
    std::size_t ready_bytes(const connection& on, int from) const;
    bytes take_queued(side& of, std::size_t count);
    void depart(const line& on, int from, bytes chunk);
    void want_uplink(const line& on, int from);
    void serve_uplink(node who);
    void end_turn(const line& on, int from, bytes chunk);
    void arrive(const line& on, int to, bytes chunk);
    bool holds(const connection& on, int to) const;
    bytes take_arrived(connection& on, int to);
    void deliver(const line& on, int to);
    void maybe_finish(const line& on, int from);
    void send_end(const line& on, int from, std::string reason);
    void end_arrives(const line& on, int to, const std::string& reason);
    void abandon(const line& on, int who, const std::string& reason);
    bool severed(node from, node to) const { return !severed_.empty() && severed_.contains({from, to}); }
    void resume(node from, node to);
    std::vector<line> lines_between(node one, node other) const;
    void answer_half_close(const line& on, int who);
    std::optional<planted> fault_of(const connection& on, int from) const;
    void reset(const line& on);
    void tell_tap(wire_event::kind what, const connection& on, int from, byte_view data = {});

    event_queue& events_;
    wire_options chosen_;
    random_source chance_;
    std::deque<machine> machines_;
    std::map<endpoint, node> listeners_;
    std::map<std::pair<node, node>, duration> delays_;
    std::map<std::pair<node, node>, std::set<std::uint64_t>> spoilt_;
    std::map<std::pair<node, node>, std::size_t> most_queued_;
    std::set<endpoint> holes_;
    std::set<std::pair<node, node>> severed_;
    std::map<std::pair<std::uint64_t, node>, planted> planted_;  ///< by connection and sender
    std::map<std::pair<std::uint64_t, node>, std::uint64_t> delivered_;
    std::function<void(const wire_event&)> tap_;
    std::uint64_t connections_ = 0;
    std::size_t stray_commands_ = 0;
};

}  // namespace mogshare::testing
