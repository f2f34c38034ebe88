#include "virtual_network.hpp"

#include "mogshare/base/sha256.hpp"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <type_traits>

namespace mogshare::testing {

namespace {

/// More wakes than this at one point of time are a state machine that asks to be woken for ever.
constexpr int wakes_at_once_max = 10'000;
constexpr std::size_t breaches_max = 20;

template <class T>
byte_view raw(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    return {reinterpret_cast<const std::uint8_t*>(&value), sizeof value};
}

std::size_t running_pings(const core::peer& of) {
    std::size_t count = 0;
    for (const core::search_state* search : of.searches())
        for (const core::answer& one : search->answers) count += one.ping == core::ping_state::running ? 1 : 0;
    return count;
}

}  // namespace

endpoint lan(unsigned number) {
    const auto high = static_cast<std::uint8_t>(number >> 8);
    const auto low = static_cast<std::uint8_t>(number & 0xFF);
    return {host::v4({10, 0, high, low}), 7000};
}

endpoint loopback(std::uint16_t port) {
    return {host::v4({127, 0, 0, 1}), port};
}

peer_id ordered_id(std::uint8_t order) {
    peer_id id;
    id.value.front() = order;
    id.value.back() = 1;
    return id;
}

/// A peer with its machine: brings inputs in, carries outputs out, wakes it in time.
struct virtual_network::host_of_peer final : socket_user {
    virtual_network& net;
    node self = 0;
    core::settings chosen;
    peer_id id;
    virtual_disk disk;
    core::tables saved;
    std::unique_ptr<core::peer> peer;
    bool alive = false;
    std::uint64_t life = 0;
    told news;
    std::optional<time_point> armed;
    std::uint64_t alarm = 0;
    time_point last_wake;
    int wakes_at_once = 0;
    std::size_t inputs = 0;

    explicit host_of_peer(virtual_network& of) : net(of) {}

    void feed(const core::any_input& in) {
        if (!alive) return;
        const std::size_t kind = in.index();
        const auto* received = std::get_if<core::input::received>(&in);
        net.note(self, "in", raw(kind));
        if (received != nullptr) net.note(self, "data", received->data);
        peer->handle(net.events_.now(), in);
        settle();
    }

    void settle() {
        while (auto out = peer->poll()) {
            const std::size_t kind = out->index();
            net.note(self, "out", raw(kind));
            std::visit([this](auto& one) { perform(one); }, *out);
            if (!alive) return;
        }
        if (++inputs % net.chosen_.check_every == 0) check();
        arm();
    }

    void check() {
        if (const auto rule = core::broken_rule(peer->both_tables())) net.breach(self, "R1: " + *rule);
        if (running_pings(*peer) > limits::pings_at_once) net.breach(self, "R10: more than two pings at once");
        if (peer->uploads() > peer->chosen().upload_slots) net.breach(self, "more uploads than slots");
    }

    void arm() {
        const auto due = peer->next_deadline();
        if (!due || due == armed) return;
        armed = due;
        net.events_.at(*due + net.draw({duration::zero(), net.chosen_.wake_late}), [this, mine = ++alarm, of = life] {
            if (alive && mine == alarm && of == life) wake();
        });
    }

    void wake() {
        const time_point now = net.events_.now();
        wakes_at_once = last_wake == now ? wakes_at_once + 1 : 0;
        last_wake = now;
        if (wakes_at_once > wakes_at_once_max) throw std::logic_error("a peer asks to be woken for ever");
        armed.reset();
        net.note(self, "wake", {});
        peer->handle_time(now);
        settle();
    }

    // ---- sockets ----
    void on_accepted(conn_number conn, const endpoint& remote, const host& local) override {
        feed(core::input::accepted{conn, remote, local});
    }
    void on_connected(conn_number conn, const host& local) override { feed(core::input::connected{conn, local}); }
    void on_dial_failed(conn_number conn, const std::string& reason) override {
        feed(core::input::dial_failed{conn, reason});
    }
    void on_received(conn_number conn, byte_view data) override { feed(core::input::received{conn, data}); }
    void on_sent(conn_number conn, std::size_t count_bytes) override { feed(core::input::sent{conn, count_bytes}); }
    void on_closed(conn_number conn, const std::string& reason) override { feed(core::input::closed{conn, reason}); }

    // ---- outputs ----
    void perform(core::output::dial& out) { net.wire_.dial(self, out.conn, out.where); }
    void perform(core::output::send& out) { net.wire_.send(self, out.conn, std::move(out.data)); }
    void perform(core::output::hang_up& out) { net.wire_.hang_up(self, out.conn, out.at_once); }
    void perform(core::output::close_partial& out) { disk(out); }
    void perform(core::output::read_range& out) { work(std::move(out)); }
    void perform(core::output::prove_range& out) { work(std::move(out)); }
    void perform(core::output::open_partial& out) { work(std::move(out)); }
    void perform(core::output::store_piece& out) { work(std::move(out)); }
    void perform(core::output::finish_partial& out) { work(std::move(out)); }
    void perform(core::output::stopped& out) {
        news.emplace_back(net.events_.now(), out);
        saved = peer->both_tables();
        alive = false;
        net.wire_.leave(self);
    }
    template <class News>
    void perform(News& out) {
        news.emplace_back(net.events_.now(), out);
    }

    template <class Job>
    void work(Job job) {
        const duration takes = net.draw({net.chosen_.disk_delay, net.chosen_.disk_jitter});
        auto held = std::make_shared<Job>(std::move(job));
        net.events_.after(takes, [this, held, of = life] {
            if (alive && of == life) feed(disk(*held));
        });
    }
};

virtual_network::virtual_network(const network_options& chosen)
    : chosen_(chosen), wire_(events_, chosen.wire), chance_(random_source::from_number(chosen.wire.seed ^ 0xC0FFEE)) {
    wire_.set_tap([this](const wire_event& seen) { log_.take(seen, events_.now()); });
}

virtual_network::~virtual_network() = default;

// ---- peers ------------------------------------------------------------------------------------------------------------

node virtual_network::add_peer(const core::settings& chosen, std::vector<endpoint> addresses,
                               std::optional<peer_id> id) {
    assert(!core::check(chosen));
    auto made = std::make_unique<host_of_peer>(*this);
    made->chosen = chosen;
    made->id = id ? *id : chance_.id<peer_id>();
    made->self = wire_.add(*made, std::move(addresses));
    const node added = made->self;
    hosts_[added] = std::move(made);
    return added;
}

node virtual_network::add_peer(const core::settings& chosen, const endpoint& address, std::optional<peer_id> id) {
    return add_peer(chosen, std::vector{address}, id);
}

void virtual_network::know(node who, const std::vector<node>& primary, const std::vector<node>& secondary) {
    host_of_peer& host = host_at(who);
    core::tables& saved = host.saved;
    saved = {};
    saved.owner = host.id;
    saved.primary.capacity = host.chosen.primary_rows;
    saved.secondary.capacity = host.chosen.secondary_rows;
    saved.scored_share = host.chosen.scored_share;
    for (const node each : primary) core::store(saved, id(each), {address(each)}, core::table_choice::primary);
    for (const node each : secondary) core::store(saved, id(each), {address(each)}, core::table_choice::secondary);
}

void virtual_network::know_addresses(node who, node of, const std::vector<endpoint>& addresses) {
    if (host_at(who).saved.primary.capacity == 0) know(who, {});
    core::store(host_at(who).saved, id(of), addresses, core::table_choice::primary);
}

void virtual_network::know_score(node who, node of, double score) {
    core::find(host_at(who).saved, id(of))->score = score;
}

void virtual_network::begin_life(node who, core::tables saved, std::optional<endpoint> join) {
    host_of_peer& host = host_at(who);
    assert(!host.alive);
    if (join) host.chosen.join = join;
    ++host.life;
    host.armed.reset();
    const std::uint16_t port = address(who).port;
    digest seed = sha256({raw(chosen_.wire.seed), raw(who), raw(host.life)});
    host.peer = std::make_unique<core::peer>(core::identity{host.id, port}, host.chosen, random_source(seed));
    host.alive = true;
    wire_.listen(who, true);
    host.feed(core::input::start{std::move(saved)});
    for (content::share& each : host.disk.scan()) host.feed(core::input::share_found{std::move(each)});
}

void virtual_network::start(node who, std::optional<endpoint> join) {
    begin_life(who, host_at(who).saved, join);
}

void virtual_network::restart(node who, bool with_tables, std::optional<endpoint> join) {
    begin_life(who, with_tables ? host_at(who).saved : core::tables{}, join);
}

void virtual_network::stop(node who) {
    feed(who, core::input::stop{});
}

void virtual_network::kill(node who) {
    host_of_peer& host = host_at(who);
    if (host.alive) host.saved = host.peer->both_tables();
    host.alive = false;
    host.disk.forget_open();
    wire_.kill(who);
}

bool virtual_network::alive(node who) const {
    return host_at(who).alive;
}

const core::peer& virtual_network::peer(node who) const {
    return *host_at(who).peer;
}

const peer_id& virtual_network::id(node who) const {
    return host_at(who).id;
}

std::optional<node> virtual_network::node_of(const peer_id& id) const {
    for (const auto& [number, host] : hosts_)
        if (host->id == id) return number;
    return std::nullopt;
}

virtual_disk& virtual_network::disk(node who) {
    return host_at(who).disk;
}

// ---- what people do ---------------------------------------------------------------------------------------------------

content_id virtual_network::share(node who, const std::string& path, bytes data) {
    const content::share added = disk(who).put(path, std::move(data));
    feed(who, core::input::share_found{added});
    return added.content;
}

void virtual_network::unshare(node who, const std::string& path) {
    disk(who).lose(path);
    feed(who, core::input::share_lost{path});
}

core::search_ticket virtual_network::search(node who, wire::query_kind kind, const std::string& text) {
    feed(who, core::input::search{++last_ticket_, kind, text});
    return last_ticket_;
}

void virtual_network::get(node who, core::search_ticket ticket, std::size_t result) {
    feed(who, core::input::get{ticket, result});
}

void virtual_network::cancel(node who, core::download_id download) {
    feed(who, core::input::cancel_download{download});
}

void virtual_network::join(node who, const endpoint& where) {
    feed(who, core::input::join{where});
}

void virtual_network::reconfigure(node who, const core::settings& changed) {
    feed(who, core::input::reconfigure{changed});
}

void virtual_network::feed(node who, const core::any_input& in) {
    host_at(who).feed(in);
}

// ---- time -------------------------------------------------------------------------------------------------------------

void virtual_network::run_for(duration span) {
    const time_point until = now() + span;
    while (events_.next_at() && *events_.next_at() <= until) events_.step();
    events_.pass_to(until);
}

bool virtual_network::run_until(const std::function<bool()>& met, duration most) {
    const time_point until = now() + most;
    while (!met()) {
        if (!events_.next_at() || *events_.next_at() > until) return false;
        events_.step();
    }
    return true;
}

core::search_ticket virtual_network::search_and_wait(node who, wire::query_kind kind, const std::string& text) {
    const core::search_ticket ticket = search(who, kind, text);
    const auto over = [&] {
        const core::search_state* state = peer(who).find_search(ticket);
        return state == nullptr || state->over();
    };
    run_until(over, std::chrono::minutes(5));
    return ticket;
}

const core::download_state* virtual_network::get_and_wait(node who, core::search_ticket ticket, std::size_t result,
                                                          duration most) {
    const std::size_t before = peer(who).downloads().size();
    get(who, ticket, result);
    if (peer(who).downloads().size() == before) return nullptr;
    const core::download_id id = peer(who).downloads().back()->id;
    run_until([&] { return peer(who).find_download(id)->over(); }, most);
    return peer(who).find_download(id);
}

// ---- what can be seen -------------------------------------------------------------------------------------------------

const core::search_state& virtual_network::found(node who, core::search_ticket ticket) const {
    const core::search_state* state = peer(who).find_search(ticket);
    if (state == nullptr) throw std::logic_error("no such search");
    return *state;
}

const core::answer* virtual_network::answer_of(node who, core::search_ticket ticket, node by) const {
    for (const core::answer& one : found(who, ticket).answers)
        if (one.peer == id(by)) return &one;
    return nullptr;
}

const core::download_state* virtual_network::last_download(node who) const {
    const auto all = peer(who).downloads();
    return all.empty() ? nullptr : all.back();
}

const bytes* virtual_network::file(node who, const std::string& path) const {
    return host_at(who).disk.file(path);
}

const virtual_network::told& virtual_network::all_news(node who) const {
    return host_at(who).news;
}

std::vector<node> virtual_network::nodes_in(const core::table& of) const {
    std::vector<node> nodes;
    for (const core::table_row& row : of.rows) nodes.push_back(node_of(row.id).value_or(SIZE_MAX));
    return nodes;
}

std::vector<node> virtual_network::primary_of(node who) const {
    return nodes_in(peer(who).both_tables().primary);
}

std::vector<node> virtual_network::secondary_of(node who) const {
    return nodes_in(peer(who).both_tables().secondary);
}

duration virtual_network::draw(std::pair<duration, duration> span) {
    if (span.second <= duration::zero()) return span.first;
    return span.first + duration(chance_.below(static_cast<std::uint64_t>(span.second.count()) + 1));
}

void virtual_network::note(node who, std::string_view what, byte_view data) {
    const auto now = events_.now().time_since_epoch().count();
    trace_ = sha256({trace_.view(), raw(now), raw(who), as_bytes(what), data});
}

void virtual_network::breach(node who, const std::string& rule) {
    if (breaches_.size() < breaches_max) breaches_.push_back("node " + std::to_string(who) + ": " + rule);
}

std::string virtual_network::broken() const {
    log_rules who;
    for (const auto& [number, host] : hosts_) {
        who.nodes[host->id] = number;
        who.honest.resize(std::max(who.honest.size(), number + 1));
        who.honest[number] = true;
        who.depth = host->chosen.depth;
    }
    std::vector<std::string> all = breaches_;
    for (std::string& rule : broken_rules(log_, who))
        if (all.size() < breaches_max) all.push_back(std::move(rule));
    if (wire_.stray_commands() > 0)
        all.push_back(std::to_string(wire_.stray_commands()) + " commands for connections that had ended");
    std::string lines;
    for (const std::string& one : all) lines += one + "\n";
    return lines;
}

}  // namespace mogshare::testing
