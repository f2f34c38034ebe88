#include "virtual_wire_parts.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace mogshare::testing {

namespace {

/// On a limited uplink several connections share the line in turns of at most this.
constexpr std::size_t turn_bytes_max = 4096;

/// After this a flight that could not arrive is tried again.
constexpr duration handshake_patience = std::chrono::milliseconds(100);

}  // namespace

virtual_wire::virtual_wire(event_queue& events, wire_options chosen)
    : events_(events), chosen_(chosen), chance_(random_source::from_number(chosen.seed)) {}

virtual_wire::~virtual_wire() = default;

node virtual_wire::add(socket_user& user, std::vector<endpoint> addresses) {
    const node added = machines_.size();
    machines_.emplace_back();
    machines_.back().user = &user;
    for (const endpoint& one : addresses) {
        assert(!listeners_.contains(one));
        listeners_[one] = added;
    }
    machines_.back().addresses = std::move(addresses);
    return added;
}

std::optional<node> virtual_wire::at(const endpoint& where) const {
    const auto found = listeners_.find(where);
    return found == listeners_.end() ? std::nullopt : std::optional(found->second);
}

duration virtual_wire::one_way(node from, node to) {
    const auto own = delays_.find({from, to});
    const duration base = own == delays_.end() ? chosen_.delay : own->second;
    if (chosen_.jitter <= duration::zero()) return base;
    return base + duration(chance_.below(static_cast<std::uint64_t>(chosen_.jitter.count()) + 1));
}

/// Small and large chunks are equally likely, so that frames are cut in every way.
std::size_t virtual_wire::draw_chunk(std::size_t most) {
    const std::size_t bound = std::min(most, chosen_.chunk_bytes_max);
    if (bound <= 1 || !chosen_.cuts_chunks) return bound;
    const std::size_t scale = std::size_t{1} << chance_.below(std::bit_width(bound));
    return std::min(bound, scale + chance_.below(scale));
}

/// The address that a dialled peer sees: of the same family and reach as the one it was dialled at.
std::optional<host> virtual_wire::source_host(node from, const endpoint& where) const {
    for (const endpoint& own : machines_[from].addresses) {
        const bool alike = own.address.is == where.address.is && scope_of(own.address) == scope_of(where.address);
        if (alike) return own.address;
    }
    return std::nullopt;
}

// ---- opening ----------------------------------------------------------------------------------------------------------

void virtual_wire::dial(node from, conn_number conn, const endpoint& where, const std::optional<peer_id>& expected) {
    const line made = std::make_shared<connection>();
    made->serial = ++connections_;
    made->expected = expected;
    made->ends[0].owner = from;
    made->ends[0].number = conn;
    made->ends[0].known = true;
    machines_[from].sides[conn] = {made, 0};
    if (machines_[from].vanished || holes_.contains(where)) return;
    const auto source = source_host(from, where);
    const auto target = at(where);
    if (!source || !target) {
        const duration wait = source ? 2 * chosen_.delay : duration::zero();
        events_.after(wait, [=, this] { refuse(made, source ? "connection refused" : "network is unreachable"); });
        return;
    }
    made->ends[1].owner = *target;
    events_.after(one_way(from, *target), [=, this] { knock(made, where, *source); });
}

void virtual_wire::knock(const line& on, const endpoint& where, const host& source) {
    machine& target = machines_[on->ends[1].owner];
    if (!on->ends[0].open || target.vanished || severed(on->ends[0].owner, on->ends[1].owner)) return;
    const duration back = one_way(on->ends[1].owner, on->ends[0].owner);
    if (!target.listening) {
        events_.after(back, [=, this] { refuse(on, "connection refused"); });
        return;
    }
    side& accepted = on->ends[1];
    accepted.known = true;
    accepted.number = target.last_accepted += 2;
    accepted.floor = events_.now() + back;
    on->ends[0].floor = events_.now();
    target.sides[accepted.number] = {on, 1};
    events_.after(back, [=, this] { establish(on); });
    tell_tap(wire_event::kind::opened, *on, 0);
    const std::uint16_t ephemeral = machines_[on->ends[0].owner].last_ephemeral++;
    target.user->on_accepted(accepted.number, {source, ephemeral}, where.address);
}

void virtual_wire::refuse(const line& on, const std::string& reason) {
    side& dialler = on->ends[0];
    machine& owner = machines_[dialler.owner];
    if (!dialler.open || owner.vanished || severed(on->ends[1].owner, dialler.owner)) return;
    dialler.open = false;
    owner.sides.erase(dialler.number);
    owner.user->on_dial_failed(dialler.number, reason);
}

void virtual_wire::establish(const line& on) {
    side& dialler = on->ends[0];
    machine& owner = machines_[dialler.owner];
    if (!dialler.open || owner.vanished || severed(on->ends[1].owner, dialler.owner)) return;
    const auto local = std::find_if(owner.addresses.begin(), owner.addresses.end(), [&](const endpoint& own) {
        return own.address.is == machines_[on->ends[1].owner].addresses.front().address.is;
    });
    owner.user->on_connected(dialler.number, local == owner.addresses.end() ? host{} : local->address);
    flight(on, 0, 0);
    for (const int end : {0, 1})
        if (const auto fault = fault_of(*on, end); fault && fault->position == 0 && fault->resets) reset(on);
}

/// TLS 1.3: the dialler speaks, then the accepting side; with that the dialler knows enough, and its last flight ends the
/// handshake for the other side, too. Flights 1 and 3 arrive at the accepting side.
void virtual_wire::flight(const line& on, int to, int number) {
    side& own = on->ends[to];
    if (!on->ends[0].open || !on->ends[1].open) return;
    if (number > 0) {
        const machine& reader = machines_[own.owner];
        if (reader.vanished || reader.paused || severed(on->ends[1 - to].owner, own.owner)) {
            events_.after(handshake_patience, [=, this] { flight(on, to, number); });
            return;
        }
    }
    if (number < 3) {  // first, so that nothing overtakes it
        own.floor = std::max(own.floor, events_.now() + one_way(own.owner, on->ends[1 - to].owner));
        events_.at(own.floor, [=, this] { flight(on, 1 - to, number + 1); });
    }
    if (number >= 2) secure(on, to);
}

void virtual_wire::secure(const line& on, int end) {
    side& own = on->ends[end];
    machine& owner = machines_[own.owner];
    const peer_id them = machines_[on->ends[1 - end].owner].user->id();
    if (end == 0 && on->expected && *on->expected != them) {
        owner.sides.erase(own.number);
        own.open = false;
        send_end(on, end, "the handshake failed");
        return owner.user->on_closed(own.number, "another peer answers there");
    }
    own.stands = true;
    owner.user->on_secured(own.number, them);
    pump(on, end);
}

// ---- bytes ------------------------------------------------------------------------------------------------------------

void virtual_wire::send(node from, conn_number conn, shared_bytes data) {
    const auto found = machines_[from].sides.find(conn);
    if (found == machines_[from].sides.end()) {
        ++stray_commands_;
        return;
    }
    const auto [on, end] = found->second;
    side& sender = on->ends[end];
    sender.queued_bytes += data.size();
    sender.unreported_bytes += data.size();
    if (!data.empty()) sender.queue.push_back(std::move(data));
    std::size_t& most = most_queued_[{from, on->ends[1 - end].owner}];
    most = std::max(most, sender.unreported_bytes);
    // Later, so that what is given out together leaves together.
    events_.after(duration::zero(), [this, on = on, end = end] { pump(on, end); });
}

std::size_t virtual_wire::ready_bytes(const connection& on, int from) const {
    const side& sender = on.ends[from];
    if (!sender.stands || sender.ended || machines_[sender.owner].vanished) return 0;
    if (severed(sender.owner, on.ends[1 - from].owner)) return 0;
    const std::size_t room = chosen_.window_bytes - std::min(chosen_.window_bytes, sender.unread_bytes);
    if (sender.queued_bytes <= room) return sender.queued_bytes;
    // Half a window at least: small pieces of room would cut the stream into ever smaller chunks.
    return room < chosen_.window_bytes / 2 ? 0 : room;
}

bytes virtual_wire::take_queued(side& of, std::size_t count) {
    bytes taken;
    taken.reserve(count);
    while (taken.size() < count) {
        shared_bytes& front = of.queue.front();
        const std::size_t part = std::min(count - taken.size(), front.size());
        const byte_view view = front.view().first(part);
        taken.insert(taken.end(), view.begin(), view.end());
        front = front.slice(part, front.size() - part);
        if (front.empty()) of.queue.pop_front();
    }
    of.queued_bytes -= count;
    of.unread_bytes += count;
    return taken;
}

void virtual_wire::pump(const line& on, int from) {
    side& sender = on->ends[from];
    if (machines_[sender.owner].uplink_bytes_per_s > 0) return want_uplink(on, from);
    std::size_t left_bytes = 0;
    while (const std::size_t ready = ready_bytes(*on, from)) {
        bytes chunk = take_queued(sender, draw_chunk(ready));
        left_bytes += chunk.size();
        depart(on, from, std::move(chunk));
    }
    if (left_bytes > 0) {
        sender.unreported_bytes -= left_bytes;
        events_.after(duration::zero(), [=, this] {
            if (on->ends[from].open) machines_[on->ends[from].owner].user->on_sent(on->ends[from].number, left_bytes);
        });
    }
    maybe_finish(on, from);
}

void virtual_wire::want_uplink(const line& on, int from) {
    side& sender = on->ends[from];
    if (ready_bytes(*on, from) == 0) return maybe_finish(on, from);
    if (sender.waits_for_uplink) return;
    sender.waits_for_uplink = true;
    machines_[sender.owner].uplink_queue.emplace_back(on, from);
    serve_uplink(sender.owner);
}

void virtual_wire::serve_uplink(node who) {
    machine& owner = machines_[who];
    while (!owner.uplink_busy && !owner.uplink_queue.empty()) {
        const auto [next, from] = owner.uplink_queue.front();
        owner.uplink_queue.pop_front();
        const line on = next.lock();
        if (!on) continue;
        side& sender = on->ends[from];
        sender.waits_for_uplink = false;
        const std::size_t count = draw_chunk(std::min(ready_bytes(*on, from), turn_bytes_max));
        if (count == 0) continue;
        owner.uplink_busy = true;
        sender.in_turn_bytes = count;
        const std::uint64_t rate = owner.uplink_bytes_per_s;
        const duration takes((count * std::uint64_t{1'000'000'000} + rate - 1) / rate);
        auto chunk = std::make_shared<bytes>(take_queued(sender, count));
        events_.after(takes, [=, this, from = from] { end_turn(on, from, std::move(*chunk)); });
    }
}

void virtual_wire::end_turn(const line& on, int from, bytes chunk) {
    side& sender = on->ends[from];
    machine& owner = machines_[sender.owner];
    const std::size_t count = chunk.size();
    owner.uplink_busy = false;
    sender.in_turn_bytes = 0;
    sender.unreported_bytes -= count;
    depart(on, from, std::move(chunk));
    if (sender.open) owner.user->on_sent(sender.number, count);
    want_uplink(on, from);
    serve_uplink(sender.owner);
}

void virtual_wire::depart(const line& on, int from, bytes chunk) {
    side& sender = on->ends[from];
    const node other = on->ends[1 - from].owner;
    if (const auto spoilt = spoilt_.find({sender.owner, other}); spoilt != spoilt_.end()) {
        for (auto at = spoilt->second.lower_bound(sender.position); at != spoilt->second.end(); ++at) {
            if (*at >= sender.position + chunk.size()) break;
            chunk[*at - sender.position] ^= 0x55;
        }
    }
    sender.position += chunk.size();
    sender.floor = std::max(sender.floor, events_.now() + one_way(sender.owner, other));
    auto held = std::make_shared<bytes>(std::move(chunk));
    events_.at(sender.floor, [=, this] { arrive(on, 1 - from, std::move(*held)); });
}

void virtual_wire::arrive(const line& on, int to, bytes chunk) {
    side& reader = on->ends[to];
    if (!reader.open) {
        on->ends[1 - to].unread_bytes -= chunk.size();
        return pump(on, 1 - to);
    }
    reader.arrived.push_back(std::move(chunk));
    deliver(on, to);
}

bool virtual_wire::holds(const connection& on, int to) const {
    const machine& owner = machines_[on.ends[to].owner];
    if (owner.paused || owner.vanished || severed(on.ends[1 - to].owner, on.ends[to].owner)) return true;
    const auto fault = fault_of(on, 1 - to);
    return fault && !fault->resets && on.ends[1 - to].delivered_bytes >= fault->position;
}

void virtual_wire::deliver(const line& on, int to) {
    side& reader = on->ends[to];
    side& writer = on->ends[1 - to];
    const bool took = !reader.arrived.empty();
    while (reader.open && !holds(*on, to) && !reader.arrived.empty()) {
        const bytes chunk = take_arrived(*on, to);
        writer.unread_bytes -= chunk.size();
        writer.delivered_bytes += chunk.size();
        delivered_[{on->serial, writer.owner}] = writer.delivered_bytes;
        tell_tap(wire_event::kind::data, *on, 1 - to, chunk);
        machines_[reader.owner].user->on_received(reader.number, chunk);
        const auto fault = fault_of(*on, 1 - to);
        if (fault && fault->resets && writer.delivered_bytes == fault->position) return reset(on);
    }
    if (took) pump(on, 1 - to);
    if (!reader.open || !reader.end_reason || !reader.arrived.empty() || holds(*on, to)) return;
    reader.open = false;
    machines_[reader.owner].sides.erase(reader.number);
    tell_tap(wire_event::kind::ended, *on, to);
    if (writer.half_closed) answer_half_close(on, to);
    machines_[reader.owner].user->on_closed(reader.number, *reader.end_reason);
}

/// The first chunk that has arrived, or what of it comes before a planted fault.
bytes virtual_wire::take_arrived(connection& on, int to) {
    std::deque<bytes>& arrived = on.ends[to].arrived;
    bytes chunk = std::move(arrived.front());
    arrived.pop_front();
    const std::uint64_t before = on.ends[1 - to].delivered_bytes;
    const auto fault = fault_of(on, 1 - to);
    if (fault && fault->position > before && fault->position - before < chunk.size()) {
        const auto cut = chunk.begin() + static_cast<std::ptrdiff_t>(fault->position - before);
        arrived.emplace_front(cut, chunk.end());
        chunk.erase(cut, chunk.end());
    }
    return chunk;
}

// ---- closing ----------------------------------------------------------------------------------------------------------

void virtual_wire::hang_up(node from, conn_number conn, bool at_once) {
    const auto found = machines_[from].sides.find(conn);
    if (found == machines_[from].sides.end()) {
        ++stray_commands_;
        return;
    }
    const auto [on, end] = found->second;
    side& own = on->ends[end];
    if (at_once || !own.stands) return abandon(on, end, "closed by the other side");
    machines_[from].sides.erase(conn);
    own.open = false;
    own.ending = true;
    for (const bytes& unread : own.arrived) on->ends[1 - end].unread_bytes -= unread.size();
    own.arrived.clear();
    events_.after(duration::zero(), [this, on = on, end = end] {
        pump(on, end);
        pump(on, 1 - end);
    });
    events_.after(chosen_.flush, [this, on = on, end = end] {
        if (!on->ends[end].ended) abandon(on, end, "connection reset by peer");
    });
}

/// The owner lets go of its end at once: what is queued is lost, what has left still arrives.
void virtual_wire::abandon(const line& on, int who, const std::string& reason) {
    side& own = on->ends[who];
    // A number may be used again, by another life of the same machine.
    const auto held = machines_[own.owner].sides.find(own.number);
    if (held != machines_[own.owner].sides.end() && held->second.first == on) machines_[own.owner].sides.erase(held);
    own.open = false;
    own.queue.clear();
    own.queued_bytes = 0;
    for (const bytes& unread : own.arrived) on->ends[1 - who].unread_bytes -= unread.size();
    own.arrived.clear();
    if (!own.ended && on->ends[1 - who].known) send_end(on, who, reason);
}

void virtual_wire::maybe_finish(const line& on, int from) {
    const side& own = on->ends[from];
    if (own.ending && !own.ended && own.queued_bytes == 0 && own.in_turn_bytes == 0)
        send_end(on, from, "closed by the other side");
}

void virtual_wire::send_end(const line& on, int from, std::string reason) {
    side& own = on->ends[from];
    own.ended = true;
    if (machines_[own.owner].vanished) return;
    own.floor = std::max(own.floor, events_.now() + one_way(own.owner, on->ends[1 - from].owner));
    events_.at(own.floor, [=, this] { end_arrives(on, 1 - from, reason); });
}

void virtual_wire::end_arrives(const line& on, int to, const std::string& reason) {
    side& reader = on->ends[to];
    if (severed(on->ends[1 - to].owner, reader.owner)) {
        reader.late_reason = reason;
        return;
    }
    reader.queue.clear();
    reader.queued_bytes = 0;
    reader.ended = true;
    if (!reader.end_reason) reader.end_reason = reason;
    deliver(on, to);
}

void virtual_wire::leave(node who) {
    machines_[who].listening = false;
    const auto sides = machines_[who].sides;
    for (const auto& [number, where] : sides) hang_up(who, number, false);
}

// ---- what can be seen -------------------------------------------------------------------------------------------------

void virtual_wire::tell_tap(wire_event::kind what, const connection& on, int from, byte_view data) {
    if (!tap_) return;
    tap_({what, on.serial, on.ends[from].owner, on.ends[1 - from].owner, data});
}

std::size_t virtual_wire::most_queued_bytes(node from, node to) const {
    const auto found = most_queued_.find({from, to});
    return found == most_queued_.end() ? 0 : found->second;
}

std::size_t virtual_wire::standing(node one, node other) const {
    std::size_t count = 0;
    for (const auto& [number, where] : machines_[one].sides) {
        const side& far_end = where.first->ends[1 - where.second];
        if (far_end.known && far_end.open && far_end.owner == other) ++count;
    }
    return count;
}

std::size_t virtual_wire::standing(node one) const {
    std::size_t count = 0;
    for (const auto& [number, where] : machines_[one].sides)
        if (where.first->ends[1 - where.second].known && where.first->ends[1 - where.second].open) ++count;
    return count;
}

}  // namespace mogshare::testing
