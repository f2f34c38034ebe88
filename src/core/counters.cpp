#include "mogshare/core/counters.hpp"

#include <array>

namespace mogshare::core {

namespace {

struct named_counter {
    std::string_view name;
    std::uint64_t counters::*member;
};

// In the order of the declarations.
constexpr std::array all{
    named_counter{"searches_own", &counters::searches_own},
    named_counter{"searches_received", &counters::searches_received},
    named_counter{"searches_known", &counters::searches_known},
    named_counter{"searches_forwarded", &counters::searches_forwarded},
    named_counter{"searches_answered", &counters::searches_answered},
    named_counter{"searches_refused_memory", &counters::searches_refused_memory},
    named_counter{"searches_refused_budget", &counters::searches_refused_budget},
    named_counter{"searches_refused_price", &counters::searches_refused_price},
    named_counter{"searches_cut_price", &counters::searches_cut_price},
    named_counter{"searches_refused_origin", &counters::searches_refused_origin},
    named_counter{"searches_refused_level", &counters::searches_refused_level},
    named_counter{"searches_refused_self", &counters::searches_refused_self},
    named_counter{"searches_refused_scope", &counters::searches_refused_scope},
    named_counter{"forwards_dropped_backlog", &counters::forwards_dropped_backlog},
    named_counter{"forwards_refused_budget", &counters::forwards_refused_budget},
    named_counter{"answers_refused", &counters::answers_refused},
    named_counter{"answers_given_up", &counters::answers_given_up},
    named_counter{"answers_refused_budget", &counters::answers_refused_budget},
    named_counter{"answers_unasked", &counters::answers_unasked},
    named_counter{"answers_refused_memory", &counters::answers_refused_memory},
    named_counter{"answers_received", &counters::answers_received},
    named_counter{"results_refused", &counters::results_refused},
    named_counter{"dials_refused_scope", &counters::dials_refused_scope},
    named_counter{"dials_refused_silence", &counters::dials_refused_silence},
    named_counter{"dials_refused_host", &counters::dials_refused_host},
    named_counter{"dials_refused_block", &counters::dials_refused_block},
    named_counter{"dials_refused_neighbour", &counters::dials_refused_neighbour},
    named_counter{"dials_refused_all", &counters::dials_refused_all},
    named_counter{"dial_records_forgotten", &counters::dial_records_forgotten},
    named_counter{"answers_unpinged", &counters::answers_unpinged},
    named_counter{"pings_served", &counters::pings_served},
    named_counter{"pings_verified", &counters::pings_verified},
    named_counter{"pings_failed", &counters::pings_failed},
    named_counter{"entradas_sent", &counters::entradas_sent},
    named_counter{"entradas_served", &counters::entradas_served},
    named_counter{"entradas_refused", &counters::entradas_refused},
    named_counter{"rows_received", &counters::rows_received},
    named_counter{"rows_refused", &counters::rows_refused},
    named_counter{"rows_without_room", &counters::rows_without_room},
    named_counter{"rows_tested", &counters::rows_tested},
    named_counter{"rows_replaced", &counters::rows_replaced},
    named_counter{"promotions", &counters::promotions},
    named_counter{"rows_dropped", &counters::rows_dropped},
    named_counter{"connections_accepted", &counters::connections_accepted},
    named_counter{"connections_dialled", &counters::connections_dialled},
    named_counter{"connections_refused", &counters::connections_refused},
    named_counter{"connections_refused_host", &counters::connections_refused_host},
    named_counter{"connections_refused_block", &counters::connections_refused_block},
    named_counter{"connections_refused_rate", &counters::connections_refused_rate},
    named_counter{"connections_refused_banned", &counters::connections_refused_banned},
    named_counter{"connections_flooding", &counters::connections_flooding},
    named_counter{"bans", &counters::bans},
    named_counter{"bans_forgotten", &counters::bans_forgotten},
    named_counter{"half_open_evicted", &counters::half_open_evicted},
    named_counter{"idle_links_evicted", &counters::idle_links_evicted},
    named_counter{"connections_gave_way", &counters::connections_gave_way},
    named_counter{"handshakes_failed", &counters::handshakes_failed},
    named_counter{"versions_refused", &counters::versions_refused},
    named_counter{"connections_choked", &counters::connections_choked},
    named_counter{"connections_unfinished", &counters::connections_unfinished},
    named_counter{"frames_refused", &counters::frames_refused},
    named_counter{"protocol_violations", &counters::protocol_violations},
    named_counter{"time_limits_hit", &counters::time_limits_hit},
    named_counter{"uploaded_bytes", &counters::uploaded_bytes},
    named_counter{"downloaded_bytes", &counters::downloaded_bytes},
    named_counter{"uploads_refused", &counters::uploads_refused},
    named_counter{"uploads_gave_way", &counters::uploads_gave_way},
    named_counter{"sources_refused", &counters::sources_refused},
};

}  // namespace

std::vector<std::pair<std::string_view, std::uint64_t>> counters::named() const {
    std::vector<std::pair<std::string_view, std::uint64_t>> list;
    for (const named_counter& each : all) list.emplace_back(each.name, this->*each.member);
    return list;
}

}  // namespace mogshare::core
