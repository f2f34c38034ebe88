#pragma once
// The holder's side of R8: dial the originator of a search, show the query id, say EXISTE, await the ping, answer it, close.

#include "uploads.hpp"

#include "mogshare/core/rate_budget.hpp"

#include <deque>
#include <map>

namespace mogshare::core {

class answering final : public conversation {
public:
    answering(context& shared, connections& conns, upload_gate& gate, const uploads& load)
        : ctx_(shared),
          conns_(conns),
          gate_(gate),
          load_(load),
          told_by_others_(part_of_dials(limits::neighbour_share)),
          told_by_itself_(part_of_dials(limits::own_word_share)) {}

    /// Answers a search that `from` has brought with these shares, which are at least one. No neighbour can use up what
    /// there is for answers: one address may cause but a part of the dials that nobody wants, and when there are as many answers
    /// under way as there may be, one of whoever has caused most gives way.
    void begin(const wire::pesquisa& to, const connection& from, const std::vector<const content::share*>& shares);

    void opened(connection& with) override;
    void message(connection& with, wire::message& said) override;
    void ended(connection& with, const ending& why) override;
    void overdue(connection& with) override;
    void drained(connection& with) override;

    bool take(input::range_proven& in);
    void stop();

    std::size_t active() const { return sessions_.size(); }
    /// Answers to pings that are being read or sent.
    std::size_t pongs() const;

private:
    /// From where we were told of a search, and whether by its originator: what one passes on must not cost it answers to its own
    /// searches. An address costs what a peer id does not; it is its /24 or /48 in the internet profile.
    using cause = std::pair<host, said_by>;
    enum class step : std::uint8_t { await_nonce, await_ping, await_turn, reading, sending };
    struct session {
        query_id id;
        cause by;
        int level = 0;
        step at = step::await_nonce;
        bool wanted = false;  ///< the nonce was shown: it is the originator indeed
        std::uint32_t matches = 0;
        std::vector<wire::entry> entries;  ///< of them, those that are told
        host place;                        ///< where the ping came from
        wire::ping asked;
        job_id job = 0;
        std::string path;
        content::file_stamp stamp;  ///< of the file being read
    };
    /// One in `share` of all dials in vain.
    rate_budget<host> part_of_dials(std::uint32_t share) const {
        return rate_budget<host>::a_minute(static_cast<double>(ctx_.budget.dials_per_min) / share,
                                           limits::budget_keys_max);
    }
    rate_budget<host>& told(const cause& by) {
        return by.second == said_by::itself ? told_by_itself_ : told_by_others_;
    }
    /// Answers that may be under way at once: half of the places that are kept for our dials are for links and downloads.
    std::size_t most() const { return std::min(limits::answering_max, ctx_.cfg.connections / limits::answering_share); }
    /// The oldest session of whoever has caused most, if that are more than `by` would have with one more.
    std::optional<conn_id> session_of_crowd(const cause& by) const;
    void give_way(conn_id which);
    void take_nonce(connection& with, session& own, const wire::nonce_shown& said);
    void take_ping(connection& with, session& own, const wire::ping& said);
    void next_turn();
    /// Places take turns, and causes at one place; none where each place has as many PONGs under way as it may.
    std::optional<conn_id> whose_turn() const;
    void forget_turns(const session& of);
    void start_reading(connection& with, session& own);
    void send_pong(connection& with, session& own, input::range_proven::proven value);

    context& ctx_;
    connections& conns_;
    upload_gate& gate_;
    const uploads& load_;
    rate_budget<host> told_by_others_;  ///< dials in vain, by where we were told of them
    rate_budget<host> told_by_itself_;
    std::map<conn_id, session> sessions_;
    std::map<job_id, conn_id> jobs_;
    std::deque<conn_id> turns_;                   ///< sessions whose ping awaits its turn
    std::map<host, std::uint64_t> place_turns_;   ///< when each place that has sessions had its last turn,
    std::map<cause, std::uint64_t> cause_turns_;  ///< and each cause
    std::uint64_t last_turn_ = 0;
};

}  // namespace mogshare::core
