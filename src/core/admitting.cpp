#include "connections.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <tuple>

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

std::uint64_t one_each(const connection&) {
    return 1;
}

/// Those whose key weighs most, all with it together; where two weigh as much, the one that was there first. Their order stays.
std::vector<connection*> crowd(const std::vector<connection*>& all, host (*key_of)(const host&),
                               std::uint64_t (*weight)(const connection&)) {
    std::map<host, std::uint64_t> sums;
    for (const connection* each : all) sums[key_of(each->remote.address)] += weight(*each);
    const auto first = std::max_element(all.begin(), all.end(), [&](const connection* a, const connection* b) {
        return sums.at(key_of(a->remote.address)) < sums.at(key_of(b->remote.address));
    });
    std::vector<connection*> found;
    std::copy_if(first, all.end(), std::back_inserter(found), [&](const connection* each) {
        return key_of(each->remote.address) == key_of((*first)->remote.address);
    });
    return found;
}

/// Of the network that weighs most, and of the host there that does.
std::vector<connection*> crowd_of_host(const std::vector<connection*>& all,
                                       std::uint64_t (*weight)(const connection&)) {
    return crowd(crowd(all, counted_network, weight), counted_as, weight);
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
    const auto same_owner = [&](const host& each) { return ctx_.owner_of(each) == ctx_.owner_of(from); };
    if (ctx_.banned(from)) return &counts.connections_refused_banned;
    if (comes_too_often(from)) return &counts.connections_refused_rate;
    if (count_of(of_host_, one) >= ctx_.budget.connections_per_host && !evict_oldest(same_host))
        return &counts.connections_refused_host;
    if (count_of(of_block_, network) >= ctx_.budget.connections_per_block && !evict_oldest(same_network))
        return &counts.connections_refused_block;
    if (half_open_ >= half_open_max()) {
        evict_of_crowd();
    } else if (live() >= accepted_max()) {
        // Who only knocks, however often, takes the places of a few that stand, and then those of its own.
        const bool knocks = half_open_of(same_owner) >= limits::half_open_of_owner;
        if (knocks ? evict_oldest(same_owner) : evict_idle_link() || evict_of_larger_crowd(from)) return nullptr;
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
std::size_t connections::half_open_of(From from) const {
    return static_cast<std::size_t>(std::count_if(all_.begin(), all_.end(), [&](const auto& each) {
        return each.second->half_open() && from(each.second->remote.address);
    }));
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
    vanish(*crowd_of_host(half_open, one_each).front());
}

bool connections::idle_link(const connection& which) const {
    const bool link = !which.dialled && which.state == conn_state::open && which.why == wire::purpose::link;
    if (!link || ctx_.now - which.last_said < limits::link_idle) return false;
    return !has_points(which.them);
}

bool connections::has_points(const peer_id& who) const {
    const table_row* const row = core::find(ctx_.both, who);
    return row != nullptr && row->score > 0;
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

/// Of a crowd that is larger than the newcomer's own, with the newcomer in it: else two would push each other out for ever. A link before
/// what brings a file or an answer, and then the one that said nothing for longest.
bool connections::evict_of_larger_crowd(const host& newcomer) {
    std::vector<connection*> open;
    for (const auto& [id, each] : all_)
        if (!each->dialled && each->state == conn_state::open && !has_points(each->them)) open.push_back(each.get());
    if (open.empty()) return false;
    const auto network = crowd(open, counted_network, one_each);
    std::map<host, std::size_t> of_host;
    for (const connection* each : network) ++of_host[counted_as(each->remote.address)];
    const auto beside = [&](const connection& which) { return of_host.at(counted_as(which.remote.address)); };
    connection& goes =
        **std::min_element(network.begin(), network.end(), [&](const connection* a, const connection* b) {
            const auto rank = [&](const connection& c) {
                return std::tuple(std::numeric_limits<std::size_t>::max() - beside(c), c.why != wire::purpose::link,
                                  c.last_said);
            };
            return rank(*a) < rank(*b);
        });
    const bool neighbours = counted_network(goes.remote.address) == counted_network(newcomer);
    const bool larger = neighbours ? beside(goes) > count_of(of_host_, counted_as(newcomer)) + 1
                                   : network.size() > count_of(of_block_, counted_network(newcomer)) + 1;
    if (!larger) return false;
    ++ctx_.counts.connections_gave_way;
    refuse(goes, wire::bye_reason::full, "others need the place, and there are many connections from where you are",
           "gave way to a newcomer, since most connections were from there");
    return true;
}

/// Each within its own bound, many together can still hold too much. Then those go that hold most of it together, by network and host: who
/// holds a little on each of many connections must not push out one who holds much on a single one.
void connections::shed() {
    const auto heaviest = [&](std::uint64_t (*weight)(const connection&)) {
        std::vector<connection*> all;
        for (const auto& [id, each] : all_)
            if (each->live()) all.push_back(each.get());
        const auto crowd = crowd_of_host(all, weight);
        return *std::max_element(crowd.begin(), crowd.end(),
                                 [&](const connection* a, const connection* b) { return weight(*a) < weight(*b); });
    };
    while (held_bytes_ > limits::queued_bytes_max)
        choked(*heaviest([](const connection& each) -> std::uint64_t { return each.held_bytes(); }));
    while (unfinished_bytes_ > limits::unfinished_bytes_max) {
        ++ctx_.counts.connections_unfinished;
        cut_off(*heaviest([](const connection& each) -> std::uint64_t { return each.unfinished_bytes; }),
                "had part of a frame, and those like it took too much together");
    }
}

}  // namespace mogshare::core
