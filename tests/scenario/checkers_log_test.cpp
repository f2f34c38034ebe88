// Can the checkers of messages fail? A log that keeps every rule is forged, then one fault at a time is planted in it: the rule that
// it breaks must tell.

#include "world.hpp"

#include "mogshare/base/sha256.hpp"

#include <set>

using namespace mogshare;
using namespace mogshare::testing;

namespace {

nonce secret() {
    return random_source::from_number(5).id<nonce>();
}
query_id searched() {
    return id_cast<query_id>(sha256(secret().view()));
}

/// Peers 0…7 in a line, all honest; 8 is nobody's.
struct forgery {
    who_is_who who;
    std::vector<travelled> log;
    duration step = 1ms;

    forgery() {
        for (node each = 0; each < 8; ++each) {
            who.nodes[ordered_id(static_cast<std::uint8_t>(each + 1))] = each;
            who.depths[each] = 3;
        }
    }
    static peer_id id(node of) { return ordered_id(static_cast<std::uint8_t>(of + 1)); }

    void add(node from, node to, std::uint64_t connection, wire::message what, std::size_t bulk_bytes = 0) {
        const time_point at = log.empty() ? time_point(1h) : log.back().at + step;
        log.push_back({at, from, to, connection, wire::purpose::link, std::move(what), bulk_bytes});
    }
    void search(node from, node to, int level, node origin = 0) {
        wire::pesquisa said;
        said.id = searched();
        said.origin_id = id(origin);
        said.origin.port = 7000;
        if (from != origin) said.origin.address = lan(1).address;
        said.level = static_cast<std::uint8_t>(level);
        said.name = "thing";
        add(from, to, 100 + from * 10 + to, said);
    }
    void claim(node by, std::uint64_t connection) { add(by, 0, connection, wire::claim{searched()}); }
    void show(node to, std::uint64_t connection) { add(0, to, connection, wire::nonce_shown{secret()}); }
    void existe(node by, std::uint64_t connection, int level) {
        wire::existe said;
        said.id = searched();
        said.level = static_cast<std::uint8_t>(level);
        add(by, 0, connection, said);
    }
    void ping(node to, std::uint64_t connection) {
        wire::ping said;
        said.id = searched();
        said.length = 1000;
        add(0, to, connection, said);
    }
    void pong(node by, std::uint64_t connection, std::size_t bulk_bytes) {
        add(by, 0, connection, wire::pong{}, bulk_bytes);
    }
    void answer(node by, std::uint64_t connection, int level) {
        claim(by, connection);
        show(by, connection);
        existe(by, connection, level);
    }
    void rows(node from, node to, const std::vector<node>& told, std::uint16_t wanted = 16, bool asked = true) {
        const std::uint64_t connection = 900 + log.size();
        if (asked) add(to, from, connection, wire::entrada{wanted});
        wire::rows said;
        for (const node each : told) said.list.push_back({id(each), {lan(static_cast<unsigned>(each + 1))}});
        add(from, to, connection, said);
    }

    /// The names of the rules that tell, with what they say.
    std::map<std::string, std::string> told() const {
        std::map<std::string, std::string> by_name;
        for (const auto& rule : all_log_rules(who)) {
            for (const travelled& one : log) rule->take(one);
            for (const std::string& line : rule->broken()) by_name[std::string(rule->name())] += line + "\n";
        }
        return by_name;
    }
};

/// 0 - 1 - 2 - 3 - 4; 3 answers and is pinged; 5 enters through 4.
forgery well_behaved() {
    forgery made;
    made.search(0, 1, 1);
    made.search(1, 2, 2);
    made.search(2, 3, 3);
    made.answer(3, 1, 3);
    made.ping(3, 1);
    made.pong(3, 1, 1000);
    made.rows(4, 5, {1, 2, 3});
    return made;
}

struct plant {
    std::string rule;
    std::string what;
    std::function<void(forgery&)> put;
};

const std::vector<plant>& plants() {
    static const std::vector<plant> all{
        {"search origin", "beyond the depth limit", [](forgery& f) { f.search(3, 4, 4); }},
        {"search origin", "originator sends level 1", [](forgery& f) { f.search(0, 6, 2); }},
        {"search origin", "says no host",
         [](forgery& f) {
             f.search(0, 6, 1);
             std::get<wire::pesquisa>(f.log.back().what).origin.address = lan(1).address;
         }},
        {"search level", "not the hop", [](forgery& f) { f.search(1, 6, 3); }},
        {"search level", "not the hop", [](forgery& f) { f.search(2, 6, 2); }},
        {"search back", "sent to its originator", [](forgery& f) { f.search(1, 0, 2); }},
        {"search back", "back to where it came from", [](forgery& f) { f.search(2, 1, 3); }},
        {"search again", "at no lower level", [](forgery& f) { f.search(1, 2, 2); }},
        {"search reach", "passed on by a peer 3 hops away", [](forgery& f) { f.search(3, 4, 3); }},
        {"search reach", "answered by a peer 4 hops away",
         [](forgery& f) {
             f.search(3, 4, 3);
             f.claim(4, 50);
         }},
        {"search reach", "passed on by a peer that it never reached", [](forgery& f) { f.search(6, 7, 1); }},
        {"search reach", "answered by a peer that it never reached", [](forgery& f) { f.claim(6, 50); }},
        {"nonce", "without the CLAIM", [](forgery& f) { f.show(6, 50); }},
        {"nonce", "without the CLAIM",
         [](forgery& f) {
             f.claim(2, 50);
             f.add(0, 2, 50, wire::nonce_shown{});
         }},
        {"EXISTE after the nonce", "before the nonce",
         [](forgery& f) {
             f.claim(2, 50);
             f.existe(2, 50, 2);
         }},
        {"answered once", "second EXISTE", [](forgery& f) { f.answer(3, 50, 3); }},
        {"answer's level", "at which the search never came", [](forgery& f) { f.answer(2, 50, 3); }},
        {"ping count", "second ping", [](forgery& f) { f.ping(3, 1); }},
        {"ping count", "too many pings",
         [](forgery& f) {
             for (node to = 10; to < 18; ++to) f.ping(to, 60 + to);
         }},
        {"pong", "not Y bytes", [](forgery& f) { f.pong(3, 1, 999); }},
        {"rows", "a peer twice",
         [](forgery& f) {
             f.rows(4, 6, {1, 2, 1});
         }},
        {"rows", "asker's own",
         [](forgery& f) {
             f.rows(4, 6, {1, 6});
         }},
        {"rows", "more rows than",
         [](forgery& f) {
             f.rows(4, 6, {1, 2, 3, 5, 7}, 4);
         }},
        {"rows", "nobody asked", [](forgery& f) { f.rows(4, 6, {1}, 16, false); }},
    };
    return all;
}

}  // namespace

TEST_CASE("checkers: a log that keeps every rule is told to keep them") {
    CHECK(well_behaved().told().empty());
    CHECK(broken_rules(well_behaved().log, well_behaved().who).empty());
}

TEST_CASE("checkers: each planted fault is told by its rule") {
    std::set<std::string> able_to_fail;
    for (const plant& each : plants()) {
        CAPTURE(each.rule);
        CAPTURE(each.what);
        forgery log = well_behaved();
        each.put(log);
        const auto told = log.told();
        REQUIRE(told.contains(each.rule));
        CHECK_MESSAGE(told.at(each.rule).find(each.what) != std::string::npos, told.at(each.rule));
        able_to_fail.insert(each.rule);
    }
    // No rule without a fault that it finds.
    for (const auto& rule : all_log_rules(forgery().who)) CHECK(able_to_fail.contains(std::string(rule->name())));
}

TEST_CASE("checkers: what scripted nodes do is not judged, and what they had a hand in is not counted in hops") {
    for (const plant& each : plants()) {
        CAPTURE(each.rule);
        CAPTURE(each.what);
        forgery log = well_behaved();
        each.put(log);
        log.who.nodes.clear();
        log.who.depths.clear();
        CHECK(log.told().empty());
    }
    forgery log;
    log.who.depths.erase(1);
    log.search(0, 1, 1);
    log.search(1, 2, 1);  // it says what it likes
    log.search(2, 3, 2);
    log.search(3, 4, 3);
    log.claim(4, 50);
    CHECK(log.told().empty());
}

TEST_CASE("checkers: a new life, or a copy that was held up for long, may send a search again") {
    forgery again = well_behaved();
    again.search(1, 2, 2);
    CHECK(again.told().size() == 1);
    again.who.beginnings[1] = {again.log.front().at - 1h};
    CHECK(again.told().size() == 1);
    again.who.beginnings[1] = {again.log.front().at - 1h, again.log.back().at};
    CHECK(again.told().empty());

    forgery late = well_behaved();
    late.step = 61s;
    late.search(1, 2, 2);
    CHECK(late.told().empty());
}
