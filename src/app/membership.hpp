#pragma once
// From the configuration to the key of the network that this peer belongs to.

#include "mogshare/app/config.hpp"
#include "mogshare/secure/network.hpp"
#include "mogshare/store/home.hpp"

#include <string>
#include <vector>

namespace mogshare::app {

/// The key, and what to tell the user about it.
struct membership {
    secure::network_key network;
    std::vector<std::string> warnings;
};

/// The open network, the one of `network.key_file` (paths.key_file), or the one of a passphrase, which is asked for or taken from the
/// environment here: before there are threads, and before there is a loop that the hashing could hold up.
result<membership, problem> find_membership(const config& chosen, const store::home_paths& paths);

/// `open`, or `private` and what makes it so, with the profile.
std::string network_text(const config& chosen);

}  // namespace mogshare::app
