#pragma once
// The key that this home's peer is known by (small print: identity), in `state/key.pem`.

#include "mogshare/base/result.hpp"
#include "mogshare/secure/key.hpp"
#include "mogshare/store/home.hpp"

#include <optional>

namespace mogshare::store {

/// Reads the key, or makes one where there is none: written beside, synced and moved to its name unless that is taken, so that
/// neither a crash nor two starts at once leave two keys or half a one. Whatever stands there and is no key of this user's
/// that nobody else can read is an error and stays as it is: another identity never comes unasked. Kinds: usage (a link,
/// another's, rights of others), disk_full, failed (damaged, unreadable, unwritable).
result<secure::private_key, problem> load_or_make_key(const home_paths& paths);

/// The id of the peer that lives in this home; nothing where none has started yet. Changes nothing. Kinds as above.
result<std::optional<peer_id>, problem> known_id(const home_paths& paths);

}  // namespace mogshare::store
