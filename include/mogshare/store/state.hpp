#pragma once
// What survives a restart beside the peer's key: its tables. Written beside and renamed, so that a crash leaves the old or
// the new file; one that is damaged or cannot be read is set aside with a message, never trusted and never written over.

#include "mogshare/base/address.hpp"
#include "mogshare/base/result.hpp"
#include "mogshare/store/home.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mogshare::store {

/// A table row as it is saved.
struct saved_row {
    peer_id id;
    std::vector<endpoint> addresses;
    double score = 0;
    peer_id told_by;       ///< whose word brought it; zero: it came itself
    bool hearsay = false;  ///< nobody has been met there yet
    bool operator==(const saved_row&) const = default;
};

struct saved_tables {
    std::string network;  ///< whose rows they are: secure::network_tag(), nothing for the open network
    std::vector<saved_row> primary;
    std::vector<saved_row> secondary;
    bool operator==(const saved_tables&) const = default;
};

/// What was loaded, and what to tell the user about it (empty when all is well). Missing file: empty tables.
/// Each network has a file of its own (`tables.json`, `tables.TAG.json`): whoever is dialled by this peer gets a proof of the network's
/// key, and rows of another network are nobody's who should have one. A file that says another than its name is set aside.
struct loaded_tables {
    saved_tables tables;
    std::string warning;
    std::string keep_first_as;  ///< for save_tables(): the file there must not be written over
};
loaded_tables load_tables(const home_paths& paths, std::string_view network = {});

/// Replaces the tables that are there. With `keep_first_as` what is there is renamed to that name before, and if that fails, so
/// does this: what nobody has read may be worth more than what comes in its place.
result<done, problem> save_tables(const home_paths& paths, const saved_tables& tables,
                                  const std::string& keep_first_as = {});

}  // namespace mogshare::store
