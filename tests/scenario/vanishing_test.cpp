// Holders that go at the worst moments: between EXISTE and their ping, in the middle of a ping, in the middle of a piece; by a crash,
// by falling silent, by a reset of their connections, or in order.

#include "world.hpp"

using namespace mogshare;
using namespace mogshare::testing;
using core::download_phase;
using core::ping_state;

namespace {

enum class way { crash, silence, reset, order };
constexpr way ways[] = {way::crash, way::silence, way::reset, way::order};

constexpr std::uint64_t seeds_count = 4;

struct holders_scene {
    world net;
    random_source chance;
    node me = 0;
    std::vector<node> holders;
    bytes data;
    content_id content;

    explicit holders_scene(std::uint64_t seed, std::size_t count = 3)
        : net(options(seed)), chance(random_source::from_number(seed)) {
        core::settings chosen;
        chosen.ping_bytes = 64 * limits::KiB;
        me = net.add_peer(chosen, lan(1));
        data = some_bytes(2'500'000, seed);
        for (std::size_t at = 0; at < count; ++at) {
            holders.push_back(net.add_peer(chosen, lan(static_cast<unsigned>(at + 2))));
            content = net.share(holders.back(), "file.bin", data);
            // The last ones are the fastest: they are elected, and then they go.
            net.wire().set_uplink(holders.back(), 150'000 * (at + 1));
        }
        net.know(me, holders);
        for (const node each : holders) net.start(each);
        net.start(me);
        net.run_for(2s);
        net.search_and_wait(me, query_kind::words, "nothing");  // links stand
    }
    static network_options options(std::uint64_t seed) {
        network_options chosen = seeded(seed);
        chosen.wire.jitter = 10ms;
        chosen.disk_jitter = 5ms;
        chosen.wake_late = 5ms;
        chosen.wire.chunk_bytes_max = seed % 2 == 0 ? 9000 : 64 * 1024;
        return chosen;
    }
    void take_away(node who, way how) {
        switch (how) {
            case way::crash: return net.kill(who);
            case way::silence: return net.wire().vanish(who);
            case way::reset: net.wire().cut(who, me); return;
            case way::order: return net.stop(who);
        }
    }
    void bring_back(node who, way how) {
        if (how == way::crash || how == way::order) net.restart(who, true, net.address(me));
        if (how == way::silence) net.wire().reappear(who);
    }
    void check_settled() {
        net.run_for(10min);
        CHECK(net.stuck() == "");
    }
    template <class M>
    bool until_said(node by, duration most = 10s) {
        const std::size_t before = net.log().count<M>(by, me);
        return net.run_until([&] { return net.log().count<M>(by, me) > before; }, most);
    }
};

/// Whoever went fails its ping; the others are measured, and the file comes from them.
digest between_existe_and_ping(std::uint64_t seed, way how) {
    holders_scene scene(seed, 4);
    world& net = scene.net;
    const node gone = scene.holders[scene.chance.below(4)];
    // Pings wait in a queue, two at once: it has answered, and is not asked yet.
    const auto ticket = net.search(scene.me, query_kind::exact, "file.bin");
    REQUIRE(scene.until_said<wire::existe>(gone));
    scene.take_away(gone, how);
    CHECK(net.run_until([&] { return net.found(scene.me, ticket).over(); }, 1min));
    const core::answer* lost = net.answer_of(scene.me, ticket, gone);
    REQUIRE(lost != nullptr);
    CHECK(lost->ping == ping_state::failed);
    for (const node each : scene.holders) {
        if (each == gone) continue;
        REQUIRE(net.answer_of(scene.me, ticket, each) != nullptr);
        CHECK(net.answer_of(scene.me, ticket, each)->ping == ping_state::done);
    }
    const core::download_state* got = net.get_and_wait(scene.me, ticket);
    REQUIRE(got != nullptr);
    CHECK(got->phase == download_phase::done);
    CHECK(*net.file(scene.me, "file.bin") == scene.data);
    CHECK(got->sources[got->current].peer != net.id(gone));
    scene.bring_back(gone, how);
    scene.check_settled();
    return net.trace_digest();
}

/// Whoever went is given up, and no piece that was whole is fetched again.
digest in_the_middle_of_a_piece(std::uint64_t seed, way how) {
    holders_scene scene(seed);
    world& net = scene.net;
    const auto ticket = net.search_and_wait(scene.me, query_kind::exact, "file.bin");
    const node gone = scene.holders.back();
    net.get(scene.me, ticket);
    REQUIRE(net.last_download(scene.me) != nullptr);
    const core::download_id id = net.last_download(scene.me)->id;
    const auto state = [&]() -> const core::download_state& { return *net.peer(scene.me).find_download(id); };
    CHECK(state().sources.front().peer == net.id(gone));
    const std::size_t wanted = 1 + scene.chance.below(30);  // PIECE frames of 64 KiB: 16 a piece
    CHECK(net.run_until([&] { return net.log().count<wire::piece>(gone, scene.me) >= wanted; }, 1min));
    net.run_for(std::chrono::milliseconds(scene.chance.below(100)));
    scene.take_away(gone, how);
    CHECK(net.run_until([&] { return state().over(); }, 5min));
    CHECK_MESSAGE(state().phase == download_phase::done, state().trouble.what);
    CHECK(*net.file(scene.me, "file.bin") == scene.data);
    // Who ends in order still sends what was queued, which may be all that was asked for.
    CHECK((how == way::order || !state().sources.front().failed.empty()));
    for (const auto& [piece, times] : net.disk(scene.me).stored_pieces(scene.content)) {
        CAPTURE(piece);
        CHECK(times == 1);
    }
    scene.bring_back(gone, how);
    scene.check_settled();
    return net.trace_digest();
}

}  // namespace

TEST_CASE("vanishing: a holder that goes between EXISTE and its ping costs its own ping, and nothing else") {
    for (const std::uint64_t seed : seeds(seeds_count))
        for (const way how : ways) {
            CAPTURE(seed);
            CAPTURE(static_cast<int>(how));
            between_existe_and_ping(seed, how);
        }
}

TEST_CASE(
    "vanishing: a source that goes in the middle of a piece gives way to the next, and no whole piece comes twice") {
    for (const std::uint64_t seed : seeds(seeds_count))
        for (const way how : ways) {
            CAPTURE(seed);
            CAPTURE(static_cast<int>(how));
            in_the_middle_of_a_piece(seed, how);
        }
}

TEST_CASE("vanishing: when all holders go the download ends with a reason, and a later one goes on from there") {
    for (const std::uint64_t seed : seeds(seeds_count))
        for (const way how : {way::crash, way::silence}) {
            CAPTURE(seed);
            CAPTURE(static_cast<int>(how));
            holders_scene scene(seed, 2);
            world& net = scene.net;
            const auto ticket = net.search_and_wait(scene.me, query_kind::exact, "file.bin");
            net.get(scene.me, ticket);
            const auto pieces = [&] { return net.disk(scene.me).stored_pieces(scene.content).size(); };
            CHECK(net.run_until([&] { return pieces() > 0; }, 1min));
            for (const node each : scene.holders) scene.take_away(each, how);
            CHECK(net.run_until([&] { return net.last_download(scene.me)->over(); }, 2min));
            CHECK(net.last_download(scene.me)->phase == download_phase::failed);
            CHECK(!net.last_download(scene.me)->trouble.what.empty());
            for (const node each : scene.holders) scene.bring_back(each, how);
            scene.check_settled();
            const auto again = net.search_and_wait(scene.me, query_kind::exact, "file.bin");
            const core::download_state* got = net.get_and_wait(scene.me, again);
            REQUIRE(got != nullptr);
            CHECK(got->phase == download_phase::done);
            for (const auto& [piece, times] : net.disk(scene.me).stored_pieces(scene.content)) CHECK(times == 1);
            scene.check_settled();
        }
}

TEST_CASE("vanishing: runs are decided by their seeds") {
    for (const way how : ways) {
        CAPTURE(static_cast<int>(how));
        CHECK(between_existe_and_ping(2, how) == between_existe_and_ping(2, how));
        CHECK(between_existe_and_ping(2, how) != between_existe_and_ping(3, how));
        CHECK(in_the_middle_of_a_piece(2, how) == in_the_middle_of_a_piece(2, how));
        CHECK(in_the_middle_of_a_piece(2, how) != in_the_middle_of_a_piece(3, how));
    }
}
