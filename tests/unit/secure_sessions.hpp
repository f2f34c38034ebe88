#pragma once
// TLS sessions against each other in memory.

#include "mogshare/secure/tls.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace mogshare::testing {

using secure::private_key;
using secure::role;
using secure::tls_session;
using secure::trouble;

/// One end, what it has to send, and what it was told.
struct tls_end {
    tls_session session;
    bytes out;
    std::string plain;

    tls_end(const secure::tls_context& with, role as, std::optional<peer_id> expected = std::nullopt)
        : session(with, as, expected) {
        session.begin(out);
    }
    /// Takes bytes, `chunk_bytes` at a time.
    void take(byte_view in, std::size_t chunk_bytes = 1 << 20) {
        std::array<std::uint8_t, 1000> room{};
        while (!in.empty()) {
            byte_view chunk = in.first(std::min(chunk_bytes, in.size()));
            in = in.subspan(chunk.size());
            for (;;) {
                const byte_view got = session.take(chunk, room, out);
                plain.append(as_text(got));
                if (got.size() < room.size()) break;
            }
            CHECK(chunk.empty());
        }
    }
    void say(std::string_view text) { session.seal(as_bytes(text), out); }
    /// What is to be sent, taken out.
    bytes sent() {
        bytes taken;
        taken.swap(out);
        return taken;
    }
    bool is(tls_session::phase state) const { return session.state() == state; }
};

struct tls_pair {
    private_key dialling_key = private_key::generate(), accepting_key = private_key::generate();
    secure::tls_context dialling, accepting;
    tls_end dialler, acceptor;

    explicit tls_pair(const secure::network_key& network = {}) : tls_pair(network, network) {}
    tls_pair(const secure::network_key& of_dialler, const secure::network_key& of_acceptor,
             std::optional<peer_id> expected = std::nullopt)
        : dialling(dialling_key, of_dialler),
          accepting(accepting_key, of_acceptor),
          dialler(dialling, role::dialler, expected),
          acceptor(accepting, role::acceptor) {}

    /// Carries bytes to and fro until nobody has any.
    void shuttle(std::size_t chunk_bytes = 1 << 20) {
        while (!dialler.out.empty() || !acceptor.out.empty()) {
            acceptor.take(dialler.sent(), chunk_bytes);
            dialler.take(acceptor.sent(), chunk_bytes);
        }
    }
    bool open() const { return dialler.is(tls_session::phase::open) && acceptor.is(tls_session::phase::open); }
};

inline secure::network_key a_private_network(std::uint8_t fill = 7) {
    secure::network_key key;
    key.value.fill(fill);
    return key;
}

}  // namespace mogshare::testing
