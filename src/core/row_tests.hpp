#pragma once
// A live row is asked before it has to make room: who could fill our tables by his mere number would own our view of the overlay.

#include "links.hpp"

namespace mogshare::core {

class row_tests {
public:
    row_tests(context& shared, connections& conns, links& neighbours)
        : ctx_(shared), conns_(conns), links_(neighbours) {}

    /// Somebody may have found no room: the weakest row is dialled, unless one is being tested, or was just now.
    void look();
    /// The row's peer has answered: it stays, and the newcomer goes without.
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
    context& ctx_;
    connections& conns_;
    links& links_;
    std::optional<test> under_way_;
    std::optional<time_point> not_before_;
};

}  // namespace mogshare::core
