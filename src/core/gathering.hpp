#pragma once
// The originator's side of a search: answers come in on connections that the holders dialled, are pinged a few at a time, and
// fill the list from which the election takes its source (R8, R10).

#include "searching.hpp"

#include "mogshare/core/search.hpp"

#include <deque>
#include <list>
#include <map>
#include <memory>

namespace mogshare::core {

/// Verified bytes of a ping, kept for a download of the same content that may follow (R10).
struct kept_range {
    content_id content;
    std::uint64_t offset = 0;
    bytes data;
};

class gathering final : public conversation {
public:
    gathering(context& shared, connections& conns, searching& flood) : ctx_(shared), conns_(conns), flood_(flood) {}

    void begin(const input::search& wanted);
    const search_state* find(search_ticket ticket) const;
    std::vector<const search_state*> all() const;
    const std::deque<kept_range>& kept() const { return kept_; }
    std::size_t kept_bytes() const { return kept_bytes_; }
    /// Of the files that answers to the searches that are kept have told, our own ones included.
    std::size_t search_bytes() const { return search_bytes_; }
    /// Connections of those who answer us.
    std::size_t active() const { return sessions_.size(); }
    /// Answers that await their ping.
    std::size_t queued() const { return queue_.size(); }

    void opened(connection& with) override;
    void message(connection& with, wire::message& said) override;
    void ended(connection& with, const ending& why) override;
    void overdue(connection& with) override;

    void window_due(search_ticket ticket);
    void stop();

private:
    struct own_search {
        search_state state;
        nonce secret;
        std::size_t held_bytes = 0;  ///< of search_bytes_
        std::size_t pinged = 0;
        bool window_passed = false;
    };
    enum class step : std::uint8_t { await_claim, await_existe, queued, pinging };
    struct session {
        step at = step::await_claim;
        search_ticket ticket = 0;
        time_point asked;        ///< NONCE or PING was sent
        std::size_t answer = 0;  ///< index, once it exists
        std::size_t entry = 0;   ///< of the answer, that is pinged
        std::uint64_t offset = 0;
    };

    std::list<own_search>::iterator oldest_over();
    void forget_oldest();
    /// What so many files take, as an answer and as results.
    static std::size_t bytes_of(const std::vector<wire::entry>& told);
    void charge(own_search& search, std::size_t count_bytes);
    /// Whether so many bytes more may be kept for it; searches that are over go for them, the oldest first.
    bool make_room(const own_search& search, std::size_t count_bytes);
    own_search* live(search_ticket ticket);
    void take_claim(connection& with, session& own, const wire::claim& said);
    void take_existe(connection& with, session& own, wire::existe& said);
    void take_pong(connection& with, session& own, const wire::pong& said);
    bool has_answered(const search_state& search, const peer_id& who) const;
    /// Not too many of one network, nor in all.
    bool room_for(const search_state& search, const connection& answering) const;
    bool fits(const search_state& search, const wire::entry& one) const;
    void note_results(search_state& search, std::size_t answer);
    found_content& result_for(search_state& search, const wire::entry& one);
    void add_own_shares(own_search& search);
    /// Asks for the bytes of its largest file, at once or in turn; closes where there is nothing to ping.
    void queue_ping(connection& with, session& own, own_search& search);
    void next_ping();
    void start_ping(connection& with, session& own);
    void ping_over(session& own, ping_state how);
    void keep(const content_id& content, std::uint64_t offset, byte_view data);
    void forget(connection& with);
    void finish_if_over(search_ticket ticket);

    context& ctx_;
    connections& conns_;
    searching& flood_;
    std::list<own_search> searches_;  ///< oldest first
    std::map<query_id, search_ticket> live_;
    std::map<conn_id, session> sessions_;
    std::deque<conn_id> queue_;  ///< sessions that await their ping
    std::size_t pinging_ = 0;
    std::deque<kept_range> kept_;  ///< oldest first
    std::size_t kept_bytes_ = 0;
    std::size_t search_bytes_ = 0;
};

}  // namespace mogshare::core
