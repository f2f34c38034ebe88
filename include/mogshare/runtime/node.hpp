#pragma once
// A peer at work: drives the protocol's state machine with real sockets, a real folder and the real clock (R14).

#include "mogshare/base/result.hpp"
#include "mogshare/core/peer.hpp"
#include "mogshare/secure/key.hpp"
#include "mogshare/secure/network.hpp"
#include "mogshare/store/home.hpp"

#include <asio/io_context.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace mogshare::runtime {

/// How far the hashing of the folder has come; told after every few files.
struct hashing_progress {
    std::size_t files_done = 0;
    std::size_t files_total = 0;
    std::uint64_t bytes_done = 0;
    std::uint64_t bytes_total = 0;
};

/// What a look at the folder has changed.
struct scan_summary {
    std::size_t added = 0;    ///< files that are shared now and were not before
    std::size_t changed = 0;  ///< files whose content was hashed anew
    std::size_t removed = 0;  ///< files that are gone
    std::size_t unchanged = 0;
    std::uint64_t hashed_bytes = 0;
    std::vector<std::string> skipped;  ///< `path: reason` of what is not shared
    std::optional<problem> trouble;    ///< the folder could not be read; nothing was changed
};

/// Something that the user should put right, and that the peer lives with meanwhile.
struct warning {
    std::string text;
};

/// What a node tells: the news of the state machine as they are, and its own about the folder.
using any_news =
    std::variant<core::output::entered, core::output::alone, core::output::answered, core::output::search_over,
                 core::output::get_refused, core::output::download_changed, core::output::share_withdrawn,
                 core::output::notice, core::output::stopped, warning, hashing_progress,
                 scan_summary>;  ///< of the scan that start() begins; others report to who asked for them

/// Called on the loop's thread. May give commands and read the node's state; must not destroy the node.
using news_handler = std::function<void(const any_news&)>;

/// Every input of the state machine, its time, and a digest of what it gave go into a file (trace/recording.hpp), at most
/// limits::recording_bytes_max. It holds what peers sent and what was read for them.
struct recording_options {
    std::filesystem::path file;  ///< must not be there yet
    std::string program;         ///< who records, for people
};

struct node_options {
    secure::private_key key = secure::private_key::generate();  ///< who the peer is
    secure::network_key network;                                ///< the open one unless set
    core::settings protocol;
    std::vector<host> listen;  ///< addresses; none: takes no connections
    std::uint16_t port = 0;    ///< 0: any
    store::home_paths home;
    bool keep_state = true;      ///< loads and saves the tables
    bool borrow_tables = false;  ///< without keep_state: loads them all the same
    bool scan_at_start = true;   ///< looks at the folder without being asked to
    std::size_t worker_threads = 2;
    std::uint64_t free_reserve_bytes = 0;  ///< downloads leave them free on the disks of state and folder
    std::optional<recording_options> record;
};

/// For the loop's thread only. The loop outlives it.
class node {
public:
    /// Opens the folder, binds the port. Nothing is told before start().
    static result<std::unique_ptr<node>, problem> create(asio::io_context& loop, node_options options,
                                                         news_handler news);
    ~node();
    node(const node&) = delete;
    node& operator=(const node&) = delete;

    /// Loads the saved tables, starts the protocol and begins to look at the folder, as the options say. Call once,
    /// first.
    void start();
    /// Where it listens; 0 when it takes no connections.
    std::uint16_t port() const;
    const core::peer& peer() const;

    /// A command for the protocol: search, get, join, cancel_download, reconfigure.
    void give(core::any_input command);
    /// Looks at the folder again: hashes what is new or changed, withdraws what is gone, then calls `done`. One that is
    /// asked for while another runs comes after it, once for all who ask meanwhile. Never called back once stop() has
    /// begun.
    void rescan(std::function<void(const scan_summary&)> done);
    /// Orderly end, within 5 s whatever happens: saves the tables, says BYE, closes downloads with what they have, lets
    /// what is queued leave and what is being written be written. Then calls `done`, in which the node may be
    /// destroyed.
    void stop(std::function<void()> done);

private:
    class driver;
    explicit node(std::unique_ptr<driver> made);
    std::unique_ptr<driver> driver_;
};

}  // namespace mogshare::runtime
