// The table of time limits in docs/PROTOCOL.md against the defaults in code.

#include "mogshare/core/settings.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <regex>
#include <string>

using namespace mogshare;

namespace {

std::map<std::string, duration> documented() {
    std::ifstream document(MOGSHARE_SOURCE_DIR "/docs/PROTOCOL.md");
    REQUIRE(document.good());
    const std::regex row(R"(^\| `([a-z_]+)` \| (\d+) s \|.*)");
    std::map<std::string, duration> found;
    for (std::string line; std::getline(document, line);) {
        std::smatch match;
        if (std::regex_match(line, match, row)) found[match[1]] = std::chrono::seconds(std::stoi(match[2]));
    }
    return found;
}

std::map<std::string, duration> in_code() {
    const core::time_limits t;
    return {{"dial", t.dial},
            {"handshake", t.handshake},
            {"hello", t.hello},
            {"entry", t.entry},
            {"join_retry_first", t.join_retry_first},
            {"join_retry_max", t.join_retry_max},
            {"row_backoff_first", t.row_backoff_first},
            {"claim", t.claim},
            {"nonce", t.nonce},
            {"existe", t.existe},
            {"ping", t.ping},
            {"ping_wait", t.ping_wait},
            {"window", t.window},
            {"seen", t.seen},
            {"entry_repeat", t.entry_repeat},
            {"keepalive", t.keepalive},
            {"link_silence", t.link_silence},
            {"linger", t.linger},
            {"stall", t.stall},
            {"upload_idle", t.upload_idle},
            {"frame", t.frame},
            {"silence", t.silence},
            {"ban_half_life", t.ban_half_life},
            {"row_test", t.row_test}};
}

}  // namespace

TEST_CASE("every time limit of the protocol stands in PROTOCOL.md with its default, and no other does") {
    static_assert(sizeof(core::time_limits) == 24 * sizeof(duration), "a new limit belongs into the map above");
    CHECK(documented() == in_code());
}
