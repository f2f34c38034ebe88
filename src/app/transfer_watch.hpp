#pragma once
// Follows every download of a session: says when one begins, loses a source, ends, and keeps the progress line.

#include "app/desk.hpp"
#include "mogshare/runtime/lifetime.hpp"

#include <asio/steady_timer.hpp>

#include <cstddef>
#include <map>
#include <vector>

namespace mogshare::app {

/// For the loop's thread only.
class transfer_watch {
public:
    explicit transfer_watch(desk& at) : desk_(at), redraw_(at.loop) {}

    void take(const core::output::download_changed& news);
    /// Takes the progress line away, for good.
    void end();

private:
    struct seen {
        std::vector<bool> source_told;  ///< that it was given up
        rate_meter meter;
        bool over = false;
    };
    void tell_sources(const core::download_state& of, seen& known);
    void tell_end(const core::download_state& of);
    void redraw();
    void redraw_later();

    desk& desk_;
    std::map<core::download_id, seen> known_;
    asio::steady_timer redraw_;
    bool redrawing_ = false;
    runtime::lifetime alive_;
};

}  // namespace mogshare::app
