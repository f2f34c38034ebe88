// The downloader's side of transfers in the machine: sources, hashes, pieces, landing.

#include "support/scripted_peer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto transfer = wire::purpose::transfer;
constexpr std::uint32_t piece = limits::piece_bytes;

/// A peer whose search has found one file at peers 7, 8, … and which has been told to get it.
struct getting_peer : scripted_peer {
    scripted_file file;
    conn_id conn = 0;  ///< to the source

    getting_peer(std::size_t file_size, std::uint32_t sources, const settings& chosen = {})
        : scripted_peer(chosen), file("song.ogg", file_size) {
        start_with_rows({1});
        neighbour(1);
        feed(input::search{1, wire::query_kind::exact, "song.ogg"});
        for (std::uint32_t n = 0; n < sources; ++n) answered_by(7 + n);
        feed(input::get{1, 1});
        const auto dialled = all<output::dial>();
        if (dialled.size() == 1) conn = dialled.front().conn;
    }
    void answered_by(std::uint32_t number) {
        const auto answer = neighbour(number, wire::purpose::answer);
        wire::existe said;
        said.id = (*this)->find_search(1)->id;
        said.entries = {file.entry()};
        say(answer, wire::claim{said.id});
        say(answer, said);
        close(answer);  // unranked, so that nothing of it is here already
    }
    const download_state& download() const { return *(*this)->find_download(1); }
    void open_partial(std::vector<bool> have = {}) {
        const auto opened = only<output::open_partial>();
        feed(input::partial_opened{opened.download, input::disk_status::ok, "", std::move(have)});
    }
    /// The source is reached and, for a file of several pieces, gives its hashes.
    void reach(std::uint32_t number) {
        answer_dial(conn, number, transfer);
        if (silent(conn)) return;
        const auto asked = heard<wire::get_hashes>(conn);
        say(conn, wire::hashes{asked.content, asked.first, *file.shared.layer});
    }
    std::vector<wire::request> requests() {
        std::vector<wire::request> list;
        while (!silent(conn)) list.push_back(heard<wire::request>(conn));
        return list;
    }
    void serve(const wire::request& asked) {
        for (std::uint32_t at = 0; at < asked.length; at += limits::bulk_bytes_max) {
            const auto count = std::min<std::size_t>(limits::bulk_bytes_max, asked.length - at);
            say(conn,
                wire::piece{asked.number, asked.offset + at, byte_view(file.data).subspan(asked.offset + at, count)});
        }
    }
    void stored(std::uint64_t index, input::disk_status status = input::disk_status::ok) {
        feed(input::piece_stored{1, index, status, ""});
    }
};

}  // namespace

TEST_CASE("R12: hashes, partial file, pieces, and the whole file lands and is shared") {
    getting_peer peer(2 * piece + 5, 1);
    peer.reach(7);
    peer.open_partial();
    const auto asked = peer.requests();
    REQUIRE(asked.size() == 3);
    CHECK(asked[2].length == 5);
    for (const auto& each : asked) peer.serve(each);
    const auto given = peer.all<output::store_piece>();
    REQUIRE(given.size() == 3);
    CHECK(given[2].data == bytes(5, 1));
    for (const auto& each : given) peer.stored(each.piece);
    CHECK(peer.only<output::finish_partial>().name == "song.ogg");
    CHECK(peer.hung_up(peer.conn));
    content::share landed = peer.file.shared;
    landed.path = "song (2).ogg";
    peer.feed(input::download_landed{1, input::disk_status::ok, "", landed});
    CHECK(peer.download().phase == download_phase::done);
    CHECK(peer.download().name == "song (2).ogg");
    CHECK(peer->shares().by_path("song (2).ogg") != nullptr);
    peer.feed(input::get{1, 1});
    const problem why = peer.only<output::get_refused>().why;
    CHECK(why.what.find("already here") != std::string::npos);
    CHECK(why.hint.find("`shares` lists") != std::string::npos);
}

TEST_CASE("R10: bytes of the ping are not asked for again") {
    scripted_peer peer;
    const scripted_file file("song.ogg", 300'000);
    peer.start_with_rows({1});
    peer.neighbour(1);
    peer.feed(input::search{1, wire::query_kind::exact, "song.ogg"});
    const auto answer = peer.neighbour(7, wire::purpose::answer);
    wire::existe said;
    said.id = peer->find_search(1)->id;
    said.entries = {file.entry()};
    peer.say(answer, wire::claim{said.id});
    peer.say(answer, said);
    peer.heard<wire::nonce_shown>(answer);
    const auto ping = peer.heard<wire::ping>(answer);
    peer.deliver(answer, file.pong_to(ping));
    peer.feed(input::get{1, 1});
    const auto conn = peer.only<output::dial>().conn;
    peer.answer_dial(conn, 7, transfer);
    peer.feed(input::partial_opened{peer.only<output::open_partial>().download, input::disk_status::ok, "", {}});
    std::size_t asked_bytes = 0;
    while (!peer.silent(conn)) asked_bytes += peer.heard<wire::request>(conn).length;
    CHECK(asked_bytes == 300'000 - peer->find_download(1)->pinged_bytes);
    CHECK(peer->find_download(1)->pinged_bytes >= 256 * 1024 - limits::leaf_bytes);
}

TEST_CASE("R12: a source that fails gives way to the next one, with what is there already") {
    getting_peer peer(3 * piece, 2);
    peer.reach(7);
    peer.open_partial({true, false, false});
    const auto asked = peer.requests();
    REQUIRE(asked.size() == 2);
    peer.serve(asked[0]);
    peer.stored(peer.only<output::store_piece>().piece);
    SUBCASE("it closes") {
        peer.close(peer.conn);
    }
    SUBCASE("stall") {
        peer.pass(peer->chosen().times.stall);
    }
    SUBCASE("it has gone") {
        peer.say(peer.conn, wire::busy{asked[1].number, wire::busy_reason::gone, 0, 0});
    }
    SUBCASE("it sends what was not asked for") {
        peer.say(peer.conn, wire::piece{999, 0, bytes(5)});
    }
    SUBCASE("it sends garbage") {
        peer.deliver(peer.conn, bytes(64, 0xee));
    }
    peer.conn = peer.only<output::dial>().conn;
    CHECK_FALSE(peer.download().sources[0].failed.empty());
    peer.answer_dial(peer.conn, 8, transfer);
    const auto again = peer.requests();
    REQUIRE(again.size() == 1);
    CHECK(again[0].offset == asked[1].offset);
}

TEST_CASE("R12: a slow source that keeps sending is not stalled, though no frame is whole for long") {
    settings patient;
    patient.times.frame = 10min;
    getting_peer peer(piece, 2, patient);
    peer.reach(7);
    peer.open_partial();
    const auto asked = peer.requests();
    const bytes frame =
        wire::encode(wire::piece{asked[0].number, 0, byte_view(peer.file.data).first(limits::bulk_bytes_max)});
    for (std::size_t at = 0; at < frame.size(); at += 1000) {
        peer.pass(peer->chosen().times.stall - 1ms);
        peer.deliver(peer.conn, byte_view(frame).subspan(at, std::min<std::size_t>(1000, frame.size() - at)));
        REQUIRE_FALSE(peer.hung_up(peer.conn));
    }
    peer.pass(peer->chosen().times.stall);
    CHECK(peer.hung_up(peer.conn));
}

TEST_CASE("R12: a source that dribbles gives way to the next, whether its frames end or not") {
    const auto bytes_a_time = [](std::size_t data_bytes, bool cut) {
        getting_peer peer(piece, 2);
        peer.reach(7);
        peer.open_partial();
        const auto asked = peer.requests();
        const conn_id first = peer.conn;
        const time_point begun = peer.now();
        std::uint64_t offset = 0;
        while (!peer.hung_up(first) && peer.now() - begun < 1h) {
            const byte_view part = byte_view(peer.file.data).subspan(offset, data_bytes);
            const bytes frame = wire::encode(wire::piece{asked[0].number, offset, part});
            for (std::size_t at = 0; cut && at < frame.size() && !peer.hung_up(first); ++at) {
                peer.deliver(first, byte_view(frame).subspan(at, 1));
                peer.pass(4s);
            }
            if (!cut) peer.deliver(first, frame);
            if (!cut) peer.pass(4s);
            offset += data_bytes;
        }
        CHECK(peer.counts().time_limits_hit == 1);
        CHECK_FALSE(peer.download().sources[0].failed.empty());
        CHECK(peer.dials().size() == 1);  // the next source
        return peer.now() - begun;
    };
    const duration most = time_limits{}.frame + 2 * time_limits{}.stall;
    CHECK(bytes_a_time(1, false) <= most);
    CHECK(bytes_a_time(500, false) <= most);
    CHECK(bytes_a_time(1, true) <= most);
    CHECK(bytes_a_time(limits::bulk_bytes_max, true) <= most);
}

TEST_CASE("R12: a source that brings 16 KiB in the time of a frame is slow, and keeps its download") {
    getting_peer peer(piece, 2);
    peer.reach(7);
    peer.open_partial();
    const auto asked = peer.requests();
    for (std::uint64_t offset = 0; offset < piece; offset += 1024) {
        peer.deliver(peer.conn, wire::encode(wire::piece{asked[0].number, offset,
                                                         byte_view(peer.file.data).subspan(offset, 1024)}));
        peer.pass(4900ms);
        REQUIRE_FALSE(peer.hung_up(peer.conn));
    }
    peer.stored(0);
    CHECK(peer.only<output::finish_partial>().name == "song.ogg");
}

TEST_CASE("R12: a piece that is not the file's is fetched from another source") {
    getting_peer peer(piece, 2);
    peer.reach(7);
    peer.open_partial();
    peer.serve(peer.requests()[0]);
    SUBCASE("while its source is still there") {}
    SUBCASE("after its source has gone") {
        peer.close(peer.conn);
        CHECK(peer.dials().empty());
    }
    peer.stored(peer.only<output::store_piece>().piece, input::disk_status::corrupt);
    peer.conn = peer.only<output::dial>().conn;
    peer.answer_dial(peer.conn, 8, transfer);
    CHECK(peer.requests().size() == 1);
}

TEST_CASE("R12: the last source may leave once every byte has come") {
    getting_peer peer(2 * piece, 1);
    peer.reach(7);
    peer.open_partial();
    for (const auto& each : peer.requests()) peer.serve(each);
    peer.say(peer.conn, wire::bye{wire::bye_reason::leaving, ""});
    CHECK_FALSE(peer.download().over());
    for (const auto& each : peer.all<output::store_piece>()) peer.stored(each.piece);
    peer.only<output::finish_partial>();
}

TEST_CASE("R12: hashes that belong to other content end a source, and so do fewer than were asked for") {
    getting_peer peer(5 * piece, 2);
    peer.answer_dial(peer.conn, 7, transfer);
    const auto asked = peer.heard<wire::get_hashes>(peer.conn);
    std::vector<digest> layer = *peer.file.shared.layer;
    SUBCASE("wrong hashes") {
        layer[0].value[0] ^= 1;
        peer.say(peer.conn, wire::hashes{asked.content, 0, layer});
    }
    SUBCASE("one hash a message would take for ever") {
        peer.say(peer.conn, wire::hashes{asked.content, 0, {layer[0]}});
        CHECK(peer.hung_up(peer.conn));
        CHECK(peer.counts().protocol_violations == 1);
    }
    peer.conn = peer.only<output::dial>().conn;
    peer.answer_dial(peer.conn, 8, transfer);
    CHECK(peer.heard<wire::get_hashes>(peer.conn).first == 0);
}

TEST_CASE("R12: every source has failed, and the download says why") {
    getting_peer peer(piece, 1);
    peer.feed(input::dial_failed{peer.conn, "connection refused"});
    CHECK(peer.download().phase == download_phase::failed);
    CHECK(peer.download().trouble.what.find("connection refused") != std::string::npos);
    CHECK(peer.download().trouble.is == problem::kind::network);
}

TEST_CASE("R12: what the last source is known to lack is the hint, and to search again") {
    getting_peer peer(piece, 2);
    peer.feed(input::closed{peer.conn, "another peer answers there", "another key: search again"});
    const auto second = peer.only<output::dial>();
    peer.feed(input::closed{second.conn, "its network is another one", "both need the same key file"});
    REQUIRE(peer.download().phase == download_phase::failed);
    CHECK(peer.download().sources[0].hint == "another key: search again");
    CHECK(peer.download().trouble.what.find("its network is another one") != std::string::npos);
    CHECK(peer.download().trouble.hint.starts_with("both need the same key file; else search again, "));
    getting_peer other(piece, 1);
    other.feed(input::dial_failed{other.conn, "connection refused"});
    CHECK(other.download().trouble.hint.find("search again") != std::string::npos);
}

TEST_CASE("C8: a busy source is asked again when it said, in its turn") {
    getting_peer peer(piece, 1);
    peer.reach(7);
    peer.open_partial();
    peer.say(peer.conn, wire::busy{peer.requests()[0].number, wire::busy_reason::slots, 3, 1500});
    CHECK(peer.hung_up(peer.conn));
    CHECK_FALSE(peer.download().over());
    peer.pass(1500ms - 1ns);
    CHECK(peer.dials().empty());
    peer.pass(1ns);
    CHECK(peer.dials().size() == 1);
}

TEST_CASE("R12: a disk that is full ends the download, and what was fetched is kept") {
    getting_peer peer(2 * piece, 1);
    peer.reach(7);
    peer.open_partial();
    peer.serve(peer.requests()[0]);
    peer.stored(peer.only<output::store_piece>().piece, input::disk_status::full);
    CHECK(peer.download().phase == download_phase::failed);
    CHECK(peer.download().trouble.is == problem::kind::disk_full);
    peer.only<output::close_partial>();
    CHECK(peer.hung_up(peer.conn));
}

TEST_CASE("a cancelled download closes its connection and keeps its partial file") {
    getting_peer peer(2 * piece, 1);
    peer.reach(7);
    peer.open_partial();
    peer.feed(input::cancel_download{1});
    CHECK(peer.download().phase == download_phase::cancelled);
    CHECK(peer.hung_up(peer.conn));
    peer.only<output::close_partial>();
    peer.stored(0);  // of no matter any more
    peer.pass(1h);
    CHECK(peer.download().phase == download_phase::cancelled);
}

TEST_CASE("bounds: pieces in flight are limited, to the source and to the disk") {
    getting_peer peer(10 * piece, 1);
    peer.reach(7);
    peer.open_partial();
    const auto asked = peer.requests();
    CHECK(asked.size() == limits::pieces_in_flight_max);
    peer.serve(asked[0]);
    CHECK(peer.silent(peer.conn));
    peer.stored(peer.only<output::store_piece>().piece);
    CHECK(peer.requests().size() == 1);
}

TEST_CASE("a file larger than transfer.download_bytes_max is refused before anything is fetched") {
    for (const std::uint64_t most : {std::uint64_t{999}, std::uint64_t{1000}}) {
        core::settings chosen;
        chosen.download_bytes_max = most;
        getting_peer peer(1000, 1, chosen);
        if (most == 1000) {
            CHECK(peer.download().size == 1000);
            continue;
        }
        const auto refused = peer.only<output::get_refused>();
        CHECK(refused.why.is == problem::kind::failed);
        CHECK(refused.why.what.find("'transfer.download_bytes_max'") != std::string::npos);
        CHECK_FALSE(refused.why.hint.empty());
        CHECK(peer->find_download(1) == nullptr);
        CHECK(peer.conn == 0);
    }
}

TEST_CASE("get says why it cannot: no such result, or nobody else has it") {
    scripted_peer peer;
    peer.start();
    const scripted_file file("song.ogg", 1000);
    peer.feed(input::share_found{file.shared});
    peer.feed(input::search{1, wire::query_kind::exact, "song.ogg"});
    for (const auto& [ticket, result] : std::vector<std::pair<search_ticket, std::size_t>>{{9, 1}, {1, 0}, {1, 2}}) {
        peer.feed(input::get{ticket, result});
        CHECK(peer.only<output::get_refused>().why.is == problem::kind::not_found);
    }
    peer.feed(input::get{1, 1});
    CHECK(peer.only<output::get_refused>().why.what.find("already here") != std::string::npos);
    peer.feed(input::share_lost{"song.ogg"});
    peer.feed(input::get{1, 1});
    CHECK(peer.only<output::get_refused>().why.is == problem::kind::not_found);
}

TEST_CASE("R10: a piece full of holes from pings takes few requests, not one a hole") {
    settings chosen;
    chosen.ping_bytes = limits::leaf_bytes;
    scripted_peer peer(chosen);
    const scripted_file file("song.ogg", piece);
    peer.start_with_rows({1});
    peer.neighbour(1);
    for (search_ticket ticket = 1; ticket <= 2; ++ticket) {
        peer.feed(input::search{ticket, wire::query_kind::exact, "song.ogg"});
        wire::existe said;
        said.id = peer->find_search(ticket)->id;
        said.entries = {file.entry()};
        for (std::uint32_t n = 0; n < limits::pings_per_search_max; ++n) {
            const auto answer = peer.neighbour(200 + n, wire::purpose::answer);
            peer.say(answer, wire::claim{said.id});
            peer.say(answer, said);
            peer.heard<wire::nonce_shown>(answer);
            peer.deliver(answer, file.pong_to(peer.heard<wire::ping>(answer)));
        }
    }
    peer.feed(input::get{2, 1});
    const auto conn = peer.dials().back().conn;  // those before it are of rows that have scored
    peer.answer_dial(conn, number_of(peer->find_download(1)->sources[0].peer), transfer);
    peer.feed(input::partial_opened{1, input::disk_status::ok, "", {}});
    CHECK(peer->find_download(1)->pinged_bytes >= 8 * limits::leaf_bytes);
    CHECK(peer.unheard(conn) <= limits::requests_per_connection_max / limits::pieces_in_flight_max);
}

TEST_CASE("downloads at once are not exceeded when one of them fails on the spot") {
    settings chosen;
    chosen.downloads_at_once = 1;
    scripted_peer peer(chosen);
    peer.start_with_rows({1});
    peer.neighbour(1);
    peer.feed(input::search{1, wire::query_kind::words, "song"});
    for (std::uint32_t n = 0; n < 6; ++n) {
        const scripted_file file("song" + std::to_string(n), 1000, static_cast<std::uint8_t>(n));
        const auto answer = peer.accept(200 + n);
        auto hello = scripted_peer::hello_of(200 + n, wire::purpose::answer);
        if (n == 1) hello.listen_port = 0;  // a source that cannot be dialled
        peer.say(answer, hello);
        wire::existe said;
        said.id = peer->find_search(1)->id;
        said.entries = {file.entry()};
        peer.say(answer, wire::claim{said.id});
        peer.say(answer, said);
        peer.close(answer);
    }
    for (std::size_t result = 1; result <= 6; ++result) peer.feed(input::get{1, result});
    CHECK(peer.dials().size() == 1);
    chosen.downloads_at_once = 4;
    peer.feed(input::reconfigure{chosen});
    CHECK(peer->find_download(2)->phase == download_phase::failed);
    CHECK(peer.dials().size() == 3);
}

TEST_CASE("bounds: holders beyond 64 of a download are left out and counted") {
    const getting_peer peer(1000, limits::sources_per_download_max + 3);
    CHECK(peer.download().sources.size() == limits::sources_per_download_max);
    CHECK(peer.counts().sources_refused == 3);
}
