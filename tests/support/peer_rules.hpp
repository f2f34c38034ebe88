#pragma once
// The rules that the state of a peer keeps: at all times, and once nothing has happened for long. One function a rule, over what
// can be seen of a peer from outside. checkers_peer_test.cpp proves of each that it can fail.

#include "mogshare/core/peer.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mogshare::testing {

struct peer_sight {
    peer_id id;
    const core::tables* tables = nullptr;
    std::vector<const core::search_state*> searches;
    std::vector<const core::download_state*> downloads;
    std::vector<core::link_view> links;
    core::load_view load;
    std::size_t uploads = 0;
    std::size_t upload_slots = 0;                      ///< the most that the settings have allowed so far
    std::size_t downloads_at_once = 0;                 ///< as above
    std::map<core::download_id, std::size_t> storing;  ///< pieces with the disk
    std::size_t open_partials = 0;
    std::size_t sockets = 0;  ///< connections that the machine holds an end of
};
peer_sight sight_of(const core::peer& seen);

struct peer_rule {
    std::string_view name;
    /// What is wrong; nothing when all is well.
    std::optional<std::string> (*broken)(const peer_sight&);
};
/// After every input.
std::span<const peer_rule> constant_rules();
/// After faults have stopped and time has passed: nothing is stuck.
std::span<const peer_rule> settled_rules();

}  // namespace mogshare::testing
