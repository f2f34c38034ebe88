#pragma once
// From the command line to a peer that can start: home, configuration, identity, node.

#include "mogshare/app/command_line.hpp"
#include "mogshare/runtime/node.hpp"
#include "mogshare/store/home.hpp"

#include <asio/io_context.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mogshare::app {

/// Where the home's places are, by the command line and the environment.
result<store::home_paths, problem> find_paths(const command_line& given);

/// Where the home is, and how it is configured. Nothing has been made or changed yet.
struct home_settings {
    store::home_paths paths;
    std::string home;  ///< the directory that holds the folder, unless that lies elsewhere
    config chosen;
};
result<home_settings, problem> read_home(const command_line& given);

/// Makes what is missing of the home and builds the node: one that lives here (prompt, serve), or a short-lived one
/// that acts with this home's settings and folder (search, get).
struct opened_peer {
    std::optional<store::home_lock> lock;
    std::optional<join_target> join_later;  ///< the name of the known address could not be resolved
    std::string join_trouble;               ///< why
    std::vector<std::string> warnings;      ///< about that network's key
    bool beside_another = false;            ///< a peer is running in this home
    std::unique_ptr<runtime::node> node;
};
result<opened_peer, problem> open_peer(asio::io_context& loop, home_settings& from, const command_line& given,
                                       runtime::news_handler news);

}  // namespace mogshare::app
