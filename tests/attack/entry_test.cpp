// What is told at entry is hearsay, whoever tells it (R3, R5, R7).

#include "scenario/hostile_scene.hpp"

using namespace mogshare;
using namespace mogshare::testing;

namespace {

endpoint public_address(std::uint8_t network, std::uint8_t number) {
    return {host::v4({20, network, 0, number}), 7000};
}

core::settings internet(std::size_t primary_rows) {
    core::settings chosen;
    chosen.profile = core::network_profile::internet;
    chosen.primary_rows = primary_rows;
    return chosen;
}

/// Enters through somebody who tells `rows` rows, each at the address that `where` gives.
struct told_scene {
    world net;
    scripted_endpoint liar{net, public_address(200, 1), ordered_id(200)};
    node peer;

    told_scene(std::uint8_t rows, const std::function<endpoint(std::uint8_t)>& where)
        : peer(net.add_peer(internet(8), public_address(201, 1))) {
        liar.on_message = [this, rows, where](conn_number on, const wire::message& what) {
            if (!std::holds_alternative<wire::entrada>(what)) return;
            wire::rows said;
            for (std::uint8_t number = 1; number <= rows; ++number)
                said.list.push_back({ordered_id(number), {where(number)}});
            liar.say(on, said);
        };
        net.start(peer, public_address(200, 1));
        net.run_for(2s);
    }
    const core::tables& both() const { return net.peer(peer).both_tables(); }
};

}  // namespace

TEST_CASE(
    "attack: rows of hearsay are marked, score nothing, and give way to others where one source told most of them") {
    told_scene scene(16, [](std::uint8_t number) { return public_address(number, 1); });
    REQUIRE(scene.both().primary.full());
    const auto of_liar = [&] {
        std::size_t count = 0;
        for (const core::table_row& row : scene.both().primary.rows) {
            if (row.told_by != scene.liar.id()) continue;
            ++count;
            CHECK(row.hearsay);
            CHECK(row.score == 0);
        }
        return count;
    };
    CHECK(of_liar() == 7);  // there is nobody else yet
    std::vector<std::unique_ptr<scripted_endpoint>> others;
    for (std::uint8_t number = 100; number < 106; ++number) {
        others.push_back(std::make_unique<scripted_endpoint>(scene.net, public_address(number, 1), ordered_id(number)));
        const conn_number link = others.back()->dial(scene.net.address(scene.peer), wire::purpose::link);
        scene.net.run_for(100ms);
        others.back()->say(link, wire::entrada{16});
        scene.net.run_for(100ms);
    }
    CHECK(of_liar() == 4);
}

TEST_CASE("attack: of sixteen rows in one network two are believed, and none that is not public") {
    told_scene one_network(16, [](std::uint8_t number) { return public_address(1, number); });
    CHECK(one_network.both().primary.rows.size() == 3);
    CHECK(one_network.both().secondary.rows.empty());
    told_scene inside(16, [](std::uint8_t number) { return endpoint{host::v4({192, 168, 1, number}), 7000}; });
    CHECK(inside.both().primary.rows.size() == 1);
    CHECK(inside.both().secondary.rows.empty());
}

TEST_CASE("attack: who asks to enter again and again steers no window, and learns no more than one run") {
    world net;
    const node peer = net.add_peer({}, lan(1));
    std::vector<node> known;
    for (unsigned number = 2; number < 60; ++number) known.push_back(net.add_peer({}, lan(number)));
    net.know(peer, {known.begin(), known.begin() + 30}, {known.begin() + 30, known.end()});
    net.start(peer);
    net.run_for(10s);
    scripted_endpoint enemy(net, lan(66), ordered_id(66));
    const conn_number link = enemy.dial(lan(1), wire::purpose::link);
    net.run_for(100ms);
    for (int time = 0; time < 50; ++time) {
        enemy.say(link, wire::entrada{16});
        net.run_for(1s);
    }
    const auto answers = enemy.got<wire::rows>(link);
    REQUIRE(answers.size() == 50);
    for (const wire::rows& each : answers) CHECK(each.list == answers.front().list);
    scripted_endpoint next(net, lan(67), ordered_id(67));
    const conn_number other = next.dial(lan(1), wire::purpose::link);
    net.run_for(100ms);
    next.say(other, wire::entrada{16});
    net.run_for(1s);
    const auto run = next.got<wire::rows>(other);
    REQUIRE(run.size() == 1);
    CHECK(run[0].list.front() == answers.front().list.at(7));  // the window stands where one run has left it
}
