#include "row_tests.hpp"

#include <utility>

namespace mogshare::core {

void row_tests::look() {
    if (!ctx_.waits_for_room) return;
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
    if (!under_way_ || under_way_->row != with.them) return;
    under_way_.reset();
    const bool used = ctx_.both.primary.find(with.them) != nullptr;
    if (used || !with.dialled || !with.live()) return;
    conns_.close(with, wire::bye_reason::done, "");
    links_.ended(with, {"its row has been tested", std::nullopt, true});
}

bool row_tests::gave_up(const peer_id& row) {
    if (!under_way_ || under_way_->row != row) return false;
    const newcomer waiting = std::move(under_way_->waits);
    under_way_.reset();
    if (replace(ctx_.both, row, waiting)) ++ctx_.counts.rows_replaced;
    return true;
}

void row_tests::broken_off(const peer_id& row) {
    if (under_way_ && under_way_->row == row) under_way_.reset();
}

}  // namespace mogshare::core
