#pragma once
// Rows are asked whether their peers live: a weak one before it has to make room, since who could fill our tables by his mere number
// would own our view of the overlay; and one whose turn it is, before it comes up.

#include "links.hpp"

namespace mogshare::core {

class row_tests {
public:
    row_tests(context& shared, connections& conns, links& neighbours)
        : ctx_(shared), conns_(conns), links_(neighbours) {}

    /// Somebody may have found no room: the weakest row is dialled, unless one is being tested, or was just now. And turns begin
    /// once both tables have rows.
    void look();
    void turn_due();
    /// The row's peer has answered: it stays, and the newcomer goes without; or its turn has come.
    void opened(connection& with);
    /// None of its addresses has. True when it was being tested: it is replaced.
    bool gave_up(const peer_id& row);
    /// Nothing was learned, for a reason of ours.
    void broken_off(const peer_id& row);

private:
    struct test {
        peer_id row;
        newcomer waits;
    };
    void make_room();
    void take_turn_of(const peer_id& row);

    context& ctx_;
    connections& conns_;
    links& links_;
    std::optional<test> under_way_;
    std::optional<time_point> not_before_;
    std::optional<peer_id> whose_turn_;  ///< it is being dialled
    bool turn_set_ = false;
};

}  // namespace mogshare::core
