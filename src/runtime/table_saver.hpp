#pragma once
// The tables from one life of a peer to the next (small print: restart).

#include "mogshare/core/tables.hpp"
#include "mogshare/runtime/lifetime.hpp"
#include "mogshare/runtime/workers.hpp"
#include "mogshare/store/home.hpp"
#include "mogshare/store/state.hpp"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace mogshare::runtime {

store::saved_tables to_saved(const core::tables& from, std::string network);
/// Rows with ids, addresses and scores; everything else is for the state machine to decide.
core::tables from_saved(const store::saved_tables& from);

/// For the loop's thread only.
class table_saver {
public:
    struct handlers {
        std::function<const core::tables&()> current;
        std::function<void(std::string)> warn;
    };

    /// How long after something has happened the tables are looked at.
    struct pauses {
        asio::steady_timer::duration first = std::chrono::seconds(10);  ///< while nothing was saved in this life
        asio::steady_timer::duration later = std::chrono::minutes(5);
    };

    /// `network`: secure::network_tag() of the one in which the peer is; each network has a file of its own, and the others'
    /// are left as they are.
    table_saver(asio::io_context& loop, workers& pool, store::home_paths home, std::string network, handlers told)
        : table_saver(loop, pool, std::move(home), std::move(network), std::move(told), pauses{}) {}
    table_saver(asio::io_context& loop, workers& pool, store::home_paths home, std::string network, handlers told,
                pauses chosen);

    /// Reads one small file, before there is anything that it could hold up.
    core::tables load();
    /// Something has happened: looks after a pause whether the tables have changed, and saves them if so. While nothing
    /// happens, no timer runs.
    void touched();
    /// Saves now if they have changed, and ends the timer.
    void save_last();

private:
    void save();
    void write(store::saved_tables tables);

    workers& pool_;
    store::home_paths home_;
    std::string network_;
    handlers told_;
    pauses pauses_;
    asio::steady_timer timer_;
    bool timer_runs_ = false;
    bool ended_ = false;
    bool saved_once_ = false;
    bool writing_ = false;
    std::optional<store::saved_tables> write_next_;  ///< came while another was being written
    store::saved_tables on_disk_;
    std::string keep_first_as_;  ///< what store::load_tables() has said
    lifetime alive_;
};

}  // namespace mogshare::runtime
