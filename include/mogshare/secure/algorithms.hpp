#pragma once
// What the OpenSSL of this machine must know.

#include <string>
#include <vector>

namespace mogshare::secure {

/// The algorithms that all of mogShare is built on and that OpenSSL lacks, as it is configured here, by their names for people; none where
/// all is well. To be asked before anything else of this layer, and before any hash: those end the program without them.
std::vector<std::string> missing_algorithms();

}  // namespace mogshare::secure
