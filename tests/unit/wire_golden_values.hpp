#pragma once
// One value for each golden block of docs/PROTOCOL.md.

#include "wire_goldens.hpp"

namespace wire_goldens {

using namespace mogshare::wire;

inline hello greeting(purpose why, std::uint16_t port) {
    hello m;
    m.why = why;
    m.listen_port = port;
    return m;
}

inline hello short_lived_greeting() {
    hello m = greeting(purpose::transfer, 0);
    m.short_lived = true;
    return m;
}

inline pesquisa search_for(query_kind kind, const std::string& name, const endpoint& origin, std::uint8_t level) {
    pesquisa m;
    m.id = search;
    m.origin_id = peer_a;
    m.origin = origin;
    m.level = level;
    m.kind = kind;
    m.name = name;
    return m;
}

inline pesquisa search_for_content() {
    pesquisa m = search_for(query_kind::content, to_hex(hello_content), v6_c, 3);
    m.origin_id = peer_c;
    m.origin_short_lived = true;
    return m;
}

inline entry hello_entry() {
    return {"hello.txt", 15, hello_content, 15};
}

inline pong hello_pong() {
    return {search, 0, 15, {}, as_bytes(hello_padded)};
}

inline std::vector<golden> message_values() {
    const rows two_rows{{{peer_b, {v4({127, 0, 0, 1}, 7002)}}, {peer_c, {v4({192, 0, 2, 7}, 7003), v6_c}}}};
    const existe answer{search, 2, 4, 0, 3, {hello_entry(), {"old/hello.txt", 16387, two_leaf_content, 16384}}};
    return {
        {"hello-link", greeting(purpose::link, 7001)},
        {"hello-short-lived", short_lived_greeting()},
        {"entrada", entrada{16}},
        {"rows", two_rows},
        {"rows-empty", rows{}},
        {"pesquisa-exact", search_for(query_kind::exact, "hello.txt", {host{}, 7001}, 1)},
        {"pesquisa-words", search_for(query_kind::words, "hello overlay", v4({127, 0, 0, 1}, 7001), 2)},
        {"pesquisa-content", search_for_content()},
        {"claim", claim{search}},
        {"nonce", nonce_shown{search_secret()}},
        {"existe", answer},
        {"ping", ping{search, hello_content, 0, 32}},
        {"pong", hello_pong()},
        {"pong-proof", pong{search, 16384, 3, {first_leaf}, as_bytes("xyzZZZZZ")}},
        {"get-hashes", get_hashes{two_piece_content, 0, 2}},
        {"hashes", hashes{two_piece_content, 0, {first_piece, second_piece}}},
        {"request", request{7, two_piece_content, limits::piece_bytes, 1}},
        {"piece", piece{7, limits::piece_bytes, as_bytes("z")}},
        {"busy-slots", busy{7, busy_reason::slots, 3, 5000}},
        {"busy-gone", busy{0, busy_reason::gone, 0, 0}},
        {"cancel", cancel{7}},
        {"keepalive", keepalive{}},
        {"bye", bye{bye_reason::leaving, "stopped"}},
    };
}

/// The worked example: a whole search over one hop.
inline std::vector<golden> example_values() {
    return {
        {"example-01", greeting(purpose::link, 7001)},
        {"example-02", greeting(purpose::link, 7002)},
        {"example-03", entrada{16}},
        {"example-04", rows{}},
        {"example-05", search_for(query_kind::exact, "hello.txt", {host{}, 7001}, 1)},
        {"example-06", greeting(purpose::answer, 7002)},
        {"example-07", greeting(purpose::answer, 7001)},
        {"example-08", claim{search}},
        {"example-09", nonce_shown{search_secret()}},
        {"example-10", existe{search, 1, 4, 0, 1, {hello_entry()}}},
        {"example-11", ping{search, hello_content, 0, 32}},
        {"example-12", hello_pong()},
        {"example-13", bye{bye_reason::done, ""}},
        {"example-forwarded", search_for(query_kind::exact, "hello.txt", v4({127, 0, 0, 1}, 7001), 2)},
    };
}

inline std::vector<golden> values() {
    std::vector<golden> all = message_values();
    for (golden& step : example_values()) all.push_back(std::move(step));
    return all;
}

inline std::vector<golden> read_only_values() {
    hello other;
    other.version = 3;
    hello unknown_bits = greeting(purpose::link, 7001);
    unknown_bits.features = std::uint64_t{1} << 63;
    return {
        {"hello-other-version", other},
        {"hello-unknown-bits", unknown_bits},
        {"rows-v4-mapped", rows{{{peer_b, {v4({127, 0, 0, 1}, 7002)}}}}},
        {"busy-unknown-reason", busy{7, busy_reason::slots, 3, 5000}},
        {"keepalive-extended", keepalive{}},
        {"bye-unknown-reason", bye{bye_reason::done, ""}},
    };
}

}  // namespace wire_goldens
