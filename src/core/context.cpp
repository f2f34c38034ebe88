#include "context.hpp"

#include <algorithm>
#include <utility>

namespace mogshare::core {

context::context(identity who, const settings& chosen, random_source source)
    : self(who), cfg(chosen), chance(std::move(source)) {
    both.owner = self.id;
    both.primary.capacity = cfg.primary_rows;
    both.secondary.capacity = cfg.secondary_rows;
    both.scored_share = cfg.scored_share;
    hash_seed = chance.next();
}

void context::fade_scores() {
    if (faded_at_) fade(both, now - *faded_at_, cfg.score_half_life);
    faded_at_ = now;
}

bool context::store_met(const peer_id& id, const endpoint& at, table_choice wanted) {
    return store(both, id, {at}, wanted);
}

void context::withdraw(const std::string& path, const content::file_stamp& as_read) {
    const content::share* const now_there = shares.by_path(path);
    if (now_there == nullptr || now_there->stamp != as_read) return;
    shares.remove(path);
    emit(output::share_withdrawn{path});
}

}  // namespace mogshare::core
