#pragma once
// A peer's whole protocol as one state machine without I/O:
//
//     peer.handle(now, input);  while (auto o = peer.poll()) perform(*o);  wait until peer.next_deadline(), then handle_time(now)
//
// The same inputs at the same times with the same seed give the same outputs, in the product and in a simulation.

#include "mogshare/base/random.hpp"
#include "mogshare/core/counters.hpp"
#include "mogshare/core/download.hpp"
#include "mogshare/core/io.hpp"
#include "mogshare/core/search.hpp"

#include <memory>
#include <optional>

namespace mogshare::core {

/// Who a peer is.
struct identity {
    peer_id id;
    std::uint16_t listen_port = 0;  ///< 0: takes no connections
};

/// A link to a neighbour, for views.
struct link_view {
    peer_id peer;
    endpoint remote;
    bool dialled = false;  ///< by us
    bool ready = false;
    std::size_t backlog_bytes = 0;
};

/// How much is under way and remembered, for tests of the bounds in limits.hpp.
struct load_view {
    std::size_t connections = 0;    ///< of every kind and state
    std::size_t half_open = 0;      ///< of them, accepted and not yet introduced
    std::size_t waiting_bytes = 0;  ///< most on one connection: given out and not yet sent, or held back
    std::size_t answering = 0;      ///< answers of ours under way (R8)
    std::size_t pongs = 0;          ///< of them, those whose ping is being read or sent
    std::size_t gathering = 0;      ///< connections of those who answer us
    std::size_t pings_queued = 0;
    std::size_t searches_seen = 0;
    std::size_t ping_kept_bytes = 0;
    std::size_t search_bytes = 0;  ///< of what answers to our searches have told
    std::size_t queued_bytes =
        0;  ///< in memory: given out and not yet sent, waiting, or held back, over all connections
    std::size_t unfinished_bytes = 0;  ///< of frames that have come in part
    std::size_t dial_records = 0;      ///< destinations of dials that others caused
    std::size_t banned = 0;            ///< peers and hosts with points for breaking the rules
    std::size_t timers = 0;            ///< set and not yet due; some of connections that have gone
};

class peer {
public:
    /// `chosen` passes check(); `chance` decides every draw.
    peer(identity self, const settings& chosen, random_source chance);
    ~peer();
    peer(const peer&) = delete;
    peer& operator=(const peer&) = delete;

    /// Takes one input. `now` never runs backwards. Bad input from the network ends at worst that connection.
    void handle(time_point now, any_input in);
    /// Does what is due at `now`.
    void handle_time(time_point now);
    /// The next output, in order; nothing when there are no more.
    std::optional<any_output> poll();
    /// When handle_time is due at the latest; nothing when no time limit is running.
    std::optional<time_point> next_deadline() const;

    // ---- state, for views and for saving; valid until the next input ----
    const identity& self() const;
    const settings& chosen() const;
    const tables& both_tables() const;
    const content::catalog& shares() const;
    const counters& counts() const;
    /// The searches of this peer that are remembered, oldest first.
    std::vector<const search_state*> searches() const;
    const search_state* find_search(search_ticket ticket) const;
    /// All downloads of this run, in order of begin.
    std::vector<const download_state*> downloads() const;
    const download_state* find_download(download_id id) const;
    std::vector<link_view> links() const;
    /// Transfers that this peer is serving now.
    std::size_t uploads() const;
    load_view load() const;

private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

}  // namespace mogshare::core
