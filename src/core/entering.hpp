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
          entries_(rate_budget<host>::a_minute(shared.budget.entries_per_min_host, limits::budget_keys_max)) {}

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
        time_point at;
        std::vector<wire::row> run;  ///< as the tables had them: each asker is told them in a form for its address
    };
    void ask(const endpoint& where);
    void store_hearsay(const connection& from, const wire::row& told);
    void failed(const std::string& reason, const std::string& hint = {});
    /// R5: the run for this asker, wherever it asks from: the same again within `entry_repeat`.
    const std::vector<wire::row>& run_for(const peer_id& asker, std::size_t rows_wanted);
    /// The row with addresses under which the asker could reach it; nothing where there is none.
    std::optional<wire::row> told_to(const connection& asker, const wire::row& row) const;

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
    rate_budget<host> entries_;   ///< ENTRADA by whom it is counted for
};

}  // namespace mogshare::core
