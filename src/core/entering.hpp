#pragma once
// ENTRADA, both sides: entering by one known address (R4, R7), and letting others in (R5, R6).

#include "links.hpp"

#include "mogshare/core/rate_budget.hpp"

#include <deque>

namespace mogshare::core {

class entering {
public:
    entering(context& shared, connections& conns, links& neighbours)
        : ctx_(shared),
          conns_(conns),
          links_(neighbours),
          entries_(shared.budget.entries_per_min_host / 60.0, shared.budget.entries_per_min_host,
                   limits::budget_keys_max) {}

    /// The first thing a peer does (R4): one ENTRADA to the configured address, else to the best saved row.
    void begin();
    /// R4 by hand.
    void join(const endpoint& where);

    /// The link of our ENTRADA has opened, ended, or has kept us waiting.
    void link_opened(connection& with);
    void link_ended(connection& with, const ending& why);
    bool link_overdue(connection& with);
    bool is_ours(const connection& with) const { return asked_on_ != 0 && with.id == asked_on_; }

    void take(connection& from, const wire::entrada& said);
    void take(connection& from, const wire::rows& said);

    /// The primary table may have become empty: the known address is tried again (small print: nobody left).
    void rows_changed();
    void retry_due();

private:
    struct repeat {
        peer_id asker;
        host from;
        time_point at;
        wire::rows rows;
    };
    void ask(const endpoint& where);
    void store_hearsay(const connection& from, const wire::row& told);
    void failed(const std::string& reason, const std::string& hint = {});
    wire::rows run_for(const connection& asker, std::size_t rows_wanted);
    std::optional<wire::row> told_to(const connection& asker, const table_row& row) const;

    context& ctx_;
    connections& conns_;
    links& links_;
    std::optional<endpoint> known_;
    std::optional<peer_id> known_id_;  ///< whom a saved row promises there
    conn_id asked_on_ = 0;             ///< connection of the ENTRADA that is not answered yet
    conn_id late_on_ = 0;  ///< connection of the latest one whose answer did not come in time; it may still come
    duration retry_after_{};
    bool retry_set_ = false;
    std::deque<repeat> repeats_;  ///< oldest first
    rate_budget<host> entries_;   ///< ENTRADA by who asks
};

}  // namespace mogshare::core
