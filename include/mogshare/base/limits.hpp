#pragma once
// Every bound stands here, so that a reader sees at once what a stranger can make this peer hold or do.
// Settings of the configuration choose within these; the static_asserts say how they hang together.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace mogshare::limits {

inline constexpr std::size_t KiB = 1024;
inline constexpr std::size_t MiB = 1024 * KiB;

// --- hash tree ---------------------------------------------------------------------------------------------------------
inline constexpr std::size_t leaf_bytes = 16 * KiB;  ///< BEP 52
inline constexpr std::size_t piece_bytes = 1 * MiB;  ///< unit of verification on disk and of requests
inline constexpr std::size_t piece_leaves = piece_bytes / leaf_bytes;
inline constexpr std::uint64_t file_bytes_max = std::uint64_t{1} << 40;  ///< 1 TiB: a piece layer of 32 MiB
inline constexpr std::uint64_t file_pieces_max = file_bytes_max / piece_bytes;

// --- names -------------------------------------------------------------------------------------------------------------
inline constexpr std::size_t name_bytes_max = 1024;      ///< a relative path
inline constexpr std::size_t component_bytes_max = 240;  ///< one component of it
inline constexpr std::size_t components_max = 16;
inline constexpr std::size_t query_words_max = 32;
inline constexpr std::size_t reason_bytes_max = 256;  ///< text of a BYE

// --- frames ------------------------------------------------------------------------------------------------------------
inline constexpr std::size_t frame_header_bytes = 8;
inline constexpr std::size_t extension_bytes_max = 4 * KiB;  ///< later fields that this version skips
inline constexpr std::size_t bulk_bytes_max = 64 * KiB;      ///< file bytes of one PIECE
inline constexpr std::size_t ping_bytes_max = 1 * MiB;       ///< Y
inline constexpr std::size_t proof_hashes_max = 128;         ///< both edges of a range, 64 levels
inline constexpr std::size_t hashes_per_frame_max = 4096;    ///< 128 KiB of piece layer
inline constexpr std::size_t rows_max = 128;                 ///< rows of one ROWS: no X is larger
inline constexpr std::size_t row_addresses_max = 2;          ///< one of each family
inline constexpr std::size_t entries_max = 32;               ///< files of one EXISTE
inline constexpr std::size_t matches_counted_max = 256;      ///< matching files that a holder looks for at most
inline constexpr std::size_t payload_bytes_max = ping_bytes_max + 16 * KiB;  ///< of any frame; types have their own

// --- tables ------------------------------------------------------------------------------------------------------------
inline constexpr std::size_t primary_rows_max = 1024;
inline constexpr std::size_t secondary_rows_max = 4096;
inline constexpr int depth_max = 16;
inline constexpr std::size_t entry_repeats_max = 256;  ///< askers whose last run is remembered (R5)
inline constexpr int row_failures_max = 3;             ///< dials in a row that fail, then the row is dropped
inline constexpr int row_network_v4_bits = 16;         ///< of an address, which say whose it is:
inline constexpr int row_network_v6_bits = 32;  ///< rows of one network are few, and the second comes late in turns
inline constexpr std::chrono::minutes row_turn{30};  ///< between two turns of rows that score does not hold

// --- searches ----------------------------------------------------------------------------------------------------------
inline constexpr std::size_t seen_searches_max = 1'250'000;  ///< ids remembered, both generations; 64 MiB at most
inline constexpr std::uint16_t relayed_port_min = 1024;      ///< least port of an originator that others told us of
inline constexpr std::size_t own_searches_max = 64;         ///< searches of this peer that are kept for `why` and `get`
inline constexpr std::size_t answers_per_search_max = 256;  ///< that any budget may allow
inline constexpr std::size_t results_per_search_max = 1024;
inline constexpr std::size_t search_bytes_max = 4 * MiB;         ///< of files that answers to one search have told,
inline constexpr std::size_t all_searches_bytes_max = 64 * MiB;  ///< and to all that are kept
inline constexpr std::size_t pings_per_search_max = 8;           ///< R10
inline constexpr std::size_t pings_at_once = 2;                  ///< R10, over all searches
inline constexpr std::size_t pings_queued_max = 8;           ///< over all searches; an answer beyond is listed unranked
inline constexpr std::size_t ping_kept_bytes_max = 8 * MiB;  ///< verified bytes kept for a later download (R10)
inline constexpr std::size_t pongs_at_once = 16;             ///< answers to pings being read or sent, Y bytes each
inline constexpr std::size_t pongs_per_host_max = pongs_at_once / 4;  ///< of them, to one address
inline constexpr std::size_t answering_max = 128;  ///< answers of ours under way at once (R8), and no more than
inline constexpr std::size_t answering_share = 8;  ///< one place for a connection in so many
inline constexpr double search_burst_s = 10;  ///< so many seconds' worth of its searches a neighbour may bring at once

// --- connections -------------------------------------------------------------------------------------------------------
inline constexpr std::size_t connections_max = 1024;
inline constexpr std::size_t dialled_share = 4;  ///< one place in so many is kept for connections that this peer dials
inline constexpr std::size_t half_open_share =
    2;  ///< and one in so many of the others is the most that half-open ones take
inline constexpr std::chrono::minutes link_idle{
    5};  ///< a link that said no more than KEEPALIVE for so long may give way
inline constexpr std::size_t greeting_payload_bytes_max = 8 * KiB;  ///< of any frame before HELLO
inline constexpr std::size_t open_payload_bytes_max = 64 * KiB;     ///< after HELLO, of what nobody has asked for
inline constexpr std::size_t backlog_bytes_max = 4 * MiB;           ///< who reads no faster than this is cut off
inline constexpr std::size_t half_open_of_owner =
    8;  ///< from one owner, for which others make room while all places are taken
inline constexpr std::size_t half_open_max = 128;      ///< accepted and not yet introduced
inline constexpr std::size_t timers_stale_max = 4096;  ///< of connections that have gone; beyond, they are dropped
inline constexpr std::size_t link_backlog_bytes_max = 1 * MiB;    ///< beyond, forwards to that neighbour are dropped
inline constexpr std::size_t upload_backlog_bytes_max = 2 * MiB;  ///< beyond, no further piece is read
inline constexpr std::size_t pending_bytes_max = 256 * KiB;       ///< queued on a connection that does not stand yet

inline constexpr std::size_t queued_bytes_max =
    128 * MiB;  ///< given out and not yet sent, or held back by the upload limit, over all connections
inline constexpr std::size_t frame_extra_bytes = 128;  ///< what a frame that waits takes besides its bytes, about
inline constexpr std::size_t unfinished_bytes_max =
    32 * MiB;  ///< of frames that have come in part, over all connections

// --- TLS ---------------------------------------------------------------------------------------------------------------
inline constexpr std::size_t handshake_bytes_max =
    8 * KiB;  ///< received, until a connection is open; about 700 are needed
inline constexpr std::size_t certificate_bytes_max = 1 * KiB;  ///< DER; ours has about 250
inline constexpr std::size_t record_bytes_max = 16 * KiB;      ///< plaintext of one record (RFC 8446, 5.1)
inline constexpr std::size_t sealed_bytes_max = 64 * KiB;      ///< encrypted and waiting for the network, a connection
inline constexpr std::uint64_t records_a_key = std::uint64_t{1} << 22;  ///< a sixth of what RFC 8446, 5.5 allows
inline constexpr std::uint64_t key_changes_free = 8;                    ///< KeyUpdates that a peer may send,
inline constexpr std::uint64_t key_change_bytes_min = 1 * MiB;          ///< and one more for so many bytes

// --- budgets -----------------------------------------------------------------------------------------------------------
// What one stranger, one address and one network may make this peer do, by profile. A configuration may give others; a 0
// there means: as the profile has it. Of those that this peer dials, *host* is an address, *block* its /24 (IPv4) or /64 (IPv6), but
// for rows /16 or /32. Of those that come or answer, which have every address of their /64, *host* is an IPv4 address or a /64,
// *block* a /24 or /48.

struct budgets {
    std::uint32_t dials_per_min_host = 0;   ///< to one host, that a stranger's word caused (R8)
    std::uint32_t dials_per_min_block = 0;  ///< to one block
    std::uint32_t dials_per_min = 0;        ///< in all
    std::uint32_t dials_unproven = 0;  ///< to one destination, whose other side has not yet shown that it wants them
    std::uint32_t searches_per_s = 0;  ///< distinct ones from one neighbour; ten seconds' worth at once
    std::uint32_t entries_per_min_host = 0;  ///< ENTRADA answered
    std::uint32_t frames_per_s = 0;          ///< taken on one connection
    std::uint32_t answers_per_search = 0;    ///< taken for a search of ours
    std::uint32_t answers_per_block = 0;     ///< of them, from one block
    std::uint32_t connections_per_host = 0;  ///< accepted
    std::uint32_t connections_per_block = 0;
    std::uint32_t rows_per_block = 0;   ///< of one network in both tables together
    std::uint32_t ban_points_host = 0;  ///< at which an address is banned; a peer id is at ban_points
};

/// Connections accepted a minute, and as many at once after a time of rest. They are no budgets of the configuration: who comes
/// more often than this means no good in either profile.
struct accept_rates {
    std::uint32_t per_min_host = 0;
    std::uint32_t per_min_block = 0;
};
inline constexpr accept_rates lan_accepts{.per_min_host = 6000, .per_min_block = 36'000};
inline constexpr accept_rates internet_accepts{.per_min_host = 60, .per_min_block = 240};

/// Many peers behind one address; loopback and private networks belong to it.
inline constexpr budgets lan{.dials_per_min_host = 3600,
                             .dials_per_min_block = 36'000,
                             .dials_per_min = 36'000,
                             .dials_unproven = 64,
                             .searches_per_s = 500,
                             .entries_per_min_host = 6000,
                             .frames_per_s = 1'000'000,
                             .answers_per_search = 256,
                             .answers_per_block = 256,
                             .connections_per_host = 512,
                             .connections_per_block = 768,
                             .rows_per_block = 5120,
                             .ban_points_host = 1000};
inline constexpr budgets internet{.dials_per_min_host = 4,
                                  .dials_per_min_block = 8,
                                  .dials_per_min = 600,
                                  .dials_unproven = 3,
                                  .searches_per_s = 20,
                                  .entries_per_min_host = 12,
                                  .frames_per_s = 50'000,
                                  .answers_per_search = 32,
                                  .answers_per_block = 4,
                                  .connections_per_host = 16,
                                  .connections_per_block = 64,
                                  .rows_per_block = 2,
                                  .ban_points_host = 100};

inline constexpr int dial_failures_max = 3;                 ///< then the destination is left in silence
inline constexpr std::uint32_t dials_unproven_itself = 64;  ///< under way to a neighbour, on its own word
inline constexpr std::size_t dial_records_max = 8192;       ///< destinations of which something is remembered
inline constexpr std::size_t budget_keys_max = 4096;        ///< hosts, blocks or peers that have spent something
inline constexpr double ban_points = 100;                   ///< at which a peer id is banned
inline constexpr double ban_block_hosts = 4;         ///< times the points of a host its block is banned (internet)
inline constexpr double ban_points_violation = 25;   ///< of who breaks the protocol; they halve in `ban_half_life`
inline constexpr double ban_points_lie = 50;         ///< of who sends bytes that are not the file's
inline constexpr std::uint32_t neighbour_share = 4;  ///< one address may cause one in so many of the dials in vain,
inline constexpr std::uint32_t own_word_share = 16;  ///< and one in so many by what it says of itself
/// Of the dials to a host, to a block and in all, one in so many is for who speaks for itself: what others say cannot use it up.
inline constexpr std::uint32_t dials_kept_share = 4;
inline constexpr std::uint32_t host_searches = 4;  ///< an address may bring so many times what one neighbour there may
// Of what we may do for searches at once, the part that is for others (the rest is for our own searches), and that for those who ask for
// more than the average.
inline constexpr double shared_with_others = 0.9;
inline constexpr double shared_with_most = 0.5;
inline constexpr std::chrono::seconds shares_remembered{10};  ///< then what was asked for counts half
/// Names read for one search by words, when a neighbour brings as many as it may: each word that is looked for in a name costs the name's
/// bytes and read_overhead_bytes, the pass over all names a sixteenth of their bytes. In the lan profile that is about half of a core.
inline constexpr std::uint64_t read_bytes_a_search = 3 * MiB;
inline constexpr std::uint64_t read_bytes_at_once =
    8 * read_bytes_a_search;  ///< then a search ends with what it has found
inline constexpr std::uint64_t read_overhead_bytes = 32;
inline constexpr std::uint64_t read_pass_share = 16;
inline constexpr double notices_per_min = 1;                  ///< lines of one kind in the log that strangers cause,
inline constexpr double notices_at_once = 10;                 ///< and so many after a time of rest
inline constexpr std::size_t bans_max = 4096;                 ///< peers with points; as many hosts, and as many blocks
inline constexpr std::size_t seen_searches_reserve = 50'000;  ///< of seen_searches_max, for our own
inline constexpr double points_per_day = 48;                  ///< that one peer can earn (R2)

// --- recordings --------------------------------------------------------------------------------------------------------
inline constexpr std::uint64_t recording_bytes_max = 1024 * MiB;  ///< of a file that --record makes; then it ends

// --- transfers ---------------------------------------------------------------------------------------------------------
inline constexpr std::size_t upload_slots_max = 256;            ///< that a configuration may have
inline constexpr std::size_t downloads_at_once_max = 64;        ///< the same
inline constexpr std::size_t requests_per_connection_max = 16;  ///< asked and not yet served, at the uploader
inline constexpr std::chrono::seconds slot_idle{5};     ///< an upload slot that nobody uses so long is free again
inline constexpr std::size_t pieces_in_flight_max = 4;  ///< asked or being stored, at the downloader
inline constexpr std::size_t downloads_max = 256;       ///< queued, active and ended ones that are listed
inline constexpr std::size_t sources_per_download_max = 64;
inline constexpr unsigned busy_rounds_max = 30;  ///< times that all sources may say BUSY before a download gives up
inline constexpr std::uint32_t busy_rest_ms_min = 500;  ///< a busy source is left alone for what it asks, but no less
inline constexpr std::uint32_t busy_rest_ms_max = 60'000;    ///< and no more than this
inline constexpr std::uint64_t creeping_bytes = leaf_bytes;  ///< a source must bring so much in the time of a frame

static_assert(piece_bytes % leaf_bytes == 0 && piece_leaves == 64, "a piece's leaves fit one 64-bit mask");
static_assert(ping_bytes_max % leaf_bytes == 0);
static_assert(payload_bytes_max > ping_bytes_max + proof_hashes_max * 32 + extension_bytes_max);
static_assert(answering_max <= connections_max / answering_share);
static_assert(answering_share >= 2 * dialled_share,
              "half of the places kept for our dials are for links and downloads");
static_assert(hashes_per_frame_max * 32 + extension_bytes_max + 64 < payload_bytes_max);
static_assert(entries_max * (name_bytes_max + 64) + extension_bytes_max < payload_bytes_max);
static_assert(pings_per_search_max <= pings_queued_max);
static_assert(upload_backlog_bytes_max >= piece_bytes);
static_assert(backlog_bytes_max > upload_backlog_bytes_max + ping_bytes_max);
static_assert(greeting_payload_bytes_max > extension_bytes_max + reason_bytes_max + 64);
static_assert(open_payload_bytes_max >= 64 * KiB, "an optional frame, which is skipped, may be so large");
static_assert(entries_max * (name_bytes_max + 50) + 43 + 2 + extension_bytes_max <= open_payload_bytes_max, "EXISTE");
static_assert(rows_max * 60 + extension_bytes_max <= open_payload_bytes_max, "ROWS");
static_assert(lan.answers_per_search <= answers_per_search_max &&
              internet.answers_per_search <= answers_per_search_max);
static_assert(seen_searches_reserve < seen_searches_max / 2);
static_assert(backlog_bytes_max < queued_bytes_max);
static_assert(unfinished_bytes_max < (connections_max - connections_max / 4) * open_payload_bytes_max,
              "a bound that accepted connections together can reach");
static_assert(pongs_per_host_max > 0 && pongs_per_host_max < pongs_at_once);
static_assert(search_bytes_max >= 2 * entries_max * (name_bytes_max + 256) &&
              search_bytes_max < all_searches_bytes_max);
static_assert(lan_accepts.per_min_host > lan.connections_per_host &&
                  internet_accepts.per_min_host > internet.connections_per_host,
              "who may have so many connections may open them at once");
static_assert(link_backlog_bytes_max >= pending_bytes_max);

}  // namespace mogshare::limits
