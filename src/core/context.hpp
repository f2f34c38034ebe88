#pragma once
// What all parts of the state machine share: who we are, what time it is, what goes out, and when to be woken.

#include "mogshare/base/random.hpp"
#include "mogshare/core/bans.hpp"
#include "mogshare/core/counters.hpp"
#include "mogshare/core/dial_budget.hpp"
#include "mogshare/core/io.hpp"
#include "mogshare/core/peer.hpp"
#include "mogshare/core/rate_budget.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <vector>

namespace mogshare::core {

/// Lines in the log that strangers can cause: of each kind so many a minute are said, the others counted.
enum class notice_kind : std::uint8_t { banned_peer, banned_host, dropped_row };
inline constexpr std::size_t notice_kinds = 3;

/// What a timer is for; `key` of the timer names the connection, search or download.
enum class timer_kind : std::uint8_t { connection, frame, keepalive, join_retry, window, upload, download, turn };

struct timer {
    time_point due;
    std::uint64_t order = 0;  ///< equal times fire in the order in which they were set
    timer_kind kind{};
    std::uint64_t key = 0;
};

/// Timers are not taken back: who is woken looks whether anything is due, and sets another when it is not yet. Those of
/// connections that have gone are dropped together, before they are many.
class timer_queue {
public:
    void set(time_point due, timer_kind kind, std::uint64_t key) {
        heap_.push_back({due, next_order_++, kind, key});
        std::push_heap(heap_.begin(), heap_.end(), later);
    }
    std::optional<time_point> next() const { return heap_.empty() ? std::nullopt : std::optional(heap_.front().due); }
    std::optional<timer> take_due(time_point now) {
        if (heap_.empty() || heap_.front().due > now) return std::nullopt;
        std::pop_heap(heap_.begin(), heap_.end(), later);
        const timer first = heap_.back();
        heap_.pop_back();
        return first;
    }
    std::size_t size() const { return heap_.size(); }
    template <class Unwanted>
    void drop(Unwanted unwanted) {
        std::erase_if(heap_, unwanted);
        heap_.shrink_to_fit();
        std::make_heap(heap_.begin(), heap_.end(), later);
    }
    void clear() { heap_ = {}; }

private:
    static bool later(const timer& a, const timer& b) { return a.due != b.due ? a.due > b.due : a.order > b.order; }

    std::vector<timer> heap_;
    std::uint64_t next_order_ = 0;
};

struct context {
    context(identity who, const settings& chosen, random_source source);

    identity self;
    settings cfg;
    limits::budgets budget;  ///< that hold
    limits::accept_rates accepts;
    random_source chance;
    counters counts;
    tables both;
    dial_budget dials;  ///< that others cause
    ban_list<peer_id> banned_peers;
    ban_list<host> banned_hosts;     ///< as connections from there are counted
    ban_list<host> banned_networks;  ///< many hosts of one that broke the rules; in the internet profile only
    content::catalog shares;
    timer_queue timers;
    std::deque<any_output> outputs;
    time_point now{};
    std::uint64_t hash_seed = 0;
    job_id last_job = 0;
    bool stopping = false;

    void emit(any_output what) { outputs.push_back(std::move(what)); }
    /// A line for the log, unless there were many of its kind just now; the next one says how many were left out.
    void notice(notice_kind kind, std::string text);
    /// R3: brings all scores to `now`; called before they are compared.
    void fade_scores();
    /// Stores a peer that was met at this address itself; the row of a known one follows it there. A full secondary table has
    /// its weakest row tested first.
    void store_met(const peer_id& id, const endpoint& at, table_choice wanted);
    /// Stores a peer of which `by` has told us, unless it is known.
    void store_told(const peer_id& id, const std::vector<endpoint>& addresses, const peer_id& by, table_choice wanted);
    /// A dial on a stranger's word may go out; counts the reason where it may not.
    bool may_dial(const endpoint& to, said_by whose_word);
    /// Who found no room, until somebody looks whether the weakest row still lives.
    std::optional<newcomer> waits_for_room;
    /// Points for who has broken the rules, where it is known, and for its host and network.
    void blame(const std::optional<peer_id>& who, const host& from, double points);
    /// Who is taken to be one owner: an IPv4 address or a /64; in the internet profile the /24 or /48, which one may have as easily.
    host owner_of(const host& address) const;
    /// No connections from there for a while.
    bool banned(const host& from);
    /// How much was forgotten to make room, for `stats`; called between inputs.
    void count_forgotten();
    /// A file turned out to be gone or changed: it is not offered any more, unless it has been hashed anew meanwhile.
    void withdraw(const std::string& path, const content::file_stamp& as_read);

private:
    void store_or_wait(newcomer whom, table_choice wanted);

    rate_budget<notice_kind> notices_{limits::notices_per_min / 60, limits::notices_at_once, notice_kinds};
    std::array<std::uint64_t, notice_kinds> notices_left_out_{};
    std::optional<time_point> faded_at_;
};

}  // namespace mogshare::core
