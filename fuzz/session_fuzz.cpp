// A whole session against the core: the fuzzer decides who connects, what is said and what is left unsaid, which bytes arrive, what
// the disk answers, which commands are given, and how time passes. After every input the rules of the scenario tests hold, and what
// the peer tells, serves, believes and lands is right; in the end nothing is stuck, and the run can be repeated.

#include "session/others.hpp"

#include <array>
#include <vector>

using namespace mogshare;
using namespace mogshare::fuzz;

namespace {

constexpr std::size_t steps_max = 400;
constexpr int wakes_max = 200;

/// Budgets that a few strangers use up, so that what happens then is seen within a session.
void tighten(core::settings& chosen, bool internet) {
    chosen.profile = internet ? core::network_profile::internet : core::network_profile::lan;
    chosen.connections = 24;
    chosen.download_bytes_max = 100'000;
    chosen.budget = {.dials_per_min_host = 2,
                     .dials_per_min_block = 4,
                     .dials_per_min = 6,
                     .dials_unproven = 2,
                     .searches_per_s = 1,
                     .entries_per_min_host = 2,
                     .frames_per_s = 30,
                     .answers_per_search = 3,
                     .answers_per_block = 2,
                     .connections_per_host = 4,
                     .connections_per_block = 6,
                     .rows_per_block = 2,
                     .ban_points_host = 50};
}

core::settings settings_of(reader& from, std::uint8_t ends) {
    const std::uint8_t how = from.byte();
    core::settings chosen;
    if (ends / 64 == 2) tighten(chosen, (ends & 4) != 0);
    chosen.ping_bytes = (how & 1) != 0 ? 4 * limits::leaf_bytes : limits::leaf_bytes;
    if ((how & 2) != 0) chosen.primary_rows = 3, chosen.secondary_rows = 4, chosen.entry_rows = 4;
    if ((how & 4) != 0) chosen.upload_bytes_per_s = 20'000;
    if ((how & 8) != 0) chosen.upload_slots = 1, chosen.downloads_at_once = 1;
    if ((how & 16) != 0) chosen.join = place_of(how / 32);
    if ((how & 32) != 0) chosen.elects = core::election_reading::lowest;
    if ((how & 64) != 0) chosen.short_lived = true;
    return chosen;
}

core::tables tables_of(reader& from) {
    core::tables saved = testing::tables_of(8, 8);
    for (std::uint8_t left = from.byte() % 6; left > 0; --left) {
        const std::uint8_t who = from.byte();
        const auto where = who % 2 == 0 ? core::table_choice::primary : core::table_choice::secondary;
        const peer_id told_by = who < 128 ? peer_id{} : testing::peer_numbered(200);
        core::store(saved, {other(who), {place_of(who)}, told_by}, where);
    }
    return saved;
}

class session {
public:
    explicit session(reader& from)
        : from_(from),
          ends_(from.byte()),
          chosen_(settings_of(from, ends_)),
          peer_(chosen_, tables_of(from)),
          others_(peer_, from) {}

    void run() {
        for (std::size_t steps = 0; steps < steps_max && !from_.empty() && !peer_.stopped(); ++steps) step();
        require(!peer_.machine().counts().named().empty(), "no counters");
        if (ends_ % 2 == 1 && !peer_.stopped()) settle();
        if (ends_ % 4 >= 2) peer_.check_repeats();
    }

private:
    void step();
    void talk(std::uint8_t what);
    void command(std::uint8_t what);
    void crowd();
    void many_searches();
    void flow();
    void settle();
    void forgive();
    void still_works();
    void time();
    void introduce(core::conn_id conn, wire::purpose why);
    void share();
    void search();
    void raw(line& with);

    wire::purpose some_purpose() { return static_cast<wire::purpose>(1 + from_.byte() % 3); }
    /// A dial succeeds, or a handshake ends: with who is meant, mostly.
    void stand(line& with, reader& from) {
        if (!with.stands) return peer_.connect(with);
        std::uint8_t who = with.who;
        for (std::uint8_t each = 0; with.dialled && each < 16; ++each)
            if (place_of(each) == with.remote) who = each;
        peer_.secure(with, from.byte() > 240 ? from.byte() : who);
    }

    reader& from_;
    std::uint8_t ends_;
    core::settings chosen_;
    driven_peer peer_;
    others others_;
    core::search_ticket tickets_ = 0;
    std::uint32_t crowds_ = 0;
};

void session::step() {
    const std::uint8_t what = from_.byte() % 24;
    if (what < 12) return talk(what);
    if (what < 20) return command(what);
    if (what == 20) return crowd();
    if (what == 21) return time();
    return flow();
}

void session::talk(std::uint8_t what) {
    if (what == 0) {
        const core::conn_id conn = peer_.accept(from_.byte());
        if (from_.flag()) introduce(conn, some_purpose());
        return;
    }
    line* const with = peer_.pick(from_.byte());
    if (with == nullptr) return;
    if (!with->stands && what % 4 == 3) return peer_.refuse(*with, from_.flag());
    if (!with->secured && what != 11) return stand(*with, from_);
    const core::conn_id conn = with->conn;
    switch (what) {
        case 1: return others_.greet(*with, some_purpose());
        case 2:
        case 3:
        case 4:
        case 5: return void(others_.reply(conn, twist_of(from_)));
        case 6:
        case 7: return others_.ask(*with);
        case 8: {
            bytes data;
            return others_.say(conn, message_of(from_, data));
        }
        case 9: return raw(*with);
        case 10: return peer_.leave(*with, from_.flag() ? with->queued_bytes : from_.number<std::uint16_t>());
        default: return peer_.close(*with);
    }
}

/// Who has dialled the machine says who it is, and why it comes.
void session::introduce(core::conn_id conn, wire::purpose why) {
    if (line* const with = peer_.find(conn)) peer_.secure(*with, with->who);
    if (line* const with = peer_.find(conn)) others_.greet(*with, why);
}

void session::raw(line& with) {
    bytes data(std::exchange(with.unsent_frame, {}));
    const byte_view more = from_.some();
    data.insert(data.end(), more.begin(), more.end());
    if (!data.empty()) peer_.deliver(with.conn, data);
}

void session::command(std::uint8_t what) {
    switch (what) {
        case 12:
        case 13: return share();
        case 14:
        case 15: return search();
        case 16: return peer_.feed(core::input::get{tickets_, 1U + from_.byte() % 4});
        case 17:
            if (!peer_.work().idle()) peer_.feed(peer_.work().answer(from_));
            return;
        case 18: {
            const auto& all = peer_.downloads();
            if (from_.flag()) return peer_.feed(core::input::join{place_of(from_.byte())});
            return peer_.feed(core::input::cancel_download{all.empty() ? 1 : all[from_.byte() % all.size()]});
        }
        default: {
            if (from_.byte() == 255) return peer_.feed(core::input::stop{});
            chosen_.upload_bytes_per_s = std::uint64_t{from_.byte()} << 8;
            chosen_.upload_slots = 1 + from_.byte() % 4;
            chosen_.downloads_at_once = 1 + from_.byte() % 3;
            if (!core::check(chosen_)) peer_.reconfigure(chosen_);
            return;
        }
    }
}

void session::time() {
    static constexpr std::array<int, 8> milliseconds{1, 50, 700, 2'100, 5'100, 11'000, 65'000, 700'000};
    peer_.pass(std::chrono::milliseconds(from_.pick(milliseconds)), wakes_max);
}

void session::share() {
    const auto& file = files()[from_.below(file_count)];
    if (from_.byte() % 8 == 7) return peer_.feed(core::input::share_lost{file.shared.path});
    peer_.feed(core::input::share_found{file.shared});
}

void session::search() {
    const auto& file = files()[from_.below(file_count)];
    const auto kind = static_cast<wire::query_kind>(1 + from_.byte() % 3);
    const std::string text = kind == wire::query_kind::content ? to_hex(file.shared.content)
                             : kind == wire::query_kind::exact ? file.shared.path
                                                               : "song";
    peer_.feed(core::input::search{++tickets_, kind, text});
}

/// Many at once: strangers that say nothing, neighbours, holders that answer the latest search, or searches of a neighbour.
void session::crowd() {
    const std::uint8_t how = from_.byte();
    if (how >= 192) return many_searches();
    const auto searches = peer_.machine().searches();
    for (int left = how % 4 == 0 ? 60 : 14; left > 0; --left) {
        const core::conn_id conn = peer_.accept(static_cast<std::uint8_t>(left));
        if (how % 4 == 0) continue;
        introduce(conn, static_cast<wire::purpose>(how % 4));
        if (how % 4 == 2 && !searches.empty()) others_.say(conn, wire::claim{searches.back()->id});
    }
}

/// A neighbour tells of its own searches, or of those of everybody, one after the other.
void session::many_searches() {
    std::vector<std::pair<core::conn_id, std::uint8_t>> neighbours;
    for (const auto& [conn, each] : peer_.lines())
        if (each.greeted && each.why == wire::purpose::link) neighbours.emplace_back(conn, each.who);
    if (neighbours.empty()) return;
    const auto [conn, who] = neighbours[from_.below(neighbours.size())];
    const bool own = from_.flag();
    ++crowds_;
    for (std::uint32_t left = 90; left > 0; --left) {
        wire::pesquisa said;
        said.id = id_cast<query_id>(testing::peer_numbered(1000 * crowds_ + left));
        const auto origin = own ? who : static_cast<std::uint8_t>(left);
        said.origin_id = other(origin);
        said.origin = own ? endpoint{{}, place_of(origin).port} : place_of(origin);
        said.level = own ? 1 : 2;
        said.kind = wire::query_kind::words;
        said.name = "song";
        others_.say(conn, said);
    }
}

/// What would happen by itself: dials succeed, everything is answered as it should be, the disk works, the network takes all.
void session::flow() {
    reader zeros(byte_view{});
    others calm(peer_, zeros);
    for (std::uint8_t rounds = 1 + from_.byte() % 6; rounds > 0; --rounds) {
        std::vector<core::conn_id> all;
        for (const auto& [conn, each] : peer_.lines()) all.push_back(conn);
        for (const core::conn_id conn : all) {
            for (int steps = 0; steps < 2; ++steps)
                if (line* const with = peer_.find(conn); with != nullptr && !with->secured) stand(*with, zeros);
            for (int answers = 0; answers < 4 && calm.reply(conn, twist::none); ++answers) {
            }
            if (line* const with = peer_.find(conn); with != nullptr && with->queued_bytes > 0)
                peer_.leave(*with, with->queued_bytes);
        }
        for (int jobs = 0; jobs < 8 && !peer_.work().idle(); ++jobs) peer_.feed(peer_.work().answer(zeros));
    }
}

/// Everybody goes, nobody can be reached, the disk answers, and time passes: nothing may be left over.
void session::settle() {
    for (int rounds = 0; rounds < 30; ++rounds) {
        while (!peer_.work().idle()) {
            reader oldest(byte_view{});
            peer_.feed(peer_.work().answer(oldest));
        }
        while (line* const with = peer_.pick(0)) {
            if (with->stands)
                peer_.close(*with);
            else
                peer_.refuse(*with, false);
        }
        peer_.pass(std::chrono::seconds(40), wakes_max);
    }
    while (line* const with = peer_.pick(0)) with->stands ? peer_.close(*with) : peer_.refuse(*with, false);
    peer_.check_settled();
    forgive();
    still_works();
}

/// Nobody is banned any more, however many points there were.
void session::forgive() {
    peer_.pass(12 * chosen_.times.ban_half_life, wakes_max);
}

/// After all that, a search with one holder goes as it should: nothing has kept a turn, a slot or a neighbour for ever.
void session::still_works() {
    reader zeros(byte_view{});
    others calm(peer_, zeros);
    peer_.feed(core::input::join{place_of(4)});
    flow();
    const core::search_ticket ticket = ++tickets_;
    peer_.feed(core::input::search{ticket, wire::query_kind::words, "song"});
    if (peer_.machine().find_search(ticket)->neighbours_asked == 0) return;  // all rows may have failed just now
    const core::conn_id holder = peer_.accept(7);
    introduce(holder, wire::purpose::answer);
    calm.say(holder, wire::claim{peer_.machine().find_search(ticket)->id});
    flow();
    flow();
    const auto& answers = peer_.machine().find_search(ticket)->answers;
    require(answers.size() == 1, "a holder that is not listened to");
    require(answers.front().ping == core::ping_state::done, "R10: a holder that is not pinged any more");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    reader from(data, size);
    session(from).run();
    return 0;
}
