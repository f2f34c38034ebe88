// R5, R6: what a whole peer answers to ENTRADA, message by message, beside the naive tables and a list of what was told to whom.

#include "naive_tables.hpp"
#include "support/properties.hpp"
#include "support/scripted_peer.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <ostream>
#include <vector>

using namespace mogshare;
using namespace mogshare::core;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

/// A peer asks to enter, searches (R1: enters the secondary table) or says that it leaves; or time passes.
struct step {
    enum class operation { ask, search, leave, pass };
    operation what{};
    std::uint32_t peer = 1;
    std::uint16_t wanted = 0;  ///< ask: its own X
    bool short_lived = false;
    bool elsewhere = false;  ///< it comes from another host than usual
    int seconds = 0;         ///< pass
};

std::ostream& operator<<(std::ostream& out, const step& one) {
    const auto who = [&]() -> std::ostream& {
        out << one.peer << (one.elsewhere ? ", from another host" : "");
        return out << (one.short_lived ? ", short-lived" : "");
    };
    switch (one.what) {
        case step::operation::ask: out << "ask(X " << one.wanted << ", peer "; return who() << ")";
        case step::operation::search: out << "search(peer "; return who() << ")";
        case step::operation::leave: out << "leave(peer "; return who() << ")";
        case step::operation::pass: return out << "pass(" << one.seconds << " s)";
    }
    return out;
}

rc::Gen<step> any_step() {
    using namespace rc;
    using enum step::operation;
    const auto seldom = gen::map(up_to(5), [](int drawn) { return drawn == 5; });
    return gen::build<step>(
        gen::set(&step::what, gen::element(ask, ask, ask, ask, ask, search, search, leave, pass, pass)),
        gen::set(&step::peer, within<std::uint32_t>(1, 14)), gen::set(&step::wanted, up_to(std::uint16_t{12})),
        gen::set(&step::short_lived, seldom), gen::set(&step::elsewhere, seldom), gen::set(&step::seconds, up_to(45)));
}

/// R5: the same asker, wherever it asks from, is told within a minute what it was told before.
struct memory {
    struct entry {
        std::uint32_t peer;
        time_point at;
        std::vector<wire::row> told;
    };
    std::vector<entry> all;

    const entry* of(const step& asking, time_point now) const {
        for (const entry& one : all)
            if (one.peer == asking.peer && now - one.at < 60s) return &one;
        return nullptr;
    }
};

/// R5: at most X rows, by the smaller X of the two, half of them of each table.
std::vector<wire::row> fresh_answer(naive::tables& model, std::size_t rows_max, std::uint32_t asker) {
    std::vector<wire::row> told;
    for (naive::table* each : {&model.primary, &model.secondary})
        for (const std::uint32_t peer : each->next_run(rows_max / 2, asker))
            told.push_back({peer_numbered(peer), model.find(peer)->addresses});
    return told;
}

/// The peer and its model, side by side.
struct scene {
    settings chosen;
    naive::tables model;
    memory remembered;
    std::unique_ptr<scripted_peer> peer;
    std::uint8_t searches = 0;

    explicit scene(const settings& as) : chosen(as), peer(std::make_unique<scripted_peer>(as)) {
        model.primary_max = as.primary_rows;
        model.secondary_max = as.secondary_rows;
        model.share = as.scored_share;
        peer->start();
    }
    static endpoint home(const step& of) { return site(of.elsewhere ? of.peer + 1000 : of.peer); }
    conn_id greet(const step& by) {
        const conn_id conn = peer->accept({home(by).address, 40'000}, by.peer);
        peer->say(conn, scripted_peer::hello_of(by.peer, wire::purpose::link, by.short_lived));
        peer->heard<wire::hello>(conn);
        return conn;
    }
    /// R6, R1: who is known stays in its table, and its row follows it to where it is.
    void met(const step& one, bool wants_primary) {
        if (!one.short_lived) model.store(one.peer, {home(one)}, wants_primary);
    }
    void ask(const step& one) {
        const conn_id conn = greet(one);
        peer->say(conn, wire::entrada{one.wanted});
        const std::vector<wire::row> told = peer->heard<wire::rows>(conn).list;
        peer->close(conn);
        const std::size_t rows_max = std::min<std::size_t>(one.wanted, chosen.entry_rows);
        if (const memory::entry* const again = remembered.of(one, peer->now())) {
            std::vector<wire::row> expected = again->told;
            if (expected.size() > rows_max) expected.resize(rows_max);
            RC_ASSERT(told == expected);
        } else {
            const std::vector<wire::row> expected = fresh_answer(model, rows_max, one.peer);
            RC_ASSERT(told == expected);
            std::erase_if(remembered.all, [&](const memory::entry& old) { return old.peer == one.peer; });
            remembered.all.push_back({one.peer, peer->now(), expected});
        }
        met(one, true);
    }
    void search(const step& one) {
        const conn_id conn = greet(one);
        wire::pesquisa said;
        said.id.value[0] = ++searches;
        said.origin_id = peer_numbered(one.peer);
        said.origin.port = site(one.peer).port;
        said.level = static_cast<std::uint8_t>(chosen.depth);  // it goes no further
        said.name = "nothing";
        peer->say(conn, said);
        peer->close(conn);
        met(one, false);
    }
    void leave(const step& one) {
        const conn_id conn = greet(one);
        peer->say(conn, wire::bye{wire::bye_reason::leaving, ""});
        model.drop(one.peer);
    }
    void take(const step& one) {
        switch (one.what) {
            case step::operation::ask: return ask(one);
            case step::operation::search: return search(one);
            case step::operation::leave: return leave(one);
            case step::operation::pass: return peer->pass(std::chrono::seconds(one.seconds));
        }
    }
};

}  // namespace

namespace mogshare::wire {

void showValue(const row& told, std::ostream& out) {
    out << mogshare::testing::number_of(told.id);
    for (const endpoint& each : told.addresses) out << " " << to_string(each);
}

}  // namespace mogshare::wire

TEST_CASE(
    "R5, R6: a peer answers ENTRADA as the rule says, whoever asks when, and the same to who asks again in a minute") {
    const auto property = [] {
        settings chosen;
        chosen.entry_rows = 2 * *within<std::size_t>(2, 5).as("X / 2");
        chosen.primary_rows = *within<std::size_t>(1, 8).as("primary rows");
        chosen.secondary_rows = *within<std::size_t>(14, 20).as("secondary rows");  // room for all: none is tested
        scene both(chosen);
        for (const step& one : *sequence_of(60, any_step()).as("operations")) {
            both.take(one);
            const tables& real = both.peer->operator->()->both_tables();
            RC_ASSERT(naive::seen(real.primary) == both.model.primary);
            RC_ASSERT(naive::seen(real.secondary) == both.model.secondary);
        }
    };
    CHECK(check_sequences("entry", property));
}
