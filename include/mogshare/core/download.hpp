#pragma once
// Downloads as views see them (R12).

#include "mogshare/core/io.hpp"

#include <string>
#include <vector>

namespace mogshare::core {

enum class download_phase : std::uint8_t {
    waiting,     ///< for its turn
    connecting,  ///< to its source
    preparing,   ///< piece hashes are fetched, what is on disk already is verified
    fetching,
    finishing,  ///< moving the whole file into the folder
    done,
    failed,  ///< every source has failed; what was fetched stays for a later try
    cancelled,
};

/// One place to download from, in the order of the election.
struct source {
    peer_id peer;
    endpoint where;
    double rate_bytes_per_s = 0;  ///< of its ping; 0: unranked
    std::string failed;           ///< why it was given up; empty while it is fit
    bool lied = false;            ///< what it sent was not the content's
    std::string hint = {};        ///< what people can do about its failure, where that is known
};

struct download_state {
    download_id id = 0;
    content_id content;
    std::string name;  ///< wanted name; after landing, the path in the folder
    std::uint64_t size = 0;
    download_phase phase = download_phase::waiting;
    std::vector<source> sources;
    std::size_t current = 0;           ///< index into sources
    std::uint64_t verified_bytes = 0;  ///< of the file, on disk; includes what was there before
    std::uint64_t received_bytes = 0;  ///< from the network, for this download
    std::uint64_t pinged_bytes = 0;    ///< taken over from pings (R10)
    time_point begun;
    std::optional<time_point> ended;
    problem trouble;  ///< where phase is failed

    bool over() const {
        return phase == download_phase::done || phase == download_phase::failed || phase == download_phase::cancelled;
    }
};

}  // namespace mogshare::core
