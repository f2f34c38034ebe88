// Searches, their results and elections, for people.

#include "app/text_views.hpp"

#include "mogshare/base/printable.hpp"
#include "mogshare/core/election.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mogshare::app {

namespace {

constexpr std::size_t shown_name_bytes = 300;
constexpr std::size_t entries_shown = 3;
constexpr std::size_t other_names_shown = 2;

std::string shown(const std::string& name) {
    return printable(name, shown_name_bytes);
}

std::string best_rate(const core::search_state& search, const core::found_content& result) {
    double best = 0;
    for (const std::size_t index : result.answers) best = std::max(best, search.answers[index].rate_bytes_per_s);
    return best > 0 ? rate_text(best) : "-";
}

std::string names_of(const core::found_content& result) {
    std::string text = shown(result.names.front());
    for (std::size_t at = 1; at < std::min(result.names.size(), other_names_shown + 1); ++at)
        text += (at == 1 ? "  also " : ", ") + shown(result.names[at]);
    if (result.names.size() > other_names_shown + 1)
        text += fmt::format(", and {} more", result.names.size() - other_names_shown - 1);
    if (!result.here.empty()) text += "  [here]";
    return text;
}

std::string rate_cell(const core::answer& one) {
    return one.ranked() ? rate_text(one.rate_bytes_per_s) : "-";
}

/// How the ping of an answer went, and for a ranked one how it compares with the winner.
std::string remark(const core::answer& one, const core::answer& winner, bool first) {
    if (first) return one.ranked() ? "elected" : fmt::format("elected, unranked ({})", name_of(one.ping));
    if (!one.ranked()) return fmt::format("unranked: {}", name_of(one.ping));
    const double more = std::max(one.rate_bytes_per_s, winner.rate_bytes_per_s);
    const double less = std::min(one.rate_bytes_per_s, winner.rate_bytes_per_s);
    return fmt::format("{:.1f} times {}", more / less,
                       one.rate_bytes_per_s < winner.rate_bytes_per_s ? "slower" : "faster");
}

text_table election_table(const core::search_state& search, const std::vector<std::size_t>& order) {
    text_table table({{"place", align::right},
                      {"peer"},
                      {"address"},
                      {"level", align::right},
                      {"round trip", align::right},
                      {"ping", align::right},
                      {"bytes", align::right},
                      {"rate", align::right},
                      {"slots", align::right},
                      {"queue", align::right},
                      {""}});
    for (std::size_t place = 0; place < order.size(); ++place) {
        const core::answer& one = search.answers[order[place]];
        table.add({fmt::format("{}", place + 1), short_hex(one.peer), to_string(one.where),
                   fmt::format("{}", one.level), duration_text(one.round_trip),
                   one.ranked() ? duration_text(one.ping_time) : "-", one.ranked() ? size_text(one.ping_bytes) : "-",
                   rate_cell(one), fmt::format("{}", one.slots_free), fmt::format("{}", one.queue),
                   remark(one, search.answers[order.front()], place == 0)});
    }
    return table;
}

/// The sentence under an election table.
std::string verdict(const core::search_state& search, const std::vector<std::size_t>& order,
                    core::election_reading reading) {
    const core::answer& winner = search.answers[order.front()];
    const std::string_view rule =
        reading == core::election_reading::highest ? "the highest rate wins" : "the lowest rate wins";
    std::string text = fmt::format("{}: {} at {}", rule, short_hex(winner.peer), to_string(winner.where));
    if (!winner.ranked()) return text + ", which has no rate; free slots decide";
    text += ", " + rate_text(winner.rate_bytes_per_s);
    if (order.size() < 2) return text + ", the only source";
    const core::answer& next = search.answers[order[1]];
    if (!next.ranked()) return text + ", the only one with a rate";
    const double ratio = winner.rate_bytes_per_s / next.rate_bytes_per_s;
    return text + fmt::format(", {:.2f} times the rate of the next one", ratio);
}

}  // namespace

std::string_view name_of(core::ping_state state) {
    switch (state) {
        case core::ping_state::none: return "not pinged";
        case core::ping_state::queued: return "ping waits";
        case core::ping_state::running: return "ping runs";
        case core::ping_state::done: return "ping done";
        case core::ping_state::failed: return "ping failed";
    }
    return "";
}

std::size_t number_of(const core::search_state& search, const wire::entry& file) {
    for (std::size_t at = 0; at < search.results.size(); ++at)
        if (search.results[at].is(file.content, file.size)) return at + 1;
    return 0;
}

lines text_view::answer(const core::search_state& of, std::size_t index) const {
    const core::answer& one = of.answers[index];
    std::string files;
    for (std::size_t at = 0; at < std::min(one.entries.size(), entries_shown); ++at) {
        const wire::entry& file = one.entries[at];
        const std::size_t number = number_of(of, file);
        if (!files.empty()) files += ", ";
        files += number == 0 ? shown(file.name) : fmt::format("[{}] {}", number, shown(file.name));
        files += " (" + size_text(file.size) + ")";
    }
    if (one.entries.size() > entries_shown) files += fmt::format(", and {} more", one.entries.size() - entries_shown);
    return {fmt::format("  {:>8}  level {}  {}  {}", duration_text(one.after), one.level, to_string(one.where), files)};
}

lines text_view::pinged(const core::search_state&, std::size_t) const {
    return {};  // the table of results says it, once
}

lines text_view::results(const core::search_state& of) const {
    text_table table({{"#", align::right},
                      {"size", align::right},
                      {"sources", align::right},
                      {"best rate", align::right},
                      {"content"},
                      {"name"}});
    for (std::size_t at = 0; at < of.results.size(); ++at) {
        const core::found_content& each = of.results[at];
        table.add({fmt::format("{}", at + 1), size_text(each.size), fmt::format("{}", each.answers.size()),
                   best_rate(of, each), short_hex(each.content), names_of(each)});
    }
    return table.empty() ? lines{} : table.set();
}

lines text_view::reach(const core::search_state& of) const {
    std::string text = fmt::format("asked {}: {}", count_text(of.neighbours_asked, "neighbour", "neighbours"),
                                   count_text(of.answers.size(), "answer", "answers"));
    if (!of.answers.empty()) text += fmt::format(", the farthest from level {}", of.farthest_level());
    text += ", " + count_text(of.results.size(), "result", "results");
    return {text + (of.lasted ? ", " + duration_text(*of.lasted) : ", still searching")};
}

lines text_view::why(const core::search_state& of, std::size_t number, core::election_reading reading) const {
    const core::found_content& result = of.results[number - 1];
    lines out{
        fmt::format("{}  {}, content {}", shown(result.names.front()), size_text(result.size), to_hex(result.content))};
    for (const std::string& path : result.here) out.push_back("here already, as " + shown(path));
    const auto order = core::elect(of.answers, result.answers, reading);
    if (order.empty()) {
        out.push_back("no other peer has answered with it");
        return out;
    }
    for (std::string& line : election_table(of, order).set()) out.push_back(std::move(line));
    out.push_back(verdict(of, order, reading));
    return out;
}

}  // namespace mogshare::app
