#pragma once
// The links between neighbours: opened at first use and kept, one for a pair, used both ways (small print: two peers dial
// each other).

#include "connections.hpp"

#include <unordered_map>
#include <vector>

namespace mogshare::core {

class entering;
class row_tests;
class searching;

class links final : public conversation {
public:
    links(context& shared, connections& conns);
    void meet(entering& entry, searching& search, row_tests& tests) {
        entry_ = &entry;
        search_ = &search;
        tests_ = &tests;
    }

    /// Sends on the link to this row's peer, dialling it first where there is none. False when nothing was sent: the row
    /// is left alone after a failure, its link is choked, or there is no room for another connection.
    bool send_to(const table_row& to, const shared_bytes& frame);
    /// Dials the known address (R4), whose peer is known too where it comes from a row. Null when there is no room.
    connection* dial_known(const endpoint& where, const std::optional<peer_id>& who);
    /// Dials this row's peer unless there is a link already, or it is left alone after a failure. True when it is being dialled.
    bool open(const table_row& to);
    /// Our own address on some open link, at least as wide as `reach`.
    std::optional<host> our_address(scope reach) const;
    /// The open link to a peer, if there is one.
    const connection* open_link(const peer_id& to) const;

    void opened(connection& with) override;
    void message(connection& with, wire::message& said) override;
    void ended(connection& with, const ending& why) override;
    void overdue(connection& with) override;

    /// A link that had something else to await may be the losing one of its pair.
    void settle(connection& link);
    void keepalive_due();
    std::vector<link_view> views() const;
    /// BYE on every link.
    void stop();

private:
    /// What is known of the link to one peer.
    struct pair {
        conn_id preferred = 0;    ///< carries what we send
        std::size_t address = 0;  ///< of the row, that `preferred` dials
    };
    connection* preferred(const peer_id& to) const;
    /// Null when there is no room, or none in the budget for peers of whom others have told us.
    connection* dial(const table_row& to, std::size_t address);
    /// Of two links of a pair, `a` stays and `b` goes.
    bool stays(const connection& a, const connection& b) const;
    void supersede(connection& loser);
    void peer_left(const connection& with);
    /// A dial to a row has failed: the next address, or a failure for the row.
    void dial_ended(connection& with, const ending& why);

    context& ctx_;
    connections& conns_;
    entering* entry_ = nullptr;
    searching* search_ = nullptr;
    row_tests* tests_ = nullptr;
    std::unordered_map<peer_id, pair, seeded_hash> pairs_;
    bool keepalive_set_ = false;
};

}  // namespace mogshare::core
