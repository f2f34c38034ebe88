#include "links.hpp"

#include "entering.hpp"
#include "row_tests.hpp"
#include "searching.hpp"

#include <algorithm>
#include <utility>

namespace mogshare::core {

links::links(context& shared, connections& conns)
    : ctx_(shared), conns_(conns), pairs_(0, seeded_hash{shared.hash_seed}) {}

connection* links::preferred(const peer_id& to) const {
    const auto found = pairs_.find(to);
    return found == pairs_.end() ? nullptr : conns_.find(found->second.preferred);
}

const connection* links::open_link(const peer_id& to) const {
    const connection* const it = preferred(to);
    return it != nullptr && it->state == conn_state::open ? it : nullptr;
}

connection* links::dial(const table_row& to, std::size_t address) {
    const endpoint& where = to.addresses[address];
    if (to.hearsay && !ctx_.may_dial(where, said_by::others)) return nullptr;
    connection* const made = conns_.dial(where, wire::purpose::link, to.id);
    if (made == nullptr) {
        if (to.hearsay) ctx_.dials.taken_back(where, said_by::others, ctx_.now);
        return nullptr;
    }
    made->on_hearsay = to.hearsay;
    pairs_[to.id] = {made->id, address};
    return made;
}

connection* links::dial_known(const endpoint& where, const std::optional<peer_id>& who) {
    return conns_.dial(where, wire::purpose::link, who);
}

bool links::open(const table_row& to) {
    const bool quiet = to.quiet_until && *to.quiet_until > ctx_.now;
    return preferred(to.id) == nullptr && !quiet && dial(to, 0) != nullptr;
}

std::optional<host> links::our_address(scope reach) const {
    for (const auto& [id, each] : conns_.all()) {
        const bool link = each->state == conn_state::open && each->why == wire::purpose::link;
        if (link && scope_of(each->local) >= reach) return each->local;
    }
    return std::nullopt;
}

bool links::send_to(const table_row& to, const shared_bytes& frame) {
    connection* link = preferred(to.id);
    if (link == nullptr) {
        if (to.quiet_until && *to.quiet_until > ctx_.now) return false;
        link = dial(to, 0);
        if (link == nullptr) return false;
    }
    const std::size_t room = link->secured() ? limits::link_backlog_bytes_max : limits::pending_bytes_max;
    if (link->backlog_bytes + frame.size() > room) {
        ++ctx_.counts.forwards_dropped_backlog;
        return false;
    }
    conns_.send(*link, frame);
    return true;
}

bool links::stays(const connection& a, const connection& b) const {
    if (a.dialled == b.dialled) return a.id > b.id;  // both from one side: the newer one, since the older may be dead
    const bool we_are_lower = ctx_.self.id < a.them;
    return a.dialled == we_are_lower;
}

void links::supersede(connection& loser) {
    // It still listens for what the other side sent before it knew (small print: one link for a pair).
    // One on which ROWS is awaited is settled once it has come or is overdue.
    if (loser.state != conn_state::open || entry_->is_ours(loser)) return;
    // Which of two links that the other side has dialled is the newer one it knows better: they may have arrived here in another
    // order, and if each side closed the one that it takes for the older, none would be left. So the dialler goes first.
    const connection* const winner = preferred(loser.them);
    const bool theirs = winner != nullptr && !winner->dialled && !loser.dialled;
    conns_.expect_within(loser, (theirs ? 2 : 1) * ctx_.cfg.times.linger);
}

void links::settle(connection& link) {
    const connection* const winner = preferred(link.them);
    if (link.live() && winner != nullptr && winner != &link && winner->state == conn_state::open) supersede(link);
}

void links::opened(connection& with) {
    if (with.on_hearsay) ctx_.dials.wanted(with.remote, said_by::others, ctx_.now);
    dial_succeeded(ctx_.both, with.them);
    if (table_row* const row = find(ctx_.both, with.them); row != nullptr && with.dialled) row->hearsay = false;
    connection* const other = preferred(with.them);
    if (other == nullptr || other == &with || other->state != conn_state::open) {
        // A dial of ours that is still under way stays the preferred one only if it will win the pair in the end.
        const bool wait_for_ours = other != nullptr && other != &with && ctx_.self.id < with.them;
        if (!wait_for_ours) {
            if (other != nullptr && other != &with && !other->secured()) {
                std::vector<shared_bytes> waiting = std::move(other->waiting);
                if (other->on_hearsay) ctx_.dials.taken_back(other->remote, said_by::others, ctx_.now);
                conns_.vanish(*other);
                for (shared_bytes& frame : waiting) conns_.send(with, std::move(frame));
            }
            pairs_[with.them].preferred = with.id;
        }
    } else if (stays(with, *other)) {
        pairs_[with.them].preferred = with.id;
        supersede(*other);
    } else {
        supersede(with);
    }
    if (!keepalive_set_) {
        keepalive_set_ = true;
        ctx_.timers.set(ctx_.now + ctx_.cfg.times.keepalive, timer_kind::keepalive, 0);
    }
    if (entry_->is_ours(with)) entry_->link_opened(with);
    tests_->opened(with);
}

void links::message(connection& with, wire::message& said) {
    if (auto* search = std::get_if<wire::pesquisa>(&said)) return search_->take(with, *search);
    if (const auto* entry = std::get_if<wire::entrada>(&said)) return entry_->take(with, *entry);
    if (const auto* rows = std::get_if<wire::rows>(&said)) return entry_->take(with, *rows);
    if (std::holds_alternative<wire::keepalive>(said)) return;
    conns_.violation(with, "not a message for a link");
}

void links::dial_ended(connection& with, const ending& why) {
    const peer_id peer = *with.expected;
    if (with.on_hearsay)
        why.ours ? ctx_.dials.taken_back(with.remote, said_by::others, ctx_.now)
                 : ctx_.dials.failed(with.remote, said_by::others, ctx_.now);
    const auto found = pairs_.find(peer);
    const std::size_t address = found == pairs_.end() ? 0 : found->second.address;
    const bool was_preferred = found != pairs_.end() && found->second.preferred == with.id;
    if (was_preferred) pairs_.erase(found);
    std::vector<shared_bytes> waiting = std::move(with.waiting);
    // The other side may have dialled us meanwhile: that link serves as well.
    for (const auto& [id, each] : conns_.all()) {
        const bool serves = each->state == conn_state::open && each->why == wire::purpose::link && each->them == peer;
        if (!serves || each.get() == &with) continue;
        if (was_preferred) pairs_[peer].preferred = id;
        for (shared_bytes& frame : waiting) conns_.send(*each, std::move(frame));
        return;
    }
    table_row* const row = find(ctx_.both, peer);
    if (row == nullptr) return tests_->broken_off(peer);
    if (was_preferred && address + 1 < row->addresses.size()) {
        connection* const next = dial(*row, address + 1);
        if (next == nullptr) return tests_->broken_off(peer);
        for (shared_bytes& frame : waiting) conns_.send(*next, std::move(frame));
        return;
    }
    if (why.ours) {  // no failure of the row; but the next search need not try again at once
        tests_->broken_off(peer);
        row->quiet_until = ctx_.now + ctx_.cfg.times.row_backoff_first;
        return;
    }
    if (tests_->gave_up(peer)) return;
    if (dial_failed(ctx_.both, peer, ctx_.now, ctx_.cfg.times.row_backoff_first)) {
        ++ctx_.counts.rows_dropped;
        ctx_.notice(notice_kind::dropped_row,
                    "dropped " + short_hex(peer) + " at " + to_string(with.remote) + ": " + why.reason);
        entry_->rows_changed();
    }
}

void links::peer_left(const connection& with) {
    if (!drop(ctx_.both, with.them)) return;
    ++ctx_.counts.rows_dropped;
    entry_->rows_changed();
}

void links::ended(connection& with, const ending& why) {
    if (why.reached) {
        const auto found = pairs_.find(with.them);
        if (found != pairs_.end() && found->second.preferred == with.id) {
            pairs_.erase(found);
            for (const auto& [id, each] : conns_.all())  // a link that had lost to this one serves again
                if (each->state == conn_state::open && each->why == wire::purpose::link && each->them == with.them)
                    pairs_[with.them].preferred = id;
        }
        if (why.bye == wire::bye_reason::leaving) peer_left(with);
    } else if (with.expected && !entry_->is_ours(with)) {
        dial_ended(with, why);
    }
    if (entry_->is_ours(with)) entry_->link_ended(with, why);
}

void links::overdue(connection& with) {
    if (entry_->link_overdue(with)) return;
    const connection* const winner = preferred(with.them);
    if (winner == nullptr || winner == &with) {  // the other link has gone meanwhile: this one serves again
        pairs_[with.them].preferred = with.id;
        return;
    }
    conns_.close(with, wire::bye_reason::duplicate, "the pair has another link");
}

void links::keepalive_due() {
    const time_limits& times = ctx_.cfg.times;
    bool any = false;
    time_point next = ctx_.now + times.keepalive;
    std::vector<connection*> silent;
    for (const auto& [id, each] : conns_.all()) {
        if (each->state != conn_state::open || each->why != wire::purpose::link) continue;
        if (ctx_.now - each->last_received >= times.link_silence) {
            silent.push_back(each.get());
            continue;
        }
        any = true;
        if (ctx_.now - each->last_sent >= times.keepalive) conns_.send(*each, wire::keepalive{});
        next = std::min({next, each->last_sent + times.keepalive, each->last_received + times.link_silence});
    }
    for (connection* const each : silent) {
        ++ctx_.counts.time_limits_hit;
        conns_.close(*each, wire::bye_reason::timeout, "nothing was heard for too long");
        ended(*each, {"nothing was heard for too long", std::nullopt, true});
    }
    keepalive_set_ = any;
    if (any) ctx_.timers.set(next, timer_kind::keepalive, 0);
}

std::vector<link_view> links::views() const {
    std::vector<link_view> list;
    for (const auto& [id, each] : conns_.all()) {
        if (!each->live() || each->why != wire::purpose::link) continue;
        if (!each->dialled && each->state != conn_state::open) continue;
        const peer_id peer = each->state == conn_state::open ? each->them : each->expected.value_or(peer_id{});
        list.push_back({peer, each->remote, each->dialled, each->state == conn_state::open, each->backlog_bytes});
    }
    return list;
}

void links::stop() {
    std::vector<connection*> open;
    for (const auto& [id, each] : conns_.all())
        if (each->live() && each->why == wire::purpose::link) open.push_back(each.get());
    for (connection* const each : open) conns_.close(*each, wire::bye_reason::leaving, "");
    pairs_.clear();
}

}  // namespace mogshare::core
