#include "mogshare/core/counters.hpp"

namespace mogshare::core {

std::vector<std::pair<std::string_view, std::uint64_t>> counters::named() const {
    return {
        {"searches_own", searches_own},
        {"searches_received", searches_received},
        {"searches_known", searches_known},
        {"searches_forwarded", searches_forwarded},
        {"searches_answered", searches_answered},
        {"searches_refused_memory", searches_refused_memory},
        {"searches_refused_origin", searches_refused_origin},
        {"searches_refused_level", searches_refused_level},
        {"searches_refused_scope", searches_refused_scope},
        {"forwards_dropped_backlog", forwards_dropped_backlog},
        {"answers_refused", answers_refused},
        {"answers_unasked", answers_unasked},
        {"answers_received", answers_received},
        {"pings_served", pings_served},
        {"pings_verified", pings_verified},
        {"pings_failed", pings_failed},
        {"entradas_sent", entradas_sent},
        {"entradas_served", entradas_served},
        {"rows_received", rows_received},
        {"promotions", promotions},
        {"rows_dropped", rows_dropped},
        {"connections_accepted", connections_accepted},
        {"connections_dialled", connections_dialled},
        {"connections_refused", connections_refused},
        {"half_open_evicted", half_open_evicted},
        {"connections_choked", connections_choked},
        {"frames_refused", frames_refused},
        {"protocol_violations", protocol_violations},
        {"time_limits_hit", time_limits_hit},
        {"uploaded_bytes", uploaded_bytes},
        {"downloaded_bytes", downloaded_bytes},
        {"uploads_refused", uploads_refused},
    };
}

}  // namespace mogshare::core
