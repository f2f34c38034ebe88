// The machine, connection by connection: HELLO, refusals, time limits, the link of a pair, ends.

#include "support/scripted_peer.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t hang_up_index = 2;
constexpr std::uint32_t lower = 7;  // than our own number
constexpr std::uint32_t higher = 200;

/// Searches, which dials every primary row, and returns the dial.
output::dial dial_by_search(scripted_peer& peer, search_ticket ticket = 1) {
    peer.feed(input::search{ticket, wire::query_kind::exact, "a"});
    return peer.only<output::dial>();
}

}  // namespace

TEST_CASE("HELLO: who is dialled answers with its own, of the same purpose") {
    scripted_peer peer;
    peer.start();
    for (const auto why : {wire::purpose::link, wire::purpose::answer, wire::purpose::transfer}) {
        const auto conn = peer.accept(7);
        CHECK(peer.silent(conn));
        peer.say(conn, scripted_peer::hello_of(7, why));
        const auto hello = peer.heard<wire::hello>(conn);
        CHECK(hello.version == wire::protocol_version);
        CHECK(hello.why == why);
        CHECK(hello.listen_port == scripted_peer::own_port);
        CHECK_FALSE(hello.short_lived);
        CHECK(peer.silent(conn));
    }
}

TEST_CASE("HELLO: who dials speaks first, and does not wait for the answer to go on") {
    scripted_peer peer;
    peer.start_with_rows({7});
    const auto dialled = dial_by_search(peer);
    CHECK(dialled.where == site(7));
    CHECK(dialled.conn % 2 == 1);
    CHECK(dialled.expected == peer_numbered(7));
    peer.connect(dialled.conn);
    CHECK(peer.silent(dialled.conn));  // not before it knows to whom
    peer.secure(dialled.conn, 7);
    peer.heard<wire::hello>(dialled.conn);
    CHECK(peer.heard<wire::pesquisa>(dialled.conn).name == "a");
}

TEST_CASE("small print, short-lived: a one-shot command says so in HELLO") {
    settings chosen;
    chosen.short_lived = true;
    scripted_peer peer(chosen);
    peer.start();
    const auto conn = peer.accept(7);
    peer.say(conn, scripted_peer::hello_of(7));
    CHECK(peer.heard<wire::hello>(conn).short_lived);
}

TEST_CASE("HELLO: another version is refused with BYE version") {
    scripted_peer peer;
    peer.start();
    const auto conn = peer.accept(7);
    auto hello = scripted_peer::hello_of(7);
    hello.version = 1;
    peer.say(conn, hello);
    CHECK(peer.said_goodbye(conn, wire::bye_reason::version));
    CHECK(peer.counts().versions_refused == 1);
}

TEST_CASE("HELLO: who is dialled and says BYE version speaks another version, and the hint says what to do") {
    settings chosen;
    chosen.join = site(7);
    scripted_peer peer(chosen);
    peer.start();
    const auto dialled = peer.only<output::dial>();
    peer.connect(dialled.conn, 7);
    peer.say(dialled.conn, wire::bye{wire::bye_reason::version, "this peer speaks version 3, not 2"});
    CHECK(peer.hung_up(dialled.conn));
    const auto alone = peer.only<output::alone>();
    CHECK(alone.reason.find("another protocol version") != std::string::npos);
    CHECK(alone.reason.find("this peer speaks version 3, not 2") != std::string::npos);
    CHECK(alone.hint.find("update the older of the two programs") != std::string::npos);
}

TEST_CASE("small print, identity: a peer that is dialled by itself hangs up without a word") {
    scripted_peer peer;
    peer.start();
    const auto conn = peer.accept(scripted_peer::own_number);
    CHECK(peer.silent(conn));
    CHECK(peer.hung_up(conn));
}

TEST_CASE("small print, identity: another peer than expected is refused, and the row has failed once") {
    scripted_peer peer;
    peer.start_with_rows({7});
    const auto dialled = dial_by_search(peer);
    peer.connect(dialled.conn, 8);
    CHECK(peer.silent(dialled.conn));  // it learns nothing
    CHECK(peer.hung_up(dialled.conn));
    CHECK(find(peer->both_tables(), peer_numbered(7))->failures == 1);
    CHECK(find(peer->both_tables(), peer_numbered(8)) == nullptr);
}

TEST_CASE("HELLO: who is dialled must not change the purpose") {
    scripted_peer peer;
    peer.start_with_rows({7});
    const auto dialled = dial_by_search(peer);
    peer.connect(dialled.conn, 7);
    peer.forget_said(dialled.conn);
    peer.say(dialled.conn, scripted_peer::hello_of(7, wire::purpose::transfer));
    CHECK(peer.said_goodbye(dialled.conn, wire::bye_reason::protocol));
}

TEST_CASE("HELLO: any other message before it, or a second one, ends the connection") {
    scripted_peer peer;
    peer.start();
    const auto early = peer.accept(7);
    peer.say(early, wire::keepalive{});
    CHECK(peer.said_goodbye(early, wire::bye_reason::protocol));
    const auto twice = peer.neighbour(8);
    peer.say(twice, scripted_peer::hello_of(8));
    CHECK(peer.said_goodbye(twice, wire::bye_reason::protocol));
    CHECK(peer.counts().protocol_violations == 2);
}

TEST_CASE("garbage ends its connection, and no other") {
    scripted_peer peer;
    peer.start();
    const auto good = peer.neighbour(8);
    const auto bad = peer.accept(7);
    const std::string text = "GET / HTTP/1.1\r\n\r\n";
    peer.deliver(bad, as_bytes(text));
    CHECK(peer.said_goodbye(bad, wire::bye_reason::protocol));
    peer.deliver(bad, as_bytes(text));
    const auto late = peer.neighbour(9);
    peer.deliver(late, as_bytes(text));
    CHECK(peer.said_goodbye(late, wire::bye_reason::protocol));
    CHECK(peer.counts().frames_refused == 2);
    CHECK_FALSE(peer.hung_up(good));
    CHECK(peer->links().size() == 1);
}

TEST_CASE("messages that have no place on a connection of its purpose end it") {
    scripted_peer peer;
    peer.start();
    const auto link = peer.neighbour(7);
    peer.say(link, wire::claim{});
    CHECK(peer.said_goodbye(link, wire::bye_reason::protocol));
    const auto answer = peer.neighbour(8, wire::purpose::answer);
    peer.say(answer, wire::entrada{16});
    CHECK(peer.said_goodbye(answer, wire::bye_reason::protocol));
    const auto transfer = peer.neighbour(9, wire::purpose::transfer);
    peer.say(transfer, wire::entrada{16});
    CHECK(peer.said_goodbye(transfer, wire::bye_reason::protocol));
}

TEST_CASE("frames arrive in chunks of any size") {
    scripted_peer peer;
    peer.start();
    const auto conn = peer.accept(7);
    bytes stream = wire::encode(scripted_peer::hello_of(7));
    const bytes entrada = wire::encode(wire::entrada{16});
    stream.insert(stream.end(), entrada.begin(), entrada.end());
    for (const std::uint8_t byte : stream) peer.deliver(conn, byte_view(&byte, 1));
    peer.heard<wire::hello>(conn);
    peer.heard<wire::rows>(conn);
}

TEST_CASE("time limit hello: who has dialled and says nothing is cut off without a word") {
    scripted_peer peer;
    peer.start();
    const auto conn = peer.accept(7);
    peer.pass(peer->chosen().times.hello - 1ns);
    CHECK_FALSE(peer.hung_up(conn));
    peer.pass(1ns);
    CHECK(peer.hung_up(conn));
    CHECK(peer.silent(conn));
    CHECK(peer.counts().time_limits_hit == 1);
}

TEST_CASE("time limit hello: who was dialled and does not greet has failed") {
    scripted_peer peer;
    peer.start_with_rows({7});
    const auto dialled = dial_by_search(peer);
    peer.connect(dialled.conn, 7);
    peer.pass(peer->chosen().times.hello);
    CHECK(peer.hung_up(dialled.conn));
    CHECK(find(peer->both_tables(), peer_numbered(7))->failures == 1);
}

TEST_CASE("time limit dial: a dial that takes too long is taken back") {
    scripted_peer peer;
    peer.start_with_rows({7});
    const auto dialled = dial_by_search(peer);
    peer.pass(peer->chosen().times.dial - 1ns);
    CHECK_FALSE(peer.hung_up(dialled.conn));
    peer.pass(1ns);
    CHECK(peer.hung_up(dialled.conn));
    CHECK(find(peer->both_tables(), peer_numbered(7))->failures == 1);
    peer.feed(input::connected{dialled.conn, {}});
    CHECK(peer.silent(dialled.conn));
}

TEST_CASE("bounds: connections are limited in all, and those that end make room") {
    scripted_peer peer;
    peer.start();
    std::vector<conn_id> open;
    // Some places are kept for connections that we dial ourselves.
    for (std::uint32_t n = 0; n < limits::connections_max - limits::connections_max / 4; ++n)
        open.push_back(peer.neighbour(1000 + n, wire::purpose::transfer));
    const endpoint among_them{site(1100).address, 40'000};
    CHECK(peer.hung_up(peer.accept(among_them, 7)));
    CHECK(peer.counts().connections_refused == 1);
    peer.close(open.back());
    CHECK_FALSE(peer.hung_up(peer.accept(among_them, 7)));
}

TEST_CASE("keepalive: a link on which nothing was sent says so in time, and one that speaks does not") {
    scripted_peer peer;
    peer.start();
    const auto& times = peer->chosen().times;
    const auto early = peer.neighbour(7);
    peer.pass(times.keepalive / 2);
    const auto later = peer.neighbour(8);
    peer.pass(times.keepalive / 2 - 1ns);
    CHECK(peer.silent(early));
    peer.pass(1ns);
    peer.heard<wire::keepalive>(early);
    CHECK(peer.silent(later));
    peer.pass(times.keepalive / 4);
    peer.say(later, wire::entrada{16});
    peer.heard<wire::rows>(later);
    peer.pass(times.keepalive / 4);
    CHECK(peer.silent(later));
    peer.pass(times.keepalive * 3 / 4);
    peer.heard<wire::keepalive>(later);
}

TEST_CASE("keepalive: two idle peers keep their link, even with the least silence that settings allow") {
    settings chosen;
    chosen.times.link_silence = 2 * chosen.times.keepalive;
    scripted_peer peer(chosen);
    peer.start();
    const auto link = peer.neighbour(7);
    for (int round = 0; round < 50; ++round) {
        peer.pass(chosen.times.keepalive);
        peer.heard<wire::keepalive>(link);
        peer.say(link, wire::keepalive{});
    }
    CHECK_FALSE(peer.hung_up(link));
}

TEST_CASE("time limit link_silence: a link from which nothing comes is closed") {
    scripted_peer peer;
    peer.start();
    const auto link = peer.neighbour(7);
    peer.pass(peer->chosen().times.link_silence - 1ns);
    CHECK_FALSE(peer.hung_up(link));
    peer.forget_said(link);
    peer.pass(1ns);
    CHECK(peer.said_goodbye(link, wire::bye_reason::timeout));
    CHECK(peer->links().empty());
    CHECK_FALSE(peer->next_deadline().has_value());  // no timer is left behind
}

TEST_CASE("small print, IPv6: a row is dialled at its other address when the first one fails") {
    tables saved = tables_of(4, 4);
    const endpoint six{host::v6({0x20, 0x01, 0x0d, 0xb8}), 7000};
    put_row(saved, peer_numbered(7), {site(7), six}, table_choice::primary);
    scripted_peer peer;
    peer.start(saved);
    peer.feed(input::dial_failed{peer.only<output::dial>().conn, "refused"});  // of ENTRADA
    const auto first = dial_by_search(peer);
    CHECK(first.where == site(7));
    peer.feed(input::dial_failed{first.conn, "refused"});
    const auto second = peer.only<output::dial>();
    CHECK(second.where == six);
    peer.connect(second.conn, 7);
    peer.heard<wire::hello>(second.conn);
    peer.heard<wire::pesquisa>(second.conn);  // what waited goes with it
    CHECK(find(peer->both_tables(), peer_numbered(7))->failures == 0);
}

TEST_CASE(
    "small print, a row's peer does not answer: it is left alone for a while, and dropped after the third failure") {
    scripted_peer peer;
    peer.start_with_rows({7});
    duration backoff = peer->chosen().times.row_backoff_first;
    for (search_ticket ticket = 1; ticket <= 3; ++ticket) {
        peer.feed(input::dial_failed{dial_by_search(peer, 10 * ticket).conn, "refused"});
        peer.feed(input::search{10 * ticket + 1, wire::query_kind::exact, "a"});
        CHECK(peer.dials().empty());
        peer.pass(backoff);
        backoff *= 2;
    }
    CHECK(peer->both_tables().primary.rows.empty());
    CHECK(peer.counts().rows_dropped == 1);
}

TEST_CASE(
    "small print, a row's peer does not answer: a dial that failed for want of our own descriptors is no failure of "
    "the row") {
    scripted_peer peer;
    peer.start_with_rows({7});
    peer.pass(1h);
    peer.all<output::dial>();
    for (search_ticket ticket = 1; ticket <= 5; ++ticket) {
        const auto dialled = dial_by_search(peer, ticket);
        peer.feed(input::dial_failed{dialled.conn, "too many open files", true});
        REQUIRE(find(peer->both_tables(), peer_numbered(7)) != nullptr);
        CHECK(find(peer->both_tables(), peer_numbered(7))->failures == 0);
        peer.feed(input::search{100 + ticket, wire::query_kind::exact, "a"});
        CHECK(peer.dials().empty());  // it is left alone for a while all the same
        peer.pass(10s);
    }
    CHECK(peer.counts().rows_dropped == 0);
}

TEST_CASE("small print, orderly end: BYE leaving drops the row at once, another BYE does not") {
    scripted_peer peer;
    peer.start_with_rows({7, 8});
    const auto seven = peer.neighbour(7);
    const auto eight = peer.neighbour(8);
    peer.say(eight, wire::bye{wire::bye_reason::done, ""});
    peer.say(seven, wire::bye{wire::bye_reason::leaving, ""});
    CHECK(peer.hung_up(seven));
    CHECK(peer.hung_up(eight));
    CHECK(numbers(peer->both_tables().primary.rows) == std::vector<std::uint32_t>{8});
}

TEST_CASE("small print, two peers dial each other: the link dialled by the lower id stays") {
    scripted_peer peer;
    const auto& linger = peer->chosen().times.linger;
    SUBCASE("theirs, which opens before ours is connected: ours is taken back") {
        peer.start_with_rows({lower});
        const auto ours = dial_by_search(peer);
        const auto theirs = peer.neighbour(lower);
        CHECK(peer.hung_up(ours.conn));
        CHECK(peer.heard<wire::pesquisa>(theirs).name == "a");  // what waited goes there
    }
    SUBCASE("theirs, which opens after ours: ours still listens for a while") {
        peer.start_with_rows({lower});
        const auto ours = dial_by_search(peer);
        peer.answer_dial(ours.conn, lower);
        peer.forget_said(ours.conn);
        const auto theirs = peer.neighbour(lower);
        peer.say(ours.conn, wire::entrada{16});
        peer.heard<wire::rows>(ours.conn);
        peer.pass(linger);
        CHECK(peer.said_goodbye(ours.conn, wire::bye_reason::duplicate));
        CHECK_FALSE(peer.hung_up(theirs));
    }
    SUBCASE("ours, whichever opens first") {
        peer.start_with_rows({higher});
        const auto ours = dial_by_search(peer);
        const auto theirs = peer.neighbour(higher);
        CHECK_FALSE(peer.hung_up(ours.conn));
        peer.answer_dial(ours.conn, higher);
        peer.forget_said(ours.conn);
        peer.feed(input::search{2, wire::query_kind::exact, "b"});
        CHECK(peer.heard<wire::pesquisa>(ours.conn).name == "b");
        CHECK(peer.silent(theirs));
    }
}

TEST_CASE("small print, two peers dial each other: when the winning link goes, the other serves again") {
    scripted_peer peer;
    peer.start_with_rows({lower});
    const auto ours = dial_by_search(peer);
    peer.answer_dial(ours.conn, lower);
    peer.forget_said(ours.conn);
    const auto theirs = peer.neighbour(lower);
    peer.close(theirs);
    peer.pass(peer->chosen().times.linger);
    CHECK_FALSE(peer.hung_up(ours.conn));
    peer.feed(input::search{2, wire::query_kind::exact, "b"});
    CHECK(peer.dials().empty());
    CHECK(peer.heard<wire::pesquisa>(ours.conn).name == "b");
}

TEST_CASE(
    "small print, two peers dial each other: of two links of one dialler the dialler closes one, and the other "
    "serves") {
    // It dialled the second one first; they arrive in the other order, and each side takes another one for the newer.
    scripted_peer peer;
    peer.start_with_rows({7});
    peer.pass(std::chrono::minutes(1));
    const conn_id kept = peer.neighbour(7);
    const conn_id closed = peer.neighbour(7);
    peer.pass(std::chrono::seconds(3));  // longer than `linger`: we do not close what the other side keeps
    CHECK(!peer.hung_up(kept));
    peer.say(closed, wire::bye{wire::bye_reason::duplicate, ""});
    peer.feed(core::input::search{1, wire::query_kind::exact, "a"});
    CHECK(peer.heard<wire::pesquisa>(kept).name == "a");
    peer.pass(std::chrono::seconds(10));
    CHECK(!peer.hung_up(kept));
    CHECK(peer.dials().empty());
}

TEST_CASE(
    "small print, two peers dial each other: a dialler that closes neither of two links has the older one closed") {
    scripted_peer peer;
    peer.start_with_rows({7});
    peer.pass(std::chrono::minutes(1));
    const conn_id older = peer.neighbour(7);
    const conn_id newer = peer.neighbour(7);
    peer.pass(std::chrono::seconds(5));
    CHECK(peer.said_goodbye(older, wire::bye_reason::duplicate));
    CHECK(!peer.hung_up(newer));
}

TEST_CASE("small print, two peers dial each other: when our dial fails, their link serves") {
    scripted_peer peer;
    peer.start_with_rows({higher});
    const auto ours = dial_by_search(peer);
    const auto theirs = peer.neighbour(higher);
    peer.feed(input::dial_failed{ours.conn, "refused"});
    CHECK(peer.heard<wire::pesquisa>(theirs).name == "a");
    CHECK(find(peer->both_tables(), peer_numbered(higher))->failures == 0);
}

TEST_CASE("small print, orderly end: BYE leaving on each link, everything is hung up, and `stopped` comes last") {
    scripted_peer peer;
    peer.start_with_rows({7, 8});
    const auto link = peer.neighbour(7);
    const auto transfer = peer.neighbour(9, wire::purpose::transfer);
    const auto answer = peer.neighbour(10, wire::purpose::answer);
    const auto stranger = peer.accept(11);
    const auto dialled = dial_by_search(peer);  // of peer 8
    peer.forget_said(link);
    peer.feed(input::stop{});
    CHECK(peer.said_goodbye(link, wire::bye_reason::leaving));
    for (const conn_id each : {transfer, answer, stranger, dialled.conn}) CHECK(peer.hung_up(each));
    peer.only<output::stopped>();
    CHECK(peer.output_order().back() == any_output(output::stopped{}).index());
    CHECK(any_output(output::hang_up{}).index() == hang_up_index);
}

TEST_CASE("small print, orderly end: nothing comes out after `stopped`") {
    scripted_peer peer;
    peer.start_with_rows({7});
    const auto link = peer.neighbour(7);
    peer.feed(input::stop{});
    const std::size_t outputs = peer.output_order().size();
    CHECK_FALSE(peer->next_deadline().has_value());
    peer.say(link, wire::entrada{16});
    peer.feed(input::search{1, wire::query_kind::exact, "a"});
    peer.feed(input::stop{});
    peer.pass(1h);
    CHECK(peer.output_order().size() == outputs);
}

TEST_CASE("no timer is left behind by connections that come and go") {
    scripted_peer peer;
    peer.start();
    for (std::uint32_t n = 0; n < 100; ++n) peer.close(peer.neighbour(1000 + n, wire::purpose::transfer));
    peer.pass(peer->chosen().times.upload_idle);
    CHECK_FALSE(peer->next_deadline().has_value());
}
