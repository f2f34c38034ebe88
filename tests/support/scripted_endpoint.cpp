#include "scripted_endpoint.hpp"

namespace mogshare::testing {

scripted_endpoint::scripted_endpoint(virtual_network& net, const endpoint& address, const peer_id& id)
    : net_(net), id_(id), address_(address) {
    self_ = net.wire().add(*this, {address});
    net.wire().listen(self_, true);
}

scripted_endpoint::~scripted_endpoint() {
    net_.wire().leave(self_);
}

conn_number scripted_endpoint::dial(const endpoint& where) {
    last_dialled_ = last_dialled_ == 0 ? 1 : last_dialled_ + 2;
    conns_[last_dialled_].remote = where;
    net_.wire().dial(self_, last_dialled_, where);
    return last_dialled_;
}

conn_number scripted_endpoint::dial(const endpoint& where, wire::purpose why) {
    const conn_number conn = dial(where);
    greet_when_secured_[conn] = why;
    return conn;
}

void scripted_endpoint::say(conn_number conn, const wire::message& what) {
    say_bytes(conn, wire::encode(what));
}

void scripted_endpoint::say_bytes(conn_number conn, bytes raw) {
    if (!conns_.at(conn).closed) net_.wire().send(self_, conn, shared_bytes(std::move(raw)));
}

void scripted_endpoint::hang_up(conn_number conn, bool at_once) {
    if (conns_.at(conn).closed) return;
    conns_.at(conn).closed = true;
    net_.wire().hang_up(self_, conn, at_once);
}

wire::hello scripted_endpoint::hello(wire::purpose why) const {
    wire::hello said;
    said.why = why;
    said.listen_port = address_.port;
    said.short_lived = short_lived;
    return said;
}

std::optional<wire::bye_reason> scripted_endpoint::bye(conn_number conn) const {
    const auto byes = got<wire::bye>(conn);
    return byes.empty() ? std::nullopt : std::optional(byes.front().why);
}

std::vector<conn_number> scripted_endpoint::accepted(wire::purpose why) const {
    std::vector<conn_number> some;
    for (const auto& [conn, state] : conns_) {
        const auto hellos = got<wire::hello>(conn);
        if (conn % 2 == 0 && !hellos.empty() && hellos.front().why == why) some.push_back(conn);
    }
    return some;
}

void scripted_endpoint::on_accepted(conn_number conn, const endpoint& remote, const host&) {
    conns_[conn].connected = true;
    conns_[conn].remote = remote;
}

void scripted_endpoint::on_connected(conn_number conn, const host&) {
    conns_[conn].connected = true;
}

void scripted_endpoint::on_secured(conn_number conn, const peer_id& them) {
    conns_[conn].them = them;
    const auto why = greet_when_secured_.find(conn);
    if (why != greet_when_secured_.end()) say(conn, hello(why->second));
}

void scripted_endpoint::on_dial_failed(conn_number conn, const std::string&) {
    conns_[conn].closed = true;
}

void scripted_endpoint::on_closed(conn_number conn, const std::string&) {
    conns_[conn].closed = true;
}

void scripted_endpoint::on_received(conn_number conn, byte_view data) {
    seen_conn& from = conns_[conn];
    from.frames.feed(data);
    for (;;) {
        const auto next = from.frames.next();
        if (!next || !*next) return;
        auto said = wire::decode((*next)->type, (*next)->payload);
        if (!said) return;
        if (auto* pong = std::get_if<wire::pong>(&*said)) pong->data = {};
        if (auto* piece = std::get_if<wire::piece>(&*said)) piece->data = {};
        from.got.push_back(*said);
        const auto* hello_said = std::get_if<wire::hello>(&*said);
        if (hello_said != nullptr && conn % 2 == 0 && greets) say(conn, hello(hello_said->why));
        if (on_message) on_message(conn, *said);
    }
}

}  // namespace mogshare::testing
