#pragma once
// Every message of the protocol as a plain struct. docs/PROTOCOL.md gives their bytes, limits and golden examples.
//
// On any connection both sides first say HELLO. What follows depends on why the connection was opened:
//   link      ENTRADA → ROWS; PESQUISA; KEEPALIVE        between neighbours, both ways
//   answer    CLAIM → NONCE, EXISTE → PING → PONG        a holder dials the originator of a search (R8)
//   transfer  GET_HASHES → HASHES, REQUEST → PIECE…|BUSY, CANCEL     a downloader dials a source (R12)
// BYE ends any of them.

#include "mogshare/base/address.hpp"
#include "mogshare/base/ids.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace mogshare::wire {

inline constexpr std::uint16_t protocol_version = 2;

/// Type byte of a frame. Types from 128 on are optional: a peer that does not know one skips the frame.
enum class message_type : std::uint8_t {
    hello = 1,
    entrada = 2,
    rows = 3,
    pesquisa = 4,
    claim = 5,
    nonce = 6,
    existe = 7,
    ping = 8,
    pong = 9,
    get_hashes = 10,
    hashes = 11,
    request = 12,
    piece = 13,
    busy = 14,
    cancel = 15,
    keepalive = 16,
    bye = 17,
};

/// Why a connection was opened.
enum class purpose : std::uint8_t { link = 1, answer = 2, transfer = 3 };

/// First message of each side of every connection. Who says it is known from the handshake. The payload begins with the magic `mogShare`, then the version.
struct hello {
    std::uint16_t version = protocol_version;  ///< another one is refused with BYE `version`
    purpose why = purpose::link;
    bool short_lived = false;       ///< never stored in a table nor handed out (small print: short-lived peers)
    std::uint64_t features = 0;     ///< one bit each; unknown ones are ignored
    std::uint16_t listen_port = 0;  ///< where the sender takes connections; 0: nowhere
    bool operator==(const hello&) const = default;
};

/// R4: asks to enter, and for addresses. Who asks is known from the handshake.
struct entrada {
    std::uint16_t rows_wanted = 0;  ///< the asker's own X; the answer is at most the smaller of both
    bool operator==(const entrada&) const = default;
};

/// A peer and where it listens: one or two addresses, at most one of each family.
struct row {
    peer_id id;
    std::vector<endpoint> addresses;
    bool operator==(const row&) const = default;
};

/// R5: the answer to ENTRADA.
struct rows {
    std::vector<row> list;
    bool operator==(const rows&) const = default;
};

/// What a search looks for. `exact` stops at a holder, the others go on past it (R9).
enum class query_kind : std::uint8_t { exact = 1, words = 2, content = 3 };

/// R9: a search on its way.
struct pesquisa {
    query_id id;
    peer_id origin_id;
    endpoint
        origin;  ///< the originator sends no host (family none) and its listening port; the first hop stamps the host
    bool origin_short_lived = false;
    std::uint8_t level = 1;  ///< the hop: 1 at the originator's neighbours
    query_kind kind = query_kind::exact;
    std::string name;  ///< exact: path or last component; words: separated by spaces; content: 64 hex digits
    bool operator==(const pesquisa&) const = default;
};

/// A holder that has dialled the originator says which search it answers, and nothing else (R9).
struct claim {
    query_id id;
    bool operator==(const claim&) const = default;
};

/// The originator's proof that the search is its own: SHA-256(secret) is the query id.
struct nonce_shown {
    nonce secret;
    bool operator==(const nonce_shown&) const = default;
};

/// One matching file of a holder.
struct entry {
    std::string name;  ///< relative path with `/`
    std::uint64_t size = 0;
    content_id content;
    std::uint64_t held = 0;  ///< bytes of it that the holder has; equals size for a whole file
    bool operator==(const entry&) const = default;
};

/// R8: the positive answer.
struct existe {
    query_id id;
    std::uint8_t level = 0;        ///< level at which the search reached the holder
    std::uint16_t slots_free = 0;  ///< load: transfers that could start at once
    std::uint16_t queue = 0;       ///< load: transfers under way
    std::uint32_t matches = 0;     ///< files that match in all; `entries` may be fewer
    std::vector<entry> entries;
    bool operator==(const existe&) const = default;
};

/// R10: asks for Y bytes of a file, timed.
struct ping {
    query_id id;
    content_id content;
    std::uint64_t offset = 0;  ///< multiple of 16 KiB, within the file
    std::uint32_t length = 0;  ///< Y
    bool operator==(const ping&) const = default;
};

/// R10: the Y bytes. `data` is `file_bytes` bytes of the file, then random padding up to Y. `proof` are the hashes that lead
/// from the leaves of that range to the content id (content/hash_tree.hpp). `data` views the frame it was decoded from.
struct pong {
    query_id id;
    std::uint64_t offset = 0;
    std::uint32_t file_bytes = 0;
    std::vector<digest> proof;
    byte_view data;
};

/// Asks for a run of the layer of piece hashes.
struct get_hashes {
    content_id content;
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    bool operator==(const get_hashes&) const = default;
};

struct hashes {
    content_id content;
    std::uint32_t first = 0;
    std::vector<digest> list;
    bool operator==(const hashes&) const = default;
};

/// Asks for bytes of a file; they come as PIECE frames, in order.
struct request {
    std::uint32_t number = 0;  ///< chosen by the asker, unique on its connection
    content_id content;
    std::uint64_t offset = 0;
    std::uint32_t length = 0;  ///< at most one piece, and within one
    bool operator==(const request&) const = default;
};

/// A part of what REQUEST `number` asked for. `data` views the frame it was decoded from.
struct piece {
    std::uint32_t number = 0;
    std::uint64_t offset = 0;
    byte_view data;
};

enum class busy_reason : std::uint8_t { slots = 1, gone = 2, requests = 3 };

/// A request that will not be served now (`slots`, `requests`) or not any more (`gone`: the file left or changed).
struct busy {
    std::uint32_t number = 0;  ///< the REQUEST; 0 for GET_HASHES
    busy_reason why = busy_reason::slots;
    std::uint16_t place = 0;     ///< transfers before the asker's
    std::uint32_t retry_ms = 0;  ///< when to ask again; 0: no use
    bool operator==(const busy&) const = default;
};

/// Takes a REQUEST back; frames already under way still arrive.
struct cancel {
    std::uint32_t number = 0;
    bool operator==(const cancel&) const = default;
};

/// Nothing to say, still here.
struct keepalive {
    bool operator==(const keepalive&) const = default;
};

enum class bye_reason : std::uint8_t {
    leaving = 1,    ///< the peer stops: drop its row at once
    done = 2,       ///< this connection has served its purpose
    version = 3,    ///< HELLO with a version that the sender does not speak
    protocol = 4,   ///< a message that must not come here, or could not be read
    full = 5,       ///< no room for a further connection
    duplicate = 6,  ///< the pair has another link
    timeout = 7,    ///< something due did not come
};

struct bye {
    bye_reason why = bye_reason::leaving;
    std::string text;  ///< for people
    bool operator==(const bye&) const = default;
};

using message = std::variant<hello, entrada, rows, pesquisa, claim, nonce_shown, existe, ping, pong, get_hashes, hashes,
                             request, piece, busy, cancel, keepalive, bye>;

message_type type_of(const message& m);
/// `PESQUISA`, for people.
std::string_view name_of(message_type type);

}  // namespace mogshare::wire
