// The one connection type over real sockets.

#include "socket/driven_end.hpp"
#include "support/random_text.hpp"

#include <sys/resource.h>
#include <asio/buffer.hpp>
#include <asio/post.hpp>

#include <algorithm>

using namespace mogshare;
using namespace mogshare::testing;
using runtime::connection;

TEST_CASE("connection: both ends know the other's address and id") {
    connection_pair pair;
    CHECK(pair.dialler.link->local().is == host::family::v4);
    CHECK(*pair.dialler.connected == loopback_v4);
    CHECK(pair.taker.link->remote().address == loopback_v4);
    CHECK(pair.taker.link->local() == loopback_v4);
    CHECK(pair.dialler.link->remote().port != 0);
    CHECK(*pair.dialler.secured == pair.taking->tls.id());
    CHECK(*pair.taker.secured == pair.dialling->tls.id());
}

TEST_CASE("connection: an echo gives back every byte in order, whatever the chunks") {
    connection_pair pair;
    pair.taker.on_received = [&](byte_view data) {
        pair.taker.link->send(shared_bytes(bytes(data.begin(), data.end())));
        pair.taker.link->flush();
    };
    const std::string text = random_text(3 * limits::MiB + 17, 1);
    std::size_t size = 1;
    for (std::size_t at = 0; at < text.size(); at += size, size = size * 7 % 65'521 + 1) {
        pair.dialler.link->send(bytes_of(std::string_view(text).substr(at, size)));
        if (size % 3 == 0) pair.dialler.link->flush();
    }
    pair.dialler.link->flush();
    REQUIRE(pair.until([&] { return pair.dialler.received.size() >= text.size(); }));
    CHECK((pair.dialler.received == text));
    CHECK(pair.dialler.sent_bytes == text.size());
    CHECK(pair.dialler.link->queued_bytes() == 0);
}

TEST_CASE("connection: bytes carry the time at which they were read") {
    connection_pair pair;
    const time_point before = runtime::now();
    pair.dialler.link->send(bytes_of("x"));
    pair.dialler.link->flush();
    REQUIRE(pair.until([&] { return !pair.taker.received.empty(); }));
    CHECK(pair.taker.received_at.front() >= before);
    CHECK(pair.taker.received_at.front() <= runtime::now());
}

TEST_CASE("connection: what is queued together leaves in few writes") {
    connection_pair pair;
    std::string expected;
    for (int i = 0; i < 1000; ++i) {
        const std::string message = "message " + std::to_string(i) + "\n";
        expected += message;
        pair.dialler.link->send(bytes_of(message));
    }
    CHECK(pair.dialler.link->queued_bytes() == expected.size());
    const std::uint64_t writes_before = pair.dialler.link->writes();
    pair.dialler.link->flush();
    REQUIRE(pair.until([&] { return pair.taker.received.size() >= expected.size(); }));
    CHECK(pair.taker.received == expected);
    CHECK(pair.dialler.link->writes() == writes_before + 1);
    CHECK(pair.dialler.sent_bytes == expected.size());
}

TEST_CASE("connection: sent bytes and queued bytes are all bytes, however slowly the other side reads") {
    asio::io_context loop;
    driven_end slow(loop);
    connection_end end;
    end.link = connection::dial(loop, any_transport(), slow.where(), slow.id(), end.handlers());
    REQUIRE(slow.read_until([&] { return slow.session.proven() && end.secured; }));

    const shared_bytes block(bytes(64 * limits::KiB, 7));
    const std::size_t total = 512 * block.size();
    for (int i = 0; i < 512; ++i) end.link->send(block);
    end.link->flush();
    loop.poll();
    CHECK(end.link->queued_bytes() > 0);
    CHECK(end.sent_bytes + end.link->queued_bytes() == total);

    REQUIRE(slow.read_until([&] {
        CHECK(end.sent_bytes + end.link->queued_bytes() == total);
        CHECK(end.sent_bytes + limits::record_bytes_max > slow.plain.size());
        return slow.plain.size() >= total;
    }));
    CHECK(slow.plain.size() == total);
    CHECK(end.sent_bytes == total);
    CHECK(end.link->queued_bytes() == 0);
    end.link->close_at_once();
    loop.poll();
}

TEST_CASE("connection: close sends what is queued, then the other side sees the end after it") {
    connection_pair pair;
    const std::string text = random_text(4 * limits::MiB, 2);
    pair.dialler.link->send(bytes_of(text));
    CHECK(pair.dialler.link->close());
    CHECK_FALSE(pair.dialler.closed.has_value());
    pair.dialler.link->send(bytes_of("too late"));
    REQUIRE(pair.until([&] { return pair.taker.closed.has_value(); }));
    CHECK((pair.taker.received == text));
    CHECK(*pair.taker.closed == "closed by the other side");
    REQUIRE(pair.until([&] { return pair.dialler.closed.has_value(); }));
    CHECK(pair.dialler.sent_bytes == text.size());
}

TEST_CASE("connection: bytes that come after close are dropped and do not cut off what was sent") {
    connection_pair pair;
    for (int i = 0; i < 64; ++i) pair.taker.link->send(bytes_of(random_text(16 * limits::KiB, 3)));
    pair.taker.link->flush();
    pair.dialler.link->send(bytes_of("goodbye"));
    pair.dialler.link->close();
    REQUIRE(pair.until([&] { return pair.taker.closed.has_value(); }));
    CHECK(pair.taker.received == "goodbye");
    CHECK(pair.dialler.received.empty());
    REQUIRE(pair.until([&] { return pair.dialler.closed.has_value(); }));
}

TEST_CASE("connection: close gives up after 2 s on a side that neither reads nor closes") {
    asio::io_context loop;
    driven_end frozen(loop);
    connection_end end;
    end.link = connection::dial(loop, any_transport(), frozen.where(), std::nullopt, end.handlers());
    REQUIRE(frozen.read_until([&] { return frozen.session.proven() && end.secured; }));
    const shared_bytes block(bytes(limits::MiB, 1));
    for (int i = 0; i < 32; ++i) end.link->send(block);
    const time_point begun = runtime::now();
    end.link->close();
    REQUIRE(run_until(loop, [&] { return end.closed.has_value(); }));
    const duration took = runtime::now() - begun;
    CHECK(took >= std::chrono::seconds(2));
    CHECK(took < std::chrono::seconds(10));
    CHECK(end.sent_bytes < 32 * limits::MiB);
    CHECK(end.link->queued_bytes() == 0);
}

TEST_CASE("connection: close_at_once is silent") {
    connection_pair pair;
    pair.dialler.link->send(bytes_of("never sent"));
    pair.dialler.link->close_at_once();
    REQUIRE(pair.until([&] { return pair.taker.closed.has_value(); }));
    CHECK(pair.taker.received.empty());
    pair.loop.poll();
    CHECK_FALSE(pair.dialler.closed.has_value());
    CHECK(pair.dialler.sent_bytes == 0);
}

TEST_CASE("connection: may be closed from within what it tells") {
    connection_pair pair;
    pair.taker.on_received = [&](byte_view) { pair.taker.link->close_at_once(); };
    pair.dialler.link->send(bytes_of(random_text(2 * limits::MiB, 4)));
    pair.dialler.link->flush();
    REQUIRE(pair.until([&] { return pair.dialler.closed.has_value(); }));
    CHECK(pair.taker.received_at.size() == 1);
}

TEST_CASE("connection: a refused dial says why") {
    asio::io_context loop;
    auto opened = runtime::listener::open(loop, {loopback_v4}, 0);
    REQUIRE(opened.ok());
    const std::uint16_t port = (*opened)->port();
    opened->reset();
    connection_end end;
    end.link = connection::dial(loop, any_transport(), {loopback_v4, port}, std::nullopt, end.handlers());
    CHECK_FALSE(end.refused.has_value());
    REQUIRE(run_until(loop, [&] { return end.refused.has_value(); }));
    CHECK(*end.refused == "connection refused");
    CHECK_FALSE(end.refused_by_us);
    CHECK_FALSE(end.connected.has_value());
    CHECK_FALSE(end.closed.has_value());
}

TEST_CASE("connection: a dial without a descriptor to spare fails for a reason that is ours") {
    asio::io_context loop;
    auto opened = runtime::listener::open(loop, {loopback_v4}, 0);
    REQUIRE(opened.ok());
    const auto with = any_transport();
    connection_end end;
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit none = before;
    none.rlim_cur = 0;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    end.link = connection::dial(loop, with, {loopback_v4, (*opened)->port()}, std::nullopt, end.handlers());
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    REQUIRE(run_until(loop, [&] { return end.refused.has_value(); }));
    CHECK(*end.refused == "too many open files");
    CHECK(end.refused_by_us);
}

TEST_CASE("connection: a dial taken back says nothing") {
    asio::io_context loop;
    auto opened = runtime::listener::open(loop, {loopback_v4}, 0);
    REQUIRE(opened.ok());
    connection_end end;
    end.link = connection::dial(loop, any_transport(), {loopback_v4, (*opened)->port()}, std::nullopt, end.handlers());
    end.link->send(bytes_of("never"));
    CHECK_FALSE(end.link->close());
    loop.poll();
    CHECK_FALSE(end.connected.has_value());
    CHECK_FALSE(end.refused.has_value());
    CHECK_FALSE(end.closed.has_value());
}

TEST_CASE("connection: what is queued while it is dialled and secured leaves once it is, in one write") {
    asio::io_context loop;
    auto opened = runtime::listener::open(loop, {loopback_v4}, 0);
    REQUIRE(opened.ok());
    connection_end dialler, taker;
    (*opened)->start([&](asio::ip::tcp::socket socket) {
        taker.link = connection::accept(loop, any_transport(), std::move(socket), taker.handlers());
    });
    dialler.link =
        connection::dial(loop, any_transport(), {loopback_v4, (*opened)->port()}, std::nullopt, dialler.handlers());
    dialler.link->send(bytes_of("first "));
    dialler.link->flush();
    dialler.link->send(bytes_of("second"));
    REQUIRE(run_until(loop, [&] { return taker.received == "first second"; }));
    CHECK(dialler.link->writes() == 3);  // two of them are the handshake's
    CHECK(dialler.sent_bytes == 12);
    dialler.link->close_at_once();
    taker.link->close_at_once();
    loop.poll();
}

TEST_CASE("connection: a reset ends it with a reason, after what had come") {
    asio::io_context loop;
    driven_end far(loop);
    connection_end end;
    end.link = connection::dial(loop, any_transport(), far.where(), std::nullopt, end.handlers());
    REQUIRE(far.read_until([&] { return far.session.proven() && end.secured; }));
    far.say("last words");
    far.socket->set_option(asio::socket_base::linger(true, 0));
    far.socket->close();
    for (int i = 0; i < 4; ++i) {
        end.link->send(shared_bytes(bytes(limits::MiB, 1)));
        end.link->flush();
    }
    REQUIRE(run_until(loop, [&] { return end.closed.has_value(); }));
    CHECK_FALSE(end.closed->empty());
    CHECK(end.link->queued_bytes() == 0);
    CHECK(end.received == "last words");
}

TEST_CASE("connection: a flood on one does not keep another waiting") {
    connection_pair pair;
    auto opened = runtime::listener::open(pair.loop, {loopback_v4}, 0);
    REQUIRE(opened.ok());
    connection_end quiet, far;
    (*opened)->start([&](asio::ip::tcp::socket socket) {
        far.link = connection::accept(pair.loop, pair.taking, std::move(socket), far.handlers());
    });
    quiet.link =
        connection::dial(pair.loop, pair.dialling, {loopback_v4, (*opened)->port()}, std::nullopt, quiet.handlers());
    REQUIRE(pair.until([&] { return far.link && quiet.secured; }));
    // The flood feeds itself: whatever arrives is followed by as much again.
    const shared_bytes block(bytes(limits::MiB, 1));
    pair.taker.on_received = [&](byte_view data) {
        pair.taker.received.clear();
        pair.dialler.link->send(block.slice(0, std::min(data.size(), block.size())));
        pair.dialler.link->flush();
    };
    for (int i = 0; i < 8; ++i) pair.dialler.link->send(block);
    pair.dialler.link->flush();
    quiet.link->send(bytes_of("may I?"));
    quiet.link->flush();
    REQUIRE(pair.until([&] { return far.received == "may I?"; }));
    quiet.link->close_at_once();
    far.link->close_at_once();
}
