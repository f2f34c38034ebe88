#pragma once
// What the protocol lets a user choose (R15), with its defaults. Reading it from TOML is the program's matter; a test holds
// these defaults, config/mogshare.toml and the timer table of docs/PROTOCOL.md against each other.

#include "mogshare/base/address.hpp"
#include "mogshare/base/limits.hpp"
#include "mogshare/base/result.hpp"
#include "mogshare/base/time.hpp"

#include <cstdint>
#include <optional>

namespace mogshare::core {

/// Every time limit of the protocol. Positive, at most a day.
struct time_limits {
    duration dial = std::chrono::seconds(5);              ///< until a dialled connection stands
    duration handshake = std::chrono::seconds(10);        ///< from connection to the end of the handshake
    duration hello = std::chrono::seconds(5);             ///< from the end of the handshake to the other side's HELLO
    duration entry = std::chrono::seconds(5);             ///< from ENTRADA to ROWS (R4)
    duration join_retry_first = std::chrono::seconds(5);  ///< next ENTRADA while the primary table is empty; doubles
    duration join_retry_max = std::chrono::seconds(300);
    duration row_backoff_first = std::chrono::seconds(10);  ///< a row that did not answer is left alone; doubles
    duration claim = std::chrono::seconds(5);               ///< from HELLO to CLAIM on an accepted answer connection
    duration nonce = std::chrono::seconds(5);               ///< from CLAIM to NONCE, at the holder
    duration existe = std::chrono::seconds(5);              ///< from NONCE to EXISTE, at the originator
    duration ping = std::chrono::seconds(10);               ///< from PING to the last byte of PONG (R10)
    duration ping_wait = std::chrono::seconds(60);          ///< from EXISTE to PING, at the holder (R8)
    duration window = std::chrono::seconds(2);              ///< in which answers to a search are taken
    duration seen = std::chrono::seconds(60);               ///< query ids are remembered at least this long (R9)
    duration entry_repeat = std::chrono::seconds(60);       ///< the same asker gets the same rows again (R5)
    duration keepalive = std::chrono::seconds(60);          ///< a link on which nothing was sent says KEEPALIVE
    duration link_silence = std::chrono::seconds(150);      ///< a link from which nothing came is closed
    duration linger = std::chrono::seconds(2);              ///< the losing link of a pair still listens
    duration stall = std::chrono::seconds(5);               ///< a source without a byte gives way to the next (R12)
    duration upload_idle = std::chrono::seconds(60);        ///< a transfer connection without a request is closed
    duration frame = std::chrono::seconds(120);             ///< from the first byte of a frame to its last
    duration silence = std::chrono::minutes(10);            ///< a destination that was dialled in vain is left alone
    duration ban_half_life = std::chrono::minutes(10);      ///< in which points of who breaks the rules halve
    duration row_test = std::chrono::seconds(10);           ///< between two tests of rows that are to make room
};

/// R11: which rate wins. `highest` is what the seed means, `lowest` what it says.
enum class election_reading : std::uint8_t { highest, lowest };

/// Which budgets hold where none are given: between people who know each other, or among strangers. In the internet profile
/// addresses of narrower scope than global are not dialled on anybody's word.
enum class network_profile : std::uint8_t { lan, internet };

struct settings {
    std::size_t entry_rows = 16;       ///< X: rows of an answer to ENTRADA; even, 4…rows_max (R5)
    std::size_t primary_rows = 32;     ///< capacity of the primary table; 1…primary_rows_max
    std::size_t secondary_rows = 128;  ///< capacity of the secondary table; 1…secondary_rows_max
    int depth = 3;                     ///< exclusive level limit: hops a search travels; 1…depth_max (R9)
    double scored_share = 0.5;         ///< share of the primary rows that the exchange by score may replace; 0…1 (R3)
    duration score_half_life = std::chrono::hours(24);  ///< after which an unused score has halved (R3)
    double score_use_fade =
        0.02;  ///< part of its score that a primary row loses with each search sent to it; 0…0.5 (R3)
    std::size_t ping_bytes = 256 * limits::KiB;  ///< Y; 16 KiB…ping_bytes_max, whole leaves (R10)
    election_reading elects = election_reading::highest;
    std::uint64_t upload_bytes_per_s = 0;                       ///< over all pings and transfers; 0: no limit
    std::size_t upload_slots = 8;                               ///< transfers served at once; 1…256
    std::size_t downloads_at_once = 3;                          ///< further ones wait; 1…64
    std::uint64_t download_bytes_max = limits::file_bytes_max;  ///< a larger content is not fetched; 1…file_bytes_max
    network_profile profile = network_profile::lan;
    limits::budgets budget;                             ///< 0: as the profile has it
    std::size_t connections = limits::connections_max;  ///< at once, as descriptors allow; 8…connections_max
    bool short_lived = false;                           ///< a one-shot command: never stored in others' tables
    std::optional<endpoint> join;                       ///< the one known address (R4)
    time_limits times;
};

/// The budgets that hold.
limits::budgets budgets_of(const settings& chosen);

/// What is wrong with settings whose values are each in range but do not fit together, or are out of range.
std::optional<problem> check(const settings& chosen);

}  // namespace mogshare::core
