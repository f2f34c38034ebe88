#pragma once
// PESQUISA, both sides: sending our own searches, and what happens to those of others (R8, R9).

#include "answering.hpp"
#include "links.hpp"

#include "mogshare/core/fair_budget.hpp"
#include "mogshare/core/flood.hpp"
#include "mogshare/core/rate_budget.hpp"

namespace mogshare::core {

class searching {
public:
    searching(context& shared, links& neighbours, answering& holder);

    /// Sends our own search to every primary row (R9). Returns how many neighbours it was sent to.
    std::size_t send_own(const query_id& id, wire::query_kind kind, const std::string& text);
    /// A search from a neighbour.
    void take(connection& from, wire::pesquisa& said);
    /// Our shares that match; by words, those found until their names cost as much to read as they may.
    std::vector<const content::share*> matches(wire::query_kind kind, const std::string& text,
                                               content::name_reading& reading) const;
    /// Ids of searches that are remembered (R9).
    std::size_t remembered() const { return seen_.size(); }

private:
    /// First hop stamps, later ones check (R9). False when the search has no usable originator.
    bool settle_origin(const connection& from, wire::pesquisa& said);
    void store_origin(const connection& from, const wire::pesquisa& said);
    /// A search that nobody has brought before costs its neighbour one of the few that it may bring, and our own have a reserve.
    copy_kind observe(const connection& from, const wire::pesquisa& said);
    /// matches() for a neighbour, as far as it may make us read names.
    std::vector<const content::share*> matches_for(const connection& from, const wire::pesquisa& said);
    void forward(const connection& from, const wire::pesquisa& said);
    std::optional<host> origin_for(const table_row& to, const wire::pesquisa& said) const;

    context& ctx_;
    links& links_;
    answering& answering_;
    seen_searches seen_;
    rate_budget<peer_id> distinct_;  ///< searches by neighbour
    rate_budget<host> of_host_;      ///< and by the address that it has: ids are free
    fair_budget forwards_;
    fair_budget reading_;  ///< of names, in bytes
};

}  // namespace mogshare::core
