#include "answering.hpp"

#include "mogshare/base/sha256.hpp"

#include <algorithm>
#include <utility>

namespace mogshare::core {

std::optional<conn_id> answering::session_of_crowd(const cause& by) const {
    std::map<cause, std::pair<std::size_t, conn_id>> of;  // how many, and the oldest
    for (const auto& [id, each] : sessions_) {
        auto& [count, oldest] = of[each.by];
        if (count++ == 0) oldest = id;
    }
    const auto most = std::max_element(of.begin(), of.end(),
                                       [](const auto& a, const auto& b) { return a.second.first < b.second.first; });
    if (most == of.end() || most->second.first <= of[by].first + 1) return std::nullopt;
    return most->second.second;
}

void answering::give_way(conn_id which) {
    ++ctx_.counts.answers_given_up;
    connection* const with = conns_.find(which);
    if (with == nullptr) return;
    conns_.close(*with, wire::bye_reason::full, "too many answers at once");
    ended(*with,
          {"too many answers at once", std::nullopt, false, true});  // for want of our room: no failure of theirs
}

void answering::begin(const wire::pesquisa& to, const connection& from,
                      const std::vector<const content::share*>& shares) {
    const cause by{ctx_.owner_of(from.remote.address), from.them == to.origin_id ? said_by::itself : said_by::others};
    const bool full = sessions_.size() >= most();
    const auto crowded = full ? session_of_crowd(by) : std::nullopt;
    if (full && !crowded) {
        ++ctx_.counts.answers_refused;
        return;
    }
    if (!told(by).allows(by.first, ctx_.now)) {
        ++ctx_.counts.dials_refused_neighbour;
        return;
    }
    if (!ctx_.may_dial(to.origin, by.second)) return;
    if (crowded) give_way(*crowded);
    connection* const with = conns_.dial(to.origin, wire::purpose::answer, to.origin_id);
    if (with == nullptr) {
        ++ctx_.counts.answers_refused;
        return ctx_.dials.taken_back(to.origin, by.second, ctx_.now);
    }
    ++ctx_.counts.searches_answered;
    told(by).spend(by.first, ctx_.now);
    session& own = sessions_[with->id];
    own.id = to.id;
    own.by = by;
    own.level = to.level;
    own.matches = static_cast<std::uint32_t>(shares.size());
    for (std::size_t at = 0; at < std::min(shares.size(), limits::entries_max); ++at) {
        const content::share& file = *shares[at];
        own.entries.push_back({file.path, file.size(), file.content, file.size()});
    }
    conns_.send(*with, wire::claim{to.id});  // waits for the connection; nothing else is said before the nonce is shown
}

void answering::opened(connection& with) {
    conns_.expect_within(with, ctx_.cfg.times.nonce);
}

void answering::message(connection& with, wire::message& said) {
    const auto found = sessions_.find(with.id);
    if (found == sessions_.end()) return;
    session& own = found->second;
    const auto* nonce = std::get_if<wire::nonce_shown>(&said);
    if (nonce != nullptr && own.at == step::await_nonce) return take_nonce(with, own, *nonce);
    const auto* ping = std::get_if<wire::ping>(&said);
    if (ping != nullptr && own.at == step::await_ping) return take_ping(with, own, *ping);
    conns_.violation(with, "not a message for a holder that answers");
}

void answering::take_nonce(connection& with, session& own, const wire::nonce_shown& said) {
    if (id_cast<query_id>(sha256(said.secret.view())) != own.id)
        return conns_.violation(with, "the nonce is not the one behind the query id");
    own.wanted = true;
    ctx_.dials.wanted(with.remote, own.by.second, ctx_.now);
    told(own.by).give_back(own.by.first, ctx_.now);
    wire::existe answer;
    answer.id = own.id;
    answer.level = static_cast<std::uint8_t>(own.level);
    answer.slots_free = load_.slots_free();
    answer.queue = static_cast<std::uint16_t>(std::min<std::size_t>(load_.active(), 0xffff));
    answer.matches = own.matches;
    answer.entries = own.entries;
    own.at = step::await_ping;
    conns_.expect_within(with, ctx_.cfg.times.ping_wait);
    conns_.send(with, answer);
}

void answering::take_ping(connection& with, session& own, const wire::ping& said) {
    const auto offered = std::find_if(own.entries.begin(), own.entries.end(),
                                      [&](const wire::entry& one) { return one.content == said.content; });
    if (said.id != own.id || offered == own.entries.end() || said.offset >= offered->size)
        return conns_.violation(with, "PING for something that was not offered");
    // Only whole leaves can be proven, or what reaches the end of the file.
    if (said.length % limits::leaf_bytes != 0 && said.length < offered->size - said.offset)
        return conns_.violation(with, "PING that ends within a leaf");
    own.asked = said;
    own.path = offered->name;
    own.place = counted_as(with.remote.address);
    own.at = step::await_turn;
    turns_.push_back(with.id);
    conns_.expect_nothing(with);
    next_turn();
}

std::size_t answering::pongs() const {
    return static_cast<std::size_t>(std::count_if(sessions_.begin(), sessions_.end(), [](const auto& each) {
        return each.second.at == step::reading || each.second.at == step::sending;
    }));
}

// A PONG holds Y bytes in memory until it has left: only so many at once.
void answering::next_turn() {
    while (pongs() < limits::pongs_at_once) {
        const auto next = whose_turn();
        if (!next) return;
        std::erase(turns_, *next);
        session& own = sessions_.at(*next);
        place_turns_[own.place] = cause_turns_[own.by] = ++last_turn_;
        if (connection* const with = conns_.find(*next)) start_reading(*with, own);
    }
}

std::optional<conn_id> answering::whose_turn() const {
    std::map<host, std::size_t> pongs_to;
    for (const auto& [id, each] : sessions_)
        if (each.at == step::reading || each.at == step::sending) ++pongs_to[each.place];
    const auto last_of = [](const auto& turns, const auto& whose) {
        const auto found = turns.find(whose);
        return found == turns.end() ? std::uint64_t{0} : found->second;
    };
    std::optional<conn_id> first;
    std::pair<std::uint64_t, std::uint64_t> longest_ago;
    for (const conn_id id : turns_) {
        const session& own = sessions_.at(id);
        if (pongs_to[own.place] >= limits::pongs_per_host_max) continue;
        const std::pair last{last_of(place_turns_, own.place), last_of(cause_turns_, own.by)};
        if (first && last >= longest_ago) continue;
        first = id;
        longest_ago = last;
    }
    return first;
}

void answering::forget_turns(const session& of) {
    const auto any = [&](auto same) { return std::any_of(sessions_.begin(), sessions_.end(), same); };
    if (!any([&](const auto& each) { return each.second.place == of.place; })) place_turns_.erase(of.place);
    if (!any([&](const auto& each) { return each.second.by == of.by; })) cause_turns_.erase(of.by);
}

void answering::start_reading(connection& with, session& own) {
    const content::share* const file = ctx_.shares.by_path(own.path);
    if (file == nullptr || file->content != own.asked.content || own.asked.offset >= file->size()) {
        conns_.close(with, wire::bye_reason::done, "that file has just gone");
        return ended(with, {});
    }
    const wire::ping& said = own.asked;
    own.at = step::reading;
    own.job = ++ctx_.last_job;
    own.stamp = file->stamp;
    jobs_[own.job] = with.id;
    const auto file_bytes =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(said.length, file->size() - said.offset));
    ctx_.emit(output::prove_range{own.job, file->path, file->stamp, file->layer, said.offset, file_bytes});
}

bool answering::take(input::range_proven& in) {
    const auto job = jobs_.find(in.job);
    if (job == jobs_.end()) return false;
    const auto own = sessions_.find(job->second);
    connection* const with = conns_.find(job->second);
    jobs_.erase(job);
    if (with == nullptr || own == sessions_.end()) return true;
    if (!in.value || in.value->data.size() > own->second.asked.length) {
        if (!in.value && in.gone) ctx_.withdraw(own->second.path, own->second.stamp);
        conns_.close(*with, wire::bye_reason::done, "that file cannot be read now");
        ended(*with, {});
        return true;
    }
    send_pong(*with, own->second, std::move(*in.value));
    return true;
}

void answering::send_pong(connection& with, session& own, input::range_proven::proven value) {
    const std::size_t file_bytes = value.data.size();
    value.data.resize(own.asked.length);  // R10: every ping moves Y bytes
    ctx_.chance.fill(std::span(value.data).subspan(file_bytes));
    const shared_bytes whole(std::move(value.data));
    wire::pong said;
    said.id = own.id;
    said.offset = own.asked.offset;
    said.file_bytes = static_cast<std::uint32_t>(file_bytes);
    said.proof = std::move(value.proof);
    said.data = whole.view();
    own.at = step::sending;
    ++ctx_.counts.pings_served;
    ctx_.counts.uploaded_bytes += file_bytes;
    gate_.send(with, shared_bytes(wire::encode_head(said)));
    gate_.send(with, whole);
    conns_.expect_within(with, ctx_.cfg.times.ping);
}

void answering::drained(connection& with) {
    const auto found = sessions_.find(with.id);
    if (found == sessions_.end() || found->second.at != step::sending) return;
    if (with.queued_bytes() > 0) return;
    conns_.finish(with);  // R8: the ping is answered, the holder closes the socket
    ended(with, {});
}

void answering::ended(connection& with, const ending& why) {
    const auto found = sessions_.find(with.id);
    if (found == sessions_.end()) return;
    if (!found->second.wanted) {
        const bool says_nothing = why.ours || ctx_.stopping;
        const said_by word = found->second.by.second;
        says_nothing ? ctx_.dials.taken_back(with.remote, word, ctx_.now)
                     : ctx_.dials.failed(with.remote, word, ctx_.now);
        if (says_nothing) told(found->second.by).give_back(found->second.by.first, ctx_.now);
    }
    jobs_.erase(found->second.job);
    const session gone = std::move(sessions_.extract(found).mapped());
    std::erase(turns_, with.id);
    forget_turns(gone);
    gate_.forget(with.id);
    if (!ctx_.stopping) next_turn();
}

void answering::overdue(connection& with) {
    ++ctx_.counts.time_limits_hit;
    conns_.close(with, wire::bye_reason::timeout, "waited too long");
    ended(with, {});
}

void answering::stop() {
    while (!sessions_.empty()) {
        connection* const with = conns_.find(sessions_.begin()->first);
        if (with == nullptr) {
            sessions_.erase(sessions_.begin());
            continue;
        }
        conns_.finish(*with);
        ended(*with, {});
    }
}

}  // namespace mogshare::core
