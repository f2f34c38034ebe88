#include "entering.hpp"

#include "mogshare/core/flood.hpp"

#include <algorithm>
#include <utility>

namespace mogshare::core {

void entering::begin() {
    retry_after_ = ctx_.cfg.times.join_retry_first;
    known_ = ctx_.cfg.join;
    if (!known_) {
        const auto& rows = ctx_.both.primary.rows.empty() ? ctx_.both.secondary.rows : ctx_.both.primary.rows;
        const auto best = std::max_element(rows.begin(), rows.end(),
                                           [](const table_row& a, const table_row& b) { return a.score < b.score; });
        if (best != rows.end()) {
            known_ = best->addresses.front();
            known_id_ = best->id;
        }
    }
    if (known_) {
        ask(*known_);
    } else {
        ctx_.emit(output::alone{std::nullopt, "no address to join"});
    }
}

void entering::join(const endpoint& where) {
    known_ = where;
    known_id_.reset();
    retry_after_ = ctx_.cfg.times.join_retry_first;
    ask(where);
}

void entering::ask(const endpoint& where) {
    if (connection* const earlier = conns_.find(asked_on_)) {
        if (earlier->state == conn_state::open)
            conns_.expect_nothing(*earlier);  // else it must still say HELLO in time
        late_on_ = earlier->id;
    }
    asked_on_ = 0;
    connection* const with = links_.dial_known(where, known_id_);
    if (with == nullptr) return failed("too many connections");
    asked_on_ = with->id;
    ++ctx_.counts.entradas_sent;
    conns_.send(*with, wire::entrada{static_cast<std::uint16_t>(ctx_.cfg.entry_rows)});
}

void entering::link_opened(connection& with) {
    conns_.expect_within(with, ctx_.cfg.times.entry);
}

void entering::link_ended(connection&, const ending& why) {
    asked_on_ = 0;
    failed(why.reason, why.hint);
}

bool entering::link_overdue(connection& with) {
    if (!is_ours(with)) return false;
    asked_on_ = 0;
    late_on_ = with.id;
    ++ctx_.counts.time_limits_hit;
    links_.settle(with);
    failed("no answer to ENTRADA in time");
    return true;
}

void entering::failed(const std::string& reason, const std::string& hint) {
    ctx_.emit(output::alone{known_, reason, hint});
    rows_changed();
}

void entering::rows_changed() {
    if (retry_set_ || asked_on_ != 0 || !known_ || ctx_.stopping || !ctx_.both.primary.rows.empty()) return;
    retry_set_ = true;
    ctx_.timers.set(ctx_.now + retry_after_, timer_kind::join_retry, 0);
    retry_after_ = std::min(2 * retry_after_, ctx_.cfg.times.join_retry_max);
}

void entering::retry_due() {
    retry_set_ = false;
    if (asked_on_ == 0 && known_ && !ctx_.stopping && ctx_.both.primary.rows.empty()) ask(*known_);
}

void entering::take(connection& from, const wire::rows& said) {
    const bool late = late_on_ != 0 && from.id == late_on_;
    if (!is_ours(from) && !late) return conns_.violation(from, "ROWS that were not asked for");
    if (said.list.size() > ctx_.cfg.entry_rows) return conns_.violation(from, "more ROWS than were asked for");
    asked_on_ = late ? asked_on_ : 0;
    late_on_ = 0;
    if (!late) conns_.expect_nothing(from);
    links_.settle(from);
    retry_after_ = ctx_.cfg.times.join_retry_first;
    const std::size_t before = ctx_.both.primary.rows.size() + ctx_.both.secondary.rows.size();
    // R7: who answered comes first, so that it is in the primary table even where that holds a single row.
    if (!from.short_lived) ctx_.store_met(from.them, from.remote, table_choice::primary);
    for (const wire::row& row : said.list) store_hearsay(from, row);
    ctx_.counts.rows_received += said.list.size();
    const std::size_t after = ctx_.both.primary.rows.size() + ctx_.both.secondary.rows.size();
    ctx_.emit(output::entered{from.remote, after - std::min(before, after)});
}

/// What others say of a peer adds a row, but changes none that we have; nothing narrower than the teller is believed, nor a port
/// on which system services listen.
void entering::store_hearsay(const connection& from, const wire::row& told) {
    if (find(ctx_.both, told.id) != nullptr) return;
    std::vector<endpoint> addresses = told.addresses;
    std::erase_if(addresses, [&](const endpoint& each) {
        return each.port < limits::relayed_port_min || narrower(each, from.remote);
    });
    ctx_.store_told(told.id, addresses, from.them, table_choice::primary);
}

void entering::take(connection& from, const wire::entrada& said) {
    if (!entries_.take(counted_as(from.remote.address), ctx_.now)) {
        ++ctx_.counts.entradas_refused;
        return conns_.refuse(from, wire::bye_reason::full, "too many entries from one address: try again in a minute",
                             "asks to enter too often");
    }
    ++ctx_.counts.entradas_served;
    const std::size_t wanted = std::min<std::size_t>(said.rows_wanted, ctx_.cfg.entry_rows);
    wire::rows answer;
    for (const wire::row& row : run_for(from.them, wanted)) {
        if (answer.list.size() >= wanted) break;  // it asks for fewer this time
        if (auto told = told_to(from, row)) answer.list.push_back(std::move(*told));
    }
    conns_.send(from, answer);
    if (!from.short_lived) ctx_.store_met(from.them, from.listens, table_choice::primary);  // R6
}

std::optional<wire::row> entering::told_to(const connection& asker, const wire::row& row) const {
    wire::row told;
    told.id = row.id;
    for (const endpoint& each : row.addresses) {
        const auto form = reachable_form(each.address, asker.remote.address, asker.local);
        if (form) told.addresses.push_back({*form, each.port});
    }
    if (told.addresses.empty()) return std::nullopt;
    // Two families may have become one by our own address standing in for loopback.
    if (told.addresses.size() == 2 && told.addresses[0].address.is == told.addresses[1].address.is)
        told.addresses.pop_back();
    return told;
}

const std::vector<wire::row>& entering::run_for(const peer_id& asker, std::size_t rows_wanted) {
    const duration span = ctx_.cfg.times.entry_repeat;
    while (!repeats_.empty() && ctx_.now - repeats_.front().at >= span) repeats_.pop_front();
    const auto again =
        std::find_if(repeats_.begin(), repeats_.end(), [&](const repeat& one) { return one.asker == asker; });
    if (again != repeats_.end()) return again->run;

    if (repeats_.size() >= limits::entry_repeats_max) repeats_.pop_front();
    repeat& made = repeats_.emplace_back();
    made.asker = asker;
    made.at = ctx_.now;
    for (table* each : {&ctx_.both.primary, &ctx_.both.secondary})
        for (const table_row& row : next_run(*each, rows_wanted / 2, asker))
            made.run.push_back({row.id, row.addresses});
    return made.run;
}

}  // namespace mogshare::core
