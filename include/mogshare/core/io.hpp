#pragma once
// All that goes into the protocol's state machine and all that comes out. Values only: whoever drives the
// machine does the I/O, be it the runtime with sockets and disks or a test with neither.

#include "mogshare/base/address.hpp"
#include "mogshare/base/bytes.hpp"
#include "mogshare/base/result.hpp"
#include "mogshare/content/catalog.hpp"
#include "mogshare/core/settings.hpp"
#include "mogshare/core/tables.hpp"
#include "mogshare/wire/messages.hpp"

#include <cstdint>
#include <string>
#include <variant>

namespace mogshare::core {

/// Names a connection for as long as it lives; never used again. The machine numbers those that it dials (odd numbers),
/// the driver those that it accepts (even numbers).
using conn_id = std::uint64_t;
/// Names a piece of work given out, whose result comes back as an input.
using job_id = std::uint64_t;
/// Names a search of this peer; chosen by whoever asks for it, unique.
using search_ticket = std::uint64_t;
/// Names a download; chosen by the machine.
using download_id = std::uint64_t;

namespace input {

// ---- life -------------------------------------------------------------------------------------------------------------
/// First input. With an address to join or saved rows, exactly one ENTRADA goes out (R4; small print: restart).
struct start {
    tables saved;  ///< from an earlier life; scores kept, nothing else
};
/// Orderly end: BYE on every link, downloads closed with what they have. No further output after its `stopped`.
struct stop {};

// ---- connections ------------------------------------------------------------------------------------------------------
/// Somebody has dialled us; the handshake begins.
struct accepted {
    conn_id conn = 0;
    endpoint remote;
    host local;  ///< our address as the other side sees it
};
/// A dial has succeeded; the handshake begins.
struct connected {
    conn_id conn = 0;
    host local;
};
/// The handshake has ended well: what is said is encrypted, and the other side has proved that it holds the key behind this
/// id and, in a private network, the network's key. Bytes come after it only.
struct secured {
    conn_id conn = 0;
    peer_id them;
};
struct dial_failed {
    conn_id conn = 0;
    std::string reason;  ///< for people
    bool ours = false;   ///< we lacked a descriptor or memory: it says nothing about the other side
};
/// Bytes that the socket delivered at the `now` of this input. `data` is valid during the call.
struct received {
    conn_id conn = 0;
    byte_view data;
};
/// Of the bytes given out by `send`, so many more have left for the network.
struct sent {
    conn_id conn = 0;
    std::size_t count_bytes = 0;
};
/// The other side closed, or the connection or its handshake broke. Not given for connections that a `hang_up` has named.
struct closed {
    conn_id conn = 0;
    std::string reason;
    std::string hint = {};  ///< what people can do about it, where that is known
};

// ---- the folder -------------------------------------------------------------------------------------------------------
struct share_found {
    content::share file;
};
struct share_lost {
    std::string path;
};

// ---- results of work --------------------------------------------------------------------------------------------------
/// For output::read_range.
struct range_read {
    job_id job = 0;
    std::optional<bytes> data;
    bool gone = true;  ///< without a value: the file is gone or changed; false: it could not be read just now
};
/// For output::prove_range.
struct range_proven {
    job_id job = 0;
    struct proven {
        bytes data;
        std::vector<digest> proof;
    };
    std::optional<proven> value;
    bool gone = true;  ///< as in range_read
};
enum class disk_status : std::uint8_t { ok, corrupt, full, failed };
/// For output::open_partial: `have` has one element a piece, true for those already there and verified.
struct partial_opened {
    download_id download = 0;
    disk_status status = disk_status::ok;
    std::string reason;  ///< for people, where status is not ok
    std::vector<bool> have;
};
/// For output::store_piece. `corrupt`: the bytes did not match the expected hash, and nothing was written.
struct piece_stored {
    download_id download = 0;
    std::uint64_t piece = 0;
    disk_status status = disk_status::ok;
    std::string reason;
};
/// For output::finish_partial: the file as it now stands in the folder.
struct download_landed {
    download_id download = 0;
    disk_status status = disk_status::ok;
    std::string reason;
    content::share file;
};

// ---- commands ---------------------------------------------------------------------------------------------------------
struct search {
    search_ticket ticket = 0;
    wire::query_kind kind = wire::query_kind::exact;
    std::string text;
};
/// Downloads a result of a search (results are numbered from 1), electing among its sources (R11, R12).
struct get {
    search_ticket ticket = 0;
    std::size_t result = 0;
};
/// R4 by hand: ENTRADA to this address, which becomes the known one.
struct join {
    endpoint where;
};
/// Ends a download; what it has stays for a later one of the same content.
struct cancel_download {
    download_id download = 0;
};
/// Settings that may change while running: election, upload limit and slots, downloads at once. Others are ignored.
struct reconfigure {
    settings changed;
};

}  // namespace input

using any_input =
    std::variant<input::start, input::stop, input::accepted, input::connected, input::secured, input::dial_failed,
                 input::received, input::sent, input::closed, input::share_found, input::share_lost, input::range_read,
                 input::range_proven, input::partial_opened, input::piece_stored, input::download_landed, input::search,
                 input::get, input::join, input::cancel_download, input::reconfigure>;

namespace output {

/// Open a connection; `connected` and then `secured`, or `dial_failed`, comes back, unless a hang_up takes it back first.
struct dial {
    conn_id conn = 0;
    endpoint where;
    std::optional<peer_id>
        expected;  ///< whom we mean: the handshake with anybody else fails, and tells them nothing of us
};
/// Queue bytes on a connection, in order. Outputs of one poll that are for the same connection may leave in one write.
struct send {
    conn_id conn = 0;
    shared_bytes data;
};
/// Close. What is queued is still sent (within the driver's few seconds) unless `at_once`.
struct hang_up {
    conn_id conn = 0;
    bool at_once = false;
};

/// Read `length` bytes from `offset` of a shared file that still has this stamp.
struct read_range {
    job_id job = 0;
    std::string path;
    content::file_stamp stamp;
    std::uint64_t offset = 0;
    std::uint32_t length = 0;
};
/// The same with the proof of R10 for the leaves of that range.
struct prove_range {
    job_id job = 0;
    std::string path;
    content::file_stamp stamp;
    std::shared_ptr<const content::piece_layer> layer;
    std::uint64_t offset = 0;
    std::uint32_t length = 0;
};

/// Open or create the partial file of a content, and verify what it holds already.
struct open_partial {
    download_id download = 0;
    content_id content;
    std::uint64_t size = 0;
    std::shared_ptr<const content::piece_layer> layer;  ///< verified against the content id
};
/// Check a piece leaf by leaf against the tree and, if it is right, write it to its place.
struct store_piece {
    download_id download = 0;
    std::uint64_t piece = 0;
    bytes data;
};
/// Move the whole partial file into the folder as `name`, or `name (2)`… where that is taken (R12).
struct finish_partial {
    download_id download = 0;
    std::string name;
};
/// Close the partial file and keep it for a later download of the same content.
struct close_partial {
    download_id download = 0;
};

// ---- news for people: the state itself is read from the machine --------------------------------------------------------
/// ENTRADA was answered; the tables have `rows` new rows from it.
struct entered {
    endpoint by;
    std::size_t rows = 0;
};
/// Nobody answered ENTRADA, or there was nobody to ask: alive and alone (R4).
struct alone {
    std::optional<endpoint> asked;
    std::string reason;
    std::string hint = {};  ///< what people can do about it, where that is known
};
/// A peer has answered this search, or its rate is now known.
struct answered {
    search_ticket ticket = 0;
    std::size_t answer = 0;  ///< index into its list of answers
};
/// The window has passed and no ping is due any more: results are ranked.
struct search_over {
    search_ticket ticket = 0;
};
/// A `get` that could not become a download, with the reason.
struct get_refused {
    search_ticket ticket = 0;
    std::size_t result = 0;
    problem why;
};
/// A download has begun, changed its source, made progress or ended.
struct download_changed {
    download_id download = 0;
};
/// A shared file turned out to be gone or changed; it is not offered any more.
struct share_withdrawn {
    std::string path;
};
/// Something worth a line in the log.
struct notice {
    std::string text;
};
/// The answer to `stop`: everything that had to be sent is queued.
struct stopped {};

}  // namespace output

using any_output =
    std::variant<output::dial, output::send, output::hang_up, output::read_range, output::prove_range,
                 output::open_partial, output::store_piece, output::finish_partial, output::close_partial,
                 output::entered, output::alone, output::answered, output::search_over, output::get_refused,
                 output::download_changed, output::share_withdrawn, output::notice, output::stopped>;

}  // namespace mogshare::core
