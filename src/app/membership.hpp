#pragma once
// From the configuration to the key of the network that this peer belongs to.

#include "mogshare/app/config.hpp"
#include "mogshare/secure/network.hpp"
#include "mogshare/store/home.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mogshare::app {

/// The key, and what to tell the user about it.
struct membership {
    secure::network_key network;
    std::vector<std::string> warnings;
};

/// What keeps every peer with this configuration out of every network, if anything does: a key file that cannot be used, two keys, or
/// signs that the network was meant to be private where nothing makes it so. Changes nothing. `with_variable`: MOGSHARE_PASSPHRASE is
/// set.
std::optional<problem> network_trouble(const config& chosen, const store::home_paths& paths, bool with_variable);

/// The open network, the one of `network.key_file` (paths.key_file), or the one of a passphrase, which is asked for or taken from the
/// environment, which has it no longer then, whether it was of use or not: before there are threads, and before there is a loop that the hashing could hold up.
result<membership, problem> find_membership(const config& chosen, const store::home_paths& paths);

/// `open`, or `private` and what makes it so, with the profile.
std::string network_text(const config& chosen);
/// The same, and why no peer can start with it, if that is so.
std::string network_text(const config& chosen, const std::optional<problem>& trouble);

}  // namespace mogshare::app
