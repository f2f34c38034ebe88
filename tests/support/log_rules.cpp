#include "log_rules.hpp"

namespace mogshare::testing {

std::optional<node> who_is_who::node_of(const peer_id& id) const {
    const auto found = nodes.find(id);
    return found == nodes.end() ? std::nullopt : std::optional(found->second);
}

void log_rule::breach(const travelled& by, const std::string& what) {
    broken_.push_back("node " + std::to_string(by.from) + " to node " + std::to_string(by.to) + ": " + what);
}

std::vector<std::unique_ptr<log_rule>> all_log_rules(const who_is_who& who) {
    std::vector<std::unique_ptr<log_rule>> all;
    add_search_rules(all, who);
    add_answer_rules(all, who);
    return all;
}

std::vector<std::string> broken_rules(const std::vector<travelled>& log, const who_is_who& who) {
    std::vector<std::string> lines;
    for (const auto& rule : all_log_rules(who)) {
        for (const travelled& one : log) rule->take(one);
        lines.insert(lines.end(), rule->broken().begin(), rule->broken().end());
    }
    return lines;
}

}  // namespace mogshare::testing
