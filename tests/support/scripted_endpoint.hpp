#pragma once
// An endpoint on the virtual network that says whatever a test wants it to say, right or wrong: the other side of every rule.

#include "virtual_network.hpp"

#include <functional>
#include <map>
#include <vector>

namespace mogshare::testing {

class scripted_endpoint final : public socket_user {
public:
    scripted_endpoint(virtual_network& net, const endpoint& address, const peer_id& id);
    /// Hangs up everywhere, and its port refuses: the network goes on without it.
    ~scripted_endpoint();
    scripted_endpoint(const scripted_endpoint&) = delete;
    scripted_endpoint& operator=(const scripted_endpoint&) = delete;

    node number() const { return self_; }
    const peer_id& id() const override { return id_; }

    // ---- what it does ----
    conn_number dial(const endpoint& where);
    /// Dials and, once the handshake has ended, says HELLO for this purpose.
    conn_number dial(const endpoint& where, wire::purpose why);
    void say(conn_number conn, const wire::message& what);
    void say_bytes(conn_number conn, bytes raw);
    void hang_up(conn_number conn, bool at_once = false);
    /// Sends no more, and still listens.
    void half_close(conn_number conn) { net_.wire().half_close(self_, conn); }
    wire::hello hello(wire::purpose why) const;

    /// Accepted connections are greeted with the HELLO that answers theirs; false: it keeps silent.
    bool greets = true;
    bool short_lived = false;
    /// Called for each message that comes, after it has been noted.
    std::function<void(conn_number, const wire::message&)> on_message;

    // ---- what it saw ----
    struct seen_conn {
        bool connected = false;
        std::optional<peer_id> them;  ///< once the handshake has ended
        bool closed = false;
        endpoint remote;
        std::vector<wire::message> got;  ///< bulk data of PONG and PIECE left out
        wire::framer frames;
    };
    const seen_conn& seen(conn_number conn) const { return conns_.at(conn); }
    /// Others' connections are 2, 4…, its own 1, 3….
    bool knows(conn_number conn) const { return conns_.contains(conn); }
    template <class M>
    std::vector<M> got(conn_number conn) const {
        std::vector<M> some;
        for (const wire::message& each : conns_.at(conn).got)
            if (const M* one = std::get_if<M>(&each)) some.push_back(*one);
        return some;
    }
    /// The reason of the BYE that came, where one did.
    std::optional<wire::bye_reason> bye(conn_number conn) const;
    /// The connections that others opened for this purpose.
    std::vector<conn_number> accepted(wire::purpose why) const;

    void on_accepted(conn_number conn, const endpoint& remote, const host& local) override;
    void on_connected(conn_number conn, const host& local) override;
    void on_secured(conn_number conn, const peer_id& them) override;
    void on_dial_failed(conn_number conn, const std::string& reason) override;
    void on_received(conn_number conn, byte_view data) override;
    void on_sent(conn_number, std::size_t) override {}
    void on_closed(conn_number conn, const std::string& reason) override;

private:
    virtual_network& net_;
    node self_ = 0;
    peer_id id_;
    endpoint address_;
    conn_number last_dialled_ = 0;
    std::map<conn_number, wire::purpose> greet_when_secured_;
    std::map<conn_number, seen_conn> conns_;
};

}  // namespace mogshare::testing
