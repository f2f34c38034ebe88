// Answers to pings that are asked for by the dozen and never read (R10).

#include "scenario/hostile_scene.hpp"

#include <map>
#include <memory>

using namespace mogshare;
using namespace mogshare::testing;

namespace {

endpoint public_address(std::uint8_t network) {
    return {host::v4({20, network, 0, 1}), 7000};
}

/// Searches of its own for what the holder has, asks for as large pings as there are, and reads none of them.
struct greedy_pinger {
    world& net;
    endpoint holder;
    content_id content;
    scripted_endpoint end;
    conn_number link;
    std::map<query_id, std::uint64_t> numbers;
    std::vector<std::pair<conn_number, query_id>> ready;
    std::uint64_t asked = 0;

    greedy_pinger(world& network, const endpoint& of, const content_id& wanted, std::uint8_t number)
        : net(network), holder(of), content(wanted), end(network, public_address(number), ordered_id(number)) {
        end.on_message = [this](conn_number on, const wire::message& what) {
            if (const auto* claim = std::get_if<wire::claim>(&what))
                end.say(on, wire::nonce_shown{secret_number(numbers.at(claim->id))});
            if (const auto* existe = std::get_if<wire::existe>(&what)) ready.emplace_back(on, existe->id);
        };
        link = end.dial(holder, wire::purpose::link);
    }
    void round(int searches) {
        net.wire().pause_reading(end.number(), false);
        net.run_for(100ms);
        if (end.seen(link).closed) {
            link = end.dial(holder, wire::purpose::link);
            net.run_for(100ms);
        }
        ready.clear();
        for (int time = 0; time < searches; ++time) {
            const std::uint64_t number = 1000 * end.number() + ++asked;
            const wire::pesquisa said = search_by(end.id(), 7000, number);
            numbers[said.id] = number;
            end.say(link, said);
            net.run_for(40ms);
        }
        net.run_for(200ms);
        for (const auto& [conn, id] : ready) end.say(conn, wire::ping{id, content, 0, limits::ping_bytes_max});
        net.wire().pause_reading(end.number(), true);
        net.run_for(1s);
    }
};

}  // namespace

TEST_CASE("attack: pings by the dozen that two addresses ask for and never read keep no ping from others") {
    core::settings chosen;
    chosen.profile = core::network_profile::internet;
    network_options options;
    options.keeps_log = false;
    world net(options);
    const node hub = net.add_peer(chosen, public_address(1));
    net.start(hub);
    net.share(hub, "wanted.bin", some_bytes(2'000'000, 1));
    const node honest = net.add_peer(chosen, public_address(2));
    net.start(honest, net.address(hub));
    net.run_for(1s);
    const content_id content = net.peer(hub).shares().by_path("wanted.bin")->content;
    greedy_pinger first(net, net.address(hub), content, 66);
    greedy_pinger second(net, net.address(hub), content, 67);
    net.run_for(1s);
    int answers = 0;
    int pinged = 0;
    for (int round = 0; round < 8; ++round) {
        (round % 2 == 0 ? first : second).round(40);
        const auto ticket = net.search(honest, query_kind::exact, "wanted.bin");
        net.run_for(12s);
        if (round < 2) continue;  // both have begun
        CHECK(net.peer(hub).load().pongs >= limits::pongs_per_host_max);
        for (const core::answer& each : net.found(honest, ticket).answers) {
            ++answers;
            pinged += each.ping == core::ping_state::done ? 1 : 0;
        }
    }
    CHECK(answers == 6);
    CHECK(pinged == answers);
    net.wire().calm();
}
