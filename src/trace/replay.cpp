#include "mogshare/trace/replay.hpp"

#include "mogshare/base/sha256.hpp"
#include "trace/archive.hpp"
#include "trace/input_rules.hpp"
#include "trace/records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace mogshare::trace {

namespace {

/// Cuts a recording into the bodies of its records, each of them checked.
class record_reader {
public:
    explicit record_reader(byte_view all) : rest_(all) {}

    /// Null when all is well; else what is wrong with the first bytes.
    const char* open() {
        if (rest_.size() < opening_bytes || as_text(rest_.first(magic.size())) != magic) return "it is no recording";
        const byte_view first = take(opening_bytes);
        const bytes ours = opening();
        if (!std::equal(first.begin(), first.end(), ours.begin())) return "it is of another version of the format";
        check_ = sha256(first);
        return nullptr;
    }
    /// The next body; nothing when the record is cut or damaged.
    std::optional<byte_view> next() {
        began_at_ = taken_;
        if (rest_.size() < length_bytes) return std::nullopt;
        const byte_view length = take(length_bytes);
        std::size_t count = 0;
        for (const std::uint8_t each : length) count = count << 8 | each;
        if (count == 0 || count > rest_.size() || rest_.size() - count < check_bytes) return std::nullopt;
        const byte_view body = take(count);
        check_ = sha256({check_.view(), length, body});
        const byte_view check = take(check_bytes);
        damaged_ = !std::equal(check.begin(), check.end(), check_.value.begin());
        return damaged_ ? std::nullopt : std::optional(body);
    }
    bool at_end() const { return rest_.empty(); }
    bool damaged() const { return damaged_; }
    std::size_t began_at() const { return began_at_; }

private:
    byte_view take(std::size_t count) {
        const byte_view taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        taken_ += count;
        return taken;
    }

    byte_view rest_;
    digest check_;
    std::size_t taken_ = 0;
    std::size_t began_at_ = 0;
    bool damaged_ = false;
};

problem bad(std::string what) {
    return {std::move(what), "record a run with --record FILE, and let the program end in order",
            problem::kind::failed};
}

/// A machine that repeats a run, step by step.
class repeater {
public:
    explicit repeater(const beginning& from)
        : origin_(from.origin), machine_(from.self, from.chosen, random_source(from.seed)) {}

    /// Null when all is well; else why no machine could take this there.
    const char* take(duration after, std::optional<core::any_input> in, verdict& told) {
        latest_ = {++told.steps, in ? std::string(name_of(*in)) : "time", after, 0, ""};
        if (after < latest_at_) return "it lies before the step before it";
        if (after > longest) return "it lies too far off";
        if (const char* const wrong = in ? rules_.take(*in) : nullptr) return wrong;
        latest_at_ = told.lasted = after;
        if (in) {
            ++told.inputs;
            machine_.handle(origin_ + after, std::move(*in));
        } else {
            machine_.handle_time(origin_ + after);
        }
        given_ = {};
        while (const auto out = machine_.poll()) {
            rules_.give(*out);
            given_.add(*out);
            if (given_.count <= names_max) (latest_.given += given_.count > 1 ? ", " : "") += name_of(*out);
        }
        return nullptr;
    }
    /// The step that is or was to be taken, for people.
    std::string latest() const { return fmt::format("step {} of the recording, '{}',", latest_.step, latest_.taken); }
    /// The difference, when the latest step has given something else.
    std::optional<difference> compare(const outcome& recorded) const {
        if (given_ == recorded) return std::nullopt;
        difference found = latest_;
        found.recorded = recorded.count;
        if (found.given.empty()) found.given = "none";
        if (given_.count > names_max) found.given += fmt::format(" and {} more", given_.count - names_max);
        return found;
    }

private:
    static constexpr std::uint64_t names_max = 8;

    time_point origin_;
    duration latest_at_{};
    input_rules rules_;
    core::peer machine_;
    difference latest_;
    outcome given_;
};

/// Walks the records after the beginning.
class replayer {
public:
    replayer(record_reader& from, const beginning& first) : from_(from), machine_(first) {
        told_.program = first.program;
    }

    result<verdict, problem> run() {
        while (!told_.differs) {
            const auto body = from_.next();
            if (!body) return failure{broken_off()};
            unpacker source(body->subspan(1));
            const auto kind = static_cast<record_kind>(body->front());
            if (kind != record_kind::outputs) compare_latest({});
            if (told_.differs) break;
            if (kind == record_kind::end) return ended(source);
            if (auto wrong = take(kind, source)) return failure{std::move(*wrong)};
        }
        return told_;
    }

private:
    std::optional<problem> take(record_kind kind, unpacker& source) {
        if (kind == record_kind::outputs) {
            outcome recorded;
            source.get(recorded.count);
            source.get(recorded.sum);
            if (!source.complete() || !step_is_open_) return bad(place() + " that cannot be");
            compare_latest(recorded);
            return std::nullopt;
        }
        duration after{};
        source.get(after);
        std::optional<core::any_input> in;
        if (kind == record_kind::input) source.get(in.emplace());
        const bool is_step = kind == record_kind::input || kind == record_kind::time;
        if (!source.complete() || !is_step) return bad(place() + " that cannot be");
        if (const char* const wrong = machine_.take(after, std::move(in), told_))
            return bad(fmt::format("{} cannot be: {}", machine_.latest(), wrong));
        step_is_open_ = true;
        return std::nullopt;
    }

    void compare_latest(const outcome& recorded) {
        if (std::exchange(step_is_open_, false)) told_.differs = machine_.compare(recorded);
    }

    result<verdict, problem> ended(unpacker& source) {
        std::uint8_t why = 0;
        source.get(why);
        const bool known =
            why == static_cast<std::uint8_t>(ending::stopped) || why == static_cast<std::uint8_t>(ending::full);
        if (!source.complete() || !known) return failure{bad(place() + " that cannot be")};
        if (!from_.at_end()) return failure{bad("the recording is damaged: something follows its end")};
        told_.full = why == static_cast<std::uint8_t>(ending::full);
        return told_;
    }

    std::string place() const { return fmt::format("the recording has a record at byte {}", from_.began_at()); }

    problem broken_off() const {
        const std::string so_far =
            fmt::format("the {} steps before it gave the same outputs", told_.steps - (step_is_open_ ? 1 : 0));
        if (from_.damaged())
            return bad(fmt::format("the recording is damaged in the record at byte {}; {}", from_.began_at(), so_far));
        return bad(
            fmt::format("the recording breaks off at byte {}: it was cut, or the program did not end in order; {}",
                        from_.began_at(), so_far));
    }

    record_reader& from_;
    repeater machine_;
    verdict told_;
    bool step_is_open_ = false;  ///< taken, and not yet compared
};

}  // namespace

result<verdict, problem> replay(byte_view recording) {
    record_reader reader(recording);
    if (const char* const wrong = reader.open()) return failure{bad(fmt::format("this cannot be replayed: {}", wrong))};
    const auto body = reader.next();
    if (!body) return failure{bad("the recording is damaged or cut in its first record")};
    beginning first;
    unpacker source(body->subspan(1));
    source.get(first);
    const bool right = static_cast<record_kind>(body->front()) == record_kind::beginning && source.complete();
    if (!right) return failure{bad("the recording does not begin as one does")};
    if (const char* const wrong = input_rules::why_not(first))
        return failure{bad(fmt::format("this cannot be replayed: {}", wrong))};
    return replayer(reader, first).run();
}

}  // namespace mogshare::trace
