#pragma once
// The searches of this peer: who answered, how fast (R10), and what was found. Filled by the machine, read by views.

#include "mogshare/base/bytes.hpp"
#include "mogshare/core/io.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mogshare::core {

/// How far the ping of an answer has come (R10).
enum class ping_state : std::uint8_t {
    none,  ///< nothing to ping, or beyond the bounds of R10: the answer is listed unranked
    queued,
    running,
    done,    ///< verified: the rate counts, and the answer scores
    failed,  ///< no PONG in time, or one that proved nothing
};

/// One peer's answer (R8), an element of the list of answers that the election ranks.
struct answer {
    peer_id peer;
    endpoint where;         ///< host as seen on the connection, port from HELLO: where a download dials
    int level = 0;          ///< hops that the search had travelled
    duration after{};       ///< from the start of the search to EXISTE
    duration round_trip{};  ///< from NONCE to EXISTE
    std::uint16_t slots_free = 0;
    std::uint16_t queue = 0;
    std::vector<wire::entry> entries;
    ping_state ping = ping_state::none;
    duration ping_time{};          ///< t: from PING to the last byte of PONG; where ping is done
    std::uint32_t ping_bytes = 0;  ///< Y
    double rate_bytes_per_s = 0;   ///< Y / t

    bool ranked() const { return ping == ping_state::done; }
};

/// One content found, under the number by which people name it. Never renumbered. A content is its id *and* its size: the id
/// alone does not fix the size (content/hash_tree.hpp), and a liar could offer the upper nodes of a tree as a file of 64 bytes.
struct found_content {
    content_id content;
    std::uint64_t size = 0;
    std::vector<std::string> names;    ///< as the holders call it, in order of arrival
    std::vector<std::size_t> answers;  ///< indices into search_state::answers
    std::vector<std::string> here;     ///< paths under which this peer shares it already

    bool is(const content_id& id, std::uint64_t size_bytes) const { return content == id && size == size_bytes; }
};

/// Why messages of a search were not sent, and how far it went: the reach line.
struct search_state {
    search_ticket ticket = 0;
    query_id id;
    wire::query_kind kind = wire::query_kind::exact;
    std::string text;
    time_point begun;
    std::optional<duration> lasted;  ///< set when it is over
    std::size_t neighbours_asked = 0;
    std::vector<answer> answers;
    std::vector<found_content> results;  ///< result N is results[N - 1]

    bool over() const { return lasted.has_value(); }
    /// Farthest hop that answered; 0 when nobody did.
    int farthest_level() const;
};

}  // namespace mogshare::core
