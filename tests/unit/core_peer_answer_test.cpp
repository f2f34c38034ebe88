// The holder's side of an answer in the machine: CLAIM, EXISTE, PONG.

#include "support/scripted_peer.hpp"

#include "mogshare/base/sha256.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <set>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t asker = 50;

/// A holder of one file, which has just dialled the originator of a search for it.
struct holding_peer : scripted_peer {
    scripted_file file;
    nonce secret;
    query_id id;
    conn_id answer = 0;

    explicit holding_peer(std::size_t file_size = 300'000, const settings& chosen = {})
        : scripted_peer(chosen), file("song.ogg", file_size) {
        secret.value.fill(9);
        id = id_cast<query_id>(sha256(secret.view()));
        start_with_rows({1});
        feed(input::share_found{file.shared});
        wire::pesquisa search;
        search.id = id;
        search.origin_id = peer_numbered(asker);
        search.origin = site(asker);
        search.level = 2;
        search.name = "song.ogg";
        say(neighbour(1), search);
        answer = only<output::dial>().conn;
    }
    void greet() { answer_dial(answer, asker, wire::purpose::answer); }
    wire::existe offered() {
        greet();
        CHECK(heard<wire::claim>(answer).id == id);
        say(answer, wire::nonce_shown{secret});
        return heard<wire::existe>(answer);
    }
    wire::ping ping_for(std::uint64_t offset = 0) const { return {id, file.shared.content, offset, 256 * 1024}; }
    input::range_proven proven(const output::prove_range& job) const {
        input::range_proven::proven value;
        const auto begin = file.data.begin() + static_cast<std::ptrdiff_t>(job.offset);
        value.data.assign(begin, begin + static_cast<std::ptrdiff_t>(job.length));
        value.proof = file.proof(job.offset, job.length);
        return {job.job, value};
    }
};

}  // namespace

TEST_CASE("R8, R9: the holder dials the originator, says only the query id, and EXISTE once the nonce is shown") {
    holding_peer peer;
    peer.greet();
    CHECK(peer.heard<wire::claim>(peer.answer).id == peer.id);
    CHECK(peer.silent(peer.answer));
    peer.say(peer.answer, wire::nonce_shown{peer.secret});
    const auto said = peer.heard<wire::existe>(peer.answer);
    CHECK(said.id == peer.id);
    CHECK(said.level == 2);
    CHECK(said.entries == std::vector{peer.file.entry()});
    CHECK(said.matches == 1);
    CHECK(said.slots_free == peer->chosen().upload_slots);
}

TEST_CASE("R9: a nonce that is not behind the query id learns nothing") {
    holding_peer peer;
    peer.greet();
    peer.heard<wire::claim>(peer.answer);
    nonce other;
    SUBCASE("no nonce at all") {}
    SUBCASE("one of another search") {
        other = peer.secret;
        other.value[31] ^= 1;
    }
    peer.say(peer.answer, wire::nonce_shown{other});
    CHECK(peer.said_goodbye(peer.answer, wire::bye_reason::protocol));
}

TEST_CASE("R9: another peer at the originator's address learns nothing") {
    holding_peer peer;
    peer.connect(peer.answer, asker + 1);
    CHECK(peer.silent(peer.answer));
    CHECK(peer.hung_up(peer.answer));
}

TEST_CASE("R8, R10: the ping is answered with Y bytes and their proof, and the socket closed") {
    holding_peer peer;
    peer.offered();
    peer.say(peer.answer, peer.ping_for(2 * limits::leaf_bytes));
    const auto job = peer.only<output::prove_range>();
    CHECK(job.path == "song.ogg");
    CHECK(job.offset == 2 * limits::leaf_bytes);
    CHECK(job.length == 256 * 1024);
    peer.feed(peer.proven(job));
    const auto pong = peer.heard<wire::pong>(peer.answer);
    CHECK(pong.file_bytes == 256 * 1024);
    CHECK(content::verify_range(peer.file.shared.content, 300'000,
                                content::leaves_of(300'000, pong.offset, pong.file_bytes), pong.data, pong.proof));
    CHECK(peer.hung_up(peer.answer));
    CHECK(peer.counts().pings_served == 1);
}

TEST_CASE("R10: a ping of a short file is padded with random bytes up to Y") {
    holding_peer peer(1000);
    peer.offered();
    peer.say(peer.answer, peer.ping_for());
    const auto job = peer.only<output::prove_range>();
    CHECK(job.length == 1000);
    peer.feed(peer.proven(job));
    const auto pong = peer.heard<wire::pong>(peer.answer);
    CHECK(pong.file_bytes == 1000);
    REQUIRE(pong.data.size() == 256 * 1024);
    const auto padding = pong.data.subspan(1000);
    CHECK(std::count(padding.begin(), padding.end(), std::uint8_t{0}) < 2000);  // 1 in 256 of random bytes
}

TEST_CASE("R8: the socket stays open until the last byte of PONG has left") {
    holding_peer peer;
    peer.offered();
    peer.say(peer.answer, peer.ping_for());
    peer.network_takes = false;
    peer.feed(peer.proven(peer.only<output::prove_range>()));
    peer.leave(peer.answer, peer.queued_bytes(peer.answer) - 1);
    CHECK_FALSE(peer.hung_up(peer.answer));
    peer.leave(peer.answer, 1);
    CHECK(peer.hung_up(peer.answer));
}

TEST_CASE("R10: a ping that ends within a leaf is refused, unless it reaches the end of the file") {
    for (const std::uint32_t length : {1U, 16'383U, 16'385U, 262'143U}) {
        CAPTURE(length);
        holding_peer peer;
        peer.offered();
        wire::ping asked = peer.ping_for();
        asked.length = length;
        peer.say(peer.answer, asked);
        CHECK(peer.said_goodbye(peer.answer, wire::bye_reason::protocol));
        CHECK(peer.all<output::prove_range>().empty());
    }
    holding_peer peer;
    peer.offered();
    wire::ping last = peer.ping_for(18 * limits::leaf_bytes);
    last.length = 5'088;  // 300,000 bytes end there
    peer.say(peer.answer, last);
    CHECK(peer.only<output::prove_range>().length == 5'088);
}

TEST_CASE("R10: a proof longer than what was asked for is never sent") {
    holding_peer peer;
    peer.offered();
    peer.say(peer.answer, peer.ping_for());
    auto given = peer.proven(peer.only<output::prove_range>());
    given.value->data.push_back(0);
    peer.feed(given);
    CHECK(peer.hung_up(peer.answer));
    CHECK(peer.counts().pings_served == 0);
}

TEST_CASE("R10: a ping for what was not offered ends the answer") {
    holding_peer peer;
    peer.offered();
    wire::ping asked = peer.ping_for();
    SUBCASE("another content") {
        asked.content.value[0] ^= 1;
    }
    SUBCASE("another search") {
        asked.id.value[0] ^= 1;
    }
    SUBCASE("beyond the file") {
        asked.offset = limits::leaf_bytes * 19;
    }
    peer.say(peer.answer, asked);
    CHECK(peer.said_goodbye(peer.answer, wire::bye_reason::protocol));
    CHECK(peer.all<output::prove_range>().empty());
}

TEST_CASE("R10: at most one ping an answer") {
    holding_peer peer;
    peer.offered();
    peer.say(peer.answer, peer.ping_for());
    peer.say(peer.answer, peer.ping_for());
    CHECK(peer.said_goodbye(peer.answer, wire::bye_reason::protocol));
    peer.feed(peer.proven(peer.only<output::prove_range>()));  // a result for nobody
    CHECK(peer.silent(peer.answer));
}

TEST_CASE("R8: a file that has gone meanwhile is withdrawn, and the answer ended with BYE done") {
    holding_peer peer;
    peer.offered();
    SUBCASE("known before the ping") {
        peer.feed(input::share_lost{"song.ogg"});
    }
    peer.say(peer.answer, peer.ping_for());
    for (const auto& job : peer.all<output::prove_range>()) {
        peer.feed(input::range_proven{job.job, std::nullopt});
        CHECK(peer.only<output::share_withdrawn>().path == "song.ogg");
    }
    CHECK(peer->shares().size() == 0);
    CHECK(peer.said_goodbye(peer.answer, wire::bye_reason::done));
}

TEST_CASE("time limits at the holder: nonce, ping_wait, ping") {
    holding_peer peer;
    const auto& times = peer->chosen().times;
    peer.greet();
    peer.forget_said(peer.answer);
    duration limit = times.nonce;
    SUBCASE("nonce") {}
    SUBCASE("ping_wait") {
        peer.say(peer.answer, wire::nonce_shown{peer.secret});
        peer.heard<wire::existe>(peer.answer);
        limit = times.ping_wait;
    }
    SUBCASE("ping") {
        peer.say(peer.answer, wire::nonce_shown{peer.secret});
        peer.say(peer.answer, peer.ping_for());
        peer.network_takes = false;
        peer.feed(peer.proven(peer.only<output::prove_range>()));
        peer.forget_said(peer.answer);
        limit = times.ping;
    }
    peer.pass(limit - 1ns);
    CHECK_FALSE(peer.hung_up(peer.answer));
    peer.pass(1ns);
    CHECK(peer.said_goodbye(peer.answer, wire::bye_reason::timeout));
}

TEST_CASE("R10, upload limit: pings are metered, and none is cut short by a BYE") {
    settings chosen;
    chosen.upload_bytes_per_s = 10'000;
    holding_peer peer(300'000, chosen);
    peer.offered();
    const std::size_t before = peer.given_bytes(peer.answer);
    peer.say(peer.answer, peer.ping_for());
    peer.feed(peer.proven(peer.only<output::prove_range>()));
    CHECK(peer.given_bytes(peer.answer) - before <= chosen.ping_bytes / 4);
    peer.pass(chosen.times.ping - 1ns);
    CHECK(peer.given_bytes(peer.answer) - before <= chosen.ping_bytes / 4 + 10'000 * 10);
    CHECK(peer.given_bytes(peer.answer) - before > chosen.ping_bytes / 4 + 10'000 * 9);
    peer.pass(1ns);
    CHECK(peer.hung_up(peer.answer));
    CHECK(peer.silent(peer.answer));
}

TEST_CASE("bounds: answers under way are limited") {
    core::settings chosen;
    chosen.secondary_rows = 1000;  // so that no row has to make room
    scripted_peer peer(chosen);
    peer.start_with_rows({1});
    const scripted_file file("song.ogg", 1000);
    peer.feed(input::share_found{file.shared});
    const auto link = peer.neighbour(1);
    for (std::uint32_t n = 1; n <= limits::answering_max + 3; ++n) {
        wire::pesquisa search;
        search.id = id_cast<query_id>(peer_numbered(n));
        search.origin_id = peer_numbered(1000 + n);
        search.origin = site(1000 + n);
        search.level = 3;
        search.name = "song.ogg";
        peer.say(link, search);
    }
    const auto dialled = peer.dials();
    CHECK(dialled.size() == limits::answering_max);
    CHECK(peer.counts().answers_refused == 3);
    for (const auto& each : dialled) peer.feed(input::dial_failed{each.conn, "refused"});
    wire::pesquisa search;
    search.origin_id = peer_numbered(9000);
    search.origin = site(9000);
    search.name = "song.ogg";
    peer.say(link, search);
    CHECK(peer.dials().size() == 1);
}

namespace {

/// A holder whom many ask for pings.
struct pinged_peer : scripted_peer {
    scripted_file file{"song.ogg", 300'000};
    std::uint32_t searches = 0;

    pinged_peer() {
        start();
        feed(input::share_found{file.shared});
    }
    /// Peer `number`, of whose search this link tells, asks for a ping.
    conn_id ping(conn_id link, std::uint32_t number) {
        nonce secret;
        std::memcpy(secret.value.data(), &++searches, sizeof searches);
        wire::pesquisa search;
        search.id = id_cast<query_id>(sha256(secret.view()));
        search.origin_id = peer_numbered(number);
        search.origin = site(number);
        search.level = 2;
        search.name = "song.ogg";
        say(link, search);
        const conn_id conn = only<output::dial>().conn;
        answer_dial(conn, number, wire::purpose::answer);
        say(conn, wire::nonce_shown{secret});
        forget_said(conn);
        say(conn, wire::ping{search.id, file.shared.content, 0, 256 * 1024});
        return conn;
    }
    /// Of the pings whose bytes are being read the last one; only it is answered.
    conn_id answered_last(const std::vector<conn_id>& of) {
        const auto jobs = all<output::prove_range>();
        REQUIRE(jobs.size() == 1);
        feed(input::range_proven{jobs.front().job, std::nullopt, false});
        for (const conn_id conn : of)
            if (!silent(conn) && !told.contains(conn)) return *told.insert(conn).first;
        return 0;
    }
    std::set<conn_id> told;
};

}  // namespace

TEST_CASE("R10: one address has a quarter of the PONGs at once, and those that wait take turns by address") {
    pinged_peer peer;
    const auto link = peer.neighbour(1);
    std::vector<conn_id> of_first;
    for (std::size_t n = 0; n < 10; ++n) of_first.push_back(peer.ping(link, 50));
    CHECK(peer->load().pongs == limits::pongs_per_host_max);
    for (std::uint32_t number = 51; number <= 53; ++number)
        for (std::size_t n = 0; n < 10; ++n) peer.ping(link, number);
    CHECK(peer->load().pongs == limits::pongs_at_once);
    peer.all<output::prove_range>();
    const conn_id modest = peer.ping(link, 54);
    const conn_id also = peer.ping(link, 55);
    CHECK(peer.all<output::prove_range>().empty());
    peer.close(of_first[0]);
    CHECK(peer->load().pongs == limits::pongs_at_once);
    CHECK(peer.answered_last({modest, also}) == modest);  // and with its end the next one has its turn
    CHECK(peer.answered_last({modest, also}) == also);
    CHECK(peer.answered_last({modest, also}) == 0);  // again one of the first address, which has waited longest
}

TEST_CASE("R10: at one address those that wait take turns by who told of them") {
    pinged_peer peer;
    const auto loud = peer.neighbour(1);
    const auto other = peer.neighbour(2);
    std::vector<conn_id> many;
    for (std::size_t n = 0; n < 10; ++n) many.push_back(peer.ping(loud, 50));
    const conn_id modest = peer.ping(other, 50);
    REQUIRE(peer.all<output::prove_range>().size() == limits::pongs_per_host_max);
    peer.close(many[0]);
    many.push_back(modest);
    CHECK(peer.answered_last(many) == modest);
    CHECK(peer.answered_last(many) == many[limits::pongs_per_host_max]);
}

TEST_CASE("R8: an answer that gives way to others is no failure of who was dialled") {
    settings chosen;
    chosen.secondary_rows = 1000;  // so that no row has to make room
    scripted_peer peer(chosen);
    peer.start();
    peer.feed(input::share_found{scripted_file("song.ogg", 1000).shared});
    const auto loud = peer.neighbour(1);
    const auto other = peer.neighbour(2);
    const auto tell = [&](conn_id link, std::uint32_t number, const endpoint& origin) {
        wire::pesquisa search;
        search.id = id_cast<query_id>(peer_numbered(number));
        search.origin_id = peer_numbered(number);
        search.origin = origin;
        search.level = 3;
        search.name = "song.ogg";
        peer.say(link, search);
    };
    const endpoint wanted = site(900);
    constexpr std::uint32_t failures = limits::dial_failures_max;
    for (std::uint32_t n = 0; n < limits::answering_max; ++n)
        tell(loud, 1000 + n, n < failures ? wanted : site(1000 + n));
    REQUIRE(peer.dials().size() == limits::answering_max);
    for (std::uint32_t n = 0; n < failures; ++n) tell(other, 2000 + n, site(2000 + n));
    CHECK(peer.counts().answers_given_up == failures);
    REQUIRE(peer.dials().size() == failures);
    tell(other, 3000, wanted);
    CHECK(peer.only<output::dial>().where == wanted);
    CHECK(peer.counts().dials_refused_silence == 0);
}
