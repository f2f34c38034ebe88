#include "row_tests.hpp"

#include <utility>

namespace mogshare::core {

void row_tests::look() {
    if (ctx_.waits_for_room) make_room();
    if (turn_set_ || ctx_.both.primary.rows.empty() || ctx_.both.secondary.rows.empty()) return;
    turn_set_ = true;
    ctx_.timers.set(ctx_.now + limits::row_turn, timer_kind::turn, 0);
}

void row_tests::turn_due() {
    turn_set_ = false;
    const auto next = next_turn(ctx_.both, ctx_.hash_seed);
    if (!next) return;
    if (links_.open_link(next->up) != nullptr) return take_turn_of(next->up);  // it lives
    whose_turn_ = next->up;
    if (!links_.open(*find(ctx_.both, next->up))) whose_turn_.reset();
}

void row_tests::take_turn_of(const peer_id& row) {
    whose_turn_.reset();
    const auto next = next_turn(ctx_.both, ctx_.hash_seed);
    if (next && next->up == row) take_turn(ctx_.both, *next);  // else somebody has come between
}

void row_tests::make_room() {
    newcomer waiting = std::move(*ctx_.waits_for_room);
    ctx_.waits_for_room.reset();
    const table_row* const weak = weakest_row(ctx_.both);
    const bool too_soon = not_before_ && ctx_.now < *not_before_;
    if (weak == nullptr || under_way_ || too_soon || ctx_.stopping) return;
    not_before_ = ctx_.now + ctx_.cfg.times.row_test;
    const peer_id row = weak->id;
    if (links_.open_link(row) != nullptr) return;  // it lives
    under_way_ = test{row, std::move(waiting)};
    if (!links_.open(*weak)) return under_way_.reset();
    ++ctx_.counts.rows_tested;
}

void row_tests::opened(connection& with) {
    if (whose_turn_ == with.them) take_turn_of(with.them);
    if (!under_way_ || under_way_->row != with.them) return;
    under_way_.reset();
    const bool used = ctx_.both.primary.find(with.them) != nullptr;
    if (used || !with.dialled || !with.live()) return;
    conns_.close(with, wire::bye_reason::done, "");
    links_.ended(with, {"its row has been tested", std::nullopt, true});
}

bool row_tests::gave_up(const peer_id& row) {
    if (whose_turn_ == row) whose_turn_.reset();
    if (!under_way_ || under_way_->row != row) return false;
    const newcomer waiting = std::move(under_way_->waits);
    under_way_.reset();
    if (replace(ctx_.both, row, waiting)) ++ctx_.counts.rows_replaced;
    return true;
}

void row_tests::broken_off(const peer_id& row) {
    if (whose_turn_ == row) whose_turn_.reset();
    if (under_way_ && under_way_->row == row) under_way_.reset();
}

}  // namespace mogshare::core
