// What strangers leave lying here, over all connections and all searches together.

#include "bare_peer.hpp"

#include "mogshare/base/sha256.hpp"

#include <fmt/format.h>

#include <doctest/doctest.h>

#include <algorithm>

using namespace mogshare;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

endpoint at_host(std::uint32_t number) {
    return {host::v4({10, 1, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)}), 7000};
}

/// A file with so many pieces that one HASHES is as large as may be.
content::share large_file() {
    content::share file;
    file.path = "large.bin";
    file.stamp.size = limits::hashes_per_frame_max * limits::piece_bytes;
    file.content.value.fill(7);
    file.layer = std::make_shared<content::piece_layer>(limits::hashes_per_frame_max);
    return file;
}

/// Files of which each has as long a name as may be, and which all answer to `wanted`.
std::vector<wire::entry> long_names(std::uint32_t from) {
    std::vector<wire::entry> told;
    for (std::size_t n = 0; n < limits::entries_max; ++n) {
        wire::entry& one = told.emplace_back();
        one.name = fmt::format("{:08}-{:04}-wanted", from, n);
        while (one.name.size() + limits::component_bytes_max < limits::name_bytes_max)
            one.name += "/" + std::string(limits::component_bytes_max - 1, 'x');
        one.content = id_cast<content_id>(sha256(byte_view{}));  // empty ones: nothing to ping
    }
    return told;
}

/// A peer whose searches have somebody to go to.
struct asking_peer : bare_peer {
    std::uint32_t answered = 0;

    explicit asking_peer(const core::settings& chosen) : bare_peer(chosen) {
        say(link(at_host(1), peer_numbered(2)), wire::entrada{16});
    }
    void search(core::search_ticket ticket) {
        feed(core::input::search{ticket, wire::query_kind::words, "wanted"});
        REQUIRE_FALSE(machine.find_search(ticket)->over());
    }
    /// Somebody new answers with names as long as they may be.
    void answer(core::search_ticket ticket) {
        const query_id id = machine.find_search(ticket)->id;
        ++answered;
        const core::conn_id conn = greet(at_host(100 + answered), peer_numbered(100 + answered), wire::purpose::answer);
        say(conn, wire::claim{id});
        wire::existe said;
        said.id = id;
        said.level = 1;
        said.entries = long_names(answered);
        say(conn, said);
    }
};

/// As a view would have to count it: what the names of a search take.
std::size_t name_bytes(const core::search_state& search) {
    std::size_t count = 0;
    for (const core::answer& one : search.answers)
        for (const wire::entry& file : one.entries) count += file.name.size();
    for (const core::found_content& one : search.results)
        for (const std::string& name : one.names) count += name.size();
    return count;
}

}  // namespace

TEST_CASE("attack: many who ask and do not read fill 128 MiB and no more, be there an upload limit or not") {
    for (const std::uint64_t upload_bytes_per_s : {0, 100'000}) {
        CAPTURE(upload_bytes_per_s);
        core::settings chosen;
        chosen.upload_bytes_per_s = upload_bytes_per_s;
        bare_peer peer(chosen);
        const content::share file = large_file();
        peer.feed(core::input::share_found{file});
        const auto ask = [&](core::conn_id conn) { peer.say(conn, wire::get_hashes{file.content, 0, 4096}); };
        const core::conn_id modest = peer.greet(at_host(1), peer_numbered(2), wire::purpose::transfer);
        ask(modest);
        const std::size_t modest_bytes = peer.machine.load().queued_bytes;
        REQUIRE(modest_bytes > limits::hashes_per_frame_max * id_bytes);
        std::size_t most_bytes = 0;
        std::uint32_t greedy = 0;
        for (; peer.counts().connections_choked < 10 && greedy < 80; ++greedy) {
            const core::conn_id conn =
                peer.greet(at_host(10 + greedy), peer_numbered(10 + greedy), wire::purpose::transfer);
            for (int time = 0; time < 17; ++time) {
                ask(conn);
                most_bytes = std::max(most_bytes, peer.machine.load().queued_bytes);
            }
        }
        CHECK(most_bytes <= limits::queued_bytes_max);
        CHECK(most_bytes > limits::queued_bytes_max - 4 * limits::MiB);
        CHECK(peer.counts().connections_choked == 10);
        CHECK(peer.machine.load().connections == greedy + 1 - 10);
        peer.feed(core::input::closed{modest, "gone"});
        CHECK(peer.machine.load().connections == greedy - 10);  // it was not among those that had to go
    }
}

TEST_CASE("attack: answers full of long names fill 4 MiB a search and 64 MiB together; old searches go first") {
    asking_peer peer{core::settings{}};
    constexpr core::search_ticket searches = 20;
    for (core::search_ticket ticket = 1; ticket <= searches; ++ticket) {
        CAPTURE(ticket);
        peer.search(ticket);
        const std::uint64_t refused = peer.counts().answers_refused_memory;
        std::size_t answers = 0;
        for (; peer.counts().answers_refused_memory == refused && answers < 100; ++answers) peer.answer(ticket);
        REQUIRE(answers < 100);
        REQUIRE(answers > 20);
        const core::search_state& own = *peer.machine.find_search(ticket);
        CHECK(own.answers.size() == answers - 1);
        CHECK(name_bytes(own) <= limits::search_bytes_max);
        CHECK(name_bytes(own) > limits::search_bytes_max / 2);
        peer.pass(peer.machine.chosen().times.window);
        REQUIRE(own.over());
        CHECK(peer.machine.load().search_bytes <= limits::all_searches_bytes_max);
    }
    CHECK(peer.machine.find_search(1) == nullptr);
    CHECK(peer.machine.find_search(searches) != nullptr);
    std::size_t held_bytes = 0;
    for (const core::search_state* each : peer.machine.searches()) held_bytes += name_bytes(*each);
    CHECK(held_bytes <= peer.machine.load().search_bytes);
    CHECK(held_bytes > limits::all_searches_bytes_max / 2);
}

TEST_CASE("attack: while no search is over, an answer beyond 64 MiB is refused") {
    asking_peer peer{core::settings{}};
    constexpr core::search_ticket searches = 20;
    for (core::search_ticket ticket = 1; ticket <= searches; ++ticket) peer.search(ticket);
    for (int time = 0; time < 60; ++time)
        for (core::search_ticket ticket = 1; ticket <= searches; ++ticket) peer.answer(ticket);
    CHECK(peer.machine.load().search_bytes <= limits::all_searches_bytes_max);
    CHECK(peer.machine.load().search_bytes > limits::all_searches_bytes_max - limits::MiB);
    CHECK(peer.counts().answers_refused_memory > 100);
    for (core::search_ticket ticket = 1; ticket <= searches; ++ticket) {
        REQUIRE(peer.machine.find_search(ticket) != nullptr);
        CHECK(peer.machine.find_search(ticket)->answers.size() > 30);
    }
}

TEST_CASE("attack: one host that leaves a little unread on each of many connections pushes out nobody else") {
    bare_peer peer{core::settings{}};
    const content::share file = large_file();
    peer.feed(core::input::share_found{file});
    const auto asks = [&](core::conn_id conn, int times) {
        for (int time = 0; time < times; ++time) peer.say(conn, wire::get_hashes{file.content, 0, 4096});
        return conn;
    };
    const auto holds = [&] { return peer.machine.load().queued_bytes; };
    const core::conn_id honest = asks(peer.greet(at_host(1), peer_numbered(2), wire::purpose::transfer), 16);
    const std::size_t honest_bytes = holds();
    std::uint32_t count = 0;
    for (; peer.counts().connections_choked < 10 && count < limits::lan.connections_per_host; ++count)
        asks(peer.greet(at_host(2), peer_numbered(10 + count), wire::purpose::transfer), 3);
    CHECK(peer.counts().connections_choked == 10);
    const std::size_t all_bytes = holds();
    peer.feed(core::input::closed{honest, "gone"});
    CHECK(holds() == all_bytes - honest_bytes);  // it was there until now, with by far the most on one connection
}

TEST_CASE("attack: one host with parts of frames on many connections pushes out nobody else") {
    bare_peer peer{core::settings{}};
    bytes large(limits::frame_header_bytes + limits::open_payload_bytes_max, 0);
    large[1] = static_cast<std::uint8_t>(limits::open_payload_bytes_max >> 16);
    large[4] = static_cast<std::uint8_t>(wire::message_type::piece);
    large[5] = 1;
    const auto begins = [&](std::uint32_t host, std::uint32_t number, std::size_t count_bytes) {
        const core::conn_id conn = peer.link(at_host(host), peer_numbered(number));
        peer.deliver(conn, byte_view(large).first(count_bytes));
        return conn;
    };
    const core::conn_id honest = begins(1, 2, large.size() - 1);
    const std::size_t honest_bytes = peer.machine.load().unfinished_bytes;
    const std::size_t little_bytes = large.size() - limits::KiB;
    std::uint32_t count = 0;
    // Two hosts of one attacker: one may not have as many connections as this takes.
    for (; peer.counts().connections_unfinished < 10 && count < 700; ++count)
        begins(2 + count % 2, 10 + count, little_bytes);
    CHECK(peer.counts().connections_unfinished == 10);
    const std::size_t all_bytes = peer.machine.load().unfinished_bytes;
    peer.feed(core::input::closed{honest, "gone"});
    CHECK(peer.machine.load().unfinished_bytes == all_bytes - honest_bytes);
}
