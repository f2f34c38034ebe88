#pragma once
// The rules that every message keeps, whatever a scenario is about: one class a rule, each fed with what has arrived, in order.
// checkers_log_test.cpp proves of each that it can fail.

#include "message_log.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mogshare::testing {

/// Who is who. Scripted nodes may break every rule: only what honest nodes send is judged.
struct who_is_who {
    std::map<peer_id, node> nodes;  ///< of honest peers
    std::map<node, int> depths;     ///< their exclusive limits of levels
    std::map<node, std::vector<time_point>>
        beginnings;  ///< of their lives: a new life has forgotten what an earlier one did
    bool honest(node one) const { return depths.contains(one); }
    std::optional<node> node_of(const peer_id& id) const;
};

class log_rule {
public:
    log_rule(std::string_view name, const who_is_who& who) : who_(who), name_(name) {}
    virtual ~log_rule() = default;

    virtual void take(const travelled& one) = 0;
    std::string_view name() const { return name_; }
    const std::vector<std::string>& broken() const { return broken_; }

protected:
    void breach(const travelled& by, const std::string& what);
    const who_is_who& who_;

private:
    std::string_view name_;
    std::vector<std::string> broken_;
};

std::vector<std::unique_ptr<log_rule>> all_log_rules(const who_is_who& who);

/// What the log breaks, a line each; empty when nothing.
std::vector<std::string> broken_rules(const std::vector<travelled>& log, const who_is_who& who);

// For all_log_rules(), by what they are about.
void add_search_rules(std::vector<std::unique_ptr<log_rule>>& to, const who_is_who& who);
void add_answer_rules(std::vector<std::unique_ptr<log_rule>>& to, const who_is_who& who);

}  // namespace mogshare::testing
