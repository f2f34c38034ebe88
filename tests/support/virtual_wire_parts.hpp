#pragma once
// What a virtual wire is made of inside, for the files that implement it.

#include "virtual_wire.hpp"

#include <optional>

namespace mogshare::testing {

/// One end of a connection, as its owner holds it.
struct virtual_wire::side {
    node owner = 0;
    conn_number number = 0;
    bool known = false;   ///< its owner has heard of it
    bool open = true;     ///< its owner may send and is told what happens
    bool stands = false;  ///< bytes may leave
    bool ending = false;  ///< hung up; the queue still leaves
    bool ended = false;   ///< its end is on the way
    std::deque<shared_bytes> queue;
    std::size_t queued_bytes = 0;
    std::size_t in_turn_bytes = 0;     ///< on the uplink just now
    std::size_t unread_bytes = 0;      ///< left and not taken by the other side
    std::size_t unreported_bytes = 0;  ///< given out by the owner, no `sent` yet
    std::uint64_t position = 0;        ///< in the stream, of the next byte that leaves
    time_point floor;                  ///< nothing arrives before what left before it
    std::deque<bytes> arrived;
    std::optional<std::string> end_reason;  ///< has arrived behind what is in `arrived`
    bool waits_for_uplink = false;
    bool half_closed = false;                ///< sends no more, and still takes what comes
    std::uint64_t delivered_bytes = 0;       ///< of what it sent, taken by the other side
    std::optional<std::string> late_reason;  ///< its end has come while nothing passed
};

struct virtual_wire::connection {
    std::uint64_t serial = 0;
    std::optional<peer_id> expected;
    side ends[2];
};

}  // namespace mogshare::testing
