#include "upload_gate.hpp"

#include <algorithm>

namespace mogshare::core {

namespace {

/// Bytes that leave in one turn: small enough to share the line fairly, large enough not to drown in timers.
constexpr std::uint64_t turn_bytes_max = 16 * limits::KiB;
constexpr std::uint64_t turn_bytes_min = 4 * limits::KiB;

std::uint64_t burst_of(const settings& cfg) {
    return cfg.ping_bytes / 4;  // R10: a timed ping must meet the limit, not the burst
}

}  // namespace

upload_gate::upload_gate(context& shared, connections& conns)
    : ctx_(shared), conns_(conns), bucket_(shared.cfg.upload_bytes_per_s, burst_of(shared.cfg)) {}

std::list<upload_gate::lane>::iterator upload_gate::lane_of(conn_id conn) {
    return std::find_if(lanes_.begin(), lanes_.end(), [&](const lane& one) { return one.conn == conn; });
}

void upload_gate::send(connection& to, shared_bytes data) {
    if (!to.live()) return;
    auto own = lane_of(to.id);
    if (!bucket_.limited() && own == lanes_.end()) return conns_.send(to, std::move(data));
    if (own == lanes_.end()) {
        lanes_.emplace_back().conn = to.id;
        own = std::prev(lanes_.end());
    }
    conns_.hold_back(to, data.size());
    own->queue.push_back(std::move(data));
    release();
}

void upload_gate::forget(conn_id conn) {
    const auto own = lane_of(conn);
    if (own != lanes_.end()) lanes_.erase(own);
}

void upload_gate::release_turn(lane& from) {
    shared_bytes& head = from.queue.front();
    std::uint64_t count = std::min<std::uint64_t>(head.size(), turn_bytes_max);
    if (bucket_.limited()) {
        count = std::min(count, bucket_.available(ctx_.now));
        bucket_.take(count);
    }
    const shared_bytes part = head.slice(0, count);
    const bool last = count == head.size();
    if (last) {
        from.queue.pop_front();
    } else {
        head = head.slice(count, head.size() - count);
    }
    if (connection* const to = conns_.find(from.conn)) {
        conns_.let_go(*to, count, last);
        conns_.send(*to, part);
    }
}

void upload_gate::wake_when(std::uint64_t count_bytes) {
    if (wake_at_) return;
    wake_at_ = bucket_.when(count_bytes, ctx_.now);
    ctx_.timers.set(*wake_at_, timer_kind::upload, 0);
}

void upload_gate::release() {
    while (!lanes_.empty()) {
        lane& next = lanes_.front();
        if (bucket_.limited()) {
            const std::uint64_t wanted =
                std::min<std::uint64_t>({next.queue.front().size(), turn_bytes_min, burst_of(ctx_.cfg)});
            if (bucket_.available(ctx_.now) < wanted) {
                return wake_when(wanted);
            }
        }
        release_turn(next);
        if (!next.queue.empty()) {
            lanes_.splice(lanes_.end(), lanes_, lanes_.begin());
            continue;
        }
        lanes_.pop_front();
    }
}

void upload_gate::timer_due() {
    wake_at_.reset();
    std::vector<conn_id> waiting;
    for (const lane& one : lanes_) waiting.push_back(one.conn);
    release();
    // Room in the queue: whoever was held back may go on reading.
    for (const conn_id id : waiting) {
        connection* const it = conns_.find(id);
        if (it != nullptr) conns_.room_for(*it);
    }
}

void upload_gate::reconfigure() {
    bucket_.change(ctx_.cfg.upload_bytes_per_s, burst_of(ctx_.cfg));
    wake_at_.reset();  // the old limit's hour may be far off
    release();
}

}  // namespace mogshare::core
