#pragma once
// The way out for file bytes: pings and transfers pass here, under one upload limit (R10: limits meter pings too).

#include "connections.hpp"

#include "mogshare/core/token_bucket.hpp"

#include <deque>
#include <list>

namespace mogshare::core {

class upload_gate {
public:
    upload_gate(context& shared, connections& conns);

    /// Sends in order on this connection, at once where there is no limit, else as the limit allows, in turn with others.
    void send(connection& to, shared_bytes data);
    /// The connection has ended: what waits for it is dropped.
    void forget(conn_id conn);
    void timer_due();
    /// The settings have changed.
    void reconfigure();

private:
    struct lane {
        conn_id conn = 0;
        std::deque<shared_bytes> queue;
    };
    std::list<lane>::iterator lane_of(conn_id conn);
    void release();
    void release_turn(lane& from);
    void wake_when(std::uint64_t count_bytes);

    context& ctx_;
    connections& conns_;
    token_bucket bucket_;
    std::optional<time_point> wake_at_;  ///< a timer is set
    std::list<lane> lanes_;              ///< in turn: who has sent goes to the back
};

}  // namespace mogshare::core
