// What TLS adds to a connection over real sockets: who is refused, how it ends, and what it says of that.

#include "socket/driven_end.hpp"

#include <asio/write.hpp>

using namespace mogshare;
using namespace mogshare::testing;
using runtime::connection;

namespace {

/// A connection that is accepted, with a plain socket at the other end.
struct taken_connection {
    asio::io_context loop;
    connection_end end;
    asio::ip::tcp::socket far{loop};

    explicit taken_connection(std::shared_ptr<runtime::transport> with = any_transport()) {
        auto opened = runtime::listener::open(loop, {loopback_v4}, 0);
        REQUIRE(opened.ok());
        (*opened)->start([this, with](asio::ip::tcp::socket socket) {
            end.link = connection::accept(loop, with, std::move(socket), end.handlers());
        });
        far.connect({asio::ip::make_address("127.0.0.1"), (*opened)->port()});
        REQUIRE(run_until(loop, [&] { return end.link != nullptr; }));
    }
    ~taken_connection() {
        end.link->close_at_once();
        loop.restart();
        loop.poll();
    }
    /// What comes until the other side closes.
    std::string read_to_end() {
        std::string all;
        far.non_blocking(true);
        REQUIRE(run_until(loop, [&] {
            std::array<char, 4096> room{};
            asio::error_code error;
            const std::size_t count = far.read_some(asio::buffer(room), error);
            all.append(room.data(), count);
            asio::post(loop, [] {});
            return error && error != asio::error::would_block;
        }));
        return all;
    }
};

/// Two connections that were made for each other, and how each of them ended.
struct strangers {
    asio::io_context loop;
    connection_end dialler, taker;

    strangers(std::shared_ptr<runtime::transport> dialling, std::shared_ptr<runtime::transport> taking,
              std::optional<peer_id> expected = std::nullopt) {
        auto opened = runtime::listener::open(loop, {loopback_v4}, 0);
        REQUIRE(opened.ok());
        (*opened)->start([&](asio::ip::tcp::socket socket) {
            taker.link = connection::accept(loop, taking, std::move(socket), taker.handlers());
        });
        dialler.link = connection::dial(loop, dialling, {loopback_v4, (*opened)->port()}, expected, dialler.handlers());
        REQUIRE(run_until(loop, [&] { return dialler.closed && taker.closed; }));
    }
};

}  // namespace

TEST_CASE("secured connection: who does not speak TLS gets no answer, and is named") {
    for (const std::string& said :
         {std::string("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), std::string("\0\0\0\x38\1\1\0\0mogShare", 16)}) {
        taken_connection taken;
        asio::write(taken.far, asio::buffer(said));
        CHECK(taken.read_to_end() == "");
        taken.far.close();
        REQUIRE(run_until(taken.loop, [&] { return taken.end.closed.has_value(); }));
        CHECK(*taken.end.closed == "it does not speak TLS: an older mogShare, or another program");
        CHECK_FALSE(taken.end.secured.has_value());
    }
}

TEST_CASE("secured connection: who dials and says nothing is still there, and who goes so is named") {
    taken_connection taken;
    taken.loop.poll();
    CHECK_FALSE(taken.end.closed.has_value());
    taken.far.close();
    REQUIRE(run_until(taken.loop, [&] { return taken.end.closed.has_value(); }));
    CHECK(*taken.end.closed == "the other side closed the connection without a word");
}

TEST_CASE("secured connection: one that is not yet secured is closed at once, without a word") {
    taken_connection taken;
    CHECK_FALSE(taken.end.link->close());
    CHECK(taken.read_to_end() == "");
    CHECK_FALSE(taken.end.closed.has_value());
}

TEST_CASE("secured connection: of two networks neither side is secured, and each names the other's fault") {
    secure::network_key ours, theirs;
    ours.value.fill(1);
    theirs.value.fill(2);
    const strangers both(any_transport(ours), any_transport(theirs));
    CHECK_FALSE(both.dialler.secured.has_value());
    CHECK_FALSE(both.taker.secured.has_value());
    CHECK(*both.taker.closed == "it is in another network, or has another key: its proof is wrong");
    CHECK(*both.dialler.closed == "it is in another network, or has another key: it ended the connection at our proof");
}

TEST_CASE("secured connection: another peer than the expected one is told nothing of who dials") {
    const auto expected = secure::private_key::generate().id();
    const auto taking = any_transport();
    const strangers both(any_transport(), taking, expected);
    CHECK_FALSE(both.dialler.secured.has_value());
    CHECK_FALSE(both.taker.secured.has_value());
    CHECK(*both.dialler.closed ==
          "another peer is there: " + short_hex(taking->tls.id()) + " instead of " + short_hex(expected));
    CHECK(*both.taker.closed == "it looked for another peer than this one");
}

TEST_CASE("secured connection: an end of the stream without an end of TLS is named, after what had come") {
    asio::io_context loop;
    driven_end far(loop);
    connection_end end;
    end.link = connection::dial(loop, any_transport(), far.where(), std::nullopt, end.handlers());
    REQUIRE(far.read_until([&] { return far.session.proven() && end.secured; }));
    far.say("half a story");
    far.socket->close();
    REQUIRE(run_until(loop, [&] { return end.closed.has_value(); }));
    CHECK(*end.closed == "the connection was cut off by the other side");
    CHECK(end.received == "half a story");
}

TEST_CASE("secured connection: a changed record ends it, and nothing of it is delivered") {
    asio::io_context loop;
    driven_end far(loop);
    connection_end end;
    end.link = connection::dial(loop, any_transport(), far.where(), std::nullopt, end.handlers());
    REQUIRE(far.read_until([&] { return far.session.proven() && end.secured; }));
    far.say("true");
    bytes sealed;
    far.session.seal(as_bytes("false"), sealed);
    sealed.back() ^= 1;
    far.write(sealed);
    REQUIRE(far.read_until([&] { return far.ended; }));
    far.socket->close();
    REQUIRE(run_until(loop, [&] { return end.closed.has_value(); }));
    CHECK(*end.closed == "bytes were changed on the way");
    CHECK(end.received == "true");
}

TEST_CASE("secured connection: in a private network members understand each other") {
    secure::network_key ours;
    ours.value.fill(9);
    asio::io_context loop;
    driven_end far(loop, ours);
    connection_end end;
    end.link = connection::dial(loop, any_transport(ours), far.where(), far.id(), end.handlers());
    end.link->send(bytes_of("members only"));
    REQUIRE(far.read_until([&] { return far.plain == "members only"; }));
    CHECK(end.secured == far.id());
    end.link->close_at_once();
    loop.poll();
}
