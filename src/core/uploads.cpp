#include "uploads.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace mogshare::core {

namespace {

constexpr std::uint32_t busy_retry_ms = 2000;

}  // namespace

// ---- slots ------------------------------------------------------------------------------------------------------------

std::size_t uploads::active() const {
    return static_cast<std::size_t>(std::count_if(sessions_.begin(), sessions_.end(), [&](const auto& each) {
        const connection* const with = conns_.find(each.first);
        return with != nullptr && holds_slot(*with, each.second);
    }));
}

bool uploads::idle(const session& of) const {
    return of.reading == 0 && ctx_.now - of.moved_at >= limits::slot_idle;
}

bool uploads::holds_slot(const connection& with, const session& of) const {
    return of.has_slot && !(idle(of) && of.asked.empty() && with.queued_bytes() == 0);
}

void uploads::note_moved(const connection& with, session& of) {
    // What the upload limit holds back is not its fault.
    if (with.gated_bytes == 0 && with.left_bytes - of.moved_to_bytes < limits::leaf_bytes) return;
    of.moved_at = ctx_.now;
    of.moved_to_bytes = with.left_bytes;
}

bool uploads::take_slot(const connection& with, session& own) {
    if (slots_free() == 0) {
        const auto from = gives_way_to(with);
        if (!from) return false;
        give_up_slot(*from);
    }
    own.has_slot = true;
    own.moved_at = ctx_.now;
    own.moved_to_bytes = with.left_bytes;
    return true;
}

std::optional<conn_id> uploads::gives_way_to(const connection& waiting) const {
    std::map<peer_id, std::size_t> by_peer;
    std::map<host, std::size_t> by_owner;
    std::vector<std::pair<conn_id, const connection*>> holders;
    for (const auto& [id, own] : sessions_) {
        const connection* const with = conns_.find(id);
        if (with == nullptr || !holds_slot(*with, own)) continue;
        holders.emplace_back(id, with);
        ++by_peer[with->them];
        ++by_owner[ctx_.owner_of(with->remote.address)];
    }
    const host owner = ctx_.owner_of(waiting.remote.address);
    const std::size_t kept = by_owner[owner] + 1;  // by any other owner, whatever its peers have
    const std::size_t kept_by_peer = by_peer[waiting.them] + 1;
    std::optional<conn_id> found;
    std::tuple<bool, std::size_t, std::size_t, duration> most;
    for (const auto& [id, with] : holders) {
        const session& own = sessions_.at(id);
        const host other = ctx_.owner_of(with->remote.address);
        const std::size_t theirs = by_owner[other], its = by_peer[with->them];
        const bool slow = with->gated_bytes == 0 && idle(own);
        if (!slow && theirs <= kept && (other != owner || its <= kept_by_peer)) continue;
        // Of slow ones the slowest, whoever has it; of the others one of the owner that has most, of its peer that does.
        const std::tuple has{slow, slow ? 0 : theirs, slow ? 0 : its, ctx_.now - own.moved_at};
        if (found && has <= most) continue;
        found = id;
        most = has;
    }
    return found;
}

void uploads::give_up_slot(conn_id from) {
    ++ctx_.counts.uploads_gave_way;
    session& own = sessions_.at(from);
    own.has_slot = false;
    std::deque<wire::request> refused;
    refused.swap(own.asked);
    if (own.reading != 0) {  // that one is sent in any case
        own.asked.push_back(refused.front());
        refused.pop_front();
    }
    connection* const with = conns_.find(from);
    for (const wire::request& each : refused) refuse(*with, each.number, wire::busy_reason::slots);
}

std::uint16_t uploads::slots_free() const {
    const std::size_t taken = std::min(active(), ctx_.cfg.upload_slots);
    return static_cast<std::uint16_t>(ctx_.cfg.upload_slots - taken);
}

// ---- what is asked ----------------------------------------------------------------------------------------------------

const content::share* uploads::share_of(const content_id& id) const {
    const auto shares = ctx_.shares.with_content(id, 1);
    return shares.empty() ? nullptr : shares.front();
}

void uploads::opened(connection& with) {
    sessions_[with.id];
    conns_.expect_within(with, ctx_.cfg.times.upload_idle);
}

void uploads::message(connection& with, wire::message& said) {
    session& own = sessions_[with.id];
    own.has_slot = holds_slot(with, own);  // once it has lapsed, only a REQUEST takes another one
    if (const auto* hashes = std::get_if<wire::get_hashes>(&said)) return serve_hashes(with, *hashes);
    if (const auto* request = std::get_if<wire::request>(&said)) return take_request(with, *request);
    if (const auto* cancel = std::get_if<wire::cancel>(&said)) return take_cancel(own, *cancel);
    if (std::holds_alternative<wire::keepalive>(said)) return;
    conns_.violation(with, "not a message for an uploader");
}

void uploads::ended(connection& with, const ending&) {
    const auto found = sessions_.find(with.id);
    if (found == sessions_.end()) return;
    jobs_.erase(found->second.reading);
    sessions_.erase(found);
    gate_.forget(with.id);
}

void uploads::overdue(connection& with) {
    const session& own = sessions_[with.id];
    const bool busy = !own.asked.empty() || with.queued_bytes() > 0;
    // A reader that has stopped reading counts as idle, too: nothing has left for a whole period.
    const bool moving = ctx_.now - with.last_sent < ctx_.cfg.times.upload_idle;
    if (busy && moving) return conns_.expect_within(with, ctx_.cfg.times.upload_idle);
    ++ctx_.counts.time_limits_hit;
    conns_.close(with, wire::bye_reason::timeout, "no request for too long");
    ended(with, {});
}

void uploads::refuse(connection& with, std::uint32_t number, wire::busy_reason why) {
    ++ctx_.counts.uploads_refused;
    wire::busy said;
    said.number = number;
    said.why = why;
    said.place = static_cast<std::uint16_t>(std::min<std::size_t>(active(), 0xffff));
    said.retry_ms = why == wire::busy_reason::gone ? 0 : busy_retry_ms;
    gate_.send(with, shared_bytes(wire::encode(said)));  // in order: a frame before it may have left in part only
}

void uploads::serve_hashes(connection& with, const wire::get_hashes& asked) {
    conns_.expect_within(with, ctx_.cfg.times.upload_idle);
    const content::share* const file = share_of(asked.content);
    if (file == nullptr) return refuse(with, 0, wire::busy_reason::gone);
    if (with.queued_bytes() > limits::upload_backlog_bytes_max) return refuse(with, 0, wire::busy_reason::requests);
    const content::piece_layer& layer = *file->layer;
    if (asked.first >= layer.size()) return conns_.violation(with, "GET_HASHES beyond the file");
    const std::size_t count = std::min<std::size_t>(asked.count, layer.size() - asked.first);
    wire::hashes said;
    said.content = asked.content;
    said.first = asked.first;
    const auto begin = layer.begin() + asked.first;
    said.list.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
    gate_.send(with, shared_bytes(wire::encode(said)));
}

void uploads::take_request(connection& with, const wire::request& asked) {
    conns_.expect_within(with, ctx_.cfg.times.upload_idle);
    session& own = sessions_[with.id];
    if (!own.has_slot && !take_slot(with, own)) return refuse(with, asked.number, wire::busy_reason::slots);
    if (own.asked.size() >= limits::requests_per_connection_max)
        return refuse(with, asked.number, wire::busy_reason::requests);
    own.asked.push_back(asked);
    pump(with, own);
}

void uploads::take_cancel(session& of, const wire::cancel& said) {
    const auto first = of.asked.begin() + (of.reading != 0 ? 1 : 0);  // the one being read is sent in any case
    of.asked.erase(std::remove_if(first, of.asked.end(), [&](const auto& one) { return one.number == said.number; }),
                   of.asked.end());
}

void uploads::drained(connection& with) {
    const auto found = sessions_.find(with.id);
    if (found == sessions_.end()) return;
    note_moved(with, found->second);
    pump(with, found->second);
}

void uploads::pump(connection& with, session& of) {
    while (of.reading == 0 && !of.asked.empty() && with.live()) {
        if (with.queued_bytes() + of.asked.front().length > limits::upload_backlog_bytes_max) return;
        const wire::request asked = of.asked.front();
        const content::share* const file = share_of(asked.content);
        if (file == nullptr) {
            of.asked.pop_front();
            refuse(with, asked.number, wire::busy_reason::gone);
            continue;
        }
        if (asked.offset > file->size() || asked.length > file->size() - asked.offset)
            return conns_.violation(with, "REQUEST beyond the file");
        of.reading = ++ctx_.last_job;
        of.read_at = ctx_.now;
        of.path = file->path;
        of.stamp = file->stamp;
        jobs_[of.reading] = with.id;
        ctx_.emit(output::read_range{of.reading, file->path, file->stamp, asked.offset, asked.length});
    }
}

bool uploads::take(input::range_read& in) {
    const auto job = jobs_.find(in.job);
    if (job == jobs_.end()) return false;
    connection* const with = conns_.find(job->second);
    jobs_.erase(job);
    if (with == nullptr) return true;
    session& own = sessions_[with->id];
    own.reading = 0;
    own.moved_at += ctx_.now - own.read_at;  // nor is what our disk takes
    if (in.data) {
        const wire::request asked = own.asked.front();
        own.asked.pop_front();
        serve_piece(*with, asked, std::move(*in.data));
    } else if (in.gone) {
        ctx_.withdraw(own.path, own.stamp);  // the request stays first: another file may have the same content
    } else {
        const std::uint32_t number = own.asked.front().number;
        own.asked.pop_front();
        refuse(*with, number, wire::busy_reason::slots);
    }
    pump(*with, own);
    return true;
}

void uploads::serve_piece(connection& with, const wire::request& asked, bytes data) {
    const shared_bytes whole(std::move(data));
    ctx_.counts.uploaded_bytes += whole.size();
    // Under a limit all slots take turns, and each frame must still end in its time.
    const std::size_t frame_bytes = ctx_.cfg.upload_bytes_per_s == 0 ? limits::bulk_bytes_max : limits::leaf_bytes;
    for (std::size_t at = 0; at < whole.size(); at += frame_bytes) {
        const shared_bytes part = whole.slice(at, std::min(frame_bytes, whole.size() - at));
        wire::piece said;
        said.number = asked.number;
        said.offset = asked.offset + at;
        said.data = part.view();
        gate_.send(with, shared_bytes(wire::encode_head(said)));
        gate_.send(with, part);
    }
}

void uploads::stop() {
    while (!sessions_.empty()) {
        connection* const with = conns_.find(sessions_.begin()->first);
        if (with == nullptr) {
            sessions_.erase(sessions_.begin());
            continue;
        }
        gate_.forget(with->id);
        // A frame may have been cut by the upload limit: BYE could not be told from its rest.
        conns_.finish(*with);
        ended(*with, {});
    }
}

}  // namespace mogshare::core
