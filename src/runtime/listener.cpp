#include "mogshare/runtime/listener.hpp"

#include "mogshare/runtime/system.hpp"
#include "runtime/translate.hpp"

#include <asio/error.hpp>
#include <asio/ip/v6_only.hpp>

#include <cerrno>
#include <chrono>
#include <utility>

namespace mogshare::runtime {

namespace {

constexpr int tries_for_any_port = 16;
constexpr auto accept_pause = std::chrono::milliseconds(200);
constexpr auto quiet_period = std::chrono::minutes(1);

// Asio has names for some of the system's errors only.
bool is_system_error(const asio::error_code& error, int number) {
    return error == asio::error_code(number, asio::error::get_system_category());
}

asio::error_code open_and_listen(asio::ip::tcp::acceptor& acceptor, const asio::ip::tcp::endpoint& where) {
    asio::error_code error;
    acceptor.open(where.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    // The v4 addresses are bound by sockets of their own.
    if (!error && where.address().is_v6()) acceptor.set_option(asio::ip::v6_only(true), error);
    if (!error) acceptor.bind(where, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    return error;
}

/// The system lacks the whole family: every system that has it has its unspecified and its loopback address.
bool family_missing(const asio::error_code& error, const host& address) {
    const bool any_or_loopback = scope_of(address) == scope::loopback || scope_of(address) == scope::unusable;
    return error == asio::error::address_family_not_supported || is_system_error(error, EPROTONOSUPPORT) ||
           (any_or_loopback && is_system_error(error, EADDRNOTAVAIL));
}

problem describe(const asio::error_code& error, const endpoint& where) {
    problem told;
    told.what = "cannot listen on " + to_string(where) + ": " + reason_of(error);
    told.is = problem::kind::usage;
    if (error == asio::error::address_in_use) {
        told.hint = "choose another port with --port N, or --port 0 for any that is free";
    } else if (error == asio::error::access_denied) {
        told.hint = "ports below 1024 need privileges: choose a higher one with --port N";
    } else if (is_system_error(error, EADDRNOTAVAIL)) {
        told.hint = "--listen takes an address that this machine has, or 0.0.0.0 and :: for all of them";
    } else {
        told.hint = "this system cannot listen there: choose another address with --listen";
        told.is = problem::kind::network;
    }
    return told;
}

}  // namespace

/// One try at one port: a listener, or what went wrong where.
struct listener::attempt {
    std::unique_ptr<listener> made;
    asio::error_code error;
    endpoint where;
};

listener::attempt listener::try_to_bind(asio::io_context& loop, const std::vector<host>& addresses,
                                        std::uint16_t port) {
    std::unique_ptr<listener> made(new listener);
    made->port_ = port;
    attempt left_out;
    for (const host& address : addresses) {
        const endpoint where{address, made->port_};
        door opened{asio::ip::tcp::acceptor(loop), asio::steady_timer(loop)};
        asio::error_code error = open_and_listen(opened.acceptor, to_asio(where));
        if (!error && made->port_ == 0) made->port_ = opened.acceptor.local_endpoint(error).port();
        if (error && family_missing(error, address)) {
            made->warnings_.push_back("not listening on " + to_string(where) + ": " + reason_of(error));
            left_out = {nullptr, error, where};
            continue;
        }
        if (error) return {nullptr, error, where};
        made->bound_.push_back({address, made->port_});
        made->doors_.push_back(std::move(opened));
    }
    if (made->doors_.empty()) return left_out;
    return {std::move(made), {}, {}};
}

result<std::unique_ptr<listener>, problem> listener::open(asio::io_context& loop, const std::vector<host>& addresses,
                                                          std::uint16_t port) {
    if (addresses.empty()) {
        return failure{
            problem{"no address to listen on", "--listen takes an address, 0.0.0.0 for all", problem::kind::usage}};
    }
    // A port that is free on one address may be taken on another: let the system pick again.
    for (int tries = port == 0 ? tries_for_any_port : 1;; --tries) {
        attempt tried = try_to_bind(loop, addresses, port);
        if (tried.made) return std::move(tried.made);
        if (tried.error != asio::error::address_in_use || tries <= 1)
            return failure{describe(tried.error, tried.where)};
    }
}

void listener::start(accept_handler accepted, std::function<void(std::string)> warned) {
    accepted_ = std::move(accepted);
    warned_ = std::move(warned);
    for (std::size_t at = 0; at < doors_.size(); ++at) accept_next(at);
}

void listener::close() {
    for (door& each : doors_) {
        asio::error_code ignored;
        each.acceptor.close(ignored);
        each.pause.cancel();
    }
}

void listener::accept_next(std::size_t at) {
    door& through = doors_[at];
    if (!through.acceptor.is_open()) return;
    through.acceptor.async_accept(alive_.guard([this, at](const asio::error_code& error, asio::ip::tcp::socket socket) {
        if (error == asio::error::operation_aborted) return;
        // Most likely out of descriptors. Those who wait to be accepted stay in the system's queue.
        if (error) {
            accept_later(at, error);
            return;
        }
        accepted_(std::move(socket));
        accept_next(at);
    }));
}

void listener::accept_later(std::size_t at, const asio::error_code& why) {
    const bool news = !trouble_at_ || now() - *trouble_at_ > quiet_period;
    trouble_at_ = now();
    if (!news || !warned_) return wait_and_accept(at);
    // Of this process, or of the whole system.
    const bool ours = why == asio::error::no_descriptors || is_system_error(why, ENFILE);
    warned_("new connections have to wait: " + reason_of(why) + (ours ? "; a higher 'ulimit -n' makes room" : ""));
    wait_and_accept(at);
}

void listener::wait_and_accept(std::size_t at) {
    doors_[at].pause.expires_after(accept_pause);
    doors_[at].pause.async_wait(alive_.guard([this, at](const asio::error_code& error) {
        if (!error) accept_next(at);
    }));
}

}  // namespace mogshare::runtime
