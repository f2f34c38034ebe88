#include "connections.hpp"

#include "mogshare/base/printable.hpp"

#include <fmt/format.h>

#include <cassert>

namespace mogshare::core {

namespace {

constexpr const char* version_hint =
    "update the older of the two programs: only peers of one version understand each other";

std::size_t slot(wire::purpose why) {
    return static_cast<std::size_t>(why) - 1;
}

std::string seconds(duration d) {
    return fmt::format("{:g} s", to_seconds(d));
}

}  // namespace

connections::connections(context& shared)
    : ctx_(shared),
      host_rate_(rate_budget<host>::a_minute(shared.accepts.per_min_host, limits::budget_keys_max)),
      block_rate_(rate_budget<host>::a_minute(shared.accepts.per_min_block, limits::budget_keys_max)) {}

void connections::assign(wire::purpose why, bool dialled, conversation& owner) {
    owners_[slot(why)][dialled ? 1 : 0] = &owner;
}

conversation& connections::owner_of(const connection& which) {
    return *owners_[slot(which.why)][which.dialled ? 1 : 0];
}

connection* connections::find(conn_id id) {
    const auto found = all_.find(id);
    return found == all_.end() || !found->second->live() ? nullptr : found->second.get();
}

connection* connections::dial(const endpoint& where, wire::purpose why, std::optional<peer_id> expected) {
    if (live() >= ctx_.cfg.connections) {
        ++ctx_.counts.connections_refused;
        return nullptr;
    }
    if (expected && ctx_.banned_peers.banned(*expected, ctx_.now)) {
        ++ctx_.counts.connections_refused_banned;
        return nullptr;
    }
    last_dialled_ = last_dialled_ == 0 ? 1 : last_dialled_ + 2;
    auto made = std::make_unique<connection>();
    made->id = last_dialled_;
    made->dialled = true;
    made->why = why;
    made->remote = where;
    made->expected = expected;
    made->frames.limit_payloads(limits::greeting_payload_bytes_max);
    connection& added = *(all_[made->id] = std::move(made));
    if (answers(added)) ++answers_;
    ++ctx_.counts.connections_dialled;
    ctx_.emit(output::dial{added.id, where, expected});
    expect_within(added, ctx_.cfg.times.dial);
    return &added;
}

void connections::send(connection& to, shared_bytes frame) {
    if (!to.live()) return;
    requeue(to, [&] {
        to.backlog_bytes += frame.size();
        ++to.backlog_frames;
    });
    if (!to.secured()) {
        to.waiting.push_back(std::move(frame));
        return;
    }
    to.last_sent = ctx_.now;
    ctx_.emit(output::send{to.id, std::move(frame)});
}

void connections::hold_back(connection& to, std::size_t frame_bytes) {
    requeue(to, [&] {
        to.gated_bytes += frame_bytes;
        ++to.gated_frames;
    });
}

void connections::let_go(connection& to, std::size_t count_bytes, bool last) {
    requeue(to, [&] {
        to.gated_bytes -= count_bytes;
        if (last) --to.gated_frames;
    });
}

void connections::leave(connection& which, bool at_once) {
    if (!which.live()) return;
    ctx_.emit(output::hang_up{which.id, at_once || !which.secured()});
    mark_over(which);
}

void connections::mark_over(connection& which) {
    if (which.half_open()) --half_open_;
    held_bytes_ -= which.held_bytes();
    unfinished_bytes_ -= which.unfinished_bytes;
    if (!which.dialled) count_out(which);
    if (answers(which)) --answers_;
    which.state = conn_state::over;
    over_.push_back(which.id);
}

void connections::close(connection& which, wire::bye_reason why, std::string text) {
    if (which.may_say_bye()) send(which, wire::bye{why, std::move(text)});
    leave(which, false);
}

void connections::finish(connection& which) {
    leave(which, false);
}

void connections::vanish(connection& which) {
    leave(which, true);
}

void connections::end(connection& which, const ending& why) {
    if (!which.live()) return;
    const bool told = owned(which);
    mark_over(which);
    if (told) owner_of(which).ended(which, why);
}

void connections::refuse(connection& which, wire::bye_reason why, std::string text, std::string reason,
                         std::string hint) {
    if (!which.live()) return;
    const bool reached = which.state == conn_state::open;
    if (which.may_say_bye()) send(which, wire::bye{why, std::move(text)});
    ctx_.emit(output::hang_up{which.id, !which.secured()});
    end(which, {std::move(reason), std::nullopt, reached, false, std::move(hint)});
}

void connections::violation(connection& which, std::string what) {
    ++ctx_.counts.protocol_violations;
    blame(which, limits::ban_points_violation);
    refuse(which, wire::bye_reason::protocol, what, "broke the protocol: " + what);
}

void connections::expect_within(connection& of, duration limit) {
    of.deadline = ctx_.now + limit;
    set_timer(of);
}

void connections::set_timer(connection& of) {
    if (of.timer_at && *of.timer_at <= *of.deadline) return;  // it fires first, and is set anew then
    of.timer_at = of.deadline;
    ctx_.timers.set(*of.deadline, timer_kind::connection, of.id);
}

void connections::greet(connection& to) {
    wire::hello said;
    said.why = to.why;
    said.short_lived = ctx_.cfg.short_lived;
    said.listen_port = ctx_.self.listen_port;
    send(to, said);
}

void connections::take(const input::accepted& in) {
    assert(in.conn % 2 == 0);
    if (!admit(in.remote.address)) {
        ctx_.emit(output::hang_up{in.conn, true});
        return;
    }
    auto made = std::make_unique<connection>();
    made->id = in.conn;
    made->state = conn_state::securing;
    made->remote = in.remote;
    made->local = in.local;
    made->last_received = made->last_sent = ctx_.now;
    made->frames.limit_payloads(limits::greeting_payload_bytes_max);
    connection& added = *(all_[in.conn] = std::move(made));
    ++half_open_;
    count_in(added);
    expect_within(added, ctx_.cfg.times.handshake);
}

void connections::take(const input::connected& in) {
    connection* const it = find(in.conn);
    if (it == nullptr || it->state != conn_state::dialling) return;
    it->state = conn_state::securing;
    it->local = in.local;
    expect_within(*it, ctx_.cfg.times.handshake);
}

void connections::take(const input::secured& in) {
    connection* const it = find(in.conn);
    if (it == nullptr || it->state != conn_state::securing) return;
    static const ending itself{"that address is this peer itself", std::nullopt, false, false,
                               "it needs the address of another peer"};
    static const ending another{"another peer answers there", std::nullopt, false, false,
                                "the peer that was known there has gone, or has another key now"};
    const bool self = in.them == ctx_.self.id;
    const bool other = it->expected && *it->expected != in.them;
    if (self || other) {
        ctx_.emit(output::hang_up{it->id, true});
        return end(*it, self ? itself : another);
    }
    if (ctx_.banned_peers.banned(in.them, ctx_.now)) {
        ++ctx_.counts.connections_refused_banned;
        ctx_.emit(output::hang_up{it->id, true});
        return end(*it, {"it has broken the rules too often, and is left alone for a while", std::nullopt, false});
    }
    it->state = conn_state::greeting;
    it->them = in.them;
    it->last_received = it->last_sent = ctx_.now;
    expect_within(*it, ctx_.cfg.times.hello);
    if (it->dialled) say_waiting(*it);
}

/// The dialling side speaks first.
void connections::say_waiting(connection& to) {
    std::vector<shared_bytes> waiting = std::move(to.waiting);
    to.waiting.clear();
    requeue(to, [&] {
        to.backlog_bytes = 0;
        to.backlog_frames = 0;
    });
    greet(to);
    for (shared_bytes& frame : waiting) send(to, std::move(frame));
}

void connections::take(const input::dial_failed& in) {
    if (connection* const it = find(in.conn)) end(*it, {in.reason, std::nullopt, false, in.ours});
}

void connections::take(const input::closed& in) {
    connection* const it = find(in.conn);
    if (it == nullptr) return;
    const bool reached = it->state == conn_state::open;
    if (it->state == conn_state::securing) ++ctx_.counts.handshakes_failed;
    end(*it, {in.reason, std::nullopt, reached, false, in.hint});
}

void connections::take(const input::sent& in) {
    connection* const it = find(in.conn);
    if (it == nullptr) return;
    const std::size_t left_bytes = std::min(it->backlog_bytes, in.count_bytes);
    if (left_bytes > 0) {
        requeue(*it, [&] {
            it->backlog_frames *= 1 - static_cast<double>(left_bytes) / static_cast<double>(it->backlog_bytes);
            it->backlog_bytes -= left_bytes;
        });
    }
    it->left_bytes += left_bytes;
    it->last_sent = ctx_.now;
    room_for(*it);
}

void connections::room_for(connection& on) {
    if (on.state == conn_state::open) owner_of(on).drained(on);
}

void connections::take(const input::received& in) {
    connection* const it = find(in.conn);
    if (it == nullptr || !it->secured()) return;
    it->last_received = ctx_.now;
    it->frames.feed(in.data);
    take_frames(*it);
    if (!it->live()) return;
    unfinished_bytes_ += it->frames.buffered_bytes() - it->unfinished_bytes;
    it->unfinished_bytes = it->frames.buffered_bytes();
    watch_frame(*it);
}

/// A frame that has begun must end, however its bytes dribble in.
void connections::watch_frame(connection& of) {
    const auto part = of.frames.unfinished();
    if (part && part != of.unfinished) of.unfinished_since = ctx_.now;
    of.unfinished = part;
    if (!part || of.frame_timer_set) return;
    of.frame_timer_set = true;
    ctx_.timers.set(of.unfinished_since + ctx_.cfg.times.frame, timer_kind::frame, of.id);
}

void connections::frame_due(conn_id conn) {
    connection* const it = find(conn);
    if (it == nullptr) return;
    it->frame_timer_set = false;
    if (!it->unfinished) return;
    if (ctx_.now - it->unfinished_since < ctx_.cfg.times.frame) return watch_frame(*it);
    ++ctx_.counts.time_limits_hit;
    refuse(*it, wire::bye_reason::timeout, "a frame did not end",
           "it did not end a frame within " + seconds(ctx_.cfg.times.frame));
}

void connections::take_frames(connection& from) {
    while (from.live()) {
        if (from.held_bytes() > limits::backlog_bytes_max) return choked(from);
        const auto next = from.frames.next();
        if (!next) return unreadable(from, next.error());
        if (!*next) return;
        if (floods(from)) {
            ++ctx_.counts.connections_flooding;
            blame(from, limits::ban_points_violation);
            return cut_off(from, "sends too many messages");
        }
        const wire::frame& one = **next;
        auto said = wire::decode(one.type, one.payload);
        if (!said) return unreadable(from, said.error());
        take_message(from, *said);
    }
}

/// It asks, and does not read the answers: what waits for it may not grow without end.
void connections::choked(connection& from) {
    ++ctx_.counts.connections_choked;
    cut_off(from, "does not read what it asks for");
}

void connections::cut_off(connection& which, std::string reason) {
    ctx_.emit(output::hang_up{which.id, true});
    end(which, {std::move(reason), std::nullopt, which.state == conn_state::open});
}

bool connections::floods(connection& from) {
    if (ctx_.now - from.frames_since >= std::chrono::seconds(1)) {
        from.frames_since = ctx_.now;
        from.frames_taken = 0;
    }
    return ++from.frames_taken > ctx_.budget.frames_per_s;
}

void connections::blame(const connection& which, double points) {
    if (!which.live()) return;
    ctx_.blame(which.secured() ? std::optional(which.them) : std::nullopt, which.remote.address, points);
}

void connections::take_message(connection& from, wire::message& said) {
    if (!std::holds_alternative<wire::keepalive>(said)) from.last_said = ctx_.now;
    if (const auto* bye = std::get_if<wire::bye>(&said)) return take_bye(from, *bye);
    const auto* hello = std::get_if<wire::hello>(&said);
    if (from.state == conn_state::greeting) {
        if (hello == nullptr) return violation(from, "the first message was not HELLO");
        return take_hello(from, *hello);
    }
    if (hello != nullptr) return violation(from, "a second HELLO");
    owner_of(from).message(from, said);
}

/// Who speaks another version says so in a BYE of its own, without a HELLO.
void connections::take_bye(connection& from, const wire::bye& said) {
    const bool reached = from.state == conn_state::open;
    const bool version = said.why == wire::bye_reason::version;
    std::string reason = said.text.empty() ? "the other side said goodbye" : printable(said.text);
    if (version)
        reason = fmt::format("it speaks another protocol version than this peer, which speaks {}; its words: {}",
                             wire::protocol_version, reason);
    ctx_.emit(output::hang_up{from.id, false});
    end(from, {std::move(reason), said.why, reached, false, version ? version_hint : ""});
}

void connections::take_hello(connection& from, const wire::hello& said) {
    if (said.version != wire::protocol_version) {
        ++ctx_.counts.versions_refused;
        const std::string text =
            fmt::format("this peer speaks version {}, not {}", wire::protocol_version, said.version);
        return refuse(from, wire::bye_reason::version, text,
                      fmt::format("it speaks protocol version {}, this peer {}", said.version, wire::protocol_version),
                      version_hint);
    }
    if (from.dialled && said.why != from.why) return violation(from, "HELLO for another purpose");
    from.listens = {from.remote.address, said.listen_port};
    from.short_lived = said.short_lived;
    if (!from.dialled) {
        from.why = said.why;
        --half_open_;
    }
    from.state = conn_state::open;
    from.frames.limit_payloads(limits::open_payload_bytes_max);
    expect_nothing(from);
    if (!from.dialled) greet(from);
    owner_of(from).opened(from);
}

void connections::unreadable(connection& from, wire::decode_error why) {
    ++ctx_.counts.frames_refused;
    blame(from, limits::ban_points_violation);
    const std::string name(wire::name_of(why));
    const bool stranger = from.state == conn_state::greeting;
    refuse(from, wire::bye_reason::protocol, "unreadable frame: " + name,
           stranger ? "it does not speak mogShare" : "sent an unreadable frame (" + name + ")");
}

void connections::timer_due(conn_id conn) {
    connection* const it = find(conn);
    if (it == nullptr) return;
    if (it->timer_at && *it->timer_at <= ctx_.now) it->timer_at.reset();
    if (!it->deadline) return;
    if (*it->deadline > ctx_.now) return set_timer(*it);
    it->deadline.reset();
    if (it->state == conn_state::open) {
        owner_of(*it).overdue(*it);
        return;
    }
    ++ctx_.counts.time_limits_hit;
    ctx_.emit(output::hang_up{it->id, true});
    end(*it, {what_is_overdue(*it), std::nullopt, false});
}

std::string connections::what_is_overdue(const connection& of) const {
    const time_limits& times = ctx_.cfg.times;
    if (of.state == conn_state::dialling) return "no connection within " + seconds(times.dial);
    if (of.state == conn_state::securing) return "no end of the handshake within " + seconds(times.handshake);
    return "no HELLO within " + seconds(times.hello);
}

void connections::sweep() {
    shed();
    for (const conn_id id : over_) all_.erase(id);
    over_.clear();
    if (ctx_.timers.size() > timers_kept_) drop_stale_timers();
}

/// Strangers may come and go by the thousand, each with a time limit of its own.
void connections::drop_stale_timers() {
    ctx_.timers.drop([&](const timer& each) {
        const bool of_connection = each.kind == timer_kind::connection || each.kind == timer_kind::frame;
        return of_connection && !all_.contains(each.key);
    });
    timers_kept_ = std::max(limits::timers_stale_max, 2 * ctx_.timers.size());
}

}  // namespace mogshare::core
