#pragma once
// R5 judged from outside: the run of each answer to ENTRADA begins with the last row of the run before it, or with that row's
// successor where it has gone; and who asks again within a minute gets the same rows. The peer's tables are looked at between
// its inputs; what their window says is not, so that this is a second opinion.

#include "mogshare/core/tables.hpp"

#include <array>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mogshare::testing {

class slice_rule {
public:
    struct question {
        peer_id asker;
        std::size_t rows_wanted = 0;  ///< the smaller X of both
        time_point at;
        duration repeat{};  ///< in which the same asker gets the same rows
        /// Whether a row with these addresses can be told to the asker at all (R9, scopes).
        std::function<bool(const std::vector<endpoint>&)> tellable;
    };

    /// The tables as an input has left them.
    void look(const core::tables& now);
    /// The rows of an answer that was worked out from the tables as they were last looked at. What is wrong with it, or nothing.
    std::optional<std::string> judge(const question& asked, const std::vector<peer_id>& told);
    /// False while an answer that could not be judged may still be repeated.
    bool sure(time_point at) const { return at >= unsure_until_; }
    /// An answer that cannot be judged, since its input has changed the tables as well: its window is believed.
    void believe(const core::tables& now, time_point until);

private:
    struct window {
        std::vector<peer_id> ids;
        std::vector<std::vector<endpoint>> addresses;
        std::optional<peer_id> last;  ///< last row of the latest run
    };
    struct told_row {
        peer_id id;
        std::vector<endpoint> addresses;
    };
    struct answer {
        peer_id asker;
        time_point at;
        std::vector<told_row> run;
    };

    static bool same(const window& before, const core::table& now);
    static bool unclear(const window& before, const core::table& now);
    static std::optional<peer_id> successor(const window& before, const core::table& now);
    std::vector<told_row> run(window& of, const question& asked) const;

    std::array<window, 2> windows_;  ///< primary, secondary
    std::deque<answer> answers_;
    time_point unsure_until_{};
};

}  // namespace mogshare::testing
