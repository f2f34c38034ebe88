#pragma once
// One peer under test, driven by hand: the test plays the network, the disk, the clock and every other peer.
//
//     scripted_peer peer;
//     peer.start();
//     const auto link = peer.neighbour(7);                 // peer 7 dials us and says HELLO
//     peer.say(link, wire::entrada{16});
//     CHECK(peer.heard<wire::rows>(link).list.empty());
//
// What the peer says is read back through the codec, message by message.

#include "support/rows.hpp"
#include "support/scripted_file.hpp"

#include "mogshare/core/peer.hpp"
#include "mogshare/wire/codec.hpp"
#include "mogshare/wire/framer.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mogshare::testing {

using core::conn_id;

class scripted_peer {
public:
    /// Our own number; others with a lower one win a pair of links.
    static constexpr std::uint32_t own_number = 100;
    static constexpr std::uint16_t own_port = 7100;

    explicit scripted_peer(const core::settings& chosen = {})
        : machine_({peer_numbered(own_number), own_port}, chosen, random_source::from_number(1)) {}

    core::peer& operator*() { return machine_; }
    const core::peer* operator->() const { return &machine_; }
    const core::counters& counts() const { return machine_.counts(); }
    time_point now() const { return now_; }

    // ---- inputs ----
    void feed(core::any_input in) {
        machine_.handle(now_, std::move(in));
        collect();
    }
    void start(const core::tables& saved = {}) { feed(core::input::start{saved}); }
    /// Starts with these primary rows, and drops the dial of the one ENTRADA that goes out for them.
    void start_with_rows(const std::vector<std::uint32_t>& primary) {
        core::tables saved = tables_of(1024, 1);
        for (const std::uint32_t number : primary) store_numbered(saved, number);
        start(saved);
        for (const auto& dialled : dials()) feed(core::input::dial_failed{dialled.conn, "not today"});
        all<core::output::alone>();
    }
    /// Lets time pass, stopping at every deadline on the way.
    void pass(duration how_long) {
        const time_point end = now_ + how_long;
        while (const auto due = machine_.next_deadline()) {
            if (*due > end) break;
            now_ = std::max(now_, *due);
            machine_.handle_time(now_);
            collect();
        }
        now_ = end;
    }

    // ---- connections ----
    /// Someone dials us, and the handshake has not begun.
    conn_id accept(const endpoint& from, const host& ours = host::v4({10, 0, 0, 100})) {
        last_accepted_ += 2;
        feed(core::input::accepted{last_accepted_, from, ours});
        return last_accepted_;
    }
    /// Peer `number` dials us, the handshake has ended, and it has said nothing yet.
    conn_id accept(std::uint32_t number) { return accept({site(number).address, 40'000}, number); }
    conn_id accept(const endpoint& from, std::uint32_t number) {
        const conn_id conn = accept(from);
        secure(conn, number);
        return conn;
    }
    void secure(conn_id conn, std::uint32_t number) { feed(core::input::secured{conn, peer_numbered(number)}); }
    static wire::hello hello_of(std::uint32_t number, wire::purpose why = wire::purpose::link,
                                bool short_lived = false) {
        wire::hello said;
        said.why = why;
        said.listen_port = site(number).port;
        said.short_lived = short_lived;
        return said;
    }
    /// Peer `number` dials us and greets; its HELLO is answered.
    conn_id neighbour(std::uint32_t number, wire::purpose why = wire::purpose::link, bool short_lived = false) {
        const conn_id conn = accept(number);
        say(conn, hello_of(number, why, short_lived));
        CHECK(heard<wire::hello>(conn).why == why);
        return conn;
    }
    /// The dial succeeds, and peer `number` greets; what we have said after our HELLO is kept.
    void answer_dial(conn_id conn, std::uint32_t number, wire::purpose why = wire::purpose::link) {
        connect(conn, number);
        CHECK(heard<wire::hello>(conn).why == why);
        say(conn, hello_of(number, why));
    }
    void connect(conn_id conn) { feed(core::input::connected{conn, host::v4({10, 0, 0, 100})}); }
    /// The dial and the handshake with peer `number` succeed.
    void connect(conn_id conn, std::uint32_t number) {
        connect(conn);
        secure(conn, number);
    }
    void close(conn_id conn) { feed(core::input::closed{conn, "gone"}); }
    void say(conn_id conn, const wire::message& said) { deliver(conn, wire::encode(said)); }
    void deliver(conn_id conn, byte_view data) { feed(core::input::received{conn, data}); }

    /// The network takes what is queued at once, unless this is false.
    bool network_takes = true;
    /// So many of the queued bytes have left.
    void leave(conn_id conn, std::size_t count_bytes) {
        lines_[conn].queued_bytes -= count_bytes;
        feed(core::input::sent{conn, count_bytes});
    }
    std::size_t queued_bytes(conn_id conn) { return lines_[conn].queued_bytes; }
    /// All bytes that were ever given out for it.
    std::size_t given_bytes(conn_id conn) { return lines_[conn].given_bytes; }

    // ---- outputs ----
    /// The next message on this connection, which must be a T.
    template <class T>
    T heard(conn_id conn) {
        auto& said = lines_[conn].said;
        REQUIRE_MESSAGE(!said.empty(), "nothing was said");
        const wire::message first = said.front();
        said.pop_front();
        REQUIRE_MESSAGE(std::holds_alternative<T>(first), "heard " << wire::name_of(wire::type_of(first)));
        return std::get<T>(first);
    }
    bool silent(conn_id conn) { return lines_[conn].said.empty(); }
    std::size_t unheard(conn_id conn) { return lines_[conn].said.size(); }
    void forget_said(conn_id conn) { lines_[conn].said.clear(); }
    bool hung_up(conn_id conn) { return lines_[conn].hung_up; }
    /// BYE with this reason, and then the end.
    bool said_goodbye(conn_id conn, wire::bye_reason why) {
        return heard<wire::bye>(conn).why == why && silent(conn) && hung_up(conn);
    }
    /// Outputs of this kind since they were last asked for; SEND and HANG_UP are read by connection instead.
    template <class T>
    std::vector<T> all() {
        std::vector<T> found;
        std::erase_if(others_, [&](const core::any_output& one) {
            if (!std::holds_alternative<T>(one)) return false;
            found.push_back(std::get<T>(one));
            return true;
        });
        return found;
    }
    template <class T>
    T only() {
        const std::vector<T> found = all<T>();
        REQUIRE(found.size() == 1);
        return found.front();
    }
    std::vector<core::output::dial> dials() { return all<core::output::dial>(); }
    /// Every output so far, as numbers of the variant, for tests of order.
    const std::vector<std::size_t>& output_order() const { return order_; }

private:
    struct line {
        wire::framer frames;
        std::deque<wire::message> said;
        std::deque<bytes> payloads;  ///< PONG and PIECE view into them
        std::size_t queued_bytes = 0;
        std::size_t given_bytes = 0;
        bool hung_up = false;
    };

    void collect() {
        while (const auto out = machine_.poll()) {
            order_.push_back(out->index());
            if (const auto* sent = std::get_if<core::output::send>(&*out)) {
                take_sent(sent->conn, sent->data.view());
            } else if (const auto* end = std::get_if<core::output::hang_up>(&*out)) {
                CHECK_FALSE(lines_[end->conn].hung_up);
                lines_[end->conn].hung_up = true;
            } else {
                others_.push_back(*out);
            }
        }
        if (network_takes) take_all();
        const auto broken = core::broken_rule(machine_.both_tables());
        CHECK_MESSAGE(!broken, broken.value_or(""));
    }
    void take_sent(conn_id conn, byte_view data) {
        line& on = lines_[conn];
        CHECK_MESSAGE(!on.hung_up, "said something after the end");
        on.queued_bytes += data.size();
        on.given_bytes += data.size();
        on.frames.feed(data);
        for (;;) {
            const auto next = on.frames.next();
            REQUIRE_MESSAGE(next.ok(), "an unreadable frame came out");
            if (!*next) return;
            const bytes& kept = on.payloads.emplace_back((**next).payload.begin(), (**next).payload.end());
            auto said = wire::decode((**next).type, kept);
            REQUIRE_MESSAGE(said.ok(), "an unreadable message came out");
            on.said.push_back(*said);
        }
    }
    void take_all() {
        std::vector<std::pair<conn_id, std::size_t>> queued;
        for (auto& [conn, on] : lines_) {
            if (on.queued_bytes > 0 && !on.hung_up) queued.emplace_back(conn, on.queued_bytes);
            on.queued_bytes = 0;
        }
        for (const auto& [conn, count] : queued) feed(core::input::sent{conn, count});
    }

    core::peer machine_;
    time_point now_{std::chrono::seconds(1000)};
    conn_id last_accepted_ = 0;
    std::map<conn_id, line> lines_;
    std::vector<core::any_output> others_;
    std::vector<std::size_t> order_;
};

}  // namespace mogshare::testing
