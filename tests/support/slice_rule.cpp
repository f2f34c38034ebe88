#include "slice_rule.hpp"

#include "mogshare/base/limits.hpp"

#include <algorithm>

namespace mogshare::testing {

namespace {

std::string shown(const std::vector<peer_id>& ids) {
    std::string text = "[";
    for (const peer_id& each : ids) text += (text.size() > 1 ? " " : "") + short_hex(each);
    return text + "]";
}

}  // namespace

/// Who follows the row of the latest run that has gone: the first behind it that is still there.
std::optional<peer_id> slice_rule::successor(const window& before, const core::table& now) {
    const auto gone = std::find(before.ids.begin(), before.ids.end(), *before.last);
    const auto at = static_cast<std::size_t>(gone - before.ids.begin());
    for (std::size_t step = 1; step <= before.ids.size(); ++step) {
        const peer_id& next = before.ids[(at + step) % before.ids.size()];
        if (now.find(next) != nullptr) return next;
    }
    return std::nullopt;
}

/// In which order things happened only the peer knows: several rows went at once, or one went and came back.
bool slice_rule::unclear(const window& before, const core::table& now) {
    std::vector<peer_id> stayed;
    for (const peer_id& each : before.ids)
        if (now.find(each) != nullptr) stayed.push_back(each);
    std::vector<peer_id> as_they_stand;
    for (const core::table_row& row : now.rows)
        if (std::find(stayed.begin(), stayed.end(), row.id) != stayed.end()) as_they_stand.push_back(row.id);
    return as_they_stand != stayed || (now.find(*before.last) == nullptr && before.ids.size() - stayed.size() > 1);
}

bool slice_rule::same(const window& before, const core::table& now) {
    return std::equal(now.rows.begin(), now.rows.end(), before.ids.begin(), before.ids.end(),
                      [](const core::table_row& row, const peer_id& id) { return row.id == id; }) &&
           std::equal(now.rows.begin(), now.rows.end(), before.addresses.begin(), before.addresses.end(),
                      [](const core::table_row& row, const auto& known) { return row.addresses == known; });
}

void slice_rule::look(const core::tables& now) {
    std::size_t which = 0;
    for (const core::table* each : {&now.primary, &now.secondary}) {
        window& of = windows_[which++];
        if (same(of, *each)) continue;
        if (of.last && unclear(of, *each)) {
            if (each->last_sent) of.last = each->rows.at(*each->last_sent).id;
        } else if (of.last && each->find(*of.last) == nullptr) {
            of.last = successor(of, *each);
        }
        of.ids.clear();
        of.addresses.clear();
        for (const core::table_row& row : each->rows) {
            of.ids.push_back(row.id);
            of.addresses.push_back(row.addresses);
        }
    }
}

std::vector<slice_rule::told_row> slice_rule::run(window& of, const question& asked) const {
    const std::size_t count = asked.rows_wanted / 2;
    const std::size_t total = of.ids.size();
    std::size_t first = 0;
    if (total > count && of.last)
        first = static_cast<std::size_t>(std::find(of.ids.begin(), of.ids.end(), *of.last) - of.ids.begin());
    std::vector<told_row> found;
    for (std::size_t step = 0; step < total && found.size() < std::min(count, total); ++step) {
        const std::size_t at = (first + step) % total;
        if (of.ids[at] == asked.asker) continue;  // the next one takes its place
        if (total > count) of.last = of.ids[at];
        found.push_back({of.ids[at], of.addresses[at]});
    }
    return found;
}

std::optional<std::string> slice_rule::judge(const question& asked, const std::vector<peer_id>& told) {
    while (!answers_.empty() && asked.at - answers_.front().at >= asked.repeat) answers_.pop_front();
    // The same run for one id, wherever it asks from; which of its rows can be told depends on where that is.
    const auto as_told = [&](const std::vector<told_row>& from) {
        std::vector<peer_id> ids;
        for (const told_row& row : from)
            if (ids.size() < asked.rows_wanted && asked.tellable(row.addresses)) ids.push_back(row.id);
        return ids;
    };
    const auto again =
        std::find_if(answers_.begin(), answers_.end(), [&](const answer& one) { return one.asker == asked.asker; });
    if (again != answers_.end()) {
        if (told == as_told(again->run)) return std::nullopt;
        return "R5: the same asker within a minute got other rows";
    }
    std::vector<told_row> whole = run(windows_[0], asked);
    const std::vector<told_row> second = run(windows_[1], asked);
    whole.insert(whole.end(), second.begin(), second.end());
    if (answers_.size() >= limits::entry_repeats_max) answers_.pop_front();
    const std::vector<peer_id> expected = as_told(whole);
    answers_.push_back({asked.asker, asked.at, std::move(whole)});
    if (told == expected) return std::nullopt;
    return "R5: a run that does not begin where the one before it ended: told " + shown(told) + ", expected " +
           shown(expected) + " of " + shown(windows_[0].ids) + " and " + shown(windows_[1].ids);
}

void slice_rule::believe(const core::tables& now, time_point until) {
    std::size_t which = 0;
    for (const core::table* each : {&now.primary, &now.secondary}) {
        window& of = windows_[which++];
        of.last.reset();
        if (each->last_sent) of.last = each->rows.at(*each->last_sent).id;
    }
    answers_.clear();
    unsure_until_ = until;
}

}  // namespace mogshare::testing
