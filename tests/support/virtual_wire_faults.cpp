// The ways in which a virtual wire breaks.

#include "virtual_wire_parts.hpp"

namespace mogshare::testing {

// ---- faults -----------------------------------------------------------------------------------------------------------

std::size_t virtual_wire::cut(node one, node other) {
    std::size_t broken = 0;
    const auto sides = machines_[one].sides;
    for (const auto& [number, where] : sides) {
        const auto [on, end] = where;
        side& far_end = on->ends[1 - end];
        if (!far_end.known || far_end.owner != other) continue;
        ++broken;
        reset(on);
    }
    return broken;
}

void virtual_wire::reset(const line& on) {
    for (const int each : {0, 1}) {
        on->ends[each].ended = true;
        events_.after(duration::zero(), [this, on, each] {
            on->ends[each].arrived.clear();
            end_arrives(on, each, "connection reset by peer");
        });
    }
}

void virtual_wire::kill(node who) {
    machines_[who].listening = false;
    const auto sides = machines_[who].sides;
    for (const auto& [number, where] : sides) abandon(where.first, where.second, "connection reset by peer");
}

void virtual_wire::pause_reading(node who, bool paused) {
    machines_[who].paused = paused;
    if (paused) return;
    events_.after(duration::zero(), [=, this] {
        const auto sides = machines_[who].sides;
        for (const auto& [number, where] : sides) deliver(where.first, where.second);
    });
}

void virtual_wire::reappear(node who) {
    machines_[who].vanished = false;
    pause_reading(who, machines_[who].paused);
    events_.after(duration::zero(), [=, this] {
        const auto sides = machines_[who].sides;
        for (const auto& [number, where] : sides) pump(where.first, where.second);
    });
}

// ---- parted networks -------------------------------------------------------------------------------------------------

void virtual_wire::partition(const std::vector<std::vector<node>>& groups) {
    for (std::size_t one = 0; one < groups.size(); ++one)
        for (std::size_t other = 0; other < groups.size(); ++other)
            for (const node from : groups[one])
                for (const node to : groups[other])
                    if (one != other) sever(from, to);
}

void virtual_wire::heal() {
    const std::set<std::pair<node, node>> healed = std::exchange(severed_, {});
    for (const auto& [from, to] : healed) resume(from, to);
}

void virtual_wire::mend(node from, node to) {
    if (severed_.erase({from, to}) > 0) resume(from, to);
}

/// What has waited goes on: chunks and ends on their way from the one to the other, and what waits to leave.
void virtual_wire::resume(node from, node to) {
    events_.after(duration::zero(), [=, this] {
        for (const line& on : lines_between(from, to)) {
            const int reader = on->ends[0].owner == to ? 0 : 1;
            pump(on, 1 - reader);
            if (const auto reason = std::exchange(on->ends[reader].late_reason, std::nullopt)) {
                end_arrives(on, reader, *reason);
            } else {
                deliver(on, reader);
            }
        }
    });
}

std::vector<virtual_wire::line> virtual_wire::lines_between(node one, node other) const {
    std::map<std::uint64_t, line> found;  // in the order of their opening
    for (const node each : {one, other})
        for (const auto& [number, where] : machines_[each].sides) {
            const auto& [on, end] = where;
            if (on->ends[1 - end].owner == (each == one ? other : one)) found[on->serial] = on;
        }
    std::vector<line> list;
    for (const auto& [serial, on] : found) list.push_back(on);
    return list;
}

void virtual_wire::calm() {
    constexpr std::uint64_t fast_bytes_per_s = 1'000'000'000;
    holes_.clear();
    spoilt_.clear();
    planted_.clear();
    heal();
    for (node each = 0; each < machines_.size(); ++each) {
        if (machines_[each].uplink_bytes_per_s > 0) set_uplink(each, fast_bytes_per_s);
        machines_[each].paused = false;
        reappear(each);  // what is held for any reason goes on
    }
}

// ---- half a connection -----------------------------------------------------------------------------------------------

void virtual_wire::half_close(node who, conn_number conn) {
    const auto found = machines_[who].sides.find(conn);
    if (found == machines_[who].sides.end()) {
        ++stray_commands_;
        return;
    }
    const auto [on, end] = found->second;
    on->ends[end].ending = on->ends[end].half_closed = true;
    events_.after(duration::zero(), [this, on = on, end = end] { pump(on, end); });
}

/// runtime/connection.cpp: who reads the end of the stream closes the whole socket, and what it had queued is lost. What had
/// left still arrives, and the end behind it.
void virtual_wire::answer_half_close(const line& on, int who) {
    side& own = on->ends[who];
    const int other = 1 - who;
    own.floor = std::max(own.floor, events_.now() + one_way(own.owner, on->ends[other].owner));
    events_.at(own.floor, [=, this] { end_arrives(on, other, "closed by the other side"); });
}

// ---- one connection, one byte ----------------------------------------------------------------------------------------

std::optional<virtual_wire::planted> virtual_wire::fault_of(const connection& on, int from) const {
    if (planted_.empty()) return std::nullopt;
    const auto found = planted_.find({on.serial, on.ends[from].owner});
    return found == planted_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace mogshare::testing
