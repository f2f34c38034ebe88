// R5, R8, R10: what answers hold, and how often they come.

#include "log_rules.hpp"

#include "mogshare/base/limits.hpp"
#include "mogshare/base/sha256.hpp"

#include <set>

namespace mogshare::testing {

namespace {

bool is_secret_of(const wire::nonce_shown& shown, const query_id& id) {
    return id_cast<query_id>(sha256(shown.secret.view())) == id;
}

/// NONCE only to who has claimed that search.
class nonce_rule final : public log_rule {
public:
    explicit nonce_rule(const who_is_who& who) : log_rule("nonce", who) {}

    void take(const travelled& one) override {
        if (const auto* said = std::get_if<wire::claim>(&one.what)) claimed_[one.connection] = said->id;
        const auto* shown = std::get_if<wire::nonce_shown>(&one.what);
        if (shown == nullptr || !who_.honest(one.from)) return;
        const auto claimed = claimed_.find(one.connection);
        if (claimed == claimed_.end() || !is_secret_of(*shown, claimed->second))
            breach(one, "R9: NONCE without the CLAIM of its search");
    }

private:
    std::map<std::uint64_t, query_id> claimed_;
};

/// EXISTE only to who has shown the nonce.
class existe_after_nonce_rule final : public log_rule {
public:
    explicit existe_after_nonce_rule(const who_is_who& who) : log_rule("EXISTE after the nonce", who) {}

    void take(const travelled& one) override {
        if (const auto* shown = std::get_if<wire::nonce_shown>(&one.what)) shown_[one.connection] = *shown;
        const auto* said = std::get_if<wire::existe>(&one.what);
        if (said == nullptr || !who_.honest(one.from)) return;
        const auto shown = shown_.find(one.connection);
        if (shown == shown_.end() || !is_secret_of(shown->second, said->id))
            breach(one, "R9: EXISTE before the nonce was shown");
    }

private:
    std::map<std::uint64_t, wire::nonce_shown> shown_;
};

/// At most one EXISTE a peer and id.
class answered_once_rule final : public log_rule {
public:
    explicit answered_once_rule(const who_is_who& who) : log_rule("answered once", who) {}

    void take(const travelled& one) override {
        const auto* said = std::get_if<wire::existe>(&one.what);
        if (said == nullptr || !who_.honest(one.from)) return;
        if (!answered_.insert({one.from, said->id}).second) breach(one, "R9: a second EXISTE for one search");
    }

private:
    std::set<std::pair<node, query_id>> answered_;
};

/// EXISTE says a level at which the search has come.
class answer_level_rule final : public log_rule {
public:
    explicit answer_level_rule(const who_is_who& who) : log_rule("answer's level", who) {}

    void take(const travelled& one) override {
        if (const auto* search = std::get_if<wire::pesquisa>(&one.what))
            levels_[{one.to, search->id}].insert(search->level);
        const auto* said = std::get_if<wire::existe>(&one.what);
        if (said != nullptr && who_.honest(one.from) && !levels_[{one.from, said->id}].contains(said->level))
            breach(one, "R8: EXISTE with a level at which the search never came");
    }

private:
    std::map<std::pair<node, query_id>, std::set<int>> levels_;
};

/// One ping a peer and search, and eight a search.
class ping_count_rule final : public log_rule {
public:
    explicit ping_count_rule(const who_is_who& who) : log_rule("ping count", who) {}

    void take(const travelled& one) override {
        const auto* said = std::get_if<wire::ping>(&one.what);
        if (said == nullptr || !who_.honest(one.from)) return;
        if (!pinged_.insert({one.to, said->id}).second) breach(one, "R10: a second ping for one peer and search");
        if (++pings_[said->id] > limits::pings_per_search_max) breach(one, "R10: too many pings for one search");
    }

private:
    std::set<std::pair<node, query_id>> pinged_;
    std::map<query_id, std::size_t> pings_;
};

/// Every ping moves the Y bytes that were asked for.
class pong_rule final : public log_rule {
public:
    explicit pong_rule(const who_is_who& who) : log_rule("pong", who) {}

    void take(const travelled& one) override {
        if (const auto* asked = std::get_if<wire::ping>(&one.what)) asked_[one.connection] = asked->length;
        if (!std::holds_alternative<wire::pong>(one.what) || !who_.honest(one.from)) return;
        if (asked_[one.connection] != one.bulk_bytes) breach(one, "R10: a ping that moves not Y bytes");
    }

private:
    std::map<std::uint64_t, std::size_t> asked_;
};

/// An answer to ENTRADA has no more rows than were asked for, each peer once, and not the asker.
class rows_rule final : public log_rule {
public:
    explicit rows_rule(const who_is_who& who) : log_rule("rows", who) {}

    void take(const travelled& one) override {
        if (const auto* asked = std::get_if<wire::entrada>(&one.what)) wanted_[one.connection] = asked->rows_wanted;
        const auto* said = std::get_if<wire::rows>(&one.what);
        if (said == nullptr || !who_.honest(one.from)) return;
        if (!wanted_.contains(one.connection)) return breach(one, "R5: ROWS that nobody asked for");
        if (said->list.size() > wanted_[one.connection]) breach(one, "R5: more rows than were asked for");
        std::set<peer_id> ids;
        for (const wire::row& row : said->list) {
            if (!ids.insert(row.id).second) breach(one, "R5: a peer twice in one answer");
            if (who_.node_of(row.id) == one.to) breach(one, "R5: the asker's own row");
        }
    }

private:
    std::map<std::uint64_t, std::size_t> wanted_;
};

}  // namespace

void add_answer_rules(std::vector<std::unique_ptr<log_rule>>& to, const who_is_who& who) {
    to.push_back(std::make_unique<nonce_rule>(who));
    to.push_back(std::make_unique<existe_after_nonce_rule>(who));
    to.push_back(std::make_unique<answered_once_rule>(who));
    to.push_back(std::make_unique<answer_level_rule>(who));
    to.push_back(std::make_unique<ping_count_rule>(who));
    to.push_back(std::make_unique<pong_rule>(who));
    to.push_back(std::make_unique<rows_rule>(who));
}

}  // namespace mogshare::testing
