#pragma once
// A peer that thousands of strangers come to, one after another: inputs only, and of what it says no more than is counted.

#include "support/rows.hpp"

#include "mogshare/core/peer.hpp"
#include "mogshare/wire/codec.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace mogshare::testing {

struct bare_peer {
    core::peer machine;
    time_point now{std::chrono::seconds(1000)};
    core::conn_id last_accepted = 0;
    std::vector<std::string> notices;

    explicit bare_peer(const core::settings& chosen, const core::tables& saved = {})
        : machine({peer_numbered(1), 7100}, chosen, random_source::from_number(1)) {
        feed(core::input::start{saved});
    }
    void feed(core::any_input in) {
        machine.handle(now, std::move(in));
        take_outputs();
    }
    void pass(duration how_long) {
        const time_point end = now + how_long;
        while (const auto due = machine.next_deadline()) {
            if (*due > end) break;
            now = std::max(now, *due);
            machine.handle_time(now);
            take_outputs();
        }
        now = end;
    }
    core::conn_id accept(const endpoint& from, const peer_id& id) {
        last_accepted += 2;
        feed(core::input::accepted{last_accepted, from, host::v4({20, 0, 0, 100})});
        feed(core::input::secured{last_accepted, id});
        return last_accepted;
    }
    core::conn_id link(const endpoint& from, const peer_id& id) { return greet(from, id, wire::purpose::link); }
    core::conn_id greet(const endpoint& from, const peer_id& id, wire::purpose why) {
        const core::conn_id conn = accept(from, id);
        wire::hello said;
        said.why = why;
        said.listen_port = from.port;
        say(conn, said);
        return conn;
    }
    void say(core::conn_id conn, const wire::message& what) { deliver(conn, wire::encode(what)); }
    void deliver(core::conn_id conn, byte_view data) { feed(core::input::received{conn, data}); }
    const core::counters& counts() const { return machine.counts(); }

private:
    void take_outputs() {
        while (const auto out = machine.poll())
            if (const auto* line = std::get_if<core::output::notice>(&*out)) notices.push_back(line->text);
    }
};

}  // namespace mogshare::testing
