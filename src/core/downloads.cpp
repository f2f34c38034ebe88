#include "downloads.hpp"

#include "mogshare/base/printable.hpp"
#include "mogshare/core/election.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mogshare::core {

namespace {

problem disk_trouble(input::disk_status how, const std::string& reason) {
    if (how == input::disk_status::full)
        return {reason, "free some space, and get it again: what was fetched is kept", problem::kind::disk_full};
    return {reason, "put that right, and get it again: what was fetched is kept", problem::kind::failed};
}

}  // namespace

const download_state* downloads::find(download_id id) const {
    for (const own_download& each : all_)
        if (each.state.id == id) return &each.state;
    return nullptr;
}

std::vector<const download_state*> downloads::all() const {
    std::vector<const download_state*> list;
    for (const own_download& each : all_) list.push_back(&each.state);
    return list;
}

downloads::own_download* downloads::active(download_id id) {
    for (own_download& each : all_)
        if (each.state.id == id && !each.state.over()) return &each;
    return nullptr;
}

downloads::own_download* downloads::of(const connection& with) {
    const auto found = by_conn_.find(with.id);
    return found == by_conn_.end() ? nullptr : active(found->second);
}

// ---- beginning --------------------------------------------------------------------------------------------------------

std::optional<problem> downloads::why_not(const input::get& wanted, const found_content*& result,
                                          const search_state*& search) const {
    using kind = problem::kind;
    search = found_.find(wanted.ticket);
    if (search == nullptr || wanted.result == 0 || wanted.result > search->results.size())
        return problem{fmt::format("there is no result {}", wanted.result), "`results` lists them", kind::not_found};
    result = &search->results[wanted.result - 1];
    for (const content::share* here : ctx_.shares.with_content(result->content)) {
        if (here->size() == result->size)
            return problem{"this content is already here, as " + printable(here->path),
                           "that file is whole, and is shared; `shares` lists what is here", kind::failed};
    }
    for (const own_download& each : all_) {
        if (result->is(each.state.content, each.state.size) && !each.state.over())
            return problem{"this content is being fetched already", "`transfers` shows how far it is", kind::failed};
    }
    if (result->size > ctx_.cfg.download_bytes_max)
        return problem{fmt::format("it is larger ({} bytes) than 'transfer.download_bytes_max' allows ({})",
                                   result->size, ctx_.cfg.download_bytes_max),
                       "raise that limit in the configuration, or with --set, to fetch it", kind::failed};
    if (result->answers.empty()) return problem{"nobody else has it any more", "search again", kind::not_found};
    return std::nullopt;
}

void downloads::begin(const input::get& wanted) {
    const found_content* result = nullptr;
    const search_state* search = nullptr;
    if (auto trouble = why_not(wanted, result, search)) {
        ctx_.emit(output::get_refused{wanted.ticket, wanted.result, *trouble});
        return;
    }
    if (all_.size() >= limits::downloads_max) {
        const auto ended = std::find_if(all_.begin(), all_.end(), [](const auto& each) { return each.state.over(); });
        if (ended == all_.end()) {
            const problem full{"too many downloads are waiting", "try again when some have ended",
                               problem::kind::failed};
            ctx_.emit(output::get_refused{wanted.ticket, wanted.result, full});
            return;
        }
        all_.erase(ended);
    }
    make(*search, *result, elect(search->answers, result->answers, ctx_.cfg.elects));
    start_waiting();
}

void downloads::make(const search_state& search, const found_content& result, const std::vector<std::size_t>& order) {
    own_download& d = all_.emplace_back();
    d.state.id = ++last_id_;
    d.state.content = result.content;
    d.state.size = result.size;
    d.state.begun = ctx_.now;
    for (const std::size_t index : order) {
        const answer& from = search.answers[index];
        if (!from.where.dialable()) continue;
        if (d.state.sources.size() >= limits::sources_per_download_max) {
            ++ctx_.counts.sources_refused;
            continue;
        }
        if (d.state.sources.empty()) {
            const auto named = std::find_if(from.entries.begin(), from.entries.end(),
                                            [&](const wire::entry& one) { return result.is(one.content, one.size); });
            d.state.name = named->name;
        }
        d.state.sources.push_back({from.peer, from.where, from.rate_bytes_per_s, "", false});
    }
    if (d.state.sources.empty()) d.state.name = result.names.front();
    changed(d);
}

void downloads::start_waiting() {
    // Counted anew each time: a download may fail at once, and its end starts others.
    const auto running = [&] {
        return static_cast<std::size_t>(std::count_if(all_.begin(), all_.end(), [](const own_download& each) {
            return !each.state.over() && each.state.phase != download_phase::waiting;
        }));
    };
    for (own_download& each : all_) {
        if (ctx_.stopping || running() >= ctx_.cfg.downloads_at_once) return;
        if (each.state.phase == download_phase::waiting) connect(each);
    }
}

// ---- sources ----------------------------------------------------------------------------------------------------------

std::optional<std::size_t> downloads::fit_source(const own_download& d) const {
    for (std::size_t at = 0; at < d.state.sources.size(); ++at) {
        const auto busy = d.busy_until.find(at);
        const bool resting = busy != d.busy_until.end() && busy->second > ctx_.now;
        if (d.state.sources[at].failed.empty() && !resting) return at;
    }
    return std::nullopt;
}

void downloads::connect(own_download& d) {
    const auto source = fit_source(d);
    if (!source) return await_busy(d);
    d.state.current = *source;
    d.state.phase = download_phase::connecting;
    const core::source& to = d.state.sources[*source];
    connection* const with = conns_.dial(to.where, wire::purpose::transfer, to.peer);
    if (with == nullptr) return next_source(d, "too many connections");
    d.conn = with->id;
    by_conn_[with->id] = d.state.id;
    changed(d);
}

void downloads::await_busy(own_download& d) {
    const auto earliest = std::min_element(d.busy_until.begin(), d.busy_until.end(), [&](const auto& a, const auto& b) {
        const bool a_failed = !d.state.sources[a.first].failed.empty();
        const bool b_failed = !d.state.sources[b.first].failed.empty();
        return a_failed != b_failed ? b_failed : a.second < b.second;
    });
    const bool hope = earliest != d.busy_until.end() && d.state.sources[earliest->first].failed.empty();
    if (!hope || ++d.busy_rounds > limits::busy_rounds_max) {
        return no_source_left(d);
    }
    d.state.phase = download_phase::connecting;
    ctx_.timers.set(earliest->second, timer_kind::download, d.state.id);
}

void downloads::no_source_left(own_download& d) {
    const source none{{}, {}, 0, "no source can be dialled", false};
    const source& last = d.state.sources.empty() ? none : d.state.sources[d.state.current];
    // What is known of the last source may be a guess: who dies within a handshake looks like one of another network.
    const std::string hint = "search again, and get it from where it is then: what was fetched is kept";
    over(d, download_phase::failed,
         {fmt::format("every source of {} has failed, the last one: {}", printable(d.state.name),
                      last.failed.empty() ? "always busy" : last.failed),
          last.hint.empty() ? hint : last.hint + "; else " + hint,
          last.lied ? problem::kind::integrity : problem::kind::network});
}

void downloads::timer_due(download_id id) {
    own_download* const d = active(id);
    if (d != nullptr && d->conn == 0 && d->state.phase == download_phase::connecting) connect(*d);
}

void downloads::drop_connection(own_download& d) {
    if (connection* const with = conns_.find(d.conn)) conns_.close(*with, wire::bye_reason::done, "");
    by_conn_.erase(d.conn);
    d.conn = 0;
    // What was under way is fetched again; pieces that the disk already has are not.
    for (const auto& [index, assembly] : d.under_way) d.book->give_back(index);
    d.under_way.clear();
    d.asked.clear();
    if (!d.layer_whole) d.layer->clear();  // no source answers for what another one said
}

void downloads::next_source(own_download& d, const std::string& reason, const std::string& hint) {
    d.state.sources[d.state.current].failed = reason;
    d.state.sources[d.state.current].hint = hint;
    drop_connection(d);
    connect(d);
}

void downloads::opened(connection& with) {
    own_download* const d = of(with);
    if (d == nullptr) return conns_.vanish(with);
    conns_.expect_bulk(with);
    advance(with, *d);
}

void downloads::advance(connection& with, own_download& d) {
    d.layer_whole = d.layer_whole || content::piece_count(d.state.size) <= 1;
    if (!d.layer_whole) return ask_hashes(with, d);
    if (!d.book) return open_partial(d);
    fill(with, d);
}

// ---- hashes and the partial file --------------------------------------------------------------------------------------

std::uint64_t downloads::hashes_to_ask(const own_download& d) {
    return std::min<std::uint64_t>(content::piece_count(d.state.size) - d.layer->size(), limits::hashes_per_frame_max);
}

void downloads::ask_hashes(connection& with, own_download& d) {
    d.state.phase = download_phase::preparing;
    wire::get_hashes said;
    said.content = d.state.content;
    said.first = static_cast<std::uint32_t>(d.layer->size());
    said.count = static_cast<std::uint32_t>(hashes_to_ask(d));
    if (d.layer->empty()) d.progress.reset();
    conns_.expect_within(with, ctx_.cfg.times.stall);
    conns_.send(with, said);
}

void downloads::take_hashes(connection& with, own_download& d, const wire::hashes& said) {
    const std::uint64_t count = content::piece_count(d.state.size);
    // The whole run or none: one hash a message could go on for months.
    const bool due = !d.layer_whole && said.content == d.state.content && said.first == d.layer->size() &&
                     said.list.size() == hashes_to_ask(d);
    if (!due) return conns_.violation(with, "HASHES that were not asked for");
    d.layer->insert(d.layer->end(), said.list.begin(), said.list.end());
    if (d.layer->size() < count) return ask_hashes(with, d);
    if (content::root_of_layer(d.state.size, *d.layer) != d.state.content) {
        d.state.sources[d.state.current].lied = true;
        return next_source(d, "its piece hashes do not belong to this content");
    }
    d.layer_whole = true;
    advance(with, d);
}

void downloads::open_partial(own_download& d) {
    d.state.phase = download_phase::preparing;
    if (connection* const with = conns_.find(d.conn)) conns_.expect_nothing(*with);
    if (d.partial_asked) return;
    d.partial_asked = true;
    ctx_.emit(output::open_partial{d.state.id, d.state.content, d.state.size, d.layer});
    changed(d);
}

void downloads::take(const input::partial_opened& in) {
    own_download* const d = active(in.download);
    if (d == nullptr) return ctx_.emit(output::close_partial{in.download});
    if (in.status != input::disk_status::ok) {
        d->partial_asked = false;
        return over(*d, download_phase::failed, disk_trouble(in.status, in.reason));
    }
    d->book.emplace(d->state.size, in.have);
    d->state.verified_bytes = d->book->verified_bytes();
    if (d->book->all_there()) return finish_if_whole(*d);
    connection* const with = conns_.find(d->conn);
    if (with == nullptr) return connect(*d);  // it did not wait while the disk was read
    if (with->state == conn_state::open) advance(*with, *d);
}

// ---- pieces -----------------------------------------------------------------------------------------------------------

void downloads::fill(connection& with, own_download& d) {
    d.state.phase = download_phase::fetching;
    while (d.under_way.size() + d.storing.size() < limits::pieces_in_flight_max && start_piece(with, d)) {
    }
    if (d.asked.empty()) {
        conns_.expect_nothing(with);
    } else if (!with.deadline) {
        d.progress.reset();
        conns_.expect_within(with, ctx_.cfg.times.stall);
    }
    finish_if_whole(d);
}

bool downloads::start_piece(connection& with, own_download& d) {
    const auto index = d.book->take_next();
    if (!index) return false;
    piece_assembly& made = d.under_way.try_emplace(*index, d.state.size, *index).first->second;
    for (const kept_range& kept : found_.kept())
        if (kept.content == d.state.content) d.state.pinged_bytes += made.adopt(kept.offset, kept.data);
    std::vector<byte_run> runs = made.missing_runs();
    // Pings can leave a piece full of holes; a source takes few requests at once.
    if (runs.size() > limits::requests_per_connection_max / limits::pieces_in_flight_max) {
        const std::uint64_t end = runs.back().offset + runs.back().length;
        runs = {{runs.front().offset, static_cast<std::uint32_t>(end - runs.front().offset)}};
    }
    for (const byte_run& run : runs) {
        wire::request said;
        said.number = ++d.last_number;
        said.content = d.state.content;
        said.offset = run.offset;
        said.length = run.length;
        d.asked[said.number] = {*index, run, 0};
        conns_.send(with, said);
    }
    store_if_whole(d, *index);
    return true;
}

void downloads::take_piece(connection& with, own_download& d, const wire::piece& said) {
    const auto found = d.asked.find(said.number);
    if (found == d.asked.end()) return conns_.violation(with, "PIECE that was not asked for");
    asked_run& own = found->second;
    if (said.offset != own.run.offset + own.arrived || said.data.size() > own.run.length - own.arrived)
        return conns_.violation(with, "PIECE out of its REQUEST");
    piece_assembly& assembly = d.under_way.at(own.piece);
    assembly.write(said.offset, said.data);
    own.arrived += static_cast<std::uint32_t>(said.data.size());
    d.piece_at = ctx_.now;
    d.state.received_bytes += said.data.size();
    ctx_.counts.downloaded_bytes += said.data.size();
    if (own.arrived < own.run.length) return;
    assembly.complete(own.run);
    const std::uint64_t piece = own.piece;
    d.asked.erase(found);
    store_if_whole(d, piece);
    fill(with, d);
}

void downloads::store_if_whole(own_download& d, std::uint64_t piece) {
    const auto found = d.under_way.find(piece);
    if (!found->second.whole()) return;
    ctx_.emit(output::store_piece{d.state.id, piece, found->second.take()});
    d.under_way.erase(found);
    d.storing[piece] = d.state.current;
}

void downloads::piece_was_wrong(own_download& d, std::uint64_t piece, std::size_t from) {
    const std::string reason = "it sent bytes that are not the file's";
    d.book->give_back(piece);
    d.state.sources[from].failed = reason;
    d.state.sources[from].lied = true;
    ctx_.blame(d.state.sources[from].peer, d.state.sources[from].where.address, limits::ban_points_lie);
    if (d.conn == 0 && d.state.phase == download_phase::fetching) return connect(d);  // closed after the last byte
    if (from == d.state.current && d.conn != 0) next_source(d, reason);
}

void downloads::take(const input::piece_stored& in) {
    own_download* const d = active(in.download);
    if (d == nullptr) return;
    const auto storing = d->storing.extract(in.piece);
    if (storing.empty()) return;
    if (in.status == input::disk_status::ok) {
        d->book->stored(in.piece);
        d->state.verified_bytes = d->book->verified_bytes();
        d->busy_rounds = 0;
        changed(*d);
    } else if (in.status == input::disk_status::corrupt) {
        piece_was_wrong(*d, in.piece, storing.mapped());
        if (d->state.over()) return;
    } else {
        return over(*d, download_phase::failed, disk_trouble(in.status, in.reason));
    }
    connection* const with = conns_.find(d->conn);
    if (with != nullptr && with->state == conn_state::open) return fill(*with, *d);
    finish_if_whole(*d);
}

bool downloads::all_with_disk(const own_download& d) const {
    if (!d.book) return false;
    std::uint64_t given_bytes = d.book->verified_bytes();
    for (const auto& [piece, from] : d.storing) given_bytes += content::piece_size(d.state.size, piece);
    return given_bytes == d.state.size;
}

void downloads::finish_if_whole(own_download& d) {
    if (!d.book || !d.book->all_there() || d.state.phase == download_phase::finishing) return;
    drop_connection(d);
    d.state.phase = download_phase::finishing;
    ctx_.emit(output::finish_partial{d.state.id, d.state.name});
    changed(d);
}

void downloads::take(const input::download_landed& in) {
    own_download* const d = active(in.download);
    if (d == nullptr) return;
    d->partial_asked = false;  // it is closed
    if (in.status != input::disk_status::ok) {
        return over(*d, download_phase::failed, disk_trouble(in.status, in.reason));
    }
    d->state.name = in.file.path;
    ctx_.shares.put(in.file);  // R12: from where it is shared
    over(*d, download_phase::done);
}

// ---- what else a source may say ---------------------------------------------------------------------------------------

void downloads::message(connection& with, wire::message& said) {
    own_download* const d = of(with);
    if (d == nullptr) return;
    if (const auto* piece = std::get_if<wire::piece>(&said)) return take_piece(with, *d, *piece);
    if (const auto* hashes = std::get_if<wire::hashes>(&said)) return take_hashes(with, *d, *hashes);
    if (const auto* busy = std::get_if<wire::busy>(&said)) return take_busy(with, *d, *busy);
    if (std::holds_alternative<wire::keepalive>(said)) return;
    conns_.violation(with, "not a message for a downloader");
}

void downloads::take_busy(connection&, own_download& d, const wire::busy& said) {
    if (said.why == wire::busy_reason::gone || said.retry_ms == 0)
        return next_source(d, "it does not have the file any more");
    d.busy_until[d.state.current] = ctx_.now + std::chrono::milliseconds(std::clamp(
                                                   said.retry_ms, limits::busy_rest_ms_min, limits::busy_rest_ms_max));
    drop_connection(d);
    connect(d);
}

void downloads::ended(connection& with, const ending& why) {
    own_download* const d = of(with);
    by_conn_.erase(with.id);
    if (d == nullptr || d->conn != with.id) return;
    d->conn = 0;
    // While the disk is read nothing is lost with the connection: the same source is dialled again afterwards.
    const bool waiting_for_disk = d->partial_asked && !d->book && why.reached;
    if (!waiting_for_disk && !all_with_disk(*d)) next_source(*d, why.reason, why.hint);
}

void downloads::overdue(connection& with) {
    own_download* const d = of(with);
    if (d == nullptr) return conns_.vanish(with);
    // A slow source sends bytes of a frame long before the frame is whole; one that only says KEEPALIVE stalls.
    const duration silent = ctx_.now - (with.frames.buffered_bytes() > 0 ? with.last_received : d->piece_at);
    const time_limits& times = ctx_.cfg.times;
    const bool creeping = creeps(with, *d);
    if (silent < times.stall && !creeping) return conns_.expect_within(with, times.stall - silent);
    ++ctx_.counts.time_limits_hit;
    next_source(*d, silent < times.stall
                        ? fmt::format("fewer than {} bytes in {:g} s", limits::creeping_bytes, to_seconds(times.frame))
                        : fmt::format("no byte for {:g} s", to_seconds(times.stall)));
}

/// Bytes that come now and then are no stall, and would still take for ever.
bool downloads::creeps(const connection& from, own_download& d) {
    const std::uint64_t hashes_bytes = d.layer->size() * id_bytes;
    const std::uint64_t arrived_bytes = d.state.received_bytes + hashes_bytes + from.frames.buffered_bytes();
    if (!d.progress || arrived_bytes >= d.progress->bytes + limits::creeping_bytes)
        d.progress = {ctx_.now, arrived_bytes};
    return ctx_.now - d.progress->at >= ctx_.cfg.times.frame;
}

// ---- ending -----------------------------------------------------------------------------------------------------------

void downloads::over(own_download& d, download_phase how, problem trouble) {
    drop_connection(d);
    if (d.partial_asked && how != download_phase::done) ctx_.emit(output::close_partial{d.state.id});
    d.partial_asked = false;
    d.book.reset();
    d.state.phase = how;
    d.state.trouble = std::move(trouble);
    d.state.ended = ctx_.now;
    changed(d);
    start_waiting();
}

void downloads::cancel(download_id id) {
    own_download* const d = active(id);
    if (d != nullptr && d->state.phase != download_phase::finishing) over(*d, download_phase::cancelled);
}

void downloads::stop() {
    for (own_download& each : all_) {
        if (each.state.over() || each.state.phase == download_phase::waiting) continue;
        drop_connection(each);
        if (each.partial_asked) ctx_.emit(output::close_partial{each.state.id});
        each.partial_asked = false;
    }
}

}  // namespace mogshare::core
