#include "mogshare/core/peer.hpp"

#include "downloads.hpp"
#include "entering.hpp"
#include "gathering.hpp"
#include "row_tests.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace mogshare::core {

/// The parts, in the order in which they need each other.
struct peer::parts {
    parts(identity self, const settings& chosen, random_source chance)
        : ctx(self, chosen, std::move(chance)),
          conns(ctx),
          neighbours(ctx, conns),
          entry(ctx, conns, neighbours),
          tests(ctx, conns, neighbours),
          gate(ctx, conns),
          serve(ctx, conns, gate),
          holder(ctx, conns, gate, serve),
          flood(ctx, neighbours, holder),
          gather(ctx, conns, flood),
          fetch(ctx, conns, gather) {
        neighbours.meet(entry, flood, tests);
        for (const bool dialled : {false, true}) conns.assign(wire::purpose::link, dialled, neighbours);
        conns.assign(wire::purpose::answer, true, holder);
        conns.assign(wire::purpose::answer, false, gather);
        conns.assign(wire::purpose::transfer, true, fetch);
        conns.assign(wire::purpose::transfer, false, serve);
    }

    void fire(const timer& due);

    void take(const input::start& in);
    void take(const input::stop& in);
    void take(const input::accepted& in) { conns.take(in); }
    void take(const input::connected& in) { conns.take(in); }
    void take(const input::secured& in) { conns.take(in); }
    void take(const input::dial_failed& in) { conns.take(in); }
    void take(const input::received& in) { conns.take(in); }
    void take(const input::sent& in) { conns.take(in); }
    void take(const input::closed& in) { conns.take(in); }
    void take(const input::share_found& in) { ctx.shares.put(in.file); }
    void take(const input::share_lost& in) { ctx.shares.remove(in.path); }
    void take(input::range_read&& in) { serve.take(in); }
    void take(input::range_proven&& in) { holder.take(in); }
    void take(const input::partial_opened& in) { fetch.take(in); }
    void take(const input::piece_stored& in) { fetch.take(in); }
    void take(const input::download_landed& in) { fetch.take(in); }
    void take(const input::search& in) { gather.begin(in); }
    void take(const input::get& in) { fetch.begin(in); }
    void take(const input::join& in) { entry.join(in.where); }
    void take(const input::cancel_download& in) { fetch.cancel(in.download); }
    void take(const input::reconfigure& in);

    context ctx;
    connections conns;
    core::links neighbours;
    entering entry;
    row_tests tests;
    upload_gate gate;
    core::uploads serve;
    answering holder;
    searching flood;
    gathering gather;
    core::downloads fetch;
};

namespace {

/// A table that has been made smaller since keeps its best rows.
std::vector<table_row> best_first(const table& saved, std::size_t capacity) {
    std::vector<table_row> rows = saved.rows;
    if (rows.size() <= capacity) return rows;
    std::stable_sort(rows.begin(), rows.end(),
                     [](const table_row& a, const table_row& b) { return a.score > b.score; });
    return rows;
}

}  // namespace

void peer::parts::take(const input::start& in) {
    for (const auto& [from, to] : {std::pair{&in.saved.primary, table_choice::primary},
                                   std::pair{&in.saved.secondary, table_choice::secondary}}) {
        for (const table_row& row :
             best_first(*from, to == table_choice::primary ? ctx.both.primary.capacity : ctx.both.secondary.capacity)) {
            if (store(ctx.both, {row.id, row.addresses, row.told_by}, to) != stored::added) continue;
            table_row* const kept = find(ctx.both, row.id);
            kept->score = std::isfinite(row.score) ? std::max(0.0, row.score) : 0.0;
            kept->hearsay = row.hearsay;
            kept->earned = kept->score;  // when it was earned is not saved
        }
    }
    ctx.fade_scores();
    entry.begin();
}

void peer::parts::take(const input::stop&) {
    ctx.stopping = true;
    fetch.stop();
    gather.stop();
    holder.stop();
    serve.stop();
    neighbours.stop();
    for (const auto& [id, each] : conns.all()) conns.vanish(*each);
    ctx.timers.clear();
    ctx.emit(output::stopped{});
}

void peer::parts::take(const input::reconfigure& in) {
    ctx.cfg.elects = in.changed.elects;
    ctx.cfg.upload_bytes_per_s = in.changed.upload_bytes_per_s;
    ctx.cfg.upload_slots = in.changed.upload_slots;
    ctx.cfg.downloads_at_once = in.changed.downloads_at_once;
    gate.reconfigure();
    fetch.reconfigure();
}

void peer::parts::fire(const timer& due) {
    switch (due.kind) {
        case timer_kind::connection: return conns.timer_due(due.key);
        case timer_kind::frame: return conns.frame_due(due.key);
        case timer_kind::keepalive: return neighbours.keepalive_due();
        case timer_kind::join_retry: return entry.retry_due();
        case timer_kind::window: return gather.window_due(due.key);
        case timer_kind::upload: return gate.timer_due();
        case timer_kind::download: return fetch.timer_due(due.key);
        case timer_kind::turn: return tests.turn_due();
    }
}

peer::peer(identity self, const settings& chosen, random_source chance)
    : parts_(std::make_unique<parts>(self, chosen, std::move(chance))) {
    assert(!check(chosen));
}

peer::~peer() = default;

void peer::handle(time_point now, any_input in) {
    assert(now >= parts_->ctx.now);
    parts_->ctx.now = now;
    if (parts_->ctx.stopping) return;
    std::visit([&](auto&& each) { parts_->take(std::forward<decltype(each)>(each)); }, std::move(in));
    parts_->tests.look();
    parts_->conns.sweep();
    parts_->ctx.count_forgotten();
    assert(!broken_rule(parts_->ctx.both));
}

void peer::handle_time(time_point now) {
    assert(now >= parts_->ctx.now);
    parts_->ctx.now = now;
    while (const auto due = parts_->ctx.timers.take_due(now)) {
        parts_->fire(*due);
        parts_->conns.sweep();
    }
    parts_->ctx.count_forgotten();
}

std::optional<any_output> peer::poll() {
    auto& outputs = parts_->ctx.outputs;
    if (outputs.empty()) return std::nullopt;
    any_output first = std::move(outputs.front());
    outputs.pop_front();
    return first;
}

std::optional<time_point> peer::next_deadline() const {
    return parts_->ctx.timers.next();
}

const identity& peer::self() const {
    return parts_->ctx.self;
}

const settings& peer::chosen() const {
    return parts_->ctx.cfg;
}

const tables& peer::both_tables() const {
    return parts_->ctx.both;
}

const content::catalog& peer::shares() const {
    return parts_->ctx.shares;
}

const counters& peer::counts() const {
    return parts_->ctx.counts;
}

std::vector<const search_state*> peer::searches() const {
    return parts_->gather.all();
}

const search_state* peer::find_search(search_ticket ticket) const {
    return parts_->gather.find(ticket);
}

std::vector<const download_state*> peer::downloads() const {
    return parts_->fetch.all();
}

const download_state* peer::find_download(download_id id) const {
    return parts_->fetch.find(id);
}

std::vector<link_view> peer::links() const {
    return parts_->neighbours.views();
}

std::size_t peer::uploads() const {
    return parts_->serve.active();
}

load_view peer::load() const {
    load_view seen;
    seen.connections = parts_->conns.all().size();
    seen.half_open = parts_->conns.half_open();
    for (const auto& [id, each] : parts_->conns.all())
        seen.waiting_bytes = std::max(seen.waiting_bytes, each->queued_bytes());
    seen.answering = parts_->holder.active();
    seen.pongs = parts_->holder.pongs();
    seen.gathering = parts_->gather.active();
    seen.pings_queued = parts_->gather.queued();
    seen.searches_seen = parts_->flood.remembered();
    seen.ping_kept_bytes = parts_->gather.kept_bytes();
    seen.search_bytes = parts_->gather.search_bytes();
    seen.timers = parts_->ctx.timers.size();
    seen.queued_bytes = parts_->conns.held_bytes();
    seen.unfinished_bytes = parts_->conns.unfinished_bytes();
    seen.dial_records = parts_->ctx.dials.size();
    seen.banned =
        parts_->ctx.banned_peers.size() + parts_->ctx.banned_hosts.size() + parts_->ctx.banned_networks.size();
    return seen;
}

}  // namespace mogshare::core
