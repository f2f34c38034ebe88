#pragma once
// What the program shows, as lines: for people, or with --json one object a line. Pure functions of the state machine's state.
// In the text every string that a stranger chose has gone through printable(); JSON is pure ASCII, which says the same
// exactly.

#include "mogshare/app/commands.hpp"
#include "mogshare/app/exit_code.hpp"
#include "mogshare/app/human.hpp"
#include "mogshare/base/result.hpp"
#include "mogshare/content/catalog.hpp"
#include "mogshare/core/counters.hpp"
#include "mogshare/core/download.hpp"
#include "mogshare/core/peer.hpp"
#include "mogshare/core/search.hpp"
#include "mogshare/core/settings.hpp"
#include "mogshare/trace/replay.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mogshare::app {

/// Said once others can reach the peer.
struct ready_view {
    std::uint16_t port = 0;
    peer_id id;
    std::string home;
};

/// A home as `mogshare status` finds it.
struct home_view {
    std::optional<peer_id> id;  ///< none before the first start
    std::optional<std::uint16_t> running_port;
    std::string home, folder;
    std::string network;  ///< `open`, `private, …`
};

struct status_view {
    peer_id id;
    std::uint16_t port = 0;
    std::string network;  ///< as in home_view
    std::string home, folder;
    std::size_t primary = 0, secondary = 0, links = 0;
    std::size_t shares = 0;
    std::uint64_t shared_bytes = 0;
    std::size_t uploads = 0, downloads = 0;  ///< under way
};

/// Both tables and what is known about their peers' links.
struct peers_view {
    const core::tables& both;
    std::vector<core::link_view> links;
    time_point now;
};

struct transfers_view {
    std::vector<const core::download_state*> downloads;
    std::size_t uploads = 0;  ///< being served
    time_point now;
};

/// A key of the configuration that can be changed while the peer runs.
struct setting_view {
    std::string key, value, unit, help;
};

/// What a look at the folder has changed.
struct scan_view {
    std::size_t added = 0, changed = 0, removed = 0, unchanged = 0;
    std::uint64_t hashed_bytes = 0;
    std::vector<std::string> skipped;
};

class views {
public:
    virtual ~views() = default;

    virtual lines ready(const ready_view& about) const = 0;
    virtual lines status(const status_view& about) const = 0;
    virtual lines home_status(const home_view& about) const = 0;
    virtual lines failed(const problem& what, exit_code code) const = 0;

    // ---- searches
    /// An answer that has just come.
    virtual lines answer(const core::search_state& of, std::size_t index) const = 0;
    /// Its ping has ended.
    virtual lines pinged(const core::search_state& of, std::size_t index) const = 0;
    virtual lines results(const core::search_state& of) const = 0;
    /// How far the search went.
    virtual lines reach(const core::search_state& of) const = 0;
    /// The election of result `number` (from 1): who answered, how fast, and who won by how much (R11).
    virtual lines why(const core::search_state& of, std::size_t number, core::election_reading reading) const = 0;

    // ---- downloads
    virtual lines begun(const core::download_state& of) const = 0;
    /// A source was given up, or another one took its place.
    virtual lines source_failed(const core::download_state& of, std::size_t source) const = 0;
    virtual lines cancelled(const core::download_state& of) const = 0;
    virtual lines landed(const core::download_state& of, const std::string& folder) const = 0;
    /// The content of a result is in the folder already.
    virtual lines here(const content_id& content, const std::string& path) const = 0;
    virtual lines transfers(const transfers_view& about) const = 0;

    // ---- the peer
    virtual lines peers(const peers_view& about) const = 0;
    virtual lines shares(const content::catalog& all) const = 0;
    virtual lines scanned(const scan_view& about) const = 0;
    virtual lines stats(const core::counters& counts) const = 0;
    virtual lines settings(const std::vector<setting_view>& all) const = 0;
    /// For `mogshare id`.
    virtual lines file_id(const content_id& content, std::uint64_t size_bytes, const std::string& path) const = 0;
    /// For `mogshare network new`: where the key is, and what to do with it.
    virtual lines network_founded(const std::string& path) const = 0;
    /// For `mogshare replay`.
    virtual lines replayed(const trace::verdict& of) const = 0;
    /// All commands, or one with its details.
    virtual lines help(std::span<const command> about) const = 0;
};

std::unique_ptr<views> text_views();
std::unique_ptr<views> json_views();

/// Average of a download over its time so far, in bytes a second.
double average_rate(const core::download_state& of, time_point now);
/// `done`, `fetching`…
std::string_view name_of(core::download_phase phase);
std::string_view name_of(core::ping_state state);
/// The number under which people know a file's content among the results; 0: none.
std::size_t number_of(const core::search_state& search, const wire::entry& file);

/// What the progress line of a terminal says.
std::string progress_line(const core::download_state& of, double rate_bytes_per_s, std::size_t others);

/// `error: …` and `hint: …`. Every problem that comes here has a hint.
lines two_lines(const problem& what);

}  // namespace mogshare::app
