// Strangers without number, and what they make a peer hold, believe and write down.

#include "bare_peer.hpp"
#include "scenario/hostile_scene.hpp"

#include <map>
#include <set>

using namespace mogshare;
using namespace mogshare::testing;

namespace {

constexpr std::uint32_t strangers = 20'000 / static_cast<std::uint32_t>(scenario_part);

core::settings internet() {
    core::settings chosen;
    chosen.profile = core::network_profile::internet;
    return chosen;
}

/// Each in a network of its own.
endpoint stranger_at(std::uint32_t number) {
    return {host::v4({static_cast<std::uint8_t>(20 + (number >> 16)), static_cast<std::uint8_t>(number >> 8),
                      static_cast<std::uint8_t>(number), 1}),
            7000};
}

wire::pesquisa search_from(std::uint32_t number) {
    wire::pesquisa said = search_by(peer_numbered(1000 + number), 7000, number);
    said.level = 3;
    said.origin.address = stranger_at(number).address;
    return said;
}

}  // namespace

TEST_CASE(
    "attack: lengths that are negative, huge or one too much end a connection at the eighth byte (CVE-2021-21404)") {
    for (const std::uint32_t length : {0xFFFF'FFFFU, 0x8000'0000U, 0x7FFF'FFFFU, 32U << 20}) {
        for (int type = 1; type <= 17; ++type) {
            CAPTURE(length);
            CAPTURE(type);
            bare_peer peer(internet());
            const core::conn_id conn = peer.link(stranger_at(1), peer_numbered(2));
            const bytes header{static_cast<std::uint8_t>(length >> 24),
                               static_cast<std::uint8_t>(length >> 16),
                               static_cast<std::uint8_t>(length >> 8),
                               static_cast<std::uint8_t>(length),
                               static_cast<std::uint8_t>(type),
                               1,
                               0,
                               0};
            peer.deliver(conn, byte_view(header).first(7));
            CHECK(peer.machine.load().connections == 1);
            peer.deliver(conn, byte_view(header).subspan(7));
            CHECK(peer.counts().frames_refused == 1);
            CHECK(peer.machine.load().connections == 0);
            CHECK(peer.machine.load().unfinished_bytes == 0);
        }
    }
}

TEST_CASE("attack: 500 peers, each with most of a frame, are kept no 32 MiB each, nor all together (CVE-2015-3641)") {
    bare_peer peer(internet());
    wire::pesquisa search = search_from(1);
    bytes frame = wire::encode(search);
    std::vector<core::conn_id> first;
    for (std::uint32_t number = 0; number < 500; ++number) {
        const core::conn_id conn = peer.link(stranger_at(number), peer_numbered(2 + number));
        first.push_back(conn);
        peer.deliver(conn, byte_view(frame).first(frame.size() - 1));
    }
    CHECK(peer.machine.load().unfinished_bytes == 500 * (frame.size() - 1));
    for (const core::conn_id conn : first) peer.feed(core::input::closed{conn, "gone"});
    CHECK(peer.machine.load().unfinished_bytes == 0);
    // The longest that is kept when nobody has asked for it: file bytes on a link.
    bytes large(limits::frame_header_bytes + limits::open_payload_bytes_max, 0);
    large[1] = static_cast<std::uint8_t>(limits::open_payload_bytes_max >> 16);
    large[4] = static_cast<std::uint8_t>(wire::message_type::piece);
    large[5] = 1;
    const std::size_t modest_bytes = large.size() / 2;
    peer.deliver(peer.link(stranger_at(900), peer_numbered(902)), byte_view(large).first(modest_bytes));
    constexpr std::uint32_t many = 600;
    std::size_t most_bytes = 0;
    for (std::uint32_t number = 1000; number < 1000 + many; ++number) {
        const core::conn_id conn = peer.link(stranger_at(number), peer_numbered(2 + number));
        peer.deliver(conn, byte_view(large).first(large.size() - 1));
        most_bytes = std::max(most_bytes, peer.machine.load().unfinished_bytes);
    }
    REQUIRE(many * (large.size() - 1) > limits::unfinished_bytes_max + 4 * limits::MiB);
    CHECK(most_bytes <= limits::unfinished_bytes_max);
    CHECK(most_bytes > limits::unfinished_bytes_max - large.size());
    const std::size_t kept = (limits::unfinished_bytes_max - modest_bytes) / (large.size() - 1);
    CHECK(peer.machine.load().connections == kept + 1);  // whoever had half of one stays
    CHECK(peer.counts().connections_unfinished == many - kept);
}

TEST_CASE(
    "attack: as many searches by originators that were made up fill tables and memory to their bounds only "
    "(CVE-2024-52919)") {
    // What others may cause in a minute is left aside here: the bounds on what is remembered have to hold without it.
    core::settings chosen = internet();
    chosen.budget.dials_per_min = chosen.budget.searches_per_s = 1'000'000;
    bare_peer peer(chosen);
    content::share file;
    file.path = "wanted.bin";
    file.stamp.size = 100;
    peer.feed(core::input::share_found{file});
    const core::conn_id conn = peer.link(stranger_at(0), peer_numbered(2));
    std::size_t most_records = 0;
    for (std::uint32_t number = 1; number <= strangers; ++number) {
        peer.say(conn, search_from(number));
        most_records = std::max(most_records, peer.machine.load().dial_records);
        if (number % 250 == 0) peer.pass(chosen.times.dial);  // nobody is there
    }
    for (std::uint32_t number = 1; number <= limits::answering_max + 50; ++number)
        peer.say(conn, search_from(strangers + number));
    const core::tables& both = peer.machine.both_tables();
    CHECK(peer.counts().searches_received == strangers + limits::answering_max + 50);
    CHECK(peer.counts().connections_dialled > limits::dial_records_max / scenario_part);
    CHECK(both.primary.rows.size() + both.secondary.rows.size() <= both.primary.capacity + both.secondary.capacity);
    CHECK(peer.counts().rows_without_room + peer.counts().rows_refused > strangers / 2);
    const core::load_view load = peer.machine.load();
    CHECK(most_records <= limits::dial_records_max);
    CHECK(load.answering == limits::answering_max);
    CHECK(peer.counts().answers_refused >= 50);
    CHECK(core::broken_rule(both).value_or("") == "");
}

TEST_CASE(
    "attack: strangers without number who break the rules make no list without end (CVE-2020-14198), nor log "
    "(CVE-2025-54604)") {
    bare_peer peer(internet());
    const time_point begun = peer.now;
    for (std::uint32_t number = 0; number < strangers; ++number) {
        for (int time = 0; time < 4; ++time) {
            const core::conn_id conn = peer.accept(stranger_at(number), peer_numbered(2 + number));
            peer.say(conn, wire::keepalive{});  // and no HELLO
        }
        if (number % 10 == 0) peer.pass(1s);
    }
    const double minutes = to_seconds(peer.now - begun) / 60;
    CHECK(peer.counts().bans >= 2 * std::uint64_t{strangers} - 10);
    CHECK(peer.machine.load().banned <= 3 * limits::bans_max);
    CHECK((strangers > limits::bans_max) == (peer.counts().bans_forgotten > 0));
    const double lines_max = 2 * (limits::notices_at_once + minutes * limits::notices_per_min + 1);
    CHECK(static_cast<double>(peer.notices.size()) <= lines_max);
    REQUIRE(peer.notices.size() > 20);
    CHECK(peer.notices.back().find("more before, of which nothing was said") != std::string::npos);
    CHECK(peer.machine.load().connections == 0);
}

TEST_CASE("attack: ids that fall together under one seed do not under another, which nobody knows") {
    const seeded_hash ours{1};
    const seeded_hash theirs{2};
    std::vector<query_id> chosen;
    random_source chance = random_source::from_number(5);
    while (chosen.size() < 256) {
        const query_id id = chance.id<query_id>();
        if (theirs(id) % 1024 == 0) chosen.push_back(id);
    }
    std::map<std::size_t, std::size_t> places;
    std::size_t most = 0;
    for (const query_id& id : chosen) most = std::max(most, ++places[ours(id) % 1024]);
    CHECK(most <= 6);
    CHECK(places.size() > 200);
}
