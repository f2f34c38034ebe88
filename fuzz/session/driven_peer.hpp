#pragma once
// A whole peer with a network and a disk that the fuzzer plays. After every input all outputs are taken, the rules that scenarios
// hold a peer to are asked, and what went in and came out is recorded, so that the run can be repeated.

#include "session/disk.hpp"
#include "session/line.hpp"
#include "support/peer_rules.hpp"
#include "support/rows.hpp"

#include "mogshare/core/peer.hpp"
#include "mogshare/trace/recording.hpp"
#include "mogshare/trace/replay.hpp"
#include "trace/input_rules.hpp"

#include <chrono>

namespace mogshare::fuzz {

/// Who the others are: a few numbers, some of them lower than ours and some higher.
inline constexpr std::uint32_t own_number = 100;
inline constexpr std::uint8_t nobody_else = 255;  ///< the peer itself, that has dialled its own address
inline peer_id other(std::uint8_t who) {
    return testing::peer_numbered(97U + who % 16 + (who % 16 >= 3 ? 1 : 0));
}
/// Where each of them is: neighbours on the network, on this machine, far away; some share an address.
inline endpoint place_of(std::uint8_t who) {
    const auto last = static_cast<std::uint8_t>(who % 16 + 1);
    switch (who % 5) {
        case 0: return {host::v4({127, 0, 0, 1}), static_cast<std::uint16_t>(7000 + last)};
        case 1: return {host::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last}), 7000};
        case 2: return {host::v4({93, 184, 216, last}), 7000};
        default: return {host::v4({10, 0, 0, last}), 7000};
    }
}

class driven_peer {
public:
    driven_peer(const core::settings& chosen, const core::tables& saved)
        : now_(std::chrono::hours(5)),
          record_(beginning(chosen)),
          machine_(beginning(chosen).self, chosen, random_source(beginning(chosen).seed)) {
        slots_ = chosen.upload_slots;
        downloads_ = chosen.downloads_at_once;
        feed(core::input::start{saved});
    }

    // ---- inputs --------------------------------------------------------------------------------------------------------
    void feed(const core::any_input& in) {
        const char* const wrong = rules_.take(in);
        require(wrong == nullptr, wrong == nullptr ? "" : wrong);  // the fuzzer must play a driver that can be
        record_.input(now_, in);
        machine_.handle(now_, in);
        taken();
    }
    /// Lets time pass, stopping at every deadline on the way, but not at more than `wakes`.
    void pass(duration how_long, int wakes) {
        const time_point end = now_ + how_long;
        for (; wakes > 0; --wakes) {
            const auto due = machine_.next_deadline();
            if (!due || *due > end) break;
            wake(std::max(now_, *due));
        }
        wake(end);
    }
    void wake(time_point at) {
        now_ = at;
        record_.woken(now_);
        machine_.handle_time(now_);
        taken();
    }
    void reconfigure(const core::settings& changed) {
        slots_ = std::max(slots_, changed.upload_slots);
        downloads_ = std::max(downloads_, changed.downloads_at_once);
        feed(core::input::reconfigure{changed});
    }

    // ---- connections ---------------------------------------------------------------------------------------------------
    core::conn_id accept(std::uint8_t who) {
        line made;
        made.conn = last_accepted_ += 2;
        made.stands = true;
        made.who = who;
        made.remote = {place_of(who).address, 40'000};
        lines_.emplace(made.conn, std::move(made));
        feed(core::input::accepted{last_accepted_, {place_of(who).address, 40'000}, ours()});
        return last_accepted_;
    }
    void connect(line& with) {
        with.stands = true;
        feed(core::input::connected{with.conn, ours()});
    }
    /// The handshake with `who` ends well.
    void secure(line& with, std::uint8_t who) {
        with.secured = true;
        with.who = who;
        feed(core::input::secured{with.conn, who == nobody_else ? testing::peer_numbered(own_number) : other(who)});
    }
    void refuse(line& with, bool for_us) {
        const core::conn_id conn = with.conn;
        lines_.erase(conn);
        feed(core::input::dial_failed{conn, "refused", for_us});
    }
    void close(line& with) {
        const core::conn_id conn = with.conn;
        lines_.erase(conn);
        feed(core::input::closed{conn, "gone"});
    }
    /// `data` may hold several frames, or a part of one. The line may be gone afterwards.
    void deliver(core::conn_id conn, byte_view data) {
        const bytes copied(data.begin(), data.end());  // in memory of its own: what is kept of it is seen
        if (line* const from = find(conn); from != nullptr && from->can_tell()) honest_pongs_ += from->tell(copied);
        feed(core::input::received{conn, copied});
    }
    void leave(line& from, std::size_t count_bytes) {
        count_bytes = std::min(count_bytes, from.queued_bytes);
        from.queued_bytes -= count_bytes;
        feed(core::input::sent{from.conn, count_bytes});
    }
    std::map<core::conn_id, line>& lines() { return lines_; }
    /// One of those that live; null when there is none.
    line* pick(std::uint8_t which) {
        if (lines_.empty()) return nullptr;
        return &std::next(lines_.begin(), which % std::ssize(lines_))->second;
    }
    line* find(core::conn_id conn) {
        const auto found = lines_.find(conn);
        return found == lines_.end() ? nullptr : &found->second;
    }

    // ---- the rest ------------------------------------------------------------------------------------------------------
    disk& work() { return disk_; }
    const core::peer& machine() const { return machine_; }
    const std::vector<core::download_id>& downloads() const { return seen_downloads_; }
    bool stopped() const { return stopped_; }

    /// After all faults: nothing is stuck.
    void check_settled() { check(testing::settled_rules()); }
    /// The same inputs at the same times give the same outputs.
    void check_repeats() {
        record_.end(trace::ending::stopped);
        const auto told = trace::replay(record_.pending());
        require(told.ok(), "a recording that cannot be replayed");
        require(!told->differs, "the same inputs, and other outputs");
    }

private:
    static host ours() { return host::v4({10, 0, 0, 100}); }
    static trace::beginning beginning(const core::settings& chosen) {
        trace::beginning made;
        made.program = "fuzz";
        made.self = {testing::peer_numbered(own_number), 7100};
        made.chosen = chosen;
        made.origin = time_point(std::chrono::hours(5));
        return made;
    }

    void taken() {
        while (const auto out = machine_.poll()) {
            require(!stopped_, "an output after the end");
            rules_.give(*out);
            record_.output(*out);
            take(*out);
        }
        check(testing::constant_rules());
        const auto broken = core::broken_rule(machine_.both_tables());
        require(!broken, broken.value_or(""));
        require(machine_.counts().pings_verified <= honest_pongs_, "R10: a PONG believed that proves nothing");
    }
    void take(const core::any_output& out) {
        if (const auto* dial = std::get_if<core::output::dial>(&out)) {
            require(dial->where.dialable() && dial->conn % 2 == 1 && dial->conn > last_dialled_,
                    "a dial that cannot be");
            last_dialled_ = dial->conn;
            line made;
            made.conn = dial->conn;
            made.dialled = true;
            made.remote = dial->where;
            lines_.emplace(made.conn, std::move(made));
        } else if (const auto* send = std::get_if<core::output::send>(&out)) {
            line* const to = find(send->conn);
            require(to != nullptr, "something said on a connection that is gone");
            to->hear(send->data.view());
        } else if (const auto* end = std::get_if<core::output::hang_up>(&out)) {
            require(lines_.erase(end->conn) == 1, "a connection hung up twice");
        } else if (const auto* changed = std::get_if<core::output::download_changed>(&out)) {
            if (seen_downloads_.empty() || seen_downloads_.back() < changed->download)
                seen_downloads_.push_back(changed->download);
        } else if (std::holds_alternative<core::output::stopped>(out)) {
            stopped_ = true;
        }
        disk_.take(out);
    }
    void check(std::span<const testing::peer_rule> rules) {
        testing::peer_sight seen = testing::sight_of(machine_);
        seen.upload_slots = slots_;
        seen.downloads_at_once = downloads_;
        seen.storing = disk_.storing();
        seen.open_partials = disk_.open_partials();
        seen.sockets = lines_.size();
        for (const testing::peer_rule& each : rules) {
            const auto broken = each.broken(seen);
            require(!broken, broken.value_or(""));
        }
    }

    time_point now_;
    trace::recorder record_;
    trace::input_rules rules_;
    core::peer machine_;
    std::map<core::conn_id, line> lines_;
    disk disk_;
    std::vector<core::download_id> seen_downloads_;
    core::conn_id last_accepted_ = 0;
    core::conn_id last_dialled_ = 0;
    std::uint64_t honest_pongs_ = 0;
    std::size_t slots_ = 0;
    std::size_t downloads_ = 0;
    bool stopped_ = false;
};

}  // namespace mogshare::fuzz
