#pragma once
// A world of peers in one thread and in virtual time: the very core of the product, its codec and framer, over a virtual wire
// and virtual disks. A seed decides every delay, every cut between chunks and every draw of the peers; the same seed gives the
// same trace digest.
//
//     virtual_network net;
//     const node a = net.add_peer({}, lan(1));
//     net.start(a);
//     net.run_for(std::chrono::seconds(1));
//     CHECK(net.broken() == "");

#include "log_rules.hpp"
#include "message_log.hpp"
#include "peer_rules.hpp"
#include "virtual_disk.hpp"
#include "virtual_wire.hpp"

#include "mogshare/core/peer.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mogshare::testing {

struct network_options {
    wire_options wire;
    duration disk_delay = std::chrono::microseconds(200);  ///< of every job
    duration disk_jitter{};                                ///< up to so much more: jobs end out of order
    duration wake_late{};                                  ///< peers are woken up to so much after their deadline
    std::size_t check_every = 1;  ///< rules of a peer's state are checked after each so many inputs
    bool keeps_log = true;        ///< of messages; without it no rule about them is checked
    bool judges_slices = true;    ///< R5, from the tables after each input
};

/// 10.0.x.y:7000, for number 1…65535.
endpoint lan(unsigned number);
/// 127.0.0.1:port.
endpoint loopback(std::uint16_t port);
/// A peer id that sorts by `order`: for rules that compare ids.
peer_id ordered_id(std::uint8_t order);

class virtual_network {
public:
    explicit virtual_network(const network_options& chosen = {});
    ~virtual_network();

    // ---- peers ----
    /// A peer that listens at these addresses (one port) once it is started. Its id is drawn unless given.
    node add_peer(const core::settings& chosen, std::vector<endpoint> addresses, std::optional<peer_id> id = {});
    node add_peer(const core::settings& chosen, const endpoint& address, std::optional<peer_id> id = {});
    /// The rows that it starts with, as from an earlier life.
    void know(node who, const std::vector<node>& primary, const std::vector<node>& secondary = {});
    /// One more primary row that it starts with, at these addresses.
    void know_addresses(node who, node of, const std::vector<endpoint>& addresses);
    /// The score of a row that it starts with.
    void know_score(node who, node of, double score);
    /// Begins a life. Joins by `join` where given, else as its settings say.
    void start(node who, std::optional<endpoint> join = {});
    /// Ends a life in order: the tables are saved; BYE, then everything queued, then silence.
    void stop(node who);
    /// Ends a life as kill -9 does. The disk stays, and on it the tables as they were saved last (virtual_saver.hpp).
    void kill(node who);
    /// Begins another life with the tables that the disk has, or an empty pair: somebody has deleted them.
    void restart(node who, bool with_tables, std::optional<endpoint> join = {});
    bool alive(node who) const;
    /// The tables that a restart would bring back.
    const core::tables& saved(node who) const;

    const core::peer& peer(node who) const;
    const peer_id& id(node who) const;
    const endpoint& address(node who) const { return wire_.addresses(who).front(); }
    std::optional<node> node_of(const peer_id& id) const;
    virtual_disk& disk(node who);
    virtual_wire& wire() { return wire_; }
    event_queue& events() { return events_; }
    const message_log& log() const { return log_; }

    // ---- what people do ----
    content_id share(node who, const std::string& path, bytes data);
    void unshare(node who, const std::string& path);
    core::search_ticket search(node who, wire::query_kind kind, const std::string& text);
    void get(node who, core::search_ticket ticket, std::size_t result = 1);
    void cancel(node who, core::download_id download);
    void join(node who, const endpoint& where);
    void reconfigure(node who, const core::settings& changed);
    /// Any input, for what has no name here.
    void feed(node who, const core::any_input& in);

    // ---- time ----
    time_point now() const { return events_.now(); }
    void run_for(duration span);
    /// True as soon as `met` is, false when it is not within `most`.
    bool run_until(const std::function<bool()>& met, duration most);
    /// Searches, and lets time pass until the search is over.
    core::search_ticket search_and_wait(node who, wire::query_kind kind, const std::string& text);
    /// Gets a result, and lets time pass until the download is over or refused; the download, where there is one.
    const core::download_state* get_and_wait(node who, core::search_ticket ticket, std::size_t result = 1,
                                             duration most = std::chrono::minutes(10));

    // ---- what can be seen ----
    const core::search_state& found(node who, core::search_ticket ticket) const;
    const core::answer* answer_of(node who, core::search_ticket ticket, node by) const;
    const core::download_state* last_download(node who) const;
    const bytes* file(node who, const std::string& path) const;
    /// Everything of a kind that a peer has told, in order, with its time.
    template <class O>
    std::vector<std::pair<time_point, O>> news(node who) const {
        std::vector<std::pair<time_point, O>> some;
        for (const auto& [at, what] : all_news(who))
            if (const O* one = std::get_if<O>(&what)) some.emplace_back(at, *one);
        return some;
    }
    std::vector<node> primary_of(node who) const;
    std::vector<node> secondary_of(node who) const;
    /// Depends on every byte of every input of every peer, its time, and of every output.
    const digest& trace_digest() const { return trace_; }
    /// Every rule that was broken so far, a line each; empty when none.
    std::string broken() const;
    /// What hangs in the peers that are alive, a line each; empty when nothing does. For the end of a scenario, when faults have
    /// stopped and time has passed.
    std::string stuck() const;
    /// Every fault of wire and disks is taken back, and time passes for longer than any time limit. What is still stuck then.
    std::string settle();
    /// How many answers to ENTRADA were held against R5.
    std::size_t slices_judged() const { return slices_judged_; }
    /// From its next life on, what a peer takes in and gives is recorded.
    void record(node who);
    /// Of each life that was recorded (trace/recording.hpp), ended here at the latest.
    std::vector<bytes> recordings(node who) const;

private:
    struct host_of_peer;
    using told = std::vector<std::pair<time_point, core::any_output>>;

    host_of_peer& host_at(node who) const { return *hosts_.at(who); }
    const told& all_news(node who) const;
    std::vector<node> nodes_in(const core::table& of) const;
    /// At least `span.first`, and up to `span.second` more.
    duration draw(std::pair<duration, duration> span);
    void begin_life(node who, core::tables saved, std::optional<endpoint> join);
    void note(node who, std::string_view what, byte_view data);
    void breach(node who, const std::string& rule);

    network_options chosen_;
    event_queue events_;
    virtual_wire wire_;
    random_source chance_;
    message_log log_;
    std::map<node, std::unique_ptr<host_of_peer>> hosts_;
    std::vector<std::string> breaches_;
    digest trace_;
    std::size_t slices_judged_ = 0;
    core::search_ticket last_ticket_ = 0;
};

}  // namespace mogshare::testing
