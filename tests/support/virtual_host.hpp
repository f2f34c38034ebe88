#pragma once
// A peer with its machine in a virtual network: brings inputs in, carries outputs out, wakes it in time, and holds what can be
// seen of it against the rules. For the files that implement the network.

#include "slice_rule.hpp"
#include "virtual_network.hpp"
#include "virtual_saver.hpp"

#include "mogshare/trace/recording.hpp"

#include <memory>
#include <optional>

namespace mogshare::testing {

struct virtual_network::host_of_peer final : socket_user {
    virtual_network& net;
    node self = 0;
    core::settings chosen;
    peer_id own_id;
    virtual_disk disk;
    std::unique_ptr<core::peer> peer;
    virtual_saver saver;
    bool alive = false;
    std::uint64_t life = 0;
    std::vector<time_point> beginnings;  ///< of its lives
    told news;
    std::map<core::download_id, std::size_t> storing;  ///< pieces with the disk

    // Waking.
    std::optional<time_point> armed;
    std::uint64_t alarm = 0;
    time_point last_wake;
    int wakes_at_once = 0;

    // Rules.
    std::size_t inputs = 0;
    std::size_t most_slots = 0;
    std::size_t most_downloads = 0;
    slice_rule slices;
    struct ends {
        endpoint remote;
        host local;
        peer_id them;
    };
    std::map<conn_number, ends> conns;

    // Recordings.
    bool records = false;
    struct recording {
        trace::recorder record;
        bool ended = false;
    };
    std::vector<recording> recordings;

    explicit host_of_peer(virtual_network& of)
        : net(of), saver(of.events_, [this]() -> const core::tables& { return peer->both_tables(); }) {}

    void begin(const trace::beginning& from);
    void feed(const core::any_input& in);
    void settle();
    void arm();
    void wake();

    peer_sight sight() const;
    void check();
    /// After an input of this connection that ENTRADA may have come with.
    void check_slices(const core::counters& before, conn_number conn, const std::vector<peer_id>& told);
    std::vector<bytes> finished_recordings();

    // ---- sockets ----
    const peer_id& id() const override { return own_id; }
    void on_accepted(conn_number conn, const endpoint& remote, const host& local) override {
        conns[conn] = {remote, local, {}};
        feed(core::input::accepted{conn, remote, local});
    }
    void on_connected(conn_number conn, const host& local) override {
        conns[conn].local = local;
        feed(core::input::connected{conn, local});
    }
    void on_secured(conn_number conn, const peer_id& them) override {
        conns[conn].them = them;
        feed(core::input::secured{conn, them});
    }
    void on_dial_failed(conn_number conn, const std::string& reason) override {
        feed(core::input::dial_failed{conn, reason});
    }
    void on_received(conn_number conn, byte_view data) override { feed(core::input::received{conn, data}); }
    void on_sent(conn_number conn, std::size_t count_bytes) override { feed(core::input::sent{conn, count_bytes}); }
    void on_closed(conn_number conn, const std::string& reason) override { feed(core::input::closed{conn, reason}); }

    // ---- outputs ----
    void perform(core::output::dial& out) {
        conns[out.conn].remote = out.where;
        net.wire_.dial(self, out.conn, out.where, out.expected);
    }
    void perform(core::output::send& out) { net.wire_.send(self, out.conn, std::move(out.data)); }
    void perform(core::output::hang_up& out) { net.wire_.hang_up(self, out.conn, out.at_once); }
    void perform(core::output::close_partial& out) { disk(out); }
    void perform(core::output::read_range& out) { work(std::move(out)); }
    void perform(core::output::prove_range& out) { work(std::move(out)); }
    void perform(core::output::open_partial& out) { work(std::move(out)); }
    void perform(core::output::store_piece& out) {
        ++storing[out.download];
        work(std::move(out));
    }
    void perform(core::output::finish_partial& out) { work(std::move(out)); }
    void perform(core::output::stopped& out);
    template <class News>
    void perform(News& out) {
        news.emplace_back(net.events_.now(), out);
    }

    template <class Job>
    void work(Job job) {
        const duration takes = net.draw({net.chosen_.disk_delay, net.chosen_.disk_jitter});
        auto held = std::make_shared<Job>(std::move(job));
        net.events_.after(takes, [this, held, of = life] {
            if (!alive || of != life) return;
            if constexpr (std::is_same_v<Job, core::output::store_piece>) --storing[held->download];
            feed(disk(*held));
        });
    }
};

}  // namespace mogshare::testing
