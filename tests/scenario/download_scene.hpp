#pragma once
// A peer that downloads and its sources: what the download scenarios begin with.

#include "world.hpp"

namespace mogshare::testing {

struct download_scene {
    world net;
    std::vector<node> peers;  ///< 0 downloads, the others hold the file
    bytes data;
    content_id content;
    std::string path = "big file.bin";

    download_scene(std::size_t sources, std::size_t file_bytes, const network_options& chosen = {},
                   const std::function<void(std::size_t, core::settings&)>& tweak = {})
        : net(chosen) {
        peers = overlay(net, star_of(sources + 1), tweak);
        data = some_bytes(file_bytes, file_bytes + 3);
        for (std::size_t at = 1; at < peers.size(); ++at) content = net.share(peers[at], path, data);
    }
    node me() const { return peers[0]; }

    /// Source `at` is the n-th fastest by these uplinks.
    void speeds(const std::vector<std::uint64_t>& bytes_per_s) {
        for (std::size_t at = 0; at < bytes_per_s.size(); ++at) net.wire().set_uplink(peers[at + 1], bytes_per_s[at]);
    }
    core::search_ticket search() { return net.search_and_wait(me(), query_kind::exact, path); }
    /// Searches, and begins to download the first result.
    core::download_id begin() {
        const auto ticket = search();
        net.get(me(), ticket);
        REQUIRE(net.last_download(me()) != nullptr);
        return net.last_download(me())->id;
    }
    const core::download_state& state(core::download_id id) const { return *net.peer(me()).find_download(id); }
    bool finish(core::download_id id, duration most = std::chrono::minutes(10)) {
        return net.run_until([&] { return state(id).over(); }, most);
    }
    bool right() const {
        const bytes* landed = net.file(me(), path);
        return landed != nullptr && *landed == data;
    }
    std::size_t piece_bytes_from(node source) const {
        std::size_t sum = 0;
        for (const travelled* one : net.log().between<wire::piece>(source, me())) sum += one->bulk_bytes;
        return sum;
    }
    std::size_t piece_bytes() const {
        std::size_t sum = 0;
        for (const travelled* one : net.log().of_type<wire::piece>()) sum += one->bulk_bytes;
        return sum;
    }
};

}  // namespace mogshare::testing
