#pragma once
// What the tasks of a session work on.

#include "app/console.hpp"
#include "mogshare/app/config.hpp"
#include "mogshare/app/exit_code.hpp"
#include "mogshare/app/views.hpp"
#include "mogshare/runtime/node.hpp"
#include "mogshare/store/home.hpp"

#include <asio/io_context.hpp>

#include <optional>
#include <set>
#include <string>
#include <utility>

namespace mogshare::app {

/// Outlives every task.
struct desk {
    asio::io_context& loop;
    runtime::node& node;
    console& out;
    const views& show;
    config& settings;  ///< as they are now: `set` changes them
    store::home_paths paths;
    std::string home;  ///< the directory that holds the folder, for people

    desk(asio::io_context& in, runtime::node& on, console& to, const views& as, config& with, store::home_paths where,
         std::string at)
        : loop(in), node(on), out(to), show(as), settings(with), paths(std::move(where)), home(std::move(at)) {}

    core::search_ticket last_ticket = 0;
    std::optional<core::search_ticket> latest_search;  ///< whose results have the numbers that `get` takes
    bool hashed = false;  ///< the first look at the folder is over: until then `get` looks for itself
    std::set<core::download_id> unattended;       ///< downloads for which no command waits
    std::optional<exit_code> unattended_failure;  ///< how the first of them failed, until `wait transfers` tells

    const core::peer& peer() const { return node.peer(); }
    core::search_ticket new_ticket() { return ++last_ticket; }
};

}  // namespace mogshare::app
