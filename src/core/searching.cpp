#include "searching.hpp"

#include "mogshare/base/printable.hpp"
#include "mogshare/content/names.hpp"

#include <algorithm>
#include <utility>

namespace mogshare::core {

namespace {

double burst_of(const limits::budgets& allowed) {
    return limits::search_burst_s * allowed.searches_per_s;
}

double read_bytes_per_s(const limits::budgets& allowed) {
    return static_cast<double>(limits::read_bytes_a_search) * allowed.searches_per_s;
}

/// With less than this nothing is looked up: what would be found is too little to be worth it.
double room_min(const limits::budgets& allowed) {
    return std::min(static_cast<double>(limits::read_bytes_a_search), read_bytes_per_s(allowed) / 4);
}

}  // namespace

searching::searching(context& shared, links& neighbours, answering& holder)
    : ctx_(shared),
      links_(neighbours),
      answering_(holder),
      seen_(limits::seen_searches_max, shared.cfg.times.seen, shared.hash_seed),
      distinct_(shared.budget.searches_per_s, burst_of(shared.budget), limits::budget_keys_max),
      of_host_(limits::host_searches * shared.budget.searches_per_s, limits::host_searches * burst_of(shared.budget),
               limits::budget_keys_max),
      forwards_(shared.budget.searches_per_s, burst_of(shared.budget)),
      reading_(read_bytes_per_s(shared.budget), read_bytes_per_s(shared.budget)) {}

std::vector<const content::share*> searching::matches(wire::query_kind kind, const std::string& text,
                                                      content::name_reading& reading) const {
    switch (kind) {
        case wire::query_kind::exact: return ctx_.shares.exact(text, limits::matches_counted_max);
        case wire::query_kind::words: {
            const auto words = content::words_of(text);
            if (words.empty()) return {};
            return ctx_.shares.with_words(words, limits::matches_counted_max, reading);
        }
        case wire::query_kind::content: {
            const auto id = parse_id<content_id>(text);
            return id ? ctx_.shares.with_content(*id, limits::matches_counted_max)
                      : std::vector<const content::share*>{};
        }
    }
    return {};
}

std::size_t searching::send_own(const query_id& id, wire::query_kind kind, const std::string& text) {
    ++ctx_.counts.searches_own;
    forwards_.take_own(ctx_.now);
    seen_.observe(id, 0, ctx_.now);  // copies that come back to us are known
    wire::pesquisa said;
    said.id = id;
    said.origin_id = ctx_.self.id;
    said.origin.port = ctx_.self.listen_port;
    said.origin_short_lived = ctx_.cfg.short_lived;
    said.level = 1;
    said.kind = kind;
    said.name = text;
    const shared_bytes frame(wire::encode(said));
    std::size_t sent = 0;
    std::vector<peer_id> used;
    for (const table_row& row : ctx_.both.primary.rows) {
        if (!links_.send_to(row, frame)) continue;
        ++sent;
        used.push_back(row.id);
    }
    ctx_.fade_scores();
    for (const peer_id& each : used) ctx_.counts.promotions += fade_used(ctx_.both, each, ctx_.cfg.score_use_fade);
    return sent;
}

bool searching::settle_origin(const connection& from, wire::pesquisa& said) {
    if (from.them == said.origin_id) {
        said.origin.address = from.remote.address;
        said.origin_short_lived = from.short_lived;
    }
    // Nobody is reached at an address narrower than the one that the news of it came from: a neighbour on the network must not
    // make us dial our own loopback.
    // Nor does a relayed search make us dial a port on which system services listen.
    const bool first_hop = from.them == said.origin_id;
    const bool service = !first_hop && said.origin.port < limits::relayed_port_min;
    if (said.origin.dialable() && !service && !narrower(said.origin, from.remote)) return true;
    ++ctx_.counts.searches_refused_origin;
    return false;
}

/// R1: the secondary table keeps who originated a message that reached us. Beyond the first hop its address is hearsay, which
/// adds a row but changes none.
void searching::store_origin(const connection& from, const wire::pesquisa& said) {
    if (from.them == said.origin_id) {
        ctx_.store_met(said.origin_id, said.origin, table_choice::secondary);
    } else if (find(ctx_.both, said.origin_id) == nullptr) {
        ctx_.store_told(said.origin_id, {said.origin}, from.them, table_choice::secondary);
    }
}

void searching::take(connection& from, wire::pesquisa& said) {
    ++ctx_.counts.searches_received;
    if (said.level > ctx_.cfg.depth) {
        ++ctx_.counts.searches_refused_level;
        return;
    }
    if (said.origin_id == ctx_.self.id) {
        ++ctx_.counts.searches_refused_self;
        return;
    }
    if (!settle_origin(from, said)) return;
    const copy_kind copy = observe(from, said);
    if (copy == copy_kind::known) ++ctx_.counts.searches_known;
    if (copy == copy_kind::known || copy == copy_kind::refused) return;
    // A copy with a lower level was answered before: only whether it goes on may hang on what we have.
    const bool matters = copy == copy_kind::first || said.kind == wire::query_kind::exact;
    const auto found = matters ? matches_for(from, said) : std::vector<const content::share*>{};
    if (copy == copy_kind::first) {
        if (!said.origin_short_lived) store_origin(from, said);
        if (!found.empty()) answering_.begin(said, from, found);
    }
    const bool stops_here = said.kind == wire::query_kind::exact && !found.empty();
    if (stops_here || !may_forward(said.level, ctx_.cfg.depth)) return;
    if (forwards_.take(ctx_.owner_of(from.remote.address), ctx_.now)) return forward(from, said);
    ++ctx_.counts.forwards_refused_budget;
}

std::vector<const content::share*> searching::matches_for(const connection& from, const wire::pesquisa& said) {
    const host place = ctx_.owner_of(from.remote.address);
    content::name_reading reading;
    if (said.kind == wire::query_kind::words) {
        const double room = reading_.room(place, ctx_.now);
        if (room < room_min(ctx_.budget)) {
            ++ctx_.counts.searches_refused_price;
            return {};
        }
        reading.allowed_bytes = std::min(limits::read_bytes_at_once, static_cast<std::uint64_t>(room));
    }
    auto found = matches(said.kind, said.name, reading);
    if (reading.spent_bytes > 0) reading_.spend(place, reading.spent_bytes, ctx_.now);
    if (reading.cut_short) ++ctx_.counts.searches_cut_price;
    return found;
}

copy_kind searching::observe(const connection& from, const wire::pesquisa& said) {
    const host place = ctx_.owner_of(from.remote.address);
    return seen_.observe(said.id, said.level, ctx_.now, [&](copy_kind kind) {
        const bool room = kind == copy_kind::shorter || seen_.size() + limits::seen_searches_reserve < seen_.capacity();
        if (!room) {
            ++ctx_.counts.searches_refused_memory;
        } else if (!distinct_.allows(from.them, ctx_.now) || !of_host_.allows(place, ctx_.now)) {
            ++ctx_.counts.searches_refused_budget;
        } else {
            distinct_.spend(from.them, ctx_.now);
            of_host_.spend(place, ctx_.now);
            return true;
        }
        return false;
    });
}

std::optional<host> searching::origin_for(const table_row& to, const wire::pesquisa& said) const {
    const connection* const link = links_.open_link(to.id);
    const host neighbour = link != nullptr ? link->remote.address : to.addresses.front().address;
    // Without a link to it, any other of our addresses that is as wide will do.
    const std::optional<host> our_side =
        link != nullptr ? std::optional(link->local) : links_.our_address(scope_of(neighbour));
    return reachable_form(said.origin.address, neighbour, our_side);
}

void searching::forward(const connection& from, const wire::pesquisa& said) {
    wire::pesquisa onward = said;
    onward.level = static_cast<std::uint8_t>(said.level + 1);
    host encoded_for;
    shared_bytes frame;
    for (const table_row& row : ctx_.both.primary.rows) {
        if (row.id == from.them || row.id == said.origin_id) continue;
        const auto origin = origin_for(row, said);
        if (!origin) {
            ++ctx_.counts.searches_refused_scope;
            links_.open(row);  // the link tells our address on it: the next search of this kind goes there, too
            continue;
        }
        if (frame.empty() || encoded_for != *origin) {  // nearly always one and the same for all rows
            onward.origin.address = encoded_for = *origin;
            frame = shared_bytes(wire::encode(onward));
        }
        if (links_.send_to(row, frame)) ++ctx_.counts.searches_forwarded;
    }
}

}  // namespace mogshare::core
