// Searches by words that make a peer read all of its names, over and over (R9).

#include "bare_peer.hpp"

#include "mogshare/base/sha256.hpp"

#include <fmt/format.h>

#include <doctest/doctest.h>

using namespace mogshare;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t files = 2000;

/// Words that every name has.
std::string common_words(std::size_t count) {
    std::string all;
    for (std::size_t n = 0; n < count; ++n) all += fmt::format("w{:02} ", n);
    return all;
}

void share_files(bare_peer& peer, std::uint32_t count) {
    for (std::uint32_t n = 0; n < count; ++n) {
        content::share file;
        file.path = fmt::format("{}{:05}.bin", common_words(limits::query_words_max - 1), n);
        file.stamp.size = 1;
        file.content.value[0] = 1;
        peer.feed(core::input::share_found{file});
    }
}

wire::pesquisa search_for(const std::string& words, std::uint32_t number, const peer_id& by) {
    wire::pesquisa said;
    said.id = id_cast<query_id>(sha256(peer_numbered(number).view()));
    said.origin_id = by;
    said.origin.port = 7000;
    said.level = 3;
    said.kind = wire::query_kind::words;
    said.name = words;
    return said;
}

}  // namespace

TEST_CASE("attack: searches by many common words cost a peer no more than they may, and leave others their searches") {
    for (const auto profile : {core::network_profile::lan, core::network_profile::internet}) {
        CAPTURE(static_cast<int>(profile));
        core::settings chosen;
        chosen.profile = profile;
        bare_peer peer(chosen);
        share_files(peer, files);
        const peer_id hostile = peer_numbered(3), honest = peer_numbered(2);
        const core::conn_id from_hostile = peer.link({host::v4({30, 1, 1, 3}), 7000}, hostile);
        const core::conn_id from_honest = peer.link({host::v4({20, 1, 1, 2}), 7000}, honest);
        const std::string dear = common_words(limits::query_words_max - 1) + "zz";
        std::uint32_t number = 10, looked_up = 0, cut_short = 0, refused_honest = 0;
        constexpr int seconds = 10;
        const std::uint32_t a_tenth = profile == core::network_profile::lan ? 50 : 2;
        for (int tenth = 0; tenth < 10 * seconds; ++tenth) {
            for (std::uint32_t each = 0; each < a_tenth; ++each) {
                const core::counters before = peer.counts();
                peer.say(from_hostile, search_for(dear, ++number, hostile));
                const bool refused = peer.counts().searches_refused_price != before.searches_refused_price;
                const bool cut = peer.counts().searches_cut_price != before.searches_cut_price;
                looked_up += refused || cut ? 0U : 1U;
                cut_short += cut ? 1U : 0U;
            }
            if (tenth % 10 == 5) {
                const std::uint64_t before = peer.counts().searches_refused_price;
                peer.say(from_honest, search_for("w01 00007", ++number, honest));
                refused_honest += peer.counts().searches_refused_price == before ? 0U : 1U;
            }
            peer.pass(100ms);
        }
        CHECK(peer.counts().searches_refused_budget == 0);
        CHECK(peer.counts().searches_refused_price > 0);
        CHECK(refused_honest <= 1);
        // Each reads every name once a word.
        const auto a_name = static_cast<double>(common_words(limits::query_words_max - 1).size());
        const double price = files * (limits::query_words_max - 1.0) * a_name;
        const double may = static_cast<double>(limits::read_bytes_a_search) * core::budgets_of(chosen).searches_per_s;
        CHECK(looked_up * price + cut_short * static_cast<double>(limits::read_bytes_a_search) <= (seconds + 1) * may);
        CHECK(looked_up > 0);
    }
}

TEST_CASE("attack: searches by common words over very many names end early, and leave who comes new its own") {
    core::settings chosen;
    chosen.profile = core::network_profile::internet;
    bare_peer peer(chosen);
    share_files(peer, 30'000);
    const peer_id hostile = peer_numbered(3), honest = peer_numbered(2);
    const core::conn_id from_hostile = peer.link({host::v4({30, 1, 1, 3}), 7000}, hostile);
    const core::conn_id from_honest = peer.link({host::v4({20, 1, 1, 2}), 7000}, honest);
    const std::string dear = common_words(limits::query_words_max - 1) + "zz";
    std::uint32_t number = 10;
    for (int second = 1; second <= 22; ++second) {
        for (int each = 0; each < 20; ++each) peer.say(from_hostile, search_for(dear, ++number, hostile));
        if (second % 11 == 0) {
            const std::uint64_t refused = peer.counts().searches_refused_price;
            peer.say(from_honest, search_for(fmt::format("{:05} w01", second), ++number, honest));
            CHECK(peer.counts().searches_refused_price == refused);
        }
        peer.pass(1s);
    }
    CHECK(peer.counts().searches_answered == 2);
    CHECK(peer.counts().searches_cut_price >= 22);
    CHECK(peer.counts().searches_refused_price > 0);
}
