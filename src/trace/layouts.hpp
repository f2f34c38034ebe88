#pragma once
// The fields of every value that goes into the state machine or comes out of it, in the order in which a recording has
// them. Each list binds all members of its type: one that is added there and forgotten here does not compile.

#include "mogshare/core/io.hpp"
#include "mogshare/core/peer.hpp"
#include "mogshare/trace/recording.hpp"

#include <concepts>
#include <tuple>
#include <type_traits>

namespace mogshare::trace {

template <class T, class Of>
concept a = std::same_as<std::remove_const_t<T>, Of>;

// ---- parts of inputs and outputs ----------------------------------------------------------------------------------------

auto fields(a<host> auto& v) {
    auto& [is, octets] = v;
    return std::tie(is, octets);
}
auto fields(a<endpoint> auto& v) {
    auto& [address, port] = v;
    return std::tie(address, port);
}
auto fields(a<problem> auto& v) {
    auto& [what, hint, is] = v;
    return std::tie(what, hint, is);
}
auto fields(a<content::file_stamp> auto& v) {
    auto& [size, modified_ns, inode] = v;
    return std::tie(size, modified_ns, inode);
}
auto fields(a<content::share> auto& v) {
    auto& [path, stamp, content, layer] = v;
    return std::tie(path, stamp, content, layer);
}
auto fields(a<core::table_row> auto& v) {
    auto& [id, addresses, score, exchangeable, failures, quiet_until, told_by, hearsay, earned] = v;
    return std::tie(id, addresses, score, exchangeable, failures, quiet_until, told_by, hearsay, earned);
}
auto fields(a<core::table> auto& v) {
    auto& [rows, capacity, last_sent] = v;
    return std::tie(rows, capacity, last_sent);
}
auto fields(a<core::tables> auto& v) {
    auto& [owner, primary, secondary, scored_share, points_per_day, rows_per_block, least] = v;
    return std::tie(owner, primary, secondary, scored_share, points_per_day, rows_per_block, least);
}
auto fields(a<core::identity> auto& v) {
    auto& [id, listen_port] = v;
    return std::tie(id, listen_port);
}
auto fields(a<core::time_limits> auto& v) {
    auto& [dial, handshake, hello, entry, join_retry_first, join_retry_max, row_backoff_first, claim, nonce, existe,
           ping, ping_wait, window, seen, entry_repeat, keepalive, link_silence, linger, stall, upload_idle, frame,
           silence, ban_half_life, row_test] = v;
    return std::tie(dial, handshake, hello, entry, join_retry_first, join_retry_max, row_backoff_first, claim, nonce,
                    existe, ping, ping_wait, window, seen, entry_repeat, keepalive, link_silence, linger, stall,
                    upload_idle, frame, silence, ban_half_life, row_test);
}
auto fields(a<limits::budgets> auto& v) {
    auto& [dials_per_min_host, dials_per_min_block, dials_per_min, dials_unproven, searches_per_s, entries_per_min_host,
           frames_per_s, answers_per_search, answers_per_block, connections_per_host, connections_per_block,
           rows_per_block, ban_points_host] = v;
    return std::tie(dials_per_min_host, dials_per_min_block, dials_per_min, dials_unproven, searches_per_s,
                    entries_per_min_host, frames_per_s, answers_per_search, answers_per_block, connections_per_host,
                    connections_per_block, rows_per_block, ban_points_host);
}
auto fields(a<core::settings> auto& v) {
    auto& [entry_rows, primary_rows, secondary_rows, depth, scored_share, score_half_life, score_use_fade, ping_bytes,
           elects, upload_bytes_per_s, upload_slots, downloads_at_once, download_bytes_max, profile, budget,
           connections, short_lived, join, times] = v;
    return std::tie(entry_rows, primary_rows, secondary_rows, depth, scored_share, score_half_life, score_use_fade,
                    ping_bytes, elects, upload_bytes_per_s, upload_slots, downloads_at_once, download_bytes_max,
                    profile, budget, connections, short_lived, join, times);
}
auto fields(a<beginning> auto& v) {
    auto& [program, self, chosen, seed, origin] = v;
    return std::tie(program, self, chosen, seed, origin);
}

// ---- inputs -------------------------------------------------------------------------------------------------------------

auto fields(a<core::input::start> auto& v) {
    auto& [saved] = v;
    return std::tie(saved);
}
auto fields(a<core::input::stop> auto&) {
    return std::tie();
}
auto fields(a<core::input::accepted> auto& v) {
    auto& [conn, remote, local] = v;
    return std::tie(conn, remote, local);
}
auto fields(a<core::input::connected> auto& v) {
    auto& [conn, local] = v;
    return std::tie(conn, local);
}
auto fields(a<core::input::secured> auto& v) {
    auto& [conn, them] = v;
    return std::tie(conn, them);
}
auto fields(a<core::input::dial_failed> auto& v) {
    auto& [conn, reason, ours] = v;
    return std::tie(conn, reason, ours);
}
auto fields(a<core::input::received> auto& v) {
    auto& [conn, data] = v;
    return std::tie(conn, data);
}
auto fields(a<core::input::sent> auto& v) {
    auto& [conn, count_bytes] = v;
    return std::tie(conn, count_bytes);
}
auto fields(a<core::input::closed> auto& v) {
    auto& [conn, reason, hint] = v;
    return std::tie(conn, reason, hint);
}
auto fields(a<core::input::share_found> auto& v) {
    auto& [file] = v;
    return std::tie(file);
}
auto fields(a<core::input::share_lost> auto& v) {
    auto& [path] = v;
    return std::tie(path);
}
auto fields(a<core::input::range_read> auto& v) {
    auto& [job, data, gone] = v;
    return std::tie(job, data, gone);
}
auto fields(a<core::input::range_proven::proven> auto& v) {
    auto& [data, proof] = v;
    return std::tie(data, proof);
}
auto fields(a<core::input::range_proven> auto& v) {
    auto& [job, value, gone] = v;
    return std::tie(job, value, gone);
}
auto fields(a<core::input::partial_opened> auto& v) {
    auto& [download, status, reason, have] = v;
    return std::tie(download, status, reason, have);
}
auto fields(a<core::input::piece_stored> auto& v) {
    auto& [download, piece, status, reason] = v;
    return std::tie(download, piece, status, reason);
}
auto fields(a<core::input::download_landed> auto& v) {
    auto& [download, status, reason, file] = v;
    return std::tie(download, status, reason, file);
}
auto fields(a<core::input::search> auto& v) {
    auto& [ticket, kind, text] = v;
    return std::tie(ticket, kind, text);
}
auto fields(a<core::input::get> auto& v) {
    auto& [ticket, result] = v;
    return std::tie(ticket, result);
}
auto fields(a<core::input::join> auto& v) {
    auto& [where] = v;
    return std::tie(where);
}
auto fields(a<core::input::cancel_download> auto& v) {
    auto& [download] = v;
    return std::tie(download);
}
auto fields(a<core::input::reconfigure> auto& v) {
    auto& [changed] = v;
    return std::tie(changed);
}

// ---- outputs ------------------------------------------------------------------------------------------------------------

auto fields(a<core::output::dial> auto& v) {
    auto& [conn, where, expected] = v;
    return std::tie(conn, where, expected);
}
auto fields(a<core::output::send> auto& v) {
    auto& [conn, data] = v;
    return std::tie(conn, data);
}
auto fields(a<core::output::hang_up> auto& v) {
    auto& [conn, at_once] = v;
    return std::tie(conn, at_once);
}
auto fields(a<core::output::read_range> auto& v) {
    auto& [job, path, stamp, offset, length] = v;
    return std::tie(job, path, stamp, offset, length);
}
auto fields(a<core::output::prove_range> auto& v) {
    auto& [job, path, stamp, layer, offset, length] = v;
    return std::tie(job, path, stamp, layer, offset, length);
}
auto fields(a<core::output::open_partial> auto& v) {
    auto& [download, content, size, layer] = v;
    return std::tie(download, content, size, layer);
}
auto fields(a<core::output::store_piece> auto& v) {
    auto& [download, piece, data] = v;
    return std::tie(download, piece, data);
}
auto fields(a<core::output::finish_partial> auto& v) {
    auto& [download, name] = v;
    return std::tie(download, name);
}
auto fields(a<core::output::close_partial> auto& v) {
    auto& [download] = v;
    return std::tie(download);
}
auto fields(a<core::output::entered> auto& v) {
    auto& [by, rows] = v;
    return std::tie(by, rows);
}
auto fields(a<core::output::alone> auto& v) {
    auto& [asked, reason, hint] = v;
    return std::tie(asked, reason, hint);
}
auto fields(a<core::output::answered> auto& v) {
    auto& [ticket, answer] = v;
    return std::tie(ticket, answer);
}
auto fields(a<core::output::search_over> auto& v) {
    auto& [ticket] = v;
    return std::tie(ticket);
}
auto fields(a<core::output::get_refused> auto& v) {
    auto& [ticket, result, why] = v;
    return std::tie(ticket, result, why);
}
auto fields(a<core::output::download_changed> auto& v) {
    auto& [download] = v;
    return std::tie(download);
}
auto fields(a<core::output::share_withdrawn> auto& v) {
    auto& [path] = v;
    return std::tie(path);
}
auto fields(a<core::output::notice> auto& v) {
    auto& [text] = v;
    return std::tie(text);
}
auto fields(a<core::output::stopped> auto&) {
    return std::tie();
}

// ---- enumerations that are read back ------------------------------------------------------------------------------------

constexpr bool known(host::family v) {
    return v == host::family::none || v == host::family::v4 || v == host::family::v6;
}
constexpr bool known(core::input::disk_status v) {
    return v <= core::input::disk_status::failed;
}
constexpr bool known(wire::query_kind v) {
    return v >= wire::query_kind::exact && v <= wire::query_kind::content;
}
constexpr bool known(scope v) {
    return v <= scope::global;
}
constexpr bool known(core::network_profile v) {
    return v <= core::network_profile::internet;
}
constexpr bool known(core::election_reading v) {
    return v <= core::election_reading::lowest;
}

}  // namespace mogshare::trace
