#pragma once
// A peer as it stands in the middle of a flood: a folder of names, a full primary table of live links, and neighbours that pass
// searches on to it. Everything but the network itself: bytes in, bytes out.

#include "mogshare/core/peer.hpp"
#include "mogshare/wire/codec.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace mogshare::bench {

/// Relative paths as people have them, all different: `music/Artist 17/Album 3/04 - some words.mp3`.
std::vector<std::string> some_names(std::size_t count);
/// A share of that path whose content nobody can fetch.
content::share named_share(const std::string& path, std::uint64_t number);

class relay_scene {
public:
    relay_scene(std::size_t names, std::size_t neighbours);

    /// The frame of a search as a neighbour relays it (level 2 of 3: it goes on once more), with the id `number`.
    bytes relayed(std::uint64_t number, wire::query_kind kind, const std::string& text) const;
    /// Gives a neighbour's bytes to the peer and drains what it says to that; the network takes everything at once.
    void hear(std::size_t neighbour, byte_view data);
    /// Time passes: ids are forgotten, links are kept alive.
    void pass(duration span);

    const core::counters& counts() const { return peer_.counts(); }
    std::uint64_t bytes_out() const { return bytes_out_; }
    std::size_t neighbours() const { return neighbours_; }

private:
    void enter(std::size_t neighbour);
    void feed(core::any_input in);
    void drain();

    core::peer peer_;
    std::size_t neighbours_;
    time_point now_{};
    std::uint64_t bytes_out_ = 0;
    std::vector<std::size_t> queued_bytes_;  ///< by neighbour
};

}  // namespace mogshare::bench
