#include "message_log.hpp"

#include "mogshare/base/limits.hpp"
#include "mogshare/base/sha256.hpp"

#include <set>

namespace mogshare::testing {

void message_log::take(const wire_event& seen, time_point now) {
    if (seen.what == wire_event::kind::opened) {
        opened_[seen.connection] = {seen.from, wire::purpose{}};
        return;
    }
    if (seen.what != wire_event::kind::data) return;
    stream& of = streams_[{seen.connection, seen.from}];
    if (of.lost) return;
    of.frames.feed(seen.data);
    for (;;) {
        const auto next = of.frames.next();
        if (!next) of.lost = true;
        if (!next || !*next) return;
        take_frame(seen, of, **next, now);
        if (of.lost) return;
    }
}

void message_log::take_frame(const wire_event& seen, stream& from, const wire::frame& frame, time_point now) {
    auto decoded = wire::decode(frame.type, frame.payload);
    if (!decoded) {
        from.lost = true;
        return;
    }
    travelled one;
    one.at = now;
    one.from = seen.from;
    one.to = seen.to;
    one.connection = seen.connection;
    one.what = std::move(*decoded);
    auto& [dialler, why] = opened_[seen.connection];
    if (const auto* hello = std::get_if<wire::hello>(&one.what); hello != nullptr && dialler == seen.from)
        why = hello->why;
    one.why = why;
    const auto leave_out_bulk = [&](auto& bulky) {
        one.bulk_bytes = bulky.data.size();
        bulky.data = {};
    };
    if (auto* pong = std::get_if<wire::pong>(&one.what)) leave_out_bulk(*pong);
    if (auto* piece = std::get_if<wire::piece>(&one.what)) leave_out_bulk(*piece);
    all_.push_back(std::move(one));
}

std::map<node, int> message_log::reach(const query_id& search) const {
    std::map<node, int> lowest;
    for (const travelled* one : of_type<wire::pesquisa>()) {
        const auto& said = std::get<wire::pesquisa>(one->what);
        if (said.id != search) continue;
        const auto [known, fresh] = lowest.try_emplace(one->to, said.level);
        if (!fresh) known->second = std::min(known->second, int{said.level});
    }
    return lowest;
}

std::map<int, std::size_t> message_log::frames_by_level(const query_id& search) const {
    std::map<int, std::size_t> counts;
    for (const travelled* one : of_type<wire::pesquisa>()) {
        const auto& said = std::get<wire::pesquisa>(one->what);
        if (said.id == search) ++counts[said.level];
    }
    return counts;
}

namespace {

/// Walks the log once and remembers what the rules refer to.
class judge {
public:
    judge(const message_log& log, const log_rules& who) : log_(log), who_(who) {}

    std::vector<std::string> verdict() {
        for (const travelled& one : log_.all()) {
            if (const auto* said = std::get_if<wire::pesquisa>(&one.what)) search(one, *said);
            if (const auto* said = std::get_if<wire::claim>(&one.what)) claimed_[one.connection] = said->id;
            if (const auto* said = std::get_if<wire::nonce_shown>(&one.what)) shown(one, *said);
            if (const auto* said = std::get_if<wire::existe>(&one.what)) existe(one, *said);
            if (const auto* said = std::get_if<wire::ping>(&one.what)) ping(one, *said);
            if (const auto* said = std::get_if<wire::pong>(&one.what)) pong(one, *said);
            if (const auto* said = std::get_if<wire::rows>(&one.what)) rows(one, *said);
        }
        return std::move(broken_);
    }

private:
    struct copy {
        node from = 0;
        int level = 0;
    };

    bool honest(node who) const { return who < who_.honest.size() && who_.honest[who]; }
    void broken(const travelled& by, const std::string& rule) {
        broken_.push_back("node " + std::to_string(by.from) + " to node " + std::to_string(by.to) + ": " + rule);
    }

    void search(const travelled& one, const wire::pesquisa& said) {
        std::vector<copy>& had = copies_[{one.to, said.id}];
        if (honest(one.from)) judge_search(one, said);
        had.push_back({one.from, said.level});
    }

    void judge_search(const travelled& one, const wire::pesquisa& said) {
        if (said.level < 1 || said.level > who_.depth) return broken(one, "R9: a search beyond the depth limit");
        const auto origin = who_.nodes.find(said.origin_id);
        if (origin != who_.nodes.end() && origin->second == one.to) broken(one, "R9: a search sent to its originator");
        if (origin != who_.nodes.end() && origin->second == one.from) {
            if (said.level != 1) broken(one, "R9: the originator sends level 1");
            if (said.origin.address.known()) broken(one, "R9: the originator says no host");
            return;
        }
        // The level is the hop: the sender has had it with one less, and from another than whom it sends it to. (Who has
        // just been started again has forgotten earlier copies, and may pass on a later one.)
        bool heard = false;
        for (const copy& earlier : copies_[{one.from, said.id}]) {
            if (earlier.level != said.level - 1) continue;
            if (earlier.from != one.to) return;
            heard = true;
        }
        if (heard) return broken(one, "R9: a search sent back to where it came from");
        broken(one, "R9: a level that is not the hop");
    }

    void shown(const travelled& one, const wire::nonce_shown& said) {
        const auto claimed = claimed_.find(one.connection);
        const bool right =
            claimed != claimed_.end() && id_cast<query_id>(sha256(said.secret.view())) == claimed->second;
        if (honest(one.from) && !right) broken(one, "R9: NONCE without the CLAIM of its search");
        if (right) shown_.insert({one.connection, claimed->second});
    }

    void existe(const travelled& one, const wire::existe& said) {
        if (!honest(one.from)) return;
        if (!shown_.contains({one.connection, said.id})) broken(one, "R9: EXISTE before the nonce was shown");
        if (!answered_.insert({one.from, said.id}).second) broken(one, "R9: a second EXISTE for one search");
        const auto had = copies_.find({one.from, said.id});
        bool heard = false;
        if (had != copies_.end())
            for (const copy& each : had->second) heard = heard || each.level == said.level;
        if (!heard) broken(one, "R8: EXISTE with a level at which the search never came");
    }

    void ping(const travelled& one, const wire::ping& said) {
        asked_[one.connection] = said.length;
        if (!honest(one.from)) return;
        if (!pinged_.insert({one.to, said.id}).second) broken(one, "R10: a second ping for one peer and search");
        if (++pings_[said.id] > limits::pings_per_search_max) broken(one, "R10: too many pings for one search");
    }

    void pong(const travelled& one, const wire::pong&) {
        if (honest(one.from) && asked_[one.connection] != one.bulk_bytes)
            broken(one, "R10: a ping that moves not Y bytes");
    }

    void rows(const travelled& one, const wire::rows& said) {
        if (!honest(one.from)) return;
        std::set<peer_id> ids;
        for (const wire::row& row : said.list) {
            if (!ids.insert(row.id).second) broken(one, "R5: a peer twice in one answer");
            const auto known = who_.nodes.find(row.id);
            if (known != who_.nodes.end() && known->second == one.to) broken(one, "R5: the asker's own row");
        }
    }

    const message_log& log_;
    const log_rules& who_;
    std::vector<std::string> broken_;
    std::map<std::pair<node, query_id>, std::vector<copy>> copies_;
    std::map<std::uint64_t, query_id> claimed_;
    std::set<std::pair<std::uint64_t, query_id>> shown_;
    std::set<std::pair<node, query_id>> answered_;
    std::set<std::pair<node, query_id>> pinged_;
    std::map<query_id, std::size_t> pings_;
    std::map<std::uint64_t, std::size_t> asked_;
};

}  // namespace

std::vector<std::string> broken_rules(const message_log& log, const log_rules& who) {
    return judge(log, who).verdict();
}

}  // namespace mogshare::testing
