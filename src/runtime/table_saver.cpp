#include "runtime/table_saver.hpp"

#include <utility>

namespace mogshare::runtime {

namespace {

std::vector<store::saved_row> to_saved_rows(const core::table& from) {
    std::vector<store::saved_row> rows;
    rows.reserve(from.rows.size());
    for (const core::table_row& row : from.rows)
        rows.push_back({row.id, row.addresses, row.score, row.told_by, row.hearsay});
    return rows;
}

std::vector<core::table_row> from_saved_rows(const std::vector<store::saved_row>& from) {
    std::vector<core::table_row> rows;
    rows.reserve(from.size());
    for (const store::saved_row& saved : from) {
        core::table_row row;
        row.id = saved.id;
        row.addresses = saved.addresses;
        row.score = saved.score;
        row.told_by = saved.told_by;
        row.hearsay = saved.hearsay;
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace

store::saved_tables to_saved(const core::tables& from, std::string network) {
    return {std::move(network), to_saved_rows(from.primary), to_saved_rows(from.secondary)};
}

core::tables from_saved(const store::saved_tables& from) {
    core::tables made;
    made.primary.rows = from_saved_rows(from.primary);
    made.primary.capacity = made.primary.rows.size();
    made.secondary.rows = from_saved_rows(from.secondary);
    made.secondary.capacity = made.secondary.rows.size();
    return made;
}

table_saver::table_saver(asio::io_context& loop, workers& pool, store::home_paths home, std::string network,
                         handlers told, pauses chosen)
    : pool_(pool),
      home_(std::move(home)),
      network_(std::move(network)),
      told_(std::move(told)),
      pauses_(chosen),
      timer_(loop) {}

core::tables table_saver::load() {
    store::loaded_tables loaded = store::load_tables(home_, network_);
    if (!loaded.warning.empty()) told_.warn(std::move(loaded.warning));
    on_disk_ = std::move(loaded.tables);
    keep_first_as_ = std::move(loaded.keep_first_as);
    return from_saved(on_disk_);
}

void table_saver::touched() {
    if (timer_runs_ || ended_) return;
    timer_runs_ = true;
    timer_.expires_after(saved_once_ ? pauses_.later : pauses_.first);
    timer_.async_wait(alive_.guard([this](const asio::error_code& error) {
        timer_runs_ = false;
        if (!error) save();
    }));
}

void table_saver::save_last() {
    ended_ = true;
    timer_.cancel();
    save();
}

void table_saver::save() {
    store::saved_tables tables = to_saved(told_.current(), network_);
    // A peer that has lost everybody finds its way back better by whom it knew before than by nobody.
    if (tables.primary.empty() && tables.secondary.empty()) return;
    saved_once_ = true;
    if (writing_) {
        write_next_ = std::move(tables);
    } else if (tables != on_disk_) {
        write(std::move(tables));
    }
}

void table_saver::write(store::saved_tables tables) {
    writing_ = true;
    on_disk_ = tables;
    auto work = [home = home_, tables = std::move(tables), aside = keep_first_as_] {
        return store::save_tables(home, tables, aside);
    };
    pool_.run(lane::quick, std::move(work), [this](const result<done, problem>& outcome) {
        writing_ = false;
        if (outcome) {
            keep_first_as_.clear();
        } else {
            on_disk_ = {};
            const problem& why = outcome.error();
            told_.warn(why.hint.empty() ? why.what : why.what + " (" + why.hint + ")");
        }
        if (auto next = std::exchange(write_next_, std::nullopt)) write(std::move(*next));
    });
}

}  // namespace mogshare::runtime
