#include "gathering.hpp"

#include "mogshare/base/sha256.hpp"
#include "mogshare/content/names.hpp"

#include <algorithm>
#include <utility>

namespace mogshare::core {

void gathering::begin(const input::search& wanted) {
    if (searches_.size() >= limits::own_searches_max) forget_oldest();
    own_search& added = searches_.emplace_back();
    added.secret = ctx_.chance.id<nonce>();
    search_state& state = added.state;
    state.ticket = wanted.ticket;
    state.id = id_cast<query_id>(sha256(added.secret.view()));
    state.kind = wanted.kind;
    state.text = wanted.text;
    state.begun = ctx_.now;
    live_[state.id] = state.ticket;
    add_own_shares(added);
    state.neighbours_asked = flood_.send_own(state.id, state.kind, state.text);
    ctx_.timers.set(ctx_.now + ctx_.cfg.times.window, timer_kind::window, state.ticket);
    if (state.neighbours_asked == 0) window_due(state.ticket);
}

std::list<gathering::own_search>::iterator gathering::oldest_over() {
    return std::find_if(searches_.begin(), searches_.end(), [](const auto& each) { return each.state.over(); });
}

/// The oldest that is over, else the oldest, which is over then.
void gathering::forget_oldest() {
    auto oldest = oldest_over();
    if (oldest == searches_.end()) {
        oldest = searches_.begin();
        live_.erase(oldest->state.id);
        ctx_.emit(output::search_over{oldest->state.ticket});
    }
    search_bytes_ -= oldest->held_bytes;
    searches_.erase(oldest);
}

void gathering::add_own_shares(own_search& search) {
    std::vector<wire::entry> mine;
    content::name_reading as_much_as_it_takes;
    for (const content::share* file : flood_.matches(search.state.kind, search.state.text, as_much_as_it_takes))
        mine.push_back({file->path, file->size(), file->content, file->size()});
    charge(search, bytes_of(mine));  // ours are listed in any case
    for (const wire::entry& one : mine) result_for(search.state, one);
}

/// Names make the most of it, and each is kept twice: with the answer, and with the result.
std::size_t gathering::bytes_of(const std::vector<wire::entry>& told) {
    std::size_t count = 0;
    for (const wire::entry& one : told) count += sizeof(wire::entry) + sizeof(found_content) + 2 * one.name.size();
    return count;
}

void gathering::charge(own_search& search, std::size_t count_bytes) {
    search.held_bytes += count_bytes;
    search_bytes_ += count_bytes;
}

bool gathering::make_room(const own_search& search, std::size_t count_bytes) {
    if (search.held_bytes + count_bytes > limits::search_bytes_max) return false;
    while (search_bytes_ + count_bytes > limits::all_searches_bytes_max) {
        if (oldest_over() == searches_.end()) return false;
        forget_oldest();
    }
    return true;
}

const search_state* gathering::find(search_ticket ticket) const {
    for (const own_search& each : searches_)
        if (each.state.ticket == ticket) return &each.state;
    return nullptr;
}

std::vector<const search_state*> gathering::all() const {
    std::vector<const search_state*> list;
    for (const own_search& each : searches_) list.push_back(&each.state);
    return list;
}

gathering::own_search* gathering::live(search_ticket ticket) {
    for (own_search& each : searches_)
        if (each.state.ticket == ticket && !each.state.over()) return &each;
    return nullptr;
}

void gathering::opened(connection& with) {
    sessions_[with.id];
    conns_.expect_within(with, ctx_.cfg.times.claim);
}

void gathering::message(connection& with, wire::message& said) {
    const auto found = sessions_.find(with.id);
    if (found == sessions_.end()) return;
    session& own = found->second;
    const auto* claim = std::get_if<wire::claim>(&said);
    if (claim != nullptr && own.at == step::await_claim) return take_claim(with, own, *claim);
    auto* existe = std::get_if<wire::existe>(&said);
    if (existe != nullptr && own.at == step::await_existe) return take_existe(with, own, *existe);
    const auto* pong = std::get_if<wire::pong>(&said);
    if (pong != nullptr && own.at == step::pinging) return take_pong(with, own, *pong);
    conns_.violation(with, "not a message for the originator of a search");
}

void gathering::take_claim(connection& with, session& own, const wire::claim& said) {
    const auto asked = live_.find(said.id);
    own_search* const search = asked == live_.end() ? nullptr : live(asked->second);
    const bool asked_for = search != nullptr && !search->window_passed && !has_answered(search->state, with.them);
    if (!asked_for || !room_for(search->state, with)) {
        ++(asked_for ? ctx_.counts.answers_refused_budget : ctx_.counts.answers_unasked);
        conns_.finish(with);  // R9: who was not asked learns nothing
        return forget(with);
    }
    own.ticket = asked->second;
    own.at = step::await_existe;
    own.asked = ctx_.now;
    conns_.expect_within(with, ctx_.cfg.times.existe);
    conns_.send(with, wire::nonce_shown{search->secret});
}

bool gathering::has_answered(const search_state& search, const peer_id& who) const {
    return std::any_of(search.answers.begin(), search.answers.end(),
                       [&](const answer& one) { return one.peer == who; });
}

bool gathering::room_for(const search_state& search, const connection& answering) const {
    if (search.answers.size() >= ctx_.budget.answers_per_search) return false;
    const host block = counted_network(answering.remote.address);
    std::size_t of_block = 0;
    for (const answer& one : search.answers) of_block += counted_network(one.where.address) == block ? 1 : 0;
    return of_block < ctx_.budget.answers_per_block;
}

bool gathering::fits(const search_state& search, const wire::entry& one) const {
    if (content::check_name(one.name)) return false;
    if (one.held != one.size) return false;  // this version fetches from whole holders only
    if (one.size == 0 && one.content != id_cast<content_id>(sha256(byte_view{}))) return false;
    switch (search.kind) {
        case wire::query_kind::exact: {
            const auto wanted = content::normalised(search.text);
            const auto name = content::normalised(one.name);
            return wanted && name && (*name == *wanted || content::last_component(*name) == *wanted);
        }
        case wire::query_kind::words: {
            const auto name = content::folded(one.name);
            const auto words = content::words_of(search.text);
            return name && std::all_of(words.begin(), words.end(),
                                       [&](const std::string& word) { return name->find(word) != std::string::npos; });
        }
        case wire::query_kind::content: return parse_id<content_id>(search.text) == one.content;
    }
    return false;
}

void gathering::take_existe(connection& with, session& own, wire::existe& said) {
    own_search* const search = live(own.ticket);
    if (search == nullptr || said.id != search->state.id) return conns_.violation(with, "EXISTE for another search");
    const bool again = has_answered(search->state, with.them);  // it claimed twice before it answered once
    if (again || !room_for(search->state, with)) {
        ++(again ? ctx_.counts.answers_unasked : ctx_.counts.answers_refused_budget);
        conns_.close(with, wire::bye_reason::done, "answered already");
        return forget(with);
    }
    std::erase_if(said.entries, [&](const wire::entry& one) { return !fits(search->state, one); });
    if (said.entries.empty()) return conns_.violation(with, "EXISTE without a file that was asked for");
    said.entries.shrink_to_fit();
    const std::size_t told_bytes = bytes_of(said.entries);
    if (!make_room(*search, told_bytes)) {
        ++ctx_.counts.answers_refused_memory;
        conns_.close(with, wire::bye_reason::full, "too many answers");
        return forget(with);
    }
    charge(*search, told_bytes);
    ++ctx_.counts.answers_received;
    answer added;
    added.peer = with.them;
    added.where = with.listens;
    added.level = std::min<int>(said.level, ctx_.cfg.depth);
    added.after = ctx_.now - search->state.begun;
    added.round_trip = ctx_.now - own.asked;
    added.slots_free = said.slots_free;
    added.queue = said.queue;
    added.entries = std::move(said.entries);
    own.answer = search->state.answers.size();
    search->state.answers.push_back(std::move(added));
    note_results(search->state, own.answer);
    if (!with.short_lived) ctx_.store_met(with.them, with.listens, table_choice::secondary);  // R1
    ctx_.emit(output::answered{search->state.ticket, own.answer});
    queue_ping(with, own, *search);
}

found_content& gathering::result_for(search_state& search, const wire::entry& one) {
    auto found = std::find_if(search.results.begin(), search.results.end(),
                              [&](const found_content& each) { return each.is(one.content, one.size); });
    if (found == search.results.end()) {
        found_content& added = search.results.emplace_back();
        added.content = one.content;
        added.size = one.size;
        for (const content::share* mine : ctx_.shares.with_content(one.content))
            if (mine->size() == one.size) added.here.push_back(mine->path);
        found = std::prev(search.results.end());
    }
    if (std::find(found->names.begin(), found->names.end(), one.name) == found->names.end())
        found->names.push_back(one.name);
    return *found;
}

void gathering::note_results(search_state& search, std::size_t index) {
    for (const wire::entry& one : search.answers[index].entries) {
        const bool known = std::any_of(search.results.begin(), search.results.end(),
                                       [&](const found_content& each) { return each.is(one.content, one.size); });
        if (!known && search.results.size() >= limits::results_per_search_max) {
            ++ctx_.counts.results_refused;
            continue;
        }
        found_content& result = result_for(search, one);
        if (result.answers.empty() || result.answers.back() != index) result.answers.push_back(index);
    }
}

void gathering::queue_ping(connection& with, session& own, own_search& search) {
    answer& added = search.state.answers[own.answer];
    const auto largest = std::max_element(added.entries.begin(), added.entries.end(),
                                          [](const wire::entry& a, const wire::entry& b) { return a.size < b.size; });
    const bool room = search.pinged < limits::pings_per_search_max && queue_.size() < limits::pings_queued_max;
    if (largest->size == 0 || !room) {
        if (!room) ++ctx_.counts.answers_unpinged;
        conns_.close(with, wire::bye_reason::done, "");
        return forget(with);
    }
    ++search.pinged;
    own.entry = static_cast<std::size_t>(largest - added.entries.begin());
    own.at = step::queued;
    added.ping = ping_state::queued;
    conns_.expect_nothing(with);
    queue_.push_back(with.id);
    next_ping();
}

void gathering::next_ping() {
    while (pinging_ < limits::pings_at_once && !queue_.empty() && !ctx_.stopping) {
        connection* const with = conns_.find(queue_.front());
        queue_.pop_front();
        if (with != nullptr) start_ping(*with, sessions_[with->id]);
    }
}

void gathering::start_ping(connection& with, session& own) {
    own_search* const search = live(own.ticket);
    if (search == nullptr) {
        conns_.finish(with);
        return forget(with);
    }
    answer& target = search->state.answers[own.answer];
    const wire::entry& file = target.entries[own.entry];
    const std::uint64_t bytes_wanted = ctx_.cfg.ping_bytes;
    // R10: an offset that only we pick, so that nobody can have just those bytes at hand.
    const std::uint64_t last = file.size > bytes_wanted ? (file.size - bytes_wanted) / limits::leaf_bytes : 0;
    own.offset = ctx_.chance.below(last + 1) * limits::leaf_bytes;
    own.at = step::pinging;
    own.asked = ctx_.now;
    ++pinging_;
    target.ping = ping_state::running;
    conns_.expect_within(with, ctx_.cfg.times.ping);
    conns_.expect_bulk(with);
    wire::ping said;
    said.id = search->state.id;
    said.content = file.content;
    said.offset = own.offset;
    said.length = static_cast<std::uint32_t>(bytes_wanted);
    conns_.send(with, said);
}

void gathering::take_pong(connection& with, session& own, const wire::pong& said) {
    own_search* const search = live(own.ticket);
    if (search == nullptr) {
        conns_.finish(with);
        return forget(with);
    }
    answer& target = search->state.answers[own.answer];
    const wire::entry& file = target.entries[own.entry];
    const std::uint64_t due = std::min<std::uint64_t>(ctx_.cfg.ping_bytes, file.size - own.offset);
    const bool asked_for = said.id == search->state.id && said.offset == own.offset && said.file_bytes == due &&
                           said.data.size() == ctx_.cfg.ping_bytes;
    const byte_view file_data = said.data.first(std::min<std::size_t>(said.file_bytes, said.data.size()));
    const bool proven =
        asked_for && content::verify_range(file.content, file.size, content::leaves_of(file.size, own.offset, due),
                                           file_data, said.proof);
    if (!proven) {
        conns_.blame(with, limits::ban_points_lie);
        return conns_.violation(with, "PONG that proves nothing");
    }
    const duration took = std::max(ctx_.now - own.asked, duration(1));
    target.ping_time = took;
    target.ping_bytes = static_cast<std::uint32_t>(ctx_.cfg.ping_bytes);
    target.rate_bytes_per_s = static_cast<double>(ctx_.cfg.ping_bytes) / to_seconds(took);  // R10: Y/t
    ++ctx_.counts.pings_verified;
    keep(file.content, own.offset, file_data);
    ctx_.fade_scores();
    ctx_.counts.promotions += award(ctx_.both, with.them, 1.0);  // R2
    ping_over(own, ping_state::done);
    conns_.finish(with);
    forget(with);
}

void gathering::keep(const content_id& content, std::uint64_t offset, byte_view data) {
    kept_.push_back({content, offset, bytes(data.begin(), data.end())});
    kept_bytes_ += data.size();
    while (kept_bytes_ > limits::ping_kept_bytes_max) {
        kept_bytes_ -= kept_.front().data.size();
        kept_.pop_front();
    }
}

void gathering::ping_over(session& own, ping_state how) {
    own_search* const search = live(own.ticket);
    if (own.at == step::pinging) --pinging_;
    own.at = step::await_claim;  // nothing is under way on it any more
    if (search == nullptr) return;
    search->state.answers[own.answer].ping = how;
    if (how == ping_state::failed) ++ctx_.counts.pings_failed;
    ctx_.emit(output::answered{own.ticket, own.answer});
}

void gathering::forget(connection& with) {
    const auto found = sessions_.find(with.id);
    if (found == sessions_.end()) return;
    session& own = found->second;
    if (own.at == step::pinging || own.at == step::queued) ping_over(own, ping_state::failed);
    std::erase(queue_, with.id);
    const search_ticket ticket = own.ticket;
    sessions_.erase(found);
    next_ping();
    if (ticket != 0) finish_if_over(ticket);
}

void gathering::ended(connection& with, const ending&) {
    forget(with);
}

void gathering::overdue(connection& with) {
    ++ctx_.counts.time_limits_hit;
    conns_.close(with, wire::bye_reason::timeout, "waited too long");
    forget(with);
}

void gathering::window_due(search_ticket ticket) {
    if (own_search* const search = live(ticket)) {
        search->window_passed = true;
        finish_if_over(ticket);
    }
}

void gathering::finish_if_over(search_ticket ticket) {
    own_search* const search = live(ticket);
    if (search == nullptr || !search->window_passed) return;
    const bool busy =
        std::any_of(sessions_.begin(), sessions_.end(), [&](const auto& each) { return each.second.ticket == ticket; });
    if (busy) return;
    search->state.lasted = ctx_.now - search->state.begun;
    live_.erase(search->state.id);
    ctx_.emit(output::search_over{ticket});
}

void gathering::stop() {
    while (!sessions_.empty()) {
        connection* const with = conns_.find(sessions_.begin()->first);
        if (with == nullptr) {
            sessions_.erase(sessions_.begin());
            continue;
        }
        conns_.finish(*with);
        forget(*with);
    }
}

}  // namespace mogshare::core
