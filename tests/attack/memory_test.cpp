// What strangers leave lying here, over all connections and all searches together.

#include "bare_peer.hpp"

#include "mogshare/base/sha256.hpp"

#include <fmt/format.h>

#include <doctest/doctest.h>

#include <algorithm>

using namespace mogshare;
using namespace mogshare::testing;
using namespace std::chrono_literals;

namespace {

endpoint at_host(std::uint32_t number) {
    return {host::v4({10, 1, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)}), 7000};
}

/// A file with so many pieces that one HASHES is as large as may be.
content::share large_file() {
    content::share file;
    file.path = "large.bin";
    file.stamp.size = limits::hashes_per_frame_max * limits::piece_bytes;
    file.content.value.fill(7);
    file.layer = std::make_shared<content::piece_layer>(limits::hashes_per_frame_max);
    return file;
}

}  // namespace

TEST_CASE("attack: many who ask and do not read fill 128 MiB and no more, be there an upload limit or not") {
    for (const std::uint64_t upload_bytes_per_s : {0, 100'000}) {
        CAPTURE(upload_bytes_per_s);
        core::settings chosen;
        chosen.upload_bytes_per_s = upload_bytes_per_s;
        bare_peer peer(chosen);
        const content::share file = large_file();
        peer.feed(core::input::share_found{file});
        const auto ask = [&](core::conn_id conn) { peer.say(conn, wire::get_hashes{file.content, 0, 4096}); };
        const core::conn_id modest = peer.greet(at_host(1), peer_numbered(2), wire::purpose::transfer);
        ask(modest);
        const std::size_t modest_bytes = peer.machine.load().queued_bytes;
        REQUIRE(modest_bytes > limits::hashes_per_frame_max * id_bytes);
        std::size_t most_bytes = 0;
        std::uint32_t greedy = 0;
        for (; peer.counts().connections_choked < 10 && greedy < 80; ++greedy) {
            const core::conn_id conn =
                peer.greet(at_host(10 + greedy), peer_numbered(10 + greedy), wire::purpose::transfer);
            for (int time = 0; time < 17; ++time) {
                ask(conn);
                most_bytes = std::max(most_bytes, peer.machine.load().queued_bytes);
            }
        }
        CHECK(most_bytes <= limits::queued_bytes_max);
        CHECK(most_bytes > limits::queued_bytes_max - 4 * limits::MiB);
        CHECK(peer.counts().connections_choked == 10);
        CHECK(peer.machine.load().connections == greedy + 1 - 10);
        peer.feed(core::input::closed{modest, "gone"});
        CHECK(peer.machine.load().connections == greedy - 10);  // it was not among those that had to go
    }
}
