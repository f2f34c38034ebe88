#include "virtual_host.hpp"

#include "mogshare/core/flood.hpp"
#include "mogshare/wire/codec.hpp"

#include <algorithm>
#include <stdexcept>

namespace mogshare::testing {

namespace {

/// More wakes than this at one point of time are a state machine that asks to be woken for ever.
constexpr int wakes_at_once_max = 10'000;

/// The rows of a frame that is ROWS.
std::optional<std::vector<peer_id>> rows_in(byte_view frame) {
    if (frame.size() < limits::frame_header_bytes) return std::nullopt;
    const auto header = wire::decode_header(frame);
    if (!header || header->type != wire::message_type::rows) return std::nullopt;
    const auto said = wire::decode(header->type, frame.subspan(limits::frame_header_bytes));
    if (!said) return std::nullopt;
    std::vector<peer_id> ids;
    for (const wire::row& row : std::get<wire::rows>(*said).list) ids.push_back(row.id);
    return ids;
}

}  // namespace

// ---- a life -----------------------------------------------------------------------------------------------------------

void virtual_network::host_of_peer::begin(const trace::beginning& from) {
    peer = std::make_unique<core::peer>(from.self, from.chosen, random_source(from.seed));
    alive = true;
    saver.begin_life();
    beginnings.push_back(net.now());
    storing.clear();
    conns.clear();
    slices = {};
    most_slots = chosen.upload_slots;
    most_downloads = chosen.downloads_at_once;
    if (records) recordings.push_back({trace::recorder(from), false});
}

void virtual_network::host_of_peer::feed(const core::any_input& in) {
    if (!alive) return;
    net.note(self, "in", trace::pack(in));
    if (records) recordings.back().record.input(net.now(), in);
    const core::counters before = peer->counts();
    peer->handle(net.now(), in);
    const auto* received = std::get_if<core::input::received>(&in);
    const bool entered = received != nullptr && peer->counts().entradas_served != before.entradas_served;
    const conn_number asked_on = entered ? received->conn : 0;
    std::vector<peer_id> told;
    while (auto out = peer->poll()) {
        net.note(self, "out", trace::pack(*out));
        if (records) recordings.back().record.output(*out);
        if (const auto* sent = std::get_if<core::output::send>(&*out); entered && sent != nullptr)
            if (auto rows = sent->conn == asked_on ? rows_in(sent->data.view()) : std::nullopt) told = std::move(*rows);
        std::visit([this](auto& one) { perform(one); }, *out);
        if (!alive) return;
    }
    if (entered && net.chosen_.judges_slices) check_slices(before, asked_on, told);
    settle();
}

/// After everything that the peer took and gave at once.
void virtual_network::host_of_peer::settle() {
    if (net.chosen_.judges_slices) slices.look(peer->both_tables());
    most_slots = std::max(most_slots, peer->chosen().upload_slots);
    most_downloads = std::max(most_downloads, peer->chosen().downloads_at_once);
    if (++inputs % net.chosen_.check_every == 0) check();
    saver.touched();
    arm();
}

void virtual_network::host_of_peer::arm() {
    const auto due = peer->next_deadline();
    if (!due || due == armed) return;
    armed = due;
    net.events_.at(*due + net.draw({duration::zero(), net.chosen_.wake_late}), [this, mine = ++alarm, of = life] {
        if (alive && mine == alarm && of == life) wake();
    });
}

void virtual_network::host_of_peer::wake() {
    const time_point now = net.now();
    wakes_at_once = last_wake == now ? wakes_at_once + 1 : 0;
    last_wake = now;
    if (wakes_at_once > wakes_at_once_max) throw std::logic_error("a peer asks to be woken for ever");
    armed.reset();
    net.note(self, "wake", {});
    if (records) recordings.back().record.woken(now);
    peer->handle_time(now);
    while (auto out = peer->poll()) {
        net.note(self, "out", trace::pack(*out));
        if (records) recordings.back().record.output(*out);
        std::visit([this](auto& one) { perform(one); }, *out);
    }
    settle();
}

void virtual_network::host_of_peer::perform(core::output::stopped& out) {
    news.emplace_back(net.now(), out);
    alive = false;
    net.wire_.leave(self);
}

std::vector<bytes> virtual_network::host_of_peer::finished_recordings() {
    std::vector<bytes> all;
    for (recording& each : recordings) {
        if (!std::exchange(each.ended, true)) each.record.end(trace::ending::stopped);
        all.emplace_back(each.record.pending().begin(), each.record.pending().end());
    }
    records = false;  // what comes now would stand behind the end
    return all;
}

// ---- rules ------------------------------------------------------------------------------------------------------------

peer_sight virtual_network::host_of_peer::sight() const {
    peer_sight seen = sight_of(*peer);
    seen.upload_slots = most_slots;
    seen.downloads_at_once = most_downloads;
    seen.storing = storing;
    seen.open_partials = disk.open_partials();
    seen.sockets = net.wire_.sockets(self);
    return seen;
}

void virtual_network::host_of_peer::check() {
    if (const auto rule = core::broken_rule(peer->both_tables())) net.breach(self, "R1: " + *rule);
    const peer_sight seen = sight();
    for (const peer_rule& rule : constant_rules())
        if (const auto what = rule.broken(seen)) net.breach(self, *what);
}

void virtual_network::host_of_peer::check_slices(const core::counters& before, conn_number conn,
                                                 const std::vector<peer_id>& told) {
    const core::counters& after = peer->counts();
    const duration repeat = peer->chosen().times.entry_repeat;
    // Nothing else in this input may have moved rows before the answer was worked out.
    const bool alone = after.entradas_served == before.entradas_served + 1 &&
                       after.searches_received == before.searches_received &&
                       after.rows_received == before.rows_received && after.rows_dropped == before.rows_dropped;
    const travelled* asked = nullptr;
    for (auto one = net.log_.all().rbegin(); one != net.log_.all().rend() && asked == nullptr; ++one)
        if (one->to == self && std::holds_alternative<wire::entrada>(one->what)) asked = &*one;
    if (!alone || asked == nullptr || !slices.sure(net.now()))
        return slices.believe(peer->both_tables(), net.now() + repeat);
    const ends& between = conns[conn];
    slice_rule::question question;
    question.asker = between.them;
    question.rows_wanted =
        std::min<std::size_t>(std::get<wire::entrada>(asked->what).rows_wanted, peer->chosen().entry_rows);
    question.at = net.now();
    question.repeat = repeat;
    question.tellable = [&](const std::vector<endpoint>& addresses) {
        return std::any_of(addresses.begin(), addresses.end(), [&](const endpoint& each) {
            return core::reachable_form(each.address, between.remote.address, between.local).has_value();
        });
    };
    if (const auto what = slices.judge(question, told)) net.breach(self, *what);
    ++net.slices_judged_;
}

}  // namespace mogshare::testing
