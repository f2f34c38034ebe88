#include "mogshare/app/words.hpp"

#include "app/nearest.hpp"
#include "mogshare/base/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace mogshare::app {

namespace {

failure<problem> misuse(std::string what, std::string hint) {
    return failure{problem{std::move(what), std::move(hint), problem::kind::usage}};
}

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Reads a line character by character.
class splitter {
public:
    explicit splitter(std::string_view line) : line_(line) {}

    /// False when a quotation is not closed.
    bool run() {
        while (at_ < line_.size()) {
            const char c = line_[at_++];
            if (c == '#' && !in_word_ && command_.empty()) break;
            if (!take(c)) return false;
        }
        end_command();
        return true;
    }
    std::vector<command_words> commands;

private:
    bool take(char c) {
        if (c == '\'' || c == '"') return take_quoted(c);
        if (c == ';') {
            end_command();
        } else if (is_space(c)) {
            end_word();
        } else {
            add(c == '\\' && at_ < line_.size() ? line_[at_++] : c);
        }
        return true;
    }
    bool take_quoted(char quote) {
        in_word_ = true;
        while (at_ < line_.size()) {
            const char c = line_[at_++];
            if (c == quote) return true;
            add(quote == '"' && c == '\\' && at_ < line_.size() ? line_[at_++] : c);
        }
        return false;
    }
    void add(char c) {
        in_word_ = true;
        word_ += c;
    }
    void end_word() {
        if (in_word_) command_.push_back(std::move(word_));
        word_.clear();
        in_word_ = false;
    }
    void end_command() {
        end_word();
        if (!command_.empty()) commands.push_back(std::move(command_));
        command_.clear();
    }

    std::string_view line_;
    std::size_t at_ = 0;
    bool in_word_ = false;
    std::string word_;
    command_words command_;
};

struct subject_name {
    std::string_view name;
    wait_condition::subject what;
    bool counted;
};

using subject = wait_condition::subject;
constexpr std::array subjects{
    subject_name{"peers", subject::peers, true},         subject_name{"primary", subject::primary, true},
    subject_name{"secondary", subject::secondary, true}, subject_name{"links", subject::links, true},
    subject_name{"shares", subject::shares, true},       subject_name{"uploads", subject::uploads, true},
    subject_name{"hashed", subject::hashed, false},      subject_name{"transfers", subject::transfers, false},
};
constexpr std::string_view wait_hint =
    "for example 'wait peers>=2 10s', 'wait hashed' or 'wait transfers'; 'help wait' says what can be waited for";

const subject_name* find_subject(std::string_view name) {
    const auto found =
        std::find_if(subjects.begin(), subjects.end(), [&](const auto& one) { return one.name == name; });
    return found == subjects.end() ? nullptr : &*found;
}

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

failure<problem> unknown_subject(std::string_view name) {
    std::vector<std::string> names;
    for (const subject_name& each : subjects) names.emplace_back(each.name);
    const auto meant = nearest(name, names);
    return misuse(fmt::format("wait: there is no '{}' to wait for", printable(name)),
                  meant ? fmt::format("did you mean '{}'?", *meant) : std::string(wait_hint));
}

/// `peers>=2` or `transfers`.
result<wait_condition, problem> parse_condition(std::string_view text) {
    const std::size_t sign = text.find(">=");
    const subject_name* const named = find_subject(text.substr(0, sign));
    if (named == nullptr) return unknown_subject(text.substr(0, sign));
    wait_condition condition;
    condition.what = named->what;
    if (named->counted != (sign != std::string_view::npos)) {
        return misuse(named->counted ? fmt::format("wait: '{0}' needs a number, as in {0}>=2", named->name)
                                     : fmt::format("wait: '{}' goes without a number", named->name),
                      std::string(wait_hint));
    }
    if (!named->counted) return condition;
    const auto least = whole_number<std::uint64_t>(text.substr(sign + 2));
    if (!least)
        return misuse(fmt::format("wait: '{}' is not a number", printable(text.substr(sign + 2))),
                      std::string(wait_hint));
    condition.least = *least;
    return condition;
}

}  // namespace

result<std::vector<command_words>, problem> split_commands(std::string_view line) {
    splitter split(line);
    if (split.run()) return std::move(split.commands);
    return misuse("a quotation is not closed",
                  "end it with the same quote, or write \\ before a quote that belongs to a word");
}

std::optional<duration> parse_duration(std::string_view text) {
    constexpr std::string_view digits = "0123456789.";
    const std::size_t digits_end = std::min(text.find_first_not_of(digits), text.size());
    const auto number = whole_number<double>(text.substr(0, digits_end));
    const std::string_view unit = text.substr(digits_end);
    double factor = 0;
    if (unit == "ms") factor = 1e-3;
    if (unit.empty() || unit == "s") factor = 1;
    if (unit == "m" || unit == "min") factor = 60;
    if (!number || factor == 0 || *number * factor > 24.0 * 60 * 60) return std::nullopt;
    return std::chrono::nanoseconds(std::llround(*number * factor * 1e9));
}

result<wait_condition, problem> parse_wait(const std::vector<std::string>& arguments) {
    if (arguments.empty() || arguments.size() > 2)
        return misuse("wait: a condition is needed, and at most a time limit after it", std::string(wait_hint));
    auto condition = parse_condition(arguments.front());
    if (!condition || arguments.size() == 1) return condition;
    condition->limit = parse_duration(arguments.back());
    if (!condition->limit)
        return misuse(fmt::format("wait: '{}' is not a time limit", printable(arguments.back())),
                      "for example 10s, 500ms or 2m");
    return condition;
}

std::string to_string(const wait_condition& condition) {
    for (const subject_name& each : subjects) {
        if (each.what != condition.what) continue;
        return each.counted ? fmt::format("{}>={}", each.name, condition.least) : std::string(each.name);
    }
    return {};
}

}  // namespace mogshare::app
