#pragma once
// R11: the source of a download is elected from the list of answers by its rate.

#include "mogshare/core/search.hpp"
#include "mogshare/core/settings.hpp"

#include <cstddef>
#include <vector>

namespace mogshare::core {

/// The sources of one content in the order in which they are tried: ranked answers by rate (highest first, or lowest first in
/// the literal reading), then the unranked ones by free slots. Equal ones by level, then by peer id, so that the same list
/// always elects the same source. Gives indices into `all`, taken from `of`.
std::vector<std::size_t> elect(const std::vector<answer>& all, const std::vector<std::size_t>& of,
                               election_reading reading);

}  // namespace mogshare::core
