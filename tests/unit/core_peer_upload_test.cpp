// The uploader's side of transfers in the machine: pieces, hashes, BUSY, the upload limit.

#include "support/scripted_peer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto transfer = wire::purpose::transfer;
constexpr std::uint32_t piece = limits::piece_bytes;

settings limited(std::uint64_t bytes_per_s) {
    settings chosen;
    chosen.upload_bytes_per_s = bytes_per_s;
    return chosen;
}

settings with_slots(std::size_t count, std::uint64_t bytes_per_s = 0) {
    settings chosen = limited(bytes_per_s);
    chosen.upload_slots = count;
    return chosen;
}

/// A peer that shares one file.
struct sharing_peer : scripted_peer {
    scripted_file file;

    explicit sharing_peer(std::size_t file_size, const settings& chosen = {})
        : scripted_peer(chosen), file("song.ogg", file_size) {
        start();
        feed(input::share_found{file.shared});
    }
    /// Somebody from there, introduced and come to fetch, a millisecond before the next one.
    conn_id fetcher(const host& from, std::uint32_t number) {
        const conn_id conn = accept({from, 40'000}, number);
        say(conn, hello_of(number, transfer));
        heard<wire::hello>(conn);
        pass(1ms);
        return conn;
    }
    conn_id fetcher(std::uint8_t owner, std::uint32_t number) { return fetcher(host::v4({10, 9, 9, owner}), number); }
    wire::request request(std::uint32_t number, std::uint64_t offset, std::uint32_t length) const {
        return {number, file.shared.content, offset, length};
    }
    /// The disk gives what it was asked for.
    void read_one() { read(only<output::read_range>()); }
    void read(const output::read_range& job) {
        const auto begin = file.data.begin() + static_cast<std::ptrdiff_t>(job.offset);
        feed(input::range_read{job.job, bytes(begin, begin + static_cast<std::ptrdiff_t>(job.length))});
    }
    /// Asks for a whole piece; true when the answer is not BUSY for want of a slot.
    bool gets_slot(conn_id conn, std::uint32_t number = 1) {
        say(conn, request(number, 0, piece));
        if (silent(conn)) return true;
        CHECK(heard<wire::busy>(conn).why == wire::busy_reason::slots);
        return false;
    }
    /// The bytes of PIECE frames for this request, which must come in order.
    std::size_t heard_bytes(conn_id conn, std::uint32_t number, std::uint64_t offset) {
        std::size_t count = 0;
        while (!silent(conn)) {
            const auto said = heard<wire::piece>(conn);
            CHECK(said.number == number);
            CHECK(said.offset == offset + count);
            count += said.data.size();
        }
        return count;
    }
};

}  // namespace

TEST_CASE("R12: a request is read and sent in order, in frames of bounded size") {
    sharing_peer peer(200'000);
    const auto conn = peer.neighbour(7, transfer);
    peer.say(conn, peer.request(5, 1000, 150'000));
    const auto job = peer.only<output::read_range>();
    CHECK(job.path == "song.ogg");
    peer.read(job);
    CHECK(peer.unheard(conn) == 3);
    CHECK(peer.heard_bytes(conn, 5, 1000) == 150'000);
    CHECK(peer->uploads() == 1);
    CHECK(peer.counts().uploaded_bytes == 150'000);
}

TEST_CASE("R12: a request beyond the file, or for hashes beyond it, ends the connection") {
    sharing_peer peer(3 * piece);
    const auto conn = peer.neighbour(7, transfer);
    SUBCASE("bytes at its end") {
        peer.say(conn, peer.request(5, 3 * piece, 1));
    }
    SUBCASE("hashes") {
        peer.say(conn, wire::get_hashes{peer.file.shared.content, 3, 1});
    }
    CHECK(peer.said_goodbye(conn, wire::bye_reason::protocol));
    CHECK(peer->uploads() == 0);
}

TEST_CASE("C2: the layer of piece hashes is given in runs") {
    sharing_peer peer(5 * piece);
    const auto conn = peer.neighbour(7, transfer);
    peer.say(conn, wire::get_hashes{peer.file.shared.content, 1, 100});
    const auto said = peer.heard<wire::hashes>(conn);
    CHECK(said.first == 1);
    CHECK(said.list == std::vector<digest>(peer.file.shared.layer->begin() + 1, peer.file.shared.layer->end()));
}

TEST_CASE("C8: without a free slot BUSY is said, with when to ask again; a slot is free once its connection ends") {
    settings chosen;
    chosen.upload_slots = 1;
    sharing_peer peer(200'000, chosen);
    const auto first = peer.neighbour(7, transfer);
    const auto second = peer.neighbour(8, transfer);
    peer.say(first, peer.request(1, 0, 1000));
    peer.say(second, peer.request(1, 0, 1000));
    const auto busy = peer.heard<wire::busy>(second);
    CHECK(busy.why == wire::busy_reason::slots);
    CHECK(busy.retry_ms > 0);
    CHECK(busy.place == 1);
    peer.close(first);
    peer.say(second, peer.request(2, 0, 1000));
    CHECK(peer.silent(second));
    CHECK(peer->uploads() == 1);
}

TEST_CASE("C8: a slot that is not used for a while is free, and a request alone takes one again") {
    sharing_peer peer(2 * piece, with_slots(1));
    const auto first = peer.neighbour(7, transfer);
    const auto second = peer.neighbour(8, transfer);
    peer.say(first, peer.request(1, 0, 1000));
    peer.read_one();
    peer.forget_said(first);
    peer.pass(limits::slot_idle - 1ns);
    CHECK_FALSE(peer.gets_slot(second));
    CHECK(peer->uploads() == 1);
    peer.pass(1ns);
    peer.say(first, wire::get_hashes{peer.file.shared.content, 0, 1});
    peer.heard<wire::hashes>(first);
    CHECK(peer->uploads() == 0);
    SUBCASE("the same one") {
        CHECK(peer.gets_slot(first, 2));
        CHECK_FALSE(peer.gets_slot(second, 2));
    }
    SUBCASE("another one") {
        CHECK(peer.gets_slot(second, 2));
        CHECK_FALSE(peer.gets_slot(first));
    }
    CHECK(peer->uploads() == 1);
    CHECK(peer.counts().uploads_gave_way == 0);
}

TEST_CASE("C8: whose bytes do not move keeps a slot until somebody waits for it") {
    sharing_peer peer(2 * piece, with_slots(1));
    const auto idle = peer.neighbour(7, transfer);
    const auto waiting = peer.neighbour(8, transfer);
    SUBCASE("a byte a second") {
        for (std::uint32_t second = 0; second < 20; ++second) {
            peer.say(idle, peer.request(second, 0, 1));
            peer.read_one();
            CHECK(peer.heard_bytes(idle, second, 0) == 1);
            peer.pass(1s);
        }
    }
    SUBCASE("nothing is read") {
        peer.network_takes = false;
        peer.say(idle, peer.request(1, 0, piece));
        peer.read_one();
        peer.forget_said(idle);
        peer.pass(limits::slot_idle - 1ns);
        CHECK_FALSE(peer.gets_slot(waiting));
        peer.pass(1ns);
        CHECK(peer.gets_slot(waiting, 2));
        CHECK(peer.counts().uploads_gave_way == 1);
        return;
    }
    CHECK(peer.gets_slot(waiting));
    CHECK_FALSE(peer.gets_slot(idle, 100));
    CHECK(peer->uploads() == 1);
}

TEST_CASE("C8: who is not to blame for it that its bytes do not move keeps its slot") {
    SUBCASE("the upload limit holds them back") {
        sharing_peer peer(2 * piece, with_slots(1, 2500));
        const auto first = peer.neighbour(7, transfer);
        REQUIRE(peer.gets_slot(first));
        peer.read_one();
        peer.pass(20s);
        peer.say(peer.neighbour(8, transfer), peer.request(1, 0, piece));
        CHECK(peer.all<output::read_range>().empty());  // BUSY has to wait for the limit, too
        CHECK(peer.counts().uploads_refused == 1);
    }
    SUBCASE("the disk is slow") {
        sharing_peer peer(2 * piece, with_slots(1));
        const auto first = peer.neighbour(7, transfer);
        const auto second = peer.neighbour(8, transfer);
        REQUIRE(peer.gets_slot(first));
        peer.pass(20s);
        CHECK_FALSE(peer.gets_slot(second));
        peer.network_takes = false;
        peer.read_one();
        peer.pass(limits::slot_idle - 1ns);
        CHECK_FALSE(peer.gets_slot(second, 2));
        peer.pass(1ns);
        CHECK(peer.gets_slot(second, 3));
    }
    SUBCASE("they do move") {
        sharing_peer peer(2 * piece, with_slots(1));
        const auto first = peer.neighbour(7, transfer);
        REQUIRE(peer.gets_slot(first));
        peer.network_takes = false;
        peer.read_one();
        for (int second = 0; second < 20; ++second) {
            peer.leave(first, limits::leaf_bytes / 4);
            peer.pass(1s);
        }
        CHECK_FALSE(peer.gets_slot(peer.neighbour(8, transfer)));
    }
}

TEST_CASE("C8: of a peer with several slots one after another goes to others who wait, until it has one") {
    sharing_peer peer(2 * piece, with_slots(3));
    std::vector<conn_id> several;
    for (int n = 0; n < 3; ++n) {
        several.push_back(peer.neighbour(7, transfer));
        REQUIRE(peer.gets_slot(several.back()));
        peer.say(several.back(), peer.request(2, 0, 1000));
        peer.pass(1s);
    }
    CHECK_FALSE(peer.gets_slot(peer.neighbour(7, transfer)));
    CHECK(peer.gets_slot(peer.neighbour(8, transfer)));
    const auto refused = peer.heard<wire::busy>(several[0]);  // what it has asked for, but for what is being read
    CHECK(refused.number == 2);
    CHECK(refused.why == wire::busy_reason::slots);
    CHECK(peer.gets_slot(peer.neighbour(9, transfer)));
    CHECK_FALSE(peer.gets_slot(peer.neighbour(10, transfer)));
    CHECK(peer->uploads() == 3);
    for (const auto& job : peer.all<output::read_range>()) peer.read(job);
    CHECK(peer.heard_bytes(several[0], 1, 0) == piece);
}

TEST_CASE("C8: peers of one address have no more slots than others while those wait, whatever their number") {
    sharing_peer peer(2 * piece, with_slots(4));
    host crowd = host::v4({10, 9, 9, 9});
    host same_owner = crowd;
    SUBCASE("IPv4") {}
    SUBCASE("IPv6: of one network of 64 bits") {
        crowd = host::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 1});
        same_owner = host::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 2});
    }
    for (std::uint32_t n = 0; n < 4; ++n)
        REQUIRE(peer.gets_slot(peer.fetcher(n % 2 == 0 ? crowd : same_owner, 200 + n)));
    CHECK_FALSE(peer.gets_slot(peer.fetcher(same_owner, 210)));
    CHECK(peer.gets_slot(peer.fetcher(1, 211)));
    CHECK(peer.gets_slot(peer.fetcher(2, 212)));
    CHECK(peer.gets_slot(peer.fetcher(3, 213)));
    CHECK_FALSE(peer.gets_slot(peer.fetcher(4, 214)));
    CHECK_FALSE(peer.gets_slot(peer.fetcher(same_owner, 215)));
    CHECK(peer.counts().uploads_gave_way == 3);
}

TEST_CASE("C8: of addresses with several slots the one with most gives way, and to nobody who would then have more") {
    sharing_peer peer(2 * piece, with_slots(5));
    const auto come = [&](std::uint8_t owner, std::uint32_t number) {
        return peer.gets_slot(peer.fetcher(owner, number));
    };
    for (std::uint32_t n = 0; n < 2; ++n) REQUIRE(come(1, 200 + n));  // that were there first
    for (std::uint32_t n = 0; n < 3; ++n) REQUIRE(come(2, 210 + n));
    CHECK_FALSE(come(1, 202));
    CHECK(come(3, 220));        // from the three
    CHECK_FALSE(come(3, 221));  // two, two and one
    CHECK(come(4, 230));
    CHECK(peer.counts().uploads_gave_way == 2);
    CHECK(come(5, 240));
    CHECK_FALSE(come(6, 250));
}

TEST_CASE("C8: whoever has most slots takes none from a peer with two, under ever new ids or from elsewhere") {
    sharing_peer peer(2 * piece, with_slots(5));
    std::vector<conn_id> two, three;
    for (std::uint32_t n = 0; n < 2; ++n) two.push_back(peer.fetcher(1, 200));
    for (std::uint32_t n = 0; n < 3; ++n) three.push_back(peer.fetcher(2, 210 + n));
    for (const auto* all : {&two, &three})
        for (const conn_id each : *all) {
            REQUIRE(peer.gets_slot(each));
            REQUIRE(peer.gets_slot(each, 2));  // BUSY is said of it where the slot goes
        }
    CHECK_FALSE(peer.gets_slot(peer.fetcher(2, 213)));
    CHECK(peer.counts().uploads_gave_way == 0);
    CHECK(peer.gets_slot(peer.fetcher(3, 220)));
    for (const conn_id each : two) CHECK(peer.silent(each));
    const auto lost = [&](conn_id each) { return !peer.silent(each); };
    CHECK(std::count_if(three.begin(), three.end(), lost) == 1);
    CHECK(peer.counts().uploads_gave_way == 1);
}

TEST_CASE("C8, internet: peers of one network count as one owner of slots") {
    settings chosen = with_slots(2);
    chosen.profile = network_profile::internet;
    sharing_peer peer(2 * piece, chosen);
    const auto come = [&](const host& from, std::uint32_t number) {
        return peer.gets_slot(peer.fetcher(from, number));
    };
    SUBCASE("IPv4") {
        REQUIRE(come(host::v4({30, 0, 0, 1}), 200));
        REQUIRE(come(host::v4({30, 0, 0, 2}), 201));
    }
    SUBCASE("IPv6: of one network of 48 bits") {
        REQUIRE(come(host::v6({0x20, 1, 0xd, 0xb8, 0, 1, 0, 1, 1}), 200));
        REQUIRE(come(host::v6({0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, 1}), 201));
    }
    CHECK(come(host::v4({60, 0, 0, 1}), 202));
    CHECK_FALSE(come(host::v4({61, 0, 0, 1}), 203));
}

TEST_CASE("bounds: requests that wait are limited") {
    sharing_peer peer(200'000);
    const auto conn = peer.neighbour(7, transfer);
    for (std::uint32_t n = 1; n <= limits::requests_per_connection_max + 1; ++n)
        peer.say(conn, peer.request(n, 0, 1000));
    const auto busy = peer.heard<wire::busy>(conn);
    CHECK(busy.number == limits::requests_per_connection_max + 1);
    CHECK(busy.why == wire::busy_reason::requests);
}

TEST_CASE("R12: a file that has gone is BUSY gone, and offered no more") {
    sharing_peer peer(200'000);
    const auto conn = peer.neighbour(7, transfer);
    peer.say(conn, peer.request(1, 0, 1000));
    peer.feed(input::range_read{peer.only<output::read_range>().job, std::nullopt});
    CHECK(peer.only<output::share_withdrawn>().path == "song.ogg");
    const auto busy = peer.heard<wire::busy>(conn);
    CHECK(busy.why == wire::busy_reason::gone);
    CHECK(busy.retry_ms == 0);
    CHECK(peer->shares().size() == 0);
}

TEST_CASE("CANCEL takes a request back that is not being read") {
    sharing_peer peer(200'000);
    const auto conn = peer.neighbour(7, transfer);
    for (const std::uint32_t n : {1u, 2u, 3u}) peer.say(conn, peer.request(n, 0, 1000 * n));
    peer.say(conn, wire::cancel{1});
    peer.say(conn, wire::cancel{2});
    peer.read_one();
    CHECK(peer.heard_bytes(conn, 1, 0) == 1000);
    peer.read_one();
    CHECK(peer.heard_bytes(conn, 3, 0) == 3000);
}

TEST_CASE("back-pressure: no further piece is read above the upload backlog, and reading goes on as bytes leave") {
    sharing_peer peer(4 * piece);
    const auto conn = peer.neighbour(7, transfer);
    peer.network_takes = false;
    for (std::uint32_t n = 0; n < 4; ++n) peer.say(conn, peer.request(n + 1, n * piece, piece));
    peer.read_one();
    CHECK(peer.all<output::read_range>().empty());  // what is queued and a second piece, with its headers, are too much
    peer.leave(conn, piece / 2);
    peer.read_one();
    CHECK(peer.queued_bytes(conn) <= limits::upload_backlog_bytes_max);
    CHECK(peer.all<output::read_range>().empty());
    peer.leave(conn, peer.queued_bytes(conn));
    peer.read_one();
}

TEST_CASE("time limit upload_idle: a transfer without a request is closed, one that moves is not") {
    sharing_peer peer(4 * piece);
    const duration idle = peer->chosen().times.upload_idle;
    const auto conn = peer.neighbour(7, transfer);
    SUBCASE("never a request") {}
    SUBCASE("a reader so slow that a period passes between two pieces") {
        peer.network_takes = false;
        for (std::uint32_t n = 0; n < 3; ++n) peer.say(conn, peer.request(n + 1, n * piece, piece));
        peer.read_one();
        peer.leave(conn, 1000);
        peer.read_one();
        for (int half_period = 0; half_period < 10; ++half_period) {
            peer.pass(idle / 2);
            REQUIRE_FALSE(peer.hung_up(conn));
            peer.leave(conn, 1000);
        }
        CHECK(peer.all<output::read_range>().empty());
        return;
    }
    peer.pass(idle - 1ns);
    CHECK_FALSE(peer.hung_up(conn));
    peer.pass(1ns);
    CHECK(peer.said_goodbye(conn, wire::bye_reason::timeout));
}

TEST_CASE("time limit upload_idle: a reader that has stopped reading is closed without cutting a frame") {
    sharing_peer peer(4 * piece, limited(2500));
    const auto conn = peer.neighbour(7, transfer);
    peer.say(conn, peer.request(1, 0, piece));
    peer.read_one();
    peer.network_takes = false;
    peer.pass(2h);
    REQUIRE(peer.hung_up(conn));
}

TEST_CASE("R10, upload limit: bytes over time never exceed rate times time and the burst, over all connections") {
    constexpr std::uint64_t rate = 100'000;
    sharing_peer peer(4 * piece, limited(rate));
    std::vector<conn_id> conns;
    std::size_t before = 0;
    for (const std::uint32_t n : {7u, 8u, 9u}) {
        conns.push_back(peer.neighbour(n, transfer));
        before += peer.given_bytes(conns.back());
        peer.say(conns.back(), peer.request(1, 0, piece));
    }
    for (const auto& job : peer.all<output::read_range>()) peer.read(job);
    const time_point begun = peer.now();
    const std::uint64_t burst = peer->chosen().ping_bytes / 4;
    for (int step = 0; step < 200; ++step) {
        std::size_t given = 0;
        for (const conn_id conn : conns) given += peer.given_bytes(conn);
        const double allowed = to_seconds(peer.now() - begun) * rate + static_cast<double>(burst);
        CHECK(static_cast<double>(given - before) <= allowed + 1);
        CHECK(static_cast<double>(given - before) >= allowed - 5000);
        peer.pass(73ms);
    }
    const auto [least, most] =
        std::minmax({peer.given_bytes(conns[0]), peer.given_bytes(conns[1]), peer.given_bytes(conns[2])});
    CHECK(most - least <= burst + 20'000);  // the first one had the burst, then all in turn
}

TEST_CASE("R12, upload limit: with the least that is allowed and all slots taken every frame ends in its time") {
    settings chosen = limited(0);
    const auto frame_s = static_cast<std::uint64_t>(to_seconds(chosen.times.frame));
    chosen.upload_bytes_per_s = 2 * chosen.upload_slots * limits::leaf_bytes / frame_s + 1;
    REQUIRE_FALSE(check(chosen));
    sharing_peer peer(piece, chosen);
    std::vector<conn_id> conns;
    for (std::uint32_t n = 0; n < chosen.upload_slots; ++n) {
        conns.push_back(peer.neighbour(7 + n, transfer));
        peer.say(conns.back(), peer.request(1, 0, piece));
    }
    for (const auto& job : peer.all<output::read_range>()) peer.read(job);
    peer.pass(5 * chosen.times.frame);
    for (const conn_id conn : conns) {
        CHECK(peer.given_bytes(conn) >= 5 * limits::leaf_bytes);
        for (int frame = 0; frame < 4; ++frame) CHECK(peer.heard<wire::piece>(conn).data.size() <= limits::leaf_bytes);
    }
}

TEST_CASE("R10, upload limit: BUSY and HASHES never cut a piece in two") {
    sharing_peer peer(3 * piece, limited(100'000));
    const auto conn = peer.neighbour(7, transfer);
    peer.say(conn, peer.request(1, 0, piece));
    peer.read_one();
    for (std::uint32_t n = 2; n <= limits::requests_per_connection_max + 3; ++n)
        peer.say(conn, peer.request(n, 0, 1000));
    peer.say(conn, wire::get_hashes{peer.file.shared.content, 0, 3});
    peer.feed(input::share_lost{"song.ogg"});
    peer.say(conn, wire::get_hashes{peer.file.shared.content, 0, 3});
    peer.pass(30s);  // every frame that comes out is read back
    CHECK(peer.unheard(conn) > 16);
}

TEST_CASE("R10, upload limit: a violation while a frame is cut is answered with silence") {
    sharing_peer peer(3 * piece, limited(100'000));
    const auto conn = peer.neighbour(7, transfer);
    peer.say(conn, peer.request(1, 0, piece));
    peer.read_one();
    peer.forget_said(conn);
    peer.say(conn, wire::entrada{16});
    CHECK(peer.hung_up(conn));
    CHECK(peer.silent(conn));
}

TEST_CASE("R15: a raised upload limit counts at once, whatever the old one had planned") {
    sharing_peer peer(3 * piece, limited(2500));
    const auto conn = peer.neighbour(7, transfer);
    peer.say(conn, peer.request(1, 0, piece));
    peer.read_one();
    peer.pass(1s);
    const std::size_t before = peer.given_bytes(conn);
    SUBCASE("to another limit") {
        peer.feed(input::reconfigure{limited(1'000'000)});
        peer.pass(100ms);
        CHECK(peer.given_bytes(conn) - before >= 90'000);
    }
    SUBCASE("to none") {
        peer.feed(input::reconfigure{limited(0)});
        CHECK(peer.given_bytes(conn) - before > 900'000);
        CHECK(peer.heard_bytes(conn, 1, 0) == piece);
    }
}
