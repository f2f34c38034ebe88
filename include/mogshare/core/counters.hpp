#pragma once
// What a peer has done and what it has refused, each under a name (shown by `stats`).

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace mogshare::core {

struct counters {
    std::uint64_t searches_own = 0;
    std::uint64_t searches_received = 0;         ///< PESQUISA frames
    std::uint64_t searches_known = 0;            ///< copies of a search seen before at this level or lower
    std::uint64_t searches_forwarded = 0;        ///< PESQUISA frames passed on
    std::uint64_t searches_answered = 0;         ///< answers begun (R8)
    std::uint64_t searches_refused_memory = 0;   ///< the memory of ids was full (R9)
    std::uint64_t searches_refused_budget = 0;   ///< the neighbour sends more distinct ones than it may
    std::uint64_t searches_refused_price = 0;    ///< by words, not looked up: its address makes us read too many names
    std::uint64_t searches_cut_price = 0;        ///< by words, not looked up in all names: they are too many
    std::uint64_t searches_refused_origin = 0;   ///< no usable originator's address, or a forged one
    std::uint64_t searches_refused_level = 0;    ///< came with a level above the limit
    std::uint64_t searches_refused_self = 0;     ///< they name this peer as their originator
    std::uint64_t searches_refused_scope = 0;    ///< the originator could not be reached from that neighbour (R9)
    std::uint64_t forwards_dropped_backlog = 0;  ///< a neighbour reads too slowly
    std::uint64_t forwards_refused_budget = 0;   ///< more than our neighbours take from one
    std::uint64_t answers_refused = 0;           ///< too many answers of ours under way
    std::uint64_t answers_given_up = 0;          ///< of ours, to make room for those that others had told us of
    std::uint64_t answers_refused_budget = 0;    ///< more for one search, or from one network, than we take
    std::uint64_t answers_unasked = 0;           ///< CLAIM for no live search of ours
    std::uint64_t answers_refused_memory = 0;    ///< the searches that are kept hold as much as they may
    std::uint64_t answers_received = 0;          ///< EXISTE taken
    std::uint64_t results_refused = 0;           ///< files in answers to a search that has as many results as it may
    std::uint64_t dials_refused_scope = 0;       ///< on a stranger's word: to an address that the profile leaves out
    std::uint64_t dials_refused_silence = 0;     ///< the destination has not wanted the last ones
    std::uint64_t dials_refused_host = 0;        ///< the budget of a minute is spent: for that host,
    std::uint64_t dials_refused_block = 0;       ///< for its network,
    std::uint64_t dials_refused_neighbour = 0;   ///< for the address that told us of the search,
    std::uint64_t dials_refused_all = 0;         ///< for all of them
    std::uint64_t dial_records_forgotten = 0;    ///< what was known of a destination, to make room for others
    std::uint64_t answers_unpinged = 0;          ///< beyond the pings of a search, or of all: listed without a rate
    std::uint64_t pings_served = 0;
    std::uint64_t pings_verified = 0;
    std::uint64_t pings_failed = 0;
    std::uint64_t entradas_sent = 0;
    std::uint64_t entradas_served = 0;
    std::uint64_t entradas_refused = 0;  ///< its host asks more often than it may
    std::uint64_t rows_received = 0;
    std::uint64_t rows_refused = 0;       ///< no address that may be dialled, or too many of one network
    std::uint64_t rows_without_room = 0;  ///< newcomers that met a full table
    std::uint64_t rows_tested = 0;        ///< rows that were asked whether they live, since they were to make room
    std::uint64_t rows_replaced = 0;      ///< of them, those that did not answer
    std::uint64_t promotions = 0;         ///< rows moved up by score (R3)
    std::uint64_t rows_dropped = 0;       ///< rows whose peer left or did not answer
    std::uint64_t connections_accepted = 0;
    std::uint64_t connections_dialled = 0;
    std::uint64_t connections_refused = 0;         ///< over a bound
    std::uint64_t connections_refused_host = 0;    ///< too many from one host,
    std::uint64_t connections_refused_block = 0;   ///< or from its network
    std::uint64_t connections_refused_rate = 0;    ///< too many in a minute from one host or network
    std::uint64_t connections_refused_banned = 0;  ///< it broke the rules too often
    std::uint64_t connections_flooding = 0;        ///< cut off, since they send more frames than they may
    std::uint64_t bans = 0;                        ///< peers, hosts and networks that were banned
    std::uint64_t bans_forgotten = 0;              ///< points of one of them, to make room for others
    std::uint64_t half_open_evicted = 0;     ///< accepted ones that gave way to newcomers before they said who they are
    std::uint64_t idle_links_evicted = 0;    ///< open ones that gave way to newcomers, having said nothing for long
    std::uint64_t connections_gave_way = 0;  ///< open ones of the largest crowd, for newcomers from elsewhere
    std::uint64_t handshakes_failed = 0;   ///< no TLS, not ours, another network or peer, or cut off before they stood
    std::uint64_t versions_refused = 0;    ///< HELLO of another protocol version
    std::uint64_t connections_choked = 0;  ///< cut off, since they do not read what they ask for
    std::uint64_t connections_unfinished = 0;  ///< cut off with a frame that had come in part: all such took too much
    std::uint64_t frames_refused = 0;          ///< unreadable frames; each closes its connection
    std::uint64_t protocol_violations = 0;     ///< readable messages that must not come there
    std::uint64_t time_limits_hit = 0;
    std::uint64_t uploaded_bytes = 0;    ///< file bytes queued for others, pings included
    std::uint64_t downloaded_bytes = 0;  ///< file bytes received for downloads
    std::uint64_t uploads_refused = 0;   ///< BUSY said
    std::uint64_t uploads_gave_way =
        0;  ///< slots taken from who did not use them, or had several, for others who waited
    std::uint64_t sources_refused = 0;  ///< holders beyond as many as a download may have

    /// Every counter with its name, in the order above.
    std::vector<std::pair<std::string_view, std::uint64_t>> named() const;
};

}  // namespace mogshare::core
