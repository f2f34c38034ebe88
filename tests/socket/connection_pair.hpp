#pragma once
// Two ends of one connection over loopback, with what each end was told.

#include "mogshare/runtime/connection.hpp"
#include "mogshare/runtime/listener.hpp"
#include "support/families.hpp"
#include "support/run_until.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mogshare::testing {

inline shared_bytes bytes_of(std::string_view text) {
    return shared_bytes(bytes(text.begin(), text.end()));
}

/// One end, and all that it was told.
struct connection_end {
    std::shared_ptr<runtime::connection> link;
    std::optional<host> connected;
    std::optional<peer_id> secured;
    std::optional<std::string> refused;
    bool refused_by_us = false;
    std::optional<std::string> closed;
    std::string received;
    std::vector<time_point> received_at;
    std::size_t sent_bytes = 0;
    std::function<void(byte_view)> on_received;

    runtime::connection::handlers handlers() {
        runtime::connection::handlers told;
        told.connected = [this](const host& local) { connected = local; };
        told.secured = [this](const peer_id& them) {
            CHECK(received.empty());
            secured = them;
        };
        told.dial_failed = [this](std::string reason, bool ours) {
            refused = std::move(reason);
            refused_by_us = ours;
        };
        told.received = [this](time_point at, byte_view data) {
            CHECK_FALSE(closed.has_value());
            CHECK(secured.has_value());
            received.append(as_text(data));
            received_at.push_back(at);
            if (on_received) on_received(data);
        };
        told.sent = [this](std::size_t count_bytes) { sent_bytes += count_bytes; };
        told.closed = [this](std::string reason) {
            CHECK_FALSE(closed.has_value());
            closed = std::move(reason);
        };
        return told;
    }
};

/// A peer of its own each time, in the open network unless told otherwise.
inline std::shared_ptr<runtime::transport> any_transport(const secure::network_key& network = {}) {
    return std::make_shared<runtime::transport>(secure::private_key::generate(), network);
}

struct connection_pair {
    asio::io_context loop;
    std::shared_ptr<runtime::transport> dialling = any_transport(), taking = any_transport();
    connection_end dialler, taker;

    explicit connection_pair(const host& address = loopback_v4) {
        auto opened = runtime::listener::open(loop, {address}, 0);
        REQUIRE(opened.ok());
        (*opened)->start([this](asio::ip::tcp::socket socket) {
            taker.link = runtime::connection::accept(loop, taking, std::move(socket), taker.handlers());
        });
        dialler.link = runtime::connection::dial(loop, dialling, {address, (*opened)->port()}, taking->tls.id(),
                                                 dialler.handlers());
        REQUIRE(run_until(loop, [&] { return taker.secured && dialler.secured; }));
    }
    ~connection_pair() {
        if (dialler.link) dialler.link->close_at_once();
        if (taker.link) taker.link->close_at_once();
        loop.restart();
        loop.poll();  // lets what is under way see that it is over, before what it would tell has gone
    }

    template <class Condition>
    bool until(Condition condition) {
        return run_until(loop, condition);
    }
};

}  // namespace mogshare::testing
