#pragma once
// A whole peer in a test: a node with a home of its own, and the news it told.

#include "mogshare/runtime/node.hpp"
#include "mogshare/runtime/system.hpp"
#include "support/families.hpp"
#include "support/random_text.hpp"
#include "support/run_until.hpp"
#include "support/temp_home.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mogshare::testing {

class test_peer {
public:
    explicit test_peer(asio::io_context& loop, const host& address = loopback_v4)
        : loop_(loop), address_(address), key_(secure::private_key::generate()) {
        protocol.times.window = std::chrono::milliseconds(500);  // loopback answers in one
    }

    core::settings protocol;
    secure::network_key network;  ///< the open one
    bool keep_state = false;
    bool borrow_tables = false;
    bool scan_at_start = true;
    std::vector<runtime::any_news> news;

    const temp_home& home() const { return home_; }
    const peer_id& id() const { return key_.id(); }
    runtime::node& node() { return *node_; }
    const core::peer& peer() const { return node_->peer(); }
    endpoint where() const { return {address_, node_->port()}; }

    /// Begins a life, in the same home as the one before. `known`: whom to join.
    void start(std::optional<endpoint> known = std::nullopt) {
        protocol.join = known;
        runtime::node_options options;
        options.key = key_;
        options.network = network;
        options.protocol = protocol;
        options.listen = {address_};
        options.home = home_.paths();
        options.keep_state = keep_state;
        options.borrow_tables = borrow_tables;
        options.scan_at_start = scan_at_start;
        news.clear();
        auto made =
            runtime::node::create(loop_, options, [this](const runtime::any_news& each) { news.push_back(each); });
        REQUIRE_MESSAGE(made.ok(), (made.ok() ? "" : made.error().what));
        node_ = std::move(*made);
        node_->start();
    }
    /// Starts, and waits until the folder is hashed and the neighbour has answered.
    void start_and_settle(std::optional<endpoint> known = std::nullopt) {
        start(known);
        REQUIRE(run_until(loop_, [&] { return told<runtime::scan_summary>(); }));
        if (known) REQUIRE(run_until(loop_, [&] { return told<core::output::entered>(); }));
    }
    /// An orderly end; how long it took.
    duration stop() {
        const time_point begun = runtime::now();
        bool stopped = false;
        node_->stop([&] {
            node_.reset();
            stopped = true;
        });
        REQUIRE(run_until(loop_, [&] { return stopped; }));
        return runtime::now() - begun;
    }
    /// The end without any order.
    void vanish() { node_.reset(); }

    template <class News>
    bool told() const {
        return std::any_of(news.begin(), news.end(),
                           [](const auto& each) { return std::holds_alternative<News>(each); });
    }
    /// The latest news of a kind, which there is.
    template <class News>
    const News& latest() const {
        const auto found = std::find_if(news.rbegin(), news.rend(),
                                        [](const auto& each) { return std::holds_alternative<News>(each); });
        REQUIRE(found != news.rend());
        return std::get<News>(*found);
    }

    /// Looks at the folder again, to the end.
    runtime::scan_summary rescan() {
        std::optional<runtime::scan_summary> done;
        node_->rescan([&](const runtime::scan_summary& summary) { done = summary; });
        REQUIRE(run_until(loop_, [&] { return done.has_value(); }));
        return *done;
    }
    /// Searches until the window has passed and every answer is ranked.
    const core::search_state& search(const std::string& name) {
        const core::search_ticket ticket = ++last_ticket_;
        node_->give(core::input::search{ticket, wire::query_kind::exact, name});
        REQUIRE(run_until(loop_, [&] { return peer().find_search(ticket)->over(); }));
        return *peer().find_search(ticket);
    }
    /// Begins to download the first result of a search.
    core::download_id get(const core::search_state& found) {
        const std::size_t before = peer().downloads().size();
        node_->give(core::input::get{found.ticket, 1});
        REQUIRE(peer().downloads().size() == before + 1);
        return peer().downloads().back()->id;
    }
    const core::download_state& download(core::download_id id) const { return *peer().find_download(id); }
    /// Waits for the end of a download.
    const core::download_state& finish(core::download_id id) {
        REQUIRE(run_until(loop_, [&] { return download(id).over(); }));
        return download(id);
    }
    bool knows(const test_peer& other) const { return core::find(peer().both_tables(), other.id()) != nullptr; }

private:
    asio::io_context& loop_;
    host address_;
    secure::private_key key_;
    temp_home home_;
    std::unique_ptr<runtime::node> node_;
    core::search_ticket last_ticket_ = 0;
};

}  // namespace mogshare::testing
