#include "context.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mogshare::core {

context::context(identity who, const settings& chosen, random_source source)
    : self(who),
      cfg(chosen),
      budget(budgets_of(chosen)),
      accepts(chosen.profile == network_profile::internet ? limits::internet_accepts : limits::lan_accepts),
      chance(std::move(source)),
      dials(budget, chosen.times.silence, chosen.profile == network_profile::internet),
      banned_peers(limits::ban_points, chosen.times.ban_half_life, limits::bans_max),
      banned_hosts(budget.ban_points_host, chosen.times.ban_half_life, limits::bans_max),
      banned_networks(limits::ban_block_hosts * budget.ban_points_host, chosen.times.ban_half_life, limits::bans_max) {
    both.owner = self.id;
    both.primary.capacity = cfg.primary_rows;
    both.secondary.capacity = cfg.secondary_rows;
    both.scored_share = cfg.scored_share;
    both.rows_per_block = budget.rows_per_block;
    both.least = cfg.profile == network_profile::internet ? scope::global : scope::loopback;
    hash_seed = chance.next();
}

void context::notice(notice_kind kind, std::string text) {
    std::uint64_t& left_out = notices_left_out_.at(static_cast<std::size_t>(kind));
    if (!notices_.take(kind, now)) {
        ++left_out;
        return;
    }
    if (left_out > 0) text += fmt::format(" (and {} more before, of which nothing was said)", left_out);
    left_out = 0;
    emit(output::notice{std::move(text)});
}

void context::fade_scores() {
    if (faded_at_) fade(both, now - *faded_at_, cfg.score_half_life);
    faded_at_ = now;
}

void context::store_met(const peer_id& id, const endpoint& at, table_choice wanted) {
    store_or_wait({id, {at}, {}}, wanted);
}

void context::store_told(const peer_id& id, const std::vector<endpoint>& addresses, const peer_id& by,
                         table_choice wanted) {
    store_or_wait({id, addresses, by}, wanted);
}

void context::store_or_wait(newcomer whom, table_choice wanted) {
    switch (store(both, whom, wanted)) {
        case stored::added:
        case stored::known: return;
        case stored::refused: ++counts.rows_refused; return;
        case stored::full: break;
    }
    ++counts.rows_without_room;
    if (!waits_for_room && weakest_row(both) != nullptr) waits_for_room = std::move(whom);
}

bool context::may_dial(const endpoint& to, said_by whose_word) {
    if (scope_of(to.address) < both.least) {
        ++counts.dials_refused_scope;
        return false;
    }
    switch (dials.ask(to, whose_word, now)) {
        case dial_verdict::allowed: return true;
        case dial_verdict::silence: ++counts.dials_refused_silence; break;
        case dial_verdict::host: ++counts.dials_refused_host; break;
        case dial_verdict::block: ++counts.dials_refused_block; break;
        case dial_verdict::all: ++counts.dials_refused_all; break;
    }
    return false;
}

void context::blame(const std::optional<peer_id>& who, const host& from, double points) {
    if (who && banned_peers.note(*who, points, now)) {
        ++counts.bans;
        notice(notice_kind::banned_peer,
               "left alone for a while, since it broke the rules too often: " + short_hex(*who));
    }
    const auto closed_to = [&](const host& where, int bits) {
        ++counts.bans;
        notice(notice_kind::banned_host,
               fmt::format("no connections for a while from {}{}, where too many broke the rules", to_string(where),
                           bits > 0 ? fmt::format("/{}", bits) : ""));
    };
    const bool v4 = counted_as(from).is == host::family::v4;
    if (banned_hosts.note(counted_as(from), points, now)) closed_to(counted_as(from), v4 ? 0 : 64);
    if (cfg.profile == network_profile::internet && banned_networks.note(counted_network(from), points, now))
        closed_to(counted_network(from), v4 ? 24 : 48);
}

host context::owner_of(const host& address) const {
    return cfg.profile == network_profile::internet ? counted_network(address) : counted_as(address);
}

bool context::banned(const host& from) {
    return banned_hosts.banned(counted_as(from), now) || banned_networks.banned(counted_network(from), now);
}

void context::count_forgotten() {
    counts.dial_records_forgotten = dials.forgotten();
    counts.bans_forgotten = banned_peers.forgotten() + banned_hosts.forgotten() + banned_networks.forgotten();
}

void context::withdraw(const std::string& path, const content::file_stamp& as_read) {
    const content::share* const now_there = shares.by_path(path);
    if (now_there == nullptr || now_there->stamp != as_read) return;
    shares.remove(path);
    emit(output::share_withdrawn{path});
}

}  // namespace mogshare::core
