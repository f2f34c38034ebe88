// Sources of others who break the rules: what they send is checked, and no trick of theirs holds a download for ever (R12).

#include "hostile_scene.hpp"

using namespace mogshare;
using namespace mogshare::testing;
using core::download_phase;

namespace {

constexpr std::uint64_t big_bytes = 3'000'000;

/// The peer has found a file at the enemy alone, whose ping has failed, and begins to fetch it there.
struct lure {
    hostile_scene scene;
    bytes data = some_bytes(big_bytes, 12);
    content_id content = id_of(data);
    std::function<void(conn_number, const wire::message&)> serve;  ///< on transfer connections

    core::download_id begin() {
        const conn_number link = befriend(scene);
        const auto ticket = scene.net.search(scene.peer, query_kind::exact, "bait.bin");
        scene.net.run_for(100ms);
        const query_id id = heard(scene, link).id;
        scene.enemy.on_message = [this, id](conn_number on, const wire::message& what) {
            if (std::holds_alternative<wire::nonce_shown>(what)) {
                wire::existe said = answer_to(id, content, big_bytes);
                said.entries[0].name = "bait.bin";
                scene.enemy.say(on, said);
            } else if (std::holds_alternative<wire::ping>(what)) {
                scene.enemy.hang_up(on);
            } else if (serve) {
                serve(on, what);
            }
        };
        const conn_number answer = scene.enemy.dial(scene.address(), wire::purpose::answer);
        scene.net.run_for(50ms);
        scene.enemy.say(answer, wire::claim{id});
        scene.net.run_for(5s);
        REQUIRE(scene.net.found(scene.peer, ticket).results.size() == 1);
        scene.net.get(scene.peer, ticket);
        REQUIRE(scene.net.last_download(scene.peer) != nullptr);
        return scene.net.last_download(scene.peer)->id;
    }
    const core::download_state& state() const { return *scene.net.last_download(scene.peer); }
    bool over_within(duration most) {
        return scene.net.run_until([&] { return state().over(); }, most);
    }
    /// Gives the piece hashes that are asked for.
    void give_hashes(conn_number on, const wire::get_hashes& asked) {
        wire::hashes said;
        said.content = asked.content;
        said.first = asked.first;
        for (std::uint64_t index = asked.first; index < asked.first + asked.count; ++index) {
            const std::uint64_t from = index * limits::piece_bytes;
            said.list.push_back(content::piece_hash(
                big_bytes, index, byte_view(data).subspan(from, content::piece_size(big_bytes, index))));
        }
        scene.enemy.say(on, said);
    }
};

}  // namespace

TEST_CASE("R12: a source that only ever says KEEPALIVE is a stalled one") {
    lure trap;
    std::optional<conn_number> asked_on;
    trap.serve = [&](conn_number on, const wire::message& what) {
        if (const auto* asked = std::get_if<wire::get_hashes>(&what)) trap.give_hashes(on, *asked);
        if (std::holds_alternative<wire::request>(what)) asked_on = on;
    };
    trap.begin();
    for (int count = 0; count < 10 && !trap.state().over(); ++count) {
        if (asked_on) trap.scene.enemy.say(*asked_on, wire::keepalive{});
        trap.scene.net.run_for(2s);
    }
    CHECK(asked_on);
    CHECK(trap.state().phase == download_phase::failed);
}

TEST_CASE("R12: a source that is always busy is given up after a bounded number of questions") {
    lure trap;
    std::size_t questions = 0;
    trap.serve = [&](conn_number on, const wire::message& what) {
        if (const auto* asked = std::get_if<wire::get_hashes>(&what)) trap.give_hashes(on, *asked);
        if (const auto* asked = std::get_if<wire::request>(&what)) {
            ++questions;
            trap.scene.enemy.say(on, wire::busy{asked->number, wire::busy_reason::slots, 1, 1});
        }
    };
    trap.begin();
    REQUIRE(trap.over_within(10min));
    CHECK(trap.state().phase == download_phase::failed);
    CHECK(questions < 500);
}

TEST_CASE("R12: piece hashes that do not belong to the content are refused, and the partial file is not even opened") {
    lure trap;
    trap.serve = [&](conn_number on, const wire::message& what) {
        if (const auto* asked = std::get_if<wire::get_hashes>(&what))
            trap.scene.enemy.say(on, wire::hashes{asked->content, asked->first, std::vector<digest>(asked->count)});
    };
    trap.begin();
    REQUIRE(trap.over_within(30s));
    CHECK(trap.state().phase == download_phase::failed);
    CHECK(trap.state().trouble.is == problem::kind::integrity);
    CHECK(trap.scene.net.disk(trap.scene.peer).written_bytes() == 0);
}

TEST_CASE("R12: pieces that were not asked for, or lie outside of what was asked, end the connection") {
    const auto with_piece = [](const std::function<wire::piece(const wire::request&)>& made) {
        lure trap;
        const bytes filler(1000, 7);
        trap.serve = [&](conn_number on, const wire::message& what) {
            if (const auto* asked = std::get_if<wire::get_hashes>(&what)) trap.give_hashes(on, *asked);
            if (const auto* asked = std::get_if<wire::request>(&what)) {
                wire::piece said = made(*asked);
                said.data = filler;
                trap.scene.enemy.say(on, said);
            }
        };
        trap.begin();
        REQUIRE(trap.over_within(30s));
        CHECK(trap.state().phase == download_phase::failed);
        CHECK(trap.scene.counts().protocol_violations == 1);
        CHECK(trap.scene.net.disk(trap.scene.peer).written_bytes() == 0);
    };
    with_piece([](const wire::request& asked) { return wire::piece{asked.number + 1000, asked.offset, {}}; });
    with_piece([](const wire::request& asked) { return wire::piece{asked.number, asked.offset + 1, {}}; });
    with_piece([](const wire::request& asked) {
        return wire::piece{asked.number, asked.offset + asked.length - 999, {}};
    });
}

TEST_CASE("R12: a source that sends the bytes of another file is noticed at the first piece, and nothing lands") {
    lure trap;
    const bytes lie = some_bytes(limits::piece_bytes, 99);
    trap.serve = [&](conn_number on, const wire::message& what) {
        if (const auto* asked = std::get_if<wire::get_hashes>(&what)) trap.give_hashes(on, *asked);
        if (const auto* asked = std::get_if<wire::request>(&what)) {
            for (std::uint32_t at = 0; at < asked->length; at += limits::bulk_bytes_max) {
                const std::size_t count = std::min<std::size_t>(limits::bulk_bytes_max, asked->length - at);
                trap.scene.enemy.say(on, wire::piece{asked->number, asked->offset + at, byte_view(lie).first(count)});
            }
        }
    };
    trap.begin();
    REQUIRE(trap.over_within(1min));
    CHECK(trap.state().phase == download_phase::failed);
    CHECK(trap.state().trouble.is == problem::kind::integrity);
    CHECK(trap.state().verified_bytes == 0);
    CHECK(trap.scene.net.file(trap.scene.peer, "bait.bin") == nullptr);
}

TEST_CASE("R12: a size that is not the content's is noticed with the hashes") {
    lure trap;
    trap.content = trap.scene.content;  // a file of 300,000 bytes, said to be of three million
    trap.serve = [&](conn_number on, const wire::message& what) {
        if (const auto* asked = std::get_if<wire::get_hashes>(&what)) trap.give_hashes(on, *asked);
    };
    trap.scene.net.unshare(trap.scene.peer, "wanted.bin");
    trap.begin();
    REQUIRE(trap.over_within(1min));
    CHECK(trap.state().phase == download_phase::failed);
}

TEST_CASE("R12: a source that greets and then says nothing is given up after five seconds") {
    lure trap;
    trap.begin();
    const time_point begun = trap.scene.net.now();
    REQUIRE(trap.over_within(1min));
    CHECK(trap.state().phase == download_phase::failed);
    CHECK(trap.scene.net.now() - begun <= 5100ms);
}
