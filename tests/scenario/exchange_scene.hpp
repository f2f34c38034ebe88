#pragma once
// The shortest life that has everything in it: a peer enters, searches, is answered, pings, and downloads what the ping has not
// brought. With a fault somewhere in it, and a second try afterwards that must succeed.

#include "world.hpp"

#include <functional>

namespace mogshare::testing {

/// A place in the exchange: a connection, who sends on it, and after how many bytes.
struct exchange_place {
    std::uint64_t connection = 0;
    node from = 0;
    std::uint64_t position = 0;
};

struct exchange_scene {
    world net;
    node holder = 0;
    node asker = 0;
    bytes data = some_bytes(20'000, 11);  ///< one leaf comes with the ping, the other is fetched
    static constexpr const char* path = "a folder/a file.bin";

    explicit exchange_scene(const network_options& chosen) : net(chosen) {
        core::settings each;
        each.ping_bytes = limits::leaf_bytes;
        holder = net.add_peer(each, lan(1));
        asker = net.add_peer(each, lan(2));
        net.start(holder);
        net.share(holder, path, data);
    }

    /// Enters, searches and fetches, whether or not it comes off.
    void exchange() {
        net.start(asker, net.address(holder));
        net.run_for(2s);
        const auto ticket = net.search_and_wait(asker, query_kind::exact, path);
        if (!net.found(asker, ticket).results.empty()) net.get_and_wait(asker, ticket);
        net.run_for(1s);
    }

    bool fetched() const {
        const bytes* landed = net.file(asker, path);
        return landed != nullptr && *landed == data;
    }

    /// Time passes, and nothing hangs; whatever had failed comes off now. True when it had failed.
    bool check_recovered() {
        net.run_for(10min);
        CHECK(net.stuck() == "");
        const bool at_first = fetched();
        for (int tries = 0; tries < 2 && !fetched();
             ++tries) {  // the first search may meet a link that is dead unnoticed
            const auto ticket = net.search_and_wait(asker, query_kind::exact, path);
            if (!net.found(asker, ticket).results.empty()) net.get_and_wait(asker, ticket);
        }
        CHECK(fetched());
        CHECK(net.disk(asker).paths().size() == 1);
        if (!at_first) net.run_for(10min);
        CHECK(net.stuck() == "");
        return !at_first;
    }
};

/// Every place of the exchange where something can break: all of them in streams of messages, and in streams of file bytes all
/// at both ends and every `stride`th between.
inline std::vector<exchange_place> exchange_places(const network_options& chosen, std::uint64_t stride) {
    constexpr std::uint64_t head_bytes = 400;
    constexpr std::uint64_t tail_bytes = 64;
    exchange_scene scene(chosen);
    scene.exchange();
    REQUIRE(scene.fetched());
    std::vector<exchange_place> places;
    for (const auto& [stream, count] : scene.net.wire().delivered())
        for (std::uint64_t at = 0; at <= count; ++at) {
            const bool inside = at > head_bytes && at + tail_bytes < count;
            if (!inside || at % stride == 0) places.push_back({stream.first, stream.second, at});
        }
    return places;
}

}  // namespace mogshare::testing
