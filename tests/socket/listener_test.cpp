// Ports, families and what goes wrong with them.

#include "mogshare/runtime/signals.hpp"
#include "socket/connection_pair.hpp"

#include <sys/resource.h>
#include <asio/ip/v6_only.hpp>

#include <csignal>

using namespace mogshare;
using namespace mogshare::testing;
using runtime::listener;

namespace {

const host any_v4 = host::v4({0, 0, 0, 0});
const host any_v6 = host::v6({});

/// Dials `where` and says whether somebody was there.
bool reachable(asio::io_context& loop, const endpoint& where) {
    connection_end end;
    end.link = runtime::connection::dial(loop, any_transport(), where, std::nullopt, end.handlers());
    REQUIRE(run_until(loop, [&] { return end.connected || end.refused; }));
    end.link->close_at_once();
    loop.poll();
    return end.connected.has_value();
}

}  // namespace

TEST_CASE("listener: both families share one port, where the system has both") {
    asio::io_context loop;
    auto opened = listener::open(loop, {any_v4, any_v6}, 0);
    REQUIRE(opened.ok());
    listener& door = **opened;
    CHECK(door.port() != 0);
    int accepted = 0;
    door.start([&](asio::ip::tcp::socket) { ++accepted; });
    CHECK(reachable(loop, {loopback_v4, door.port()}));
    if (system_has_v6()) {
        CHECK(door.warnings().empty());
        REQUIRE(door.bound().size() == 2);
        CHECK(door.bound()[0].port == door.bound()[1].port);
        CHECK(reachable(loop, {loopback_v6, door.port()}));
        REQUIRE(run_until(loop, [&] { return accepted == 2; }));
    } else {
        CHECK(door.bound().size() == 1);
        CHECK(door.warnings().size() <= 1);
    }
}

TEST_CASE("listener: one connection over IPv6 carries bytes, where the system has it") {
    if (!system_has_v6()) {
        asio::io_context loop;
        CHECK_FALSE(listener::open(loop, {loopback_v6}, 0).ok());
        return;
    }
    connection_pair pair(loopback_v6);
    CHECK(pair.taker.link->remote().address == loopback_v6);
    pair.dialler.link->send(bytes_of("over six"));
    pair.dialler.link->flush();
    REQUIRE(pair.until([&] { return pair.taker.received == "over six"; }));
}

TEST_CASE("listener: a port in use is a problem of usage, with a way out") {
    asio::io_context loop;
    auto first = listener::open(loop, {any_v4}, 0);
    REQUIRE(first.ok());
    const std::uint16_t port = (*first)->port();
    const auto second = listener::open(loop, {any_v4}, port);
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().is == problem::kind::usage);
    CHECK(second.error().what == "cannot listen on 0.0.0.0:" + std::to_string(port) + ": address already in use");
    CHECK(second.error().hint.find("--port 0") != std::string::npos);
}

TEST_CASE("listener: a port is free again as soon as its listener has gone") {
    asio::io_context loop;
    std::uint16_t port = 0;
    {
        connection_pair pair;  // leaves a connection behind that the system remembers for a minute
        auto opened = listener::open(loop, {any_v4}, 0);
        REQUIRE(opened.ok());
        port = (*opened)->port();
        std::optional<asio::ip::tcp::socket> taken;
        (*opened)->start([&](asio::ip::tcp::socket socket) { taken = std::move(socket); });
        CHECK(reachable(loop, {loopback_v4, port}));
        REQUIRE(run_until(loop, [&] { return taken.has_value(); }));
    }
    CHECK(listener::open(loop, {any_v4}, port).ok());
}

TEST_CASE("listener: an address that this machine does not have is named") {
    asio::io_context loop;
    const auto opened = listener::open(loop, {host::v4({192, 0, 2, 1})}, 0);
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().is == problem::kind::usage);
    CHECK(opened.error().what.starts_with("cannot listen on 192.0.2.1:0: "));
    CHECK_FALSE(opened.error().hint.empty());
}

TEST_CASE("listener: no address at all is a problem, not an idle listener") {
    asio::io_context loop;
    CHECK_FALSE(listener::open(loop, {}, 0).ok());
}

TEST_CASE("listener: without a descriptor to spare it waits, says so once, and takes who waited") {
    asio::io_context loop;
    auto opened = listener::open(loop, {loopback_v4}, 0);
    REQUIRE(opened.ok());
    int accepted = 0;
    std::vector<std::string> told;
    (*opened)->start([&](asio::ip::tcp::socket) { ++accepted; }, [&](std::string text) { told.push_back(text); });
    asio::ip::tcp::socket dialler(loop, asio::ip::tcp::v4());

    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit none = before;
    none.rlim_cur = 0;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    dialler.connect({asio::ip::address_v4::loopback(), (*opened)->port()});
    const time_point begun = runtime::now();
    loop.run_for(std::chrono::milliseconds(500));  // three tries
    CHECK(accepted == 0);
    REQUIRE(told.size() == 1);
    CHECK(told[0].find("too many open files") != std::string::npos);
    CHECK(told[0].find("ulimit") != std::string::npos);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    REQUIRE(run_until(loop, [&] { return accepted == 1; }));
    CHECK(runtime::now() - begun >= std::chrono::milliseconds(500));
    CHECK(told.size() == 1);
}

TEST_CASE("signals: each one is an event, and none is left waiting after cancel") {
    asio::io_context loop;
    std::vector<int> seen;
    runtime::interrupt_signals signals(loop, [&](int signal) { seen.push_back(signal); });
    std::raise(SIGTERM);
    REQUIRE(run_until(loop, [&] { return seen.size() == 1; }));
    std::raise(SIGINT);
    REQUIRE(run_until(loop, [&] { return seen.size() == 2; }));
    CHECK(seen == std::vector<int>{SIGTERM, SIGINT});
    signals.cancel();
    loop.restart();
    CHECK(loop.run_for(std::chrono::seconds(5)) >= 1);
    CHECK(loop.stopped());
}

TEST_CASE("signals: neither a broken pipe nor a file that may not grow ends the process") {
    runtime::ignore_write_signals();
    for (const int number : {SIGPIPE, SIGXFSZ}) {
        std::raise(number);
        const bool was_ignored = std::signal(number, SIG_IGN) == SIG_IGN;
        CHECK(was_ignored);
    }
}
