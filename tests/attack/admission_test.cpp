// Who comes from many addresses, holds many connections, or comes without end (R5, CVE-2020-26164, CVE-2015-3641).

#include "bare_peer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

using namespace mogshare;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

core::settings with(core::network_profile profile) {
    core::settings chosen;
    chosen.profile = profile;
    return chosen;
}

constexpr auto internet = core::network_profile::internet;
constexpr auto lan = core::network_profile::lan;

/// An address of the /64 `subnet` of the /48 `site`.
endpoint at_v6(std::uint8_t site, std::uint8_t subnet, std::uint32_t number) {
    std::array<std::uint8_t, 16> octets{0x20, 0x01, 0x0d, 0xb8, 0, site, 0, subnet};
    octets[14] = static_cast<std::uint8_t>(number >> 8);
    octets[15] = static_cast<std::uint8_t>(number);
    return {host::v6(octets), 7000};
}

endpoint at_v4(std::uint32_t network, std::uint8_t last) {
    return {host::v4({static_cast<std::uint8_t>(30 + (network >> 16)), static_cast<std::uint8_t>(network >> 8),
                      static_cast<std::uint8_t>(network), last}),
            7000};
}

void break_a_rule(bare_peer& peer, const endpoint& from, std::uint32_t number) {
    peer.say(peer.accept(from, peer_numbered(number)), wire::keepalive{});  // and no HELLO
}

/// Opens a link, and says whether it stands.
bool may_link(bare_peer& peer, const endpoint& from, std::uint32_t number) {
    peer.link(from, peer_numbered(number));
    const auto links = peer.machine.links();
    return std::any_of(links.begin(), links.end(),
                       [&](const core::link_view& each) { return each.ready && each.remote == from; });
}

/// Whether a link of this peer stands.
bool linked(const bare_peer& peer, std::uint32_t number) {
    const auto links = peer.machine.links();
    return std::any_of(links.begin(), links.end(),
                       [&](const core::link_view& each) { return each.ready && each.peer == peer_numbered(number); });
}

/// A connection that says nothing yet.
core::conn_id knock(bare_peer& peer, const endpoint& from) {
    peer.last_accepted += 2;
    peer.feed(core::input::accepted{peer.last_accepted, from, host::v4({20, 0, 0, 100})});
    return peer.last_accepted;
}

}  // namespace

TEST_CASE("attack: who has a /64 is banned with it, whichever of its addresses broke the rules") {
    for (const auto profile : {internet, lan}) {
        CAPTURE(static_cast<int>(profile));
        bare_peer peer(with(profile));
        const std::uint32_t needed =
            core::budgets_of(with(profile)).ban_points_host / static_cast<std::uint32_t>(limits::ban_points_violation);
        bool all_in_time = true;
        for (std::uint32_t n = 0; n < 2000; ++n) {
            break_a_rule(peer, at_v6(1, 0, n), 2 + n);
            all_in_time = all_in_time && peer.counts().bans == (n + 1 < needed ? 0U : 1U);
        }
        CHECK(all_in_time);
        CHECK(peer.counts().connections_refused_banned == 2000 - needed);
        REQUIRE_FALSE(peer.notices.empty());
        CHECK(peer.notices.front().find("2001:db8:1::/64") != std::string::npos);
        CHECK(may_link(peer, at_v6(1, 1, 1), 5000));
    }
}

TEST_CASE("attack: a /24 or /48 whose hosts break the rules in turn is banned in the internet profile") {
    const auto fourth = [](std::uint32_t n, bool v6) {
        const auto number = static_cast<std::uint8_t>(1 + n / 3);
        return v6 ? at_v6(1, number, n) : at_v4(1, number);
    };
    for (const bool v6 : {false, true}) {
        CAPTURE(v6);
        bare_peer peer(with(internet));
        for (std::uint32_t n = 0; n < 15; ++n) break_a_rule(peer, fourth(n, v6), 2 + n);
        CHECK(peer.counts().bans == 0);
        CHECK(may_link(peer, v6 ? at_v6(1, 200, 1) : at_v4(1, 200), 5000));
        break_a_rule(peer, fourth(15, v6), 100);
        CHECK(peer.counts().bans == 1);
        REQUIRE_FALSE(peer.notices.empty());
        CHECK(peer.notices.back().find(v6 ? "2001:db8:1::/48" : "30.0.1.0/24") != std::string::npos);
        CHECK_FALSE(may_link(peer, v6 ? at_v6(1, 201, 1) : at_v4(1, 201), 5001));
        CHECK(peer.counts().connections_refused_banned == 1);
        CHECK(may_link(peer, v6 ? at_v6(2, 1, 1) : at_v4(2, 1), 5002));
    }
    bare_peer at_home(with(lan));
    for (std::uint32_t n = 0; n < 600; ++n) break_a_rule(at_home, at_v4(1, static_cast<std::uint8_t>(n / 3)), 2 + n);
    CHECK(at_home.counts().bans == 0);
}

TEST_CASE("attack: ever new addresses of a /64 enter as often as one, and hold as many connections") {
    bare_peer peer(with(internet));
    for (std::uint32_t n = 0; n < 50; ++n) {
        const core::conn_id conn = peer.link(at_v6(1, 0, n), peer_numbered(2 + n));
        peer.say(conn, wire::entrada{16});
        peer.feed(core::input::closed{conn, "gone"});
    }
    CHECK(peer.counts().entradas_served == limits::internet.entries_per_min_host);
    CHECK(peer.counts().entradas_refused == 50 - limits::internet.entries_per_min_host);
    std::uint32_t standing = 0;
    for (std::uint32_t n = 0; n < 50; ++n) standing += may_link(peer, at_v6(2, 0, n), 100 + n) ? 1U : 0U;
    CHECK(standing == limits::internet.connections_per_host);
    CHECK(peer.counts().connections_refused_host == 50 - limits::internet.connections_per_host);
    CHECK(may_link(peer, at_v6(2, 1, 1), 500));
}

TEST_CASE(
    "attack: who connects and goes again and again is let in so often a minute, and others are not the worse for it") {
    for (const auto profile : {internet, lan}) {
        CAPTURE(static_cast<int>(profile));
        bare_peer peer(with(profile));
        const limits::accept_rates& rates = profile == internet ? limits::internet_accepts : limits::lan_accepts;
        const auto come_and_go = [&](const endpoint& from) {
            const std::uint64_t before = peer.counts().connections_accepted;
            peer.last_accepted += 2;
            peer.feed(core::input::accepted{peer.last_accepted, from, host::v4({20, 0, 0, 100})});
            peer.feed(core::input::closed{peer.last_accepted, "gone"});
            return peer.counts().connections_accepted > before;
        };
        std::uint32_t let_in = 0;
        for (std::uint32_t n = 0; n < rates.per_min_host + 100; ++n) let_in += come_and_go(at_v4(1, 1)) ? 1U : 0U;
        CHECK(let_in == rates.per_min_host);
        CHECK(peer.counts().connections_refused_rate == 100);
        CHECK(come_and_go(at_v4(1, 2)));
        peer.pass(1s);
        for (std::uint32_t n = 0; n < rates.per_min_host; ++n) let_in += come_and_go(at_v4(1, 1)) ? 1U : 0U;
        CHECK(let_in == rates.per_min_host + rates.per_min_host / 60);
        for (std::uint32_t n = 0; n < 2 * rates.per_min_block; ++n)
            let_in += come_and_go(at_v4(1, static_cast<std::uint8_t>(3 + n % 250))) ? 1U : 0U;
        CHECK(let_in <= rates.per_min_block + rates.per_min_block / 60);
        CHECK(let_in >= rates.per_min_block - 1);
        CHECK(may_link(peer, at_v4(2, 1), 5000));
    }
}

TEST_CASE("attack: half-open connections from many /64s, or many addresses, push out no single honest one") {
    for (const auto profile : {internet, lan}) {
        for (const bool one_site : {false, true}) {
            CAPTURE(static_cast<int>(profile));
            CAPTURE(one_site);
            bare_peer peer(with(profile));
            const core::conn_id honest = knock(peer, at_v4(1, 1));
            for (std::uint32_t n = 0; n < 400; ++n) {
                const auto part = static_cast<std::uint8_t>(one_site ? n / 2 : n % 8);
                knock(peer, one_site ? at_v6(1, part, n) : at_v6(part, 0, n));
            }
            CHECK(peer.machine.load().half_open <= limits::half_open_max);
            CHECK(peer.counts().half_open_evicted + peer.counts().connections_refused_rate > 200);
            peer.feed(core::input::secured{honest, peer_numbered(5)});
            wire::hello said;
            said.listen_port = 7000;
            peer.say(honest, said);
            CHECK(linked(peer, 5));
        }
    }
}

TEST_CASE("attack: links that say nothing but KEEPALIVE hold no place against newcomers (CVE-2020-26164)") {
    for (const auto profile : {internet, lan}) {
        CAPTURE(static_cast<int>(profile));
        core::tables saved;
        saved.primary.rows.resize(1);
        saved.primary.rows[0].id = peer_numbered(5);
        saved.primary.rows[0].addresses = {at_v4(1, 1)};
        saved.primary.rows[0].score = 3;
        bare_peer peer(with(profile), saved);
        peer.pass(10s);  // its own ENTRADA is not answered
        const limits::budgets budget = core::budgets_of(with(profile));
        std::vector<core::conn_id> open{peer.link(at_v4(1, 1), peer_numbered(5)),
                                        peer.link(at_v4(2, 1), peer_numbered(6))};
        // As few networks and hosts as the profile allows take all the places that there are for those who come.
        constexpr std::uint32_t places = limits::connections_max - limits::connections_max / limits::dialled_share;
        for (std::uint32_t n = 2; n < places; ++n) {
            const std::uint32_t network = 100 + n / std::min(budget.connections_per_block, places / 2);
            const auto one = static_cast<std::uint8_t>(1 + n / budget.connections_per_host % 250);
            open.push_back(peer.link(at_v4(network, one), peer_numbered(100 + n)));
        }
        REQUIRE(peer.machine.load().connections == places);
        open.push_back(
            peer.link(at_v4(9000, 1), peer_numbered(9000)));  // while none is idle, the largest crowd gives way
        CHECK(linked(peer, 9000));
        CHECK(peer.counts().connections_gave_way == 1);
        for (duration passed{}; passed < limits::link_idle; passed += 1min) {
            peer.pass(1min);
            for (const core::conn_id each : open) peer.say(each, wire::keepalive{});
        }
        REQUIRE(peer.machine.load().connections == places);
        for (std::uint32_t n = 1; n <= 100; ++n) CHECK(may_link(peer, at_v4(9000 + n, 1), 9000 + n));
        CHECK(peer.counts().idle_links_evicted == 100);
        CHECK(linked(peer, 5));  // it has earned points
        CHECK(linked(peer, 6));  // it is alone in its network
        CHECK(peer.machine.load().connections == places);
    }
}

TEST_CASE("attack: connections that never say who they are push each other out, and few of those that stand") {
    for (const auto profile : {internet, lan}) {
        for (const bool idle : {false, true}) {
            CAPTURE(static_cast<int>(profile));
            CAPTURE(idle);
            bare_peer peer(with(profile));
            constexpr std::uint32_t places = limits::connections_max - limits::connections_max / limits::dialled_share;
            std::vector<core::conn_id> open;
            for (std::uint32_t n = 0; n < places; ++n)
                open.push_back(peer.link(at_v4(100 + n / 8, static_cast<std::uint8_t>(n % 8)), peer_numbered(100 + n)));
            REQUIRE(peer.machine.load().connections == places);
            for (duration passed{}; idle && passed < limits::link_idle; passed += 1min) {
                peer.pass(1min);
                for (const core::conn_id each : open) peer.say(each, wire::keepalive{});
            }
            for (std::uint32_t n = 0; n < 90; ++n) {
                knock(peer, at_v4(9000, static_cast<std::uint8_t>(profile == internet ? n : 1)));
                peer.pass(100ms);
            }
            CHECK(peer.counts().connections_gave_way + peer.counts().idle_links_evicted <= limits::half_open_of_owner);
            CHECK(peer.machine.load().connections == places);
        }
    }
}

TEST_CASE("attack: where a crowd holds every place, those of one owner who come at once are all let in") {
    for (const auto profile : {internet, lan}) {
        CAPTURE(static_cast<int>(profile));
        bare_peer peer(with(profile));
        constexpr std::uint32_t places = limits::connections_max - limits::connections_max / limits::dialled_share;
        for (std::uint32_t n = 0; n < places; ++n)
            peer.link(at_v4(100 + n / 60, static_cast<std::uint8_t>(n % 60)), peer_numbered(100 + n));
        REQUIRE(peer.machine.load().connections == places);
        std::vector<core::conn_id> coming;
        for (std::uint32_t n = 0; n < limits::half_open_of_owner; ++n) coming.push_back(knock(peer, at_v4(9000, 1)));
        for (std::uint32_t n = 0; n < coming.size(); ++n) {
            peer.feed(core::input::secured{coming[n], peer_numbered(9000 + n)});
            wire::hello said;
            said.listen_port = 7000;
            peer.say(coming[n], said);
        }
        for (std::uint32_t n = 0; n < coming.size(); ++n) CHECK(linked(peer, 9000 + n));
        CHECK(peer.counts().connections_gave_way == limits::half_open_of_owner);
    }
}

TEST_CASE("attack: few who hold every place and speak on each now and then make room for others, not for themselves") {
    for (const auto profile : {internet, lan}) {
        for (const auto why : {wire::purpose::link, wire::purpose::transfer}) {
            CAPTURE(static_cast<int>(profile));
            CAPTURE(static_cast<int>(why));
            bare_peer peer(with(profile));
            const limits::budgets budget = core::budgets_of(with(profile));
            peer.link(at_v4(1, 1), peer_numbered(5));
            constexpr std::uint32_t places = limits::connections_max - limits::connections_max / limits::dialled_share;
            const std::uint32_t crowds = profile == lan ? 2 : places / budget.connections_per_block;
            for (std::uint32_t n = 1; n < places; ++n) {
                const std::uint32_t crowd = n % crowds;
                const std::uint32_t a_crowd = (places + crowds - 1) / crowds;
                const std::uint32_t hosts = (a_crowd + budget.connections_per_host - 1) / budget.connections_per_host;
                peer.greet(at_v4(100 + crowd, static_cast<std::uint8_t>(1 + n / crowds % hosts)),
                           peer_numbered(100 + n), why);
            }
            REQUIRE(peer.machine.load().connections == places);
            for (std::uint32_t n = 1; n <= 60; ++n) CHECK(may_link(peer, at_v4(9000 + n, 1), 9000 + n));
            CHECK(peer.counts().connections_gave_way == 60);
            CHECK(linked(peer, 5));
            CHECK(peer.machine.load().connections == places);
            for (std::uint32_t n = 0; n < 100; ++n) {  // they may have back what others leave, and no more
                peer.accept(at_v4(100 + n % crowds, 250), peer_numbered(20'000 + n));
                CHECK(linked(peer, 9001 + n % 60));
            }
        }
    }
}
