#pragma once
// What survives a restart beside the peer's key: its tables. Written beside and renamed, so that a crash leaves the old or
// the new file; a damaged one is set aside with a message, never trusted and never in the way.

#include "mogshare/base/address.hpp"
#include "mogshare/base/result.hpp"
#include "mogshare/store/home.hpp"

#include <string>
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
    std::vector<saved_row> primary;
    std::vector<saved_row> secondary;
    bool operator==(const saved_tables&) const = default;
};

/// What was loaded, and what to tell the user about it (empty when all is well). Missing file: empty tables.
struct loaded_tables {
    saved_tables tables;
    std::string warning;
};
loaded_tables load_tables(const home_paths& paths);
result<done, problem> save_tables(const home_paths& paths, const saved_tables& tables);

}  // namespace mogshare::store
