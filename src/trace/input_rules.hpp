#pragma once
// What core/io.hpp says of inputs, held against each before a machine takes it. A driver keeps to it by itself; a recording may
// come from a stranger, and the machine relies on it.

#include "mogshare/core/io.hpp"
#include "mogshare/trace/recording.hpp"

#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace mogshare::trace {

/// Times of a recording, its origin and what passes since, are from 0 to this: far from any overflow.
inline constexpr duration longest = std::chrono::hours(24 * 365 * 100);

/// Follows one machine: every input goes through take(), every output through give().
class input_rules {
public:
    /// What is wrong with the beginning; null when a machine can be made from it.
    static const char* why_not(const beginning& from);
    /// What is wrong with an input; null when a driver could give it now.
    const char* take(const core::any_input& in);
    void give(const core::any_output& out);

private:
    struct connection {
        bool stands = false;  ///< else it is being dialled
        bool secured = false;
        std::uint64_t unsent_bytes = 0;
    };

    const char* check(const core::input::start& in);
    const char* check(const core::input::accepted& in);
    const char* check(const core::input::connected& in);
    const char* check(const core::input::secured& in);
    const char* check(const core::input::dial_failed& in);
    const char* check(const core::input::received& in);
    const char* check(const core::input::sent& in);
    const char* check(const core::input::closed& in);
    const char* check(const core::input::share_found& in);
    const char* check(const core::input::range_read& in);
    const char* check(const core::input::range_proven& in);
    const char* check(const core::input::partial_opened& in);
    const char* check(const core::input::piece_stored& in);
    const char* check(const core::input::download_landed& in);
    const char* check(const core::input::search& in);
    const char* check(const core::input::reconfigure& in);
    /// stop, share_lost, get, join, cancel_download: the machine takes any.
    template <class Other>
    const char* check(const Other&) {
        return nullptr;
    }
    const char* check_stands(core::conn_id conn) const;

    void note(const core::output::dial& out) { live_[out.conn] = {}; }
    void note(const core::output::send& out);
    void note(const core::output::hang_up& out) { live_.erase(out.conn); }
    void note(const core::output::read_range& out) { reading_[out.job] = out.length; }
    void note(const core::output::prove_range& out) { proving_[out.job] = out.length; }
    void note(const core::output::open_partial& out) { opening_[out.download] = out.size; }
    void note(const core::output::store_piece& out) { storing_.emplace(out.download, out.piece); }
    void note(const core::output::finish_partial& out) { finishing_.insert(out.download); }
    template <class Other>
    void note(const Other&) {}

    // What is out: each piece of work is answered once at most. A connection that is not here has ended, and news of it is late.
    std::unordered_map<core::conn_id, connection> live_;
    std::unordered_map<core::job_id, std::uint32_t> reading_;  ///< with the bytes that were asked for
    std::unordered_map<core::job_id, std::uint32_t> proving_;
    std::unordered_map<core::download_id, std::uint64_t> opening_;  ///< with the size of the file
    std::set<std::pair<core::download_id, std::uint64_t>> storing_;
    std::unordered_set<core::download_id> finishing_;
    // What may come once only.
    std::unordered_set<core::conn_id> accepted_;
    std::unordered_set<core::search_ticket> tickets_;
    bool started_ = false;
};

}  // namespace mogshare::trace
