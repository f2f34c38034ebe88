// Addresses of narrow reach: loopback and private ones never cross unchanged to who could not reach them (R9, IPv6).

#include "world.hpp"

#include <algorithm>

using namespace mogshare;
using namespace mogshare::testing;

namespace {

/// A machine with a peer on loopback and one that has a loopback and a site address, and a neighbour machine on the site.
struct two_machines {
    world net;
    node local;    ///< 127.0.0.1:7001 of the first machine
    node gateway;  ///< 127.0.0.1:7002 and 10.0.0.2:7002
    node remote;   ///< 10.0.0.9:7000

    explicit two_machines(const endpoint& local_site = {host::v4({10, 0, 0, 2}), 7001}) {
        const endpoint gateway_site{lan(2).address, 7002};
        // The local peer listens everywhere, but knows and is known by loopback only.
        local = net.add_peer(rigid(1), {loopback(7001), local_site});
        gateway = net.add_peer(rigid(2), {loopback(7002), gateway_site});
        remote = net.add_peer(rigid(1), lan(9));
        net.know(local, {gateway});
        net.start(gateway);
        net.start(local);
        net.run_for(1s);
        net.start(remote, gateway_site);
        net.run_for(5s);
    }
};

}  // namespace

TEST_CASE(
    "R9: a searcher on loopback is found from another machine at the address of the one who passes the search on") {
    two_machines scene;
    scene.net.share(scene.remote, "remote.bin", some_bytes(60'000, 1));
    REQUIRE(scene.net.primary_of(scene.gateway) == std::vector{scene.local, scene.remote});
    const auto ticket = scene.net.search_and_wait(scene.local, query_kind::exact, "remote.bin");
    std::vector<endpoint> origins;
    for (const travelled* one : scene.net.log().between<wire::pesquisa>(scene.gateway, scene.remote))
        origins.push_back(std::get<wire::pesquisa>(one->what).origin);
    REQUIRE(origins.size() == 1);
    CHECK(scope_of(origins[0].address) == scope::site);  // never 127.0.0.1, which would be the holder itself
    CHECK(origins[0] == endpoint{lan(2).address, 7001});
    CHECK(answerers(scene.net, scene.local, ticket) == std::vector{scene.remote});
}

TEST_CASE("R5, R9: rows with loopback addresses are told to other machines with the teller's own address") {
    two_machines scene;
    std::size_t rows_about_local = 0;
    for (const travelled* one : scene.net.log().between<wire::rows>(scene.gateway, scene.remote)) {
        for (const wire::row& row : std::get<wire::rows>(one->what).list) {
            for (const endpoint& each : row.addresses) CHECK(scope_of(each.address) == scope::site);
            rows_about_local += row.id == scene.net.id(scene.local) ? 1 : 0;
        }
    }
    CHECK(rows_about_local == 1);
}

TEST_CASE("R9: a search from the private network is not passed on where nobody could answer it, and that is counted") {
    world net;
    const endpoint wide{host::v4({203, 0, 113, 1}), 7000};
    const endpoint far{host::v4({203, 0, 113, 2}), 7000};
    const node inside = net.add_peer(rigid(1), lan(1));
    const node border = net.add_peer(rigid(2), {lan(2), wide});
    const node outside = net.add_peer(rigid(1), far);
    net.know(inside, {border});
    net.know(border, {inside, outside});
    net.know(outside, {});
    for (const node each : {border, inside}) net.start(each);
    net.run_for(5s);
    net.start(outside, wide);
    net.run_for(5s);
    REQUIRE(net.primary_of(border).size() == 2);
    net.share(outside, "outside.bin", some_bytes(60'000, 1));
    net.share(inside, "inside.bin", some_bytes(60'000, 2));
    const auto out = net.search_and_wait(inside, query_kind::exact, "outside.bin");
    CHECK(net.found(inside, out).answers.empty());
    CHECK(net.log().count<wire::pesquisa>(border, outside) == 0);
    CHECK(net.peer(border).counts().searches_refused_scope >= 1);
    // The other way the searcher has an address as wide as can be.
    net.search_and_wait(outside, query_kind::exact, "inside.bin");
    REQUIRE(net.log().count<wire::pesquisa>(border, inside) == 1);
    CHECK(std::get<wire::pesquisa>(net.log().between<wire::pesquisa>(border, inside)[0]->what).origin == far);
}

TEST_CASE("IPv6: peers that have only that find each other, and rows carry it") {
    world net;
    const auto v6 = [](const std::string& text) { return endpoint{*parse_host(text), 7000}; };
    std::vector<node> peers;
    for (const char* each : {"fd00::1", "fd00::2", "fd00::3"}) peers.push_back(net.add_peer({}, v6(each)));
    net.start(peers[0]);
    net.start(peers[1], v6("fd00::1"));
    net.run_for(1s);
    net.start(peers[2], v6("fd00::1"));
    net.run_for(1s);
    CHECK(net.primary_of(peers[2]).size() == 2);
    net.share(peers[1], "six.bin", some_bytes(60'000, 6));
    const auto ticket = net.search_and_wait(peers[2], query_kind::exact, "six.bin");
    REQUIRE(net.found(peers[2], ticket).answers.size() == 1);
    CHECK(net.found(peers[2], ticket).answers[0].where == v6("fd00::2"));
    const core::download_state* got = net.get_and_wait(peers[2], ticket);
    REQUIRE(got != nullptr);
    CHECK(got->phase == core::download_phase::done);
}

TEST_CASE(
    "IPv6: where the first address of a row does not answer the second one is dialled, and the row has not failed") {
    world net;
    const endpoint v6{*parse_host("fd00::2"), 7000};
    const node asker = net.add_peer(rigid(1), {lan(1), endpoint{*parse_host("fd00::1"), 7000}});
    const node both = net.add_peer(rigid(1), {lan(2), v6}, ordered_id(9));
    net.know_addresses(asker, both, {lan(2), v6});
    net.wire().forget_address(lan(2));  // nobody is there any more
    net.start(both);
    net.start(asker);
    net.run_for(1s);
    net.share(both, "wanted.bin", some_bytes(60'000, 1));
    const auto ticket = net.search_and_wait(asker, query_kind::exact, "wanted.bin");
    CHECK(answerers(net, asker, ticket) == std::vector{both});
    CHECK(net.peer(asker).both_tables().primary.rows.at(0).failures == 0);
}
