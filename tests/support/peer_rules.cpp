#include "peer_rules.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace mogshare::testing {

namespace {

using verdict = std::optional<std::string>;

verdict unless(bool well, const char* otherwise) {
    return well ? std::nullopt : verdict(otherwise);
}

std::size_t pings(const core::search_state& of, std::initializer_list<core::ping_state> states) {
    return static_cast<std::size_t>(std::count_if(of.answers.begin(), of.answers.end(), [&](const core::answer& one) {
        return std::find(states.begin(), states.end(), one.ping) != states.end();
    }));
}

bool runs(const core::download_state& one) {
    return !one.over() && one.phase != core::download_phase::waiting;
}

// ---- at all times -----------------------------------------------------------------------------------------------------

verdict in_one_table_once(const peer_sight& of) {
    std::set<peer_id> seen;
    for (const core::table* each : {&of.tables->primary, &of.tables->secondary})
        for (const core::table_row& row : each->rows)
            if (!seen.insert(row.id).second) return "R1: a peer is in two places";
    return std::nullopt;
}

verdict never_its_own(const peer_sight& of) {
    for (const core::table* each : {&of.tables->primary, &of.tables->secondary})
        for (const core::table_row& row : each->rows)
            if (row.id == of.id) return "R3: a peer is in its own tables";
    return std::nullopt;
}

verdict tables_within(const peer_sight& of) {
    for (const core::table* each : {&of.tables->primary, &of.tables->secondary})
        if (each->rows.size() > each->capacity) return "R3: a table is over its capacity";
    return std::nullopt;
}

verdict rows_whole(const peer_sight& of) {
    for (const core::table* each : {&of.tables->primary, &of.tables->secondary})
        for (const core::table_row& row : each->rows) {
            if (!(row.score >= 0)) return "R2: a score is negative or no number";
            if (row.addresses.empty() || row.addresses.size() > limits::row_addresses_max)
                return "R1: a row without an address, or with too many";
        }
    return std::nullopt;
}

verdict two_pings_at_once(const peer_sight& of) {
    std::size_t running = 0;
    for (const core::search_state* each : of.searches) running += pings(*each, {core::ping_state::running});
    return unless(running <= limits::pings_at_once, "R10: more than two pings at once");
}

verdict eight_pings_a_search(const peer_sight& of) {
    using state = core::ping_state;
    for (const core::search_state* each : of.searches)
        if (pings(*each, {state::queued, state::running, state::done, state::failed}) > limits::pings_per_search_max)
            return "R10: more than eight pings for a search";
    return unless(of.load.pings_queued <= limits::pings_queued_max, "R10: too many pings queued");
}

verdict searches_bounded(const peer_sight& of) {
    if (of.searches.size() > limits::own_searches_max) return "too many searches are kept";
    for (const core::search_state* each : of.searches) {
        if (each->answers.size() > limits::answers_per_search_max) return "too many answers to a search";
        if (each->results.size() > limits::results_per_search_max) return "too many results of a search";
    }
    return std::nullopt;
}

verdict one_answer_a_peer(const peer_sight& of) {
    for (const core::search_state* each : of.searches) {
        std::set<peer_id> seen;
        for (const core::answer& one : each->answers)
            if (!seen.insert(one.peer).second) return "R9: two answers of one peer to a search";
    }
    return std::nullopt;
}

verdict downloads_bounded(const peer_sight& of) {
    if (of.downloads.size() > limits::downloads_max) return "too many downloads are kept";
    std::size_t running = 0;
    for (const core::download_state* each : of.downloads) {
        running += runs(*each) ? 1 : 0;
        if (each->sources.size() > limits::sources_per_download_max) return "too many sources of a download";
        if (each->verified_bytes > each->size) return "a download has more bytes than its file";
    }
    return unless(running <= of.downloads_at_once, "more downloads at once than the setting allows");
}

verdict pieces_bounded(const peer_sight& of) {
    for (const auto& [download, count] : of.storing)
        if (count > limits::pieces_in_flight_max) return "too many pieces of a download with the disk";
    return std::nullopt;
}

verdict uploads_within_slots(const peer_sight& of) {
    return unless(of.uploads <= of.upload_slots, "more uploads than slots");
}

verdict connections_bounded(const peer_sight& of) {
    if (of.load.connections > limits::connections_max) return "too many connections";
    return unless(of.load.half_open <= limits::half_open_max, "too many connections without HELLO");
}

verdict backlog_bounded(const peer_sight& of) {
    // Looked at before each frame is taken: one answer more fits in behind the look.
    const bool well = of.load.waiting_bytes <= limits::backlog_bytes_max + limits::payload_bytes_max;
    return unless(well, "too many bytes wait on one connection");
}

verdict holder_bounded(const peer_sight& of) {
    if (of.load.answering > limits::answering_max) return "R8: too many answers under way";
    return unless(of.load.pongs <= limits::pongs_at_once, "R10: too many answers to pings in memory");
}

verdict memory_bounded(const peer_sight& of) {
    if (of.load.searches_seen > limits::seen_searches_max) return "R9: too many ids of searches remembered";
    if (of.load.timers > limits::timers_stale_max + 8 * limits::connections_max) return "too many timers";
    return unless(of.load.ping_kept_bytes <= limits::ping_kept_bytes_max, "R10: too many bytes of pings kept");
}

// ---- once settled -----------------------------------------------------------------------------------------------------

verdict searches_over(const peer_sight& of) {
    for (const core::search_state* each : of.searches) {
        if (!each->over()) return "a search that is not over: " + each->text;
        if (pings(*each, {core::ping_state::queued, core::ping_state::running}) > 0)
            return "a ping that is still due: " + each->text;
    }
    return std::nullopt;
}

verdict downloads_over(const peer_sight& of) {
    for (const core::download_state* each : of.downloads)
        if (!each->over()) return "a download that is not over: " + each->name;
    return std::nullopt;
}

verdict nothing_served(const peer_sight& of) {
    if (of.uploads > 0) return "an upload that nobody ends";
    if (of.load.answering > 0 || of.load.pongs > 0) return "an answer that nobody ends";
    return unless(of.load.gathering == 0 && of.load.pings_queued == 0, "somebody's answer that is still awaited");
}

verdict nothing_with_disk(const peer_sight& of) {
    for (const auto& [download, count] : of.storing)
        if (count > 0) return "a piece that the disk still has";
    return unless(of.open_partials == 0, "a partial file that is still open");
}

verdict only_links_stand(const peer_sight& of) {
    if (of.load.connections != of.links.size()) return "a connection without a purpose";
    for (const core::link_view& each : of.links)
        if (!each.ready) return "a link that does not come to stand";
    return unless(of.sockets == of.links.size(), "a socket that belongs to no connection");
}

verdict one_link_a_pair(const peer_sight& of) {
    std::set<peer_id> seen;
    for (const core::link_view& each : of.links)
        if (!seen.insert(each.peer).second) return "two links to one peer";
    return std::nullopt;
}

verdict nothing_waits(const peer_sight& of) {
    return unless(of.load.waiting_bytes == 0, "bytes that do not leave");
}

constexpr std::array constant{
    peer_rule{"in one table once", in_one_table_once},
    peer_rule{"never its own", never_its_own},
    peer_rule{"tables within", tables_within},
    peer_rule{"rows whole", rows_whole},
    peer_rule{"two pings at once", two_pings_at_once},
    peer_rule{"eight pings a search", eight_pings_a_search},
    peer_rule{"searches bounded", searches_bounded},
    peer_rule{"one answer a peer", one_answer_a_peer},
    peer_rule{"downloads bounded", downloads_bounded},
    peer_rule{"pieces bounded", pieces_bounded},
    peer_rule{"uploads within slots", uploads_within_slots},
    peer_rule{"connections bounded", connections_bounded},
    peer_rule{"backlog bounded", backlog_bounded},
    peer_rule{"holder bounded", holder_bounded},
    peer_rule{"memory bounded", memory_bounded},
};
constexpr std::array settled{
    peer_rule{"searches over", searches_over},       peer_rule{"downloads over", downloads_over},
    peer_rule{"nothing served", nothing_served},     peer_rule{"nothing with the disk", nothing_with_disk},
    peer_rule{"only links stand", only_links_stand}, peer_rule{"one link a pair", one_link_a_pair},
    peer_rule{"nothing waits", nothing_waits},
};

}  // namespace

peer_sight sight_of(const core::peer& seen) {
    peer_sight made;
    made.id = seen.self().id;
    made.tables = &seen.both_tables();
    made.searches = seen.searches();
    made.downloads = seen.downloads();
    made.links = seen.links();
    made.load = seen.load();
    made.uploads = seen.uploads();
    made.upload_slots = seen.chosen().upload_slots;
    made.downloads_at_once = seen.chosen().downloads_at_once;
    return made;
}

std::span<const peer_rule> constant_rules() {
    return constant;
}

std::span<const peer_rule> settled_rules() {
    return settled;
}

}  // namespace mogshare::testing
