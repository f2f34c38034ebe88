#include "connections.hpp"

#include <algorithm>
#include <iterator>

// Whom this peer lets in, and who gives way to a newcomer: nobody may hold all the places by holding many.

namespace mogshare::core {

namespace {

std::size_t count_of(const std::map<host, std::size_t>& counts, const host& key) {
    const auto found = counts.find(key);
    return found == counts.end() ? 0 : found->second;
}

void take_one(std::map<host, std::size_t>& counts, const host& key) {
    const auto found = counts.find(key);
    if (--found->second == 0) counts.erase(found);
}

/// Those that have the key which most of them have; where two have as many, the one that was there first. Their order stays.
std::vector<connection*> crowd(const std::vector<connection*>& all, host (*key_of)(const host&)) {
    std::map<host, std::size_t> counts;
    for (const connection* each : all) ++counts[key_of(each->remote.address)];
    const auto first = std::max_element(all.begin(), all.end(), [&](const connection* a, const connection* b) {
        return counts.at(key_of(a->remote.address)) < counts.at(key_of(b->remote.address));
    });
    std::vector<connection*> found;
    std::copy_if(first, all.end(), std::back_inserter(found), [&](const connection* each) {
        return key_of(each->remote.address) == key_of((*first)->remote.address);
    });
    return found;
}

}  // namespace

void connections::count_in(const connection& which) {
    ++of_host_[counted_as(which.remote.address)];
    ++of_block_[counted_network(which.remote.address)];
    host_rate_.spend(counted_as(which.remote.address), ctx_.now);
    block_rate_.spend(counted_network(which.remote.address), ctx_.now);
    ++ctx_.counts.connections_accepted;
}

void connections::count_out(const connection& which) {
    take_one(of_host_, counted_as(which.remote.address));
    take_one(of_block_, counted_network(which.remote.address));
}

bool connections::admit(const host& from) {
    std::uint64_t* const refused = obstacle(from);
    if (refused != nullptr) ++*refused;
    return refused == nullptr;
}

std::uint64_t* connections::obstacle(const host& from) {
    counters& counts = ctx_.counts;
    const host one = counted_as(from);
    const host network = counted_network(from);
    const auto same_host = [&](const host& each) { return counted_as(each) == one; };
    const auto same_network = [&](const host& each) { return counted_network(each) == network; };
    if (ctx_.banned(from)) return &counts.connections_refused_banned;
    if (comes_too_often(from)) return &counts.connections_refused_rate;
    if (count_of(of_host_, one) >= ctx_.budget.connections_per_host && !evict_oldest(same_host))
        return &counts.connections_refused_host;
    if (count_of(of_block_, network) >= ctx_.budget.connections_per_block && !evict_oldest(same_network))
        return &counts.connections_refused_block;
    if (half_open_ >= half_open_max()) {
        evict_of_crowd();
    } else if (live() >= accepted_max() && !evict_idle_link()) {
        if (half_open_ == 0) return &counts.connections_refused;
        evict_of_crowd();
    }
    return nullptr;
}

/// The network is asked first: who has many hosts there must not fill the memory of hosts with them.
bool connections::comes_too_often(const host& from) {
    return !block_rate_.allows(counted_network(from), ctx_.now) || !host_rate_.allows(counted_as(from), ctx_.now);
}

template <class From>
bool connections::evict_oldest(From from) {
    for (const auto& [id, each] : all_) {
        if (!each->half_open() || !from(each->remote.address)) continue;
        ++ctx_.counts.half_open_evicted;
        vanish(*each);
        return true;
    }
    return false;
}

/// Whoever opens many and says nothing pushes out its own; who has only one from its network, or its host there, is the last to go.
void connections::evict_of_crowd() {
    std::vector<connection*> half_open;  // oldest first
    for (const auto& [id, each] : all_)
        if (each->half_open()) half_open.push_back(each.get());
    ++ctx_.counts.half_open_evicted;
    vanish(*crowd(crowd(half_open, counted_network), counted_as).front());
}

bool connections::idle_link(const connection& which) const {
    const bool link = !which.dialled && which.state == conn_state::open && which.why == wire::purpose::link;
    if (!link || ctx_.now - which.last_said < limits::link_idle) return false;
    const table_row* const row = core::find(ctx_.both, which.them);
    return row == nullptr || row->score <= 0;
}

bool connections::evict_idle_link() {
    connection* idlest = nullptr;
    std::pair<std::size_t, std::size_t> most;  // connections of its network, and of its host
    for (const auto& [id, each] : all_) {
        if (!each->live() || each->dialled) continue;
        const std::pair crowd{count_of(of_block_, counted_network(each->remote.address)),
                              count_of(of_host_, counted_as(each->remote.address))};
        const bool longer = crowd == most && each->last_said < idlest->last_said;
        if ((crowd <= most && !longer) || !idle_link(*each)) continue;
        idlest = each.get();
        most = crowd;
    }
    if (idlest == nullptr) return false;
    ++ctx_.counts.idle_links_evicted;
    refuse(*idlest, wire::bye_reason::full, "others need the place, and nothing was said on this link for long",
           "gave way to a newcomer, since nothing was said on it for long");
    return true;
}

}  // namespace mogshare::core
