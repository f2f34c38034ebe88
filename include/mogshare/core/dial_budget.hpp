#pragma once
// Dials that a stranger's word causes: PESQUISA names an originator, and every holder would dial it (R8). So that nobody can aim
// them at a victim, each destination is dialled a few times at most until its other side has shown that it wants them: by the
// nonce behind the query id.

#include "mogshare/base/address.hpp"
#include "mogshare/base/limits.hpp"
#include "mogshare/core/rate_budget.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>

namespace mogshare::core {

enum class dial_verdict : std::uint8_t {
    allowed,
    silence,  ///< it has failed too often, or too many are under way of which nobody knows whether they are wanted
    host,     ///< the budget of its host is spent
    block,    ///< that of its block
    all,      ///< that of all together
};

/// Who says that there is somebody to dial. A peer's own word, at the host that it speaks from, is counted apart: what others say of it
/// cannot make us leave it alone, more of its dials may be under way, and a quarter of each budget is for such words only.
enum class said_by : std::uint8_t { others, itself };

class dial_budget {
public:
    /// `by_host`: failures on the word of others count for the whole host, whatever the port; else for the address with its port. After
    /// limits::dial_failures_max of them in a row the destination is left alone for `silence`.
    dial_budget(const limits::budgets& allowed, duration silence, bool by_host);

    /// Whether `to` may be dialled; counts it as dialled if so. Every one that is allowed ends in wanted() or failed().
    dial_verdict ask(const endpoint& to, said_by whose_word, time_point now);
    /// The other side wanted this dial: it costs nothing, and what failed before is forgotten.
    void wanted(const endpoint& to, said_by whose_word, time_point now);
    /// It did not come to that.
    void failed(const endpoint& to, said_by whose_word, time_point now);
    /// Says nothing about the other side: we lacked a descriptor, or have stopped.
    void taken_back(const endpoint& to, said_by whose_word, time_point now);

    /// Destinations of which something is remembered.
    std::size_t size() const { return records_.size(); }
    /// Destinations that were forgotten before their time, to make room.
    std::uint64_t forgotten() const { return forgotten_; }

private:
    struct record {
        int failures = 0;
        std::uint32_t under_way = 0;
        time_point last;
    };
    using destination = std::pair<endpoint, said_by>;
    destination key_of(const endpoint& to, said_by whose_word) const {
        const bool any_port = by_host_ && whose_word == said_by::others;
        return {{to.address, any_port ? std::uint16_t{0} : to.port}, whose_word};
    }
    bool stale(const record& of, time_point now) const { return of.under_way == 0 && now - of.last >= silence_; }
    record& record_of(const destination& key, time_point now);
    void give_back(const endpoint& to, time_point now);

    duration silence_;
    bool by_host_;
    std::uint32_t unproven_max_;
    rate_budget<host> hosts_;
    rate_budget<host> blocks_;
    rate_budget<int> all_;
    std::map<destination, record> records_;
    std::uint64_t forgotten_ = 0;
};

}  // namespace mogshare::core
