#include "virtual_host.hpp"

#include "rows.hpp"

#include "mogshare/base/sha256.hpp"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <type_traits>

namespace mogshare::testing {

namespace {

constexpr std::size_t breaches_max = 20;

template <class T>
byte_view raw(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    return {reinterpret_cast<const std::uint8_t*>(&value), sizeof value};
}

std::string lines_of(const std::vector<std::string>& all) {
    std::string lines;
    for (const std::string& one : all) lines += one + "\n";
    return lines;
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

virtual_network::virtual_network(const network_options& chosen)
    : chosen_(chosen), wire_(events_, chosen.wire), chance_(random_source::from_number(chosen.wire.seed ^ 0xC0FFEE)) {
    if (chosen.keeps_log) wire_.set_tap([this](const wire_event& seen) { log_.take(seen, events_.now()); });
}

virtual_network::~virtual_network() = default;

// ---- peers ------------------------------------------------------------------------------------------------------------

node virtual_network::add_peer(const core::settings& chosen, std::vector<endpoint> addresses,
                               std::optional<peer_id> id) {
    assert(!core::check(chosen));
    auto made = std::make_unique<host_of_peer>(*this);
    made->chosen = chosen;
    made->own_id = id ? *id : chance_.id<peer_id>();
    made->self = wire_.add(*made, std::move(addresses));
    const node added = made->self;
    hosts_[added] = std::move(made);
    return added;
}

node virtual_network::add_peer(const core::settings& chosen, const endpoint& address, std::optional<peer_id> id) {
    return add_peer(chosen, std::vector{address}, id);
}

void virtual_network::know(node who, const std::vector<node>& primary, const std::vector<node>& secondary) {
    const host_of_peer& host = host_at(who);
    core::tables left;
    left.owner = host.own_id;
    left.primary.capacity = host.chosen.primary_rows;
    left.secondary.capacity = host.chosen.secondary_rows;
    left.scored_share = host.chosen.scored_share;
    for (const node each : primary) put_row(left, id(each), {address(each)}, core::table_choice::primary);
    for (const node each : secondary) put_row(left, id(each), {address(each)}, core::table_choice::secondary);
    host_at(who).saver.put(std::move(left));
}

void virtual_network::know_addresses(node who, node of, const std::vector<endpoint>& addresses) {
    if (saved(who).primary.capacity == 0) know(who, {});
    core::tables left = saved(who);
    put_row(left, id(of), addresses, core::table_choice::primary);
    host_at(who).saver.put(std::move(left));
}

void virtual_network::know_score(node who, node of, double score) {
    core::tables left = saved(who);
    core::find(left, id(of))->score = score;
    host_at(who).saver.put(std::move(left));
}

const core::tables& virtual_network::saved(node who) const {
    return host_at(who).saver.on_disk();
}

void virtual_network::begin_life(node who, core::tables saved, std::optional<endpoint> join) {
    host_of_peer& host = host_at(who);
    assert(!host.alive);
    if (join) host.chosen.join = join;
    ++host.life;
    host.armed.reset();
    const std::uint16_t port = address(who).port;
    const digest seed = sha256({raw(chosen_.wire.seed), raw(who), raw(host.life)});
    host.begin({"a scenario", {host.own_id, port}, host.chosen, seed, now()});
    wire_.listen(who, true);
    host.feed(core::input::start{std::move(saved)});
    for (content::share& each : host.disk.scan()) host.feed(core::input::share_found{std::move(each)});
}

void virtual_network::start(node who, std::optional<endpoint> join) {
    begin_life(who, saved(who), join);
}

void virtual_network::restart(node who, bool with_tables, std::optional<endpoint> join) {
    if (!with_tables) host_at(who).saver.put({});
    begin_life(who, saved(who), join);
}

void virtual_network::stop(node who) {
    host_at(who).saver.save_last();  // before the machine lets go of anything, as in runtime/driver.cpp
    feed(who, core::input::stop{});
}

void virtual_network::kill(node who) {
    host_of_peer& host = host_at(who);
    host.alive = false;
    host.saver.crash();
    host.storing.clear();
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
    return host_at(who).own_id;
}

std::optional<node> virtual_network::node_of(const peer_id& id) const {
    for (const auto& [number, host] : hosts_)
        if (host->own_id == id) return number;
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
    who_is_who who;
    for (const auto& [number, host] : hosts_) {
        who.nodes[host->own_id] = number;
        who.depths[number] = host->chosen.depth;
        who.beginnings[number] = host->beginnings;
    }
    std::vector<std::string> all = breaches_;
    for (std::string& rule : broken_rules(log_.all(), who))
        if (all.size() < breaches_max) all.push_back(std::move(rule));
    if (wire_.stray_commands() > 0)
        all.push_back(std::to_string(wire_.stray_commands()) + " commands for connections that had ended");
    return lines_of(all);
}

std::string virtual_network::stuck() const {
    std::vector<std::string> all;
    for (const auto& [number, host] : hosts_) {
        if (!host->alive) continue;
        const peer_sight seen = host->sight();
        for (const peer_rule& rule : settled_rules())
            if (const auto what = rule.broken(seen)) all.push_back("node " + std::to_string(number) + ": " + *what);
    }
    return lines_of(all);
}

std::string virtual_network::settle() {
    constexpr duration quiet = std::chrono::minutes(12);
    // Whoever is alone asks around now and then: one such question may just be under way.
    constexpr duration grace = std::chrono::seconds(30);
    wire_.calm();
    for (const auto& [number, host] : hosts_) host->disk.mend();
    run_for(quiet);
    run_until([this] { return stuck().empty(); }, grace);
    return stuck();
}

// ---- recordings -------------------------------------------------------------------------------------------------------

void virtual_network::record(node who) {
    host_at(who).records = true;
}

std::vector<bytes> virtual_network::recordings(node who) const {
    return host_at(who).finished_recordings();
}

}  // namespace mogshare::testing
