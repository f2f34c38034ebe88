// R9: how searches travel.

#include "log_rules.hpp"

#include "mogshare/core/settings.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace mogshare::testing {

namespace {

/// The originator sends level 1 and no host, and nobody sends a level beyond its limit.
class search_origin_rule final : public log_rule {
public:
    explicit search_origin_rule(const who_is_who& who) : log_rule("search origin", who) {}

    void take(const travelled& one) override {
        const auto* said = std::get_if<wire::pesquisa>(&one.what);
        if (said == nullptr || !who_.honest(one.from)) return;
        if (said->level < 1 || said->level > who_.depths.at(one.from))
            return breach(one, "R9: a search beyond the depth limit");
        if (who_.node_of(said->origin_id) != one.from) return;
        if (said->level != 1) breach(one, "R9: the originator sends level 1");
        if (said->origin.address.known()) breach(one, "R9: the originator says no host");
    }
};

/// The level is the hop: the sender has had the search with one less. (Who has just been started again has forgotten earlier
/// copies, and may pass on a later one.)
class search_level_rule final : public log_rule {
public:
    explicit search_level_rule(const who_is_who& who) : log_rule("search level", who) {}

    void take(const travelled& one) override {
        const auto* said = std::get_if<wire::pesquisa>(&one.what);
        if (said == nullptr) return;
        const bool own = who_.node_of(said->origin_id) == one.from;
        if (who_.honest(one.from) && !own && !levels_[{one.from, said->id}].contains(said->level - 1))
            breach(one, "R9: a level that is not the hop");
        levels_[{one.to, said->id}].insert(said->level);
    }

private:
    std::map<std::pair<node, query_id>, std::set<int>> levels_;
};

/// Never back to where it came from, nor to its originator.
class search_back_rule final : public log_rule {
public:
    explicit search_back_rule(const who_is_who& who) : log_rule("search back", who) {}

    void take(const travelled& one) override {
        const auto* said = std::get_if<wire::pesquisa>(&one.what);
        if (said == nullptr) return;
        if (who_.honest(one.from)) judge(one, *said);
        copies_[{one.to, said->id}].insert({one.from, said->level});
    }

private:
    void judge(const travelled& one, const wire::pesquisa& said) {
        if (who_.node_of(said.origin_id) == one.to) breach(one, "R9: a search sent to its originator");
        // Of the copies that it may have passed on here, one came from elsewhere.
        bool came = false;
        for (const auto& [from, level] : copies_[{one.from, said.id}]) {
            if (level != said.level - 1) continue;
            if (from != one.to) return;
            came = true;
        }
        if (came) breach(one, "R9: a search sent back to where it came from");
    }
    std::map<std::pair<node, query_id>, std::set<std::pair<node, int>>> copies_;
};

/// Sent on at the first copy, and again only at a strictly lower level: to no neighbour twice at one level. (When the link of a
/// pair changes, two copies may overtake each other: in which order they arrive says nothing. Copies that were held up for longer
/// than ids are remembered meet peers that have forgotten them.)
class search_again_rule final : public log_rule {
public:
    explicit search_again_rule(const who_is_who& who) : log_rule("search again", who) {}

    void take(const travelled& one) override {
        const auto* said = std::get_if<wire::pesquisa>(&one.what);
        if (said == nullptr || !who_.honest(one.from)) return;
        const time_point first = first_seen_.try_emplace(said->id, one.at).first->second;
        const bool fresh = sent_.insert({one.from, one.to, said->id, said->level}).second;
        if (!fresh && one.at - first < remembered && !began_again(one.from, first))
            breach(one, "R9: a search sent again to the same neighbour, at no lower level");
    }

private:
    bool began_again(node who, time_point since) const {
        const auto lives = who_.beginnings.find(who);
        return lives != who_.beginnings.end() &&
               std::any_of(lives->second.begin(), lives->second.end(), [&](time_point at) { return at >= since; });
    }
    static constexpr duration remembered = core::time_limits{}.seen;
    std::map<query_id, time_point> first_seen_;
    std::set<std::tuple<node, node, query_id, int>> sent_;
};

/// By true distance, counted in hops as the copies travelled and not by what they say of themselves: nobody farther than the
/// limit answers a search, and nobody as far as the limit passes it on. Searches that a scripted node has had a hand in say
/// what they like, and are left out.
class search_reach_rule final : public log_rule {
public:
    explicit search_reach_rule(const who_is_who& who) : log_rule("search reach", who) {}

    void take(const travelled& one) override {
        if (const auto* said = std::get_if<wire::pesquisa>(&one.what)) travels(one, *said);
        if (const auto* said = std::get_if<wire::claim>(&one.what)) answers(one, *said);
    }

private:
    struct flood {
        std::map<node, int> hops;
        bool forged = false;
    };

    void travels(const travelled& one, const wire::pesquisa& said) {
        const auto origin = who_.node_of(said.origin_id);
        flood& of = floods_[said.id];
        of.forged = of.forged || !origin || !who_.honest(one.from);
        if (of.forged) return;
        of.hops.try_emplace(*origin, 0);
        const auto from = of.hops.find(one.from);
        if (from == of.hops.end()) return breach(one, "R9: a search passed on by a peer that it never reached");
        if (from->second >= who_.depths.at(one.from))
            breach(one, "R9: a search passed on by a peer " + std::to_string(from->second) + " hops away");
        const int there = from->second + 1;
        const auto to = of.hops.try_emplace(one.to, there).first;
        to->second = std::min(to->second, there);
    }

    void answers(const travelled& one, const wire::claim& said) {
        const auto found = floods_.find(said.id);
        if (!who_.honest(one.from) || (found != floods_.end() && found->second.forged)) return;
        if (found == floods_.end() || !found->second.hops.contains(one.from))
            return breach(one, "R9: a search answered by a peer that it never reached");
        const int away = found->second.hops.at(one.from);
        if (away > who_.depths.at(one.from))
            breach(one, "R9: a search answered by a peer " + std::to_string(away) + " hops away");
    }

    std::map<query_id, flood> floods_;
};

}  // namespace

void add_search_rules(std::vector<std::unique_ptr<log_rule>>& to, const who_is_who& who) {
    to.push_back(std::make_unique<search_origin_rule>(who));
    to.push_back(std::make_unique<search_level_rule>(who));
    to.push_back(std::make_unique<search_back_rule>(who));
    to.push_back(std::make_unique<search_again_rule>(who));
    to.push_back(std::make_unique<search_reach_rule>(who));
}

}  // namespace mogshare::testing
