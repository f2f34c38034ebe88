#include "mogshare/secure/tls.hpp"

#include "secure/alarm.hpp"
#include "secure/callbacks.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

namespace mogshare::secure {

namespace {

constexpr std::string_view exporter_label = "EXPORTER-mogShare-network-proof";
constexpr const char* no_memory_here = "there is too little memory here to secure another connection";
constexpr std::uint8_t record_handshake = 22, record_alert = 21, record_major = 3;
// The proof may come in one record with what follows it.
constexpr std::size_t proving_bytes_max = limits::handshake_bytes_max + limits::record_bytes_max + 1024;

}  // namespace

tls_session::tls_session(const tls_context& with, role as, std::optional<peer_id> expected)
    : with_(with), as_(as), expected_(expected) {}

tls_session::~tls_session() {
    SSL_free(ssl_);
}

/// One connection that finds no memory ends; the others, and the peer, go on.
bool tls_session::create() {
    owned_ssl made(SSL_new(with_.handle_));
    BIO* const both_ways = made ? BIO_new(tls_callbacks::method()) : nullptr;
    if (both_ways == nullptr) {
        ERR_clear_error();
        fail(trouble::no_memory, no_memory_here);
        return false;
    }
    ssl_ = made.release();
    BIO_set_data(both_ways, &pipe_);
    BIO_set_init(both_ways, 1);
    SSL_set_bio(ssl_, both_ways, both_ways);
    SSL_set_app_data(ssl_, this);
    if (as_ == role::dialler) {
        SSL_set_connect_state(ssl_);
    } else {
        SSL_set_accept_state(ssl_);
    }
    return true;
}

void tls_session::begin(bytes& to_send) {
    if (as_ != role::dialler) return;
    if (!create()) return;
    pipe_.out = &to_send;
    shake_hands();
    pipe_.out = nullptr;
}

// ---- receiving ------------------------------------------------------------------------------------------------------

byte_view tls_session::take(byte_view& in, std::span<std::uint8_t> room, bytes& to_send) {
    std::size_t count = 0;
    const bool over = phase_ == phase::closed || phase_ == phase::failed;
    if (!over && first_bytes_fit(in) && (ssl_ != nullptr || (!in.empty() && create()))) {
        pipe_.in = in;
        pipe_.out = &to_send;
        if (phase_ == phase::handshaking) shake_hands();
        if (phase_ == phase::proving || phase_ == phase::open) read_proof();
        if (phase_ == phase::open) count = read_plain(room);
        in = pipe_.in;
        pipe_.in = {};
        pipe_.out = nullptr;
    }
    if (phase_ == phase::closed || phase_ == phase::failed) in = {};
    return {room.data(), count};
}

/// A stranger that speaks no TLS is found out before anything is made for it.
bool tls_session::first_bytes_fit(byte_view in) {
    for (std::size_t at = 0; looked_at_ < 2 && at < in.size(); ++at, ++looked_at_) {
        const bool fits = looked_at_ == 1
                              ? in[at] == record_major
                              : in[at] == record_handshake || (in[at] == record_alert && as_ == role::dialler);
        if (fits) continue;
        fail(trouble::not_tls, "it does not speak TLS: an older mogShare, or another program");
        return false;
    }
    return true;
}

void tls_session::shake_hands() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_);
    if (result != 1) return stop_after(result);
    begin_proving();
}

void tls_session::begin_proving() {
    exporter of{};
    if (SSL_export_keying_material(ssl_, of.data(), of.size(), exporter_label.data(), exporter_label.size(), nullptr, 0,
                                   0) != 1) {
        ERR_clear_error();
        return fail(trouble::no_memory, no_memory_here);
    }
    const bool dials = as_ == role::dialler;
    const peer_id& dialler = dials ? with_.id() : them_;
    const peer_id& acceptor = dials ? them_ : with_.id();
    ours_ = proof(with_.network_, as_, of, dialler, acceptor);
    right_ = proof(with_.network_, dials ? role::acceptor : role::dialler, of, dialler, acceptor);
    OPENSSL_cleanse(of.data(), of.size());
    phase_ = phase::proving;
    pipe_.allowed_bytes = proving_bytes_max;
    SSL_set_msg_callback(ssl_, tls_callbacks::message);
    SSL_set_msg_callback_arg(ssl_, this);
    if (!dials) return;
    write_record(ours_);
    // Everybody could make the proof of the open network: not worth waiting for.
    if (phase_ == phase::proving && with_.network_.is_open()) open();
}

void tls_session::open() {
    phase_ = phase::open;
    proven_ = true;
    pipe_.allowed_bytes = std::numeric_limits<std::size_t>::max();
}

void tls_session::read_proof() {
    while (proof_bytes_ < theirs_.size()) {
        std::size_t count = 0;
        ERR_clear_error();
        const int result = SSL_read_ex(ssl_, theirs_.data() + proof_bytes_, theirs_.size() - proof_bytes_, &count);
        if (result != 1) return stop_after(result);
        proof_bytes_ = static_cast<std::uint8_t>(proof_bytes_ + count);
        if (proof_bytes_ == theirs_.size()) judge_proof();
    }
}

void tls_session::judge_proof() {
    if (!same_proof(right_, theirs_))
        return fail(trouble::wrong_network, "it is in another network, or has another key: its proof is wrong");
    if (as_ == role::acceptor) write_record(ours_);
    if (phase_ == phase::proving) open();
}

std::size_t tls_session::read_plain(std::span<std::uint8_t> room) {
    std::size_t total = 0;
    while (total < room.size()) {
        std::size_t count = 0;
        ERR_clear_error();
        const int result = SSL_read_ex(ssl_, room.data() + total, room.size() - total, &count);
        if (result != 1) {
            stop_after(result);
            break;
        }
        total += count;
        plain_bytes_ += count;
    }
    return total;
}

/// After the handshake there is one message that has a reason: KeyUpdate, now and then. OpenSSL takes others, and any number.
void tls_session::handshake_message(std::uint8_t type) {
    const std::uint64_t allowed = limits::key_changes_free + plain_bytes_ / limits::key_change_bytes_min;
    if (type != SSL3_MT_KEY_UPDATE || ++key_changes_ > allowed) pipe_.stopped = true;
}

void tls_session::end_of_input() {
    if (phase_ == phase::closed || phase_ == phase::failed) return;
    if (phase_ != phase::handshaking && awaits_proof())
        return fail(trouble::wrong_network,
                    "it is in another network, or has another key: it ended the connection at our proof");
    if (phase_ == phase::open) return fail(trouble::cut, "the connection was cut off by the other side");
    if (looked_at_ == 0) return fail(trouble::cut, "the other side closed the connection without a word");
    fail(trouble::cut, "the other side closed the connection while it was being secured");
}

// ---- sending --------------------------------------------------------------------------------------------------------

void tls_session::seal(byte_view plain, bytes& to_send) {
    assert(proven_ && phase_ != phase::failed && !ended_);
    pipe_.out = &to_send;
    while (!plain.empty() && phase_ != phase::failed) {
        const byte_view record = plain.first(std::min(plain.size(), limits::record_bytes_max));
        write_record(record);
        plain = plain.subspan(record.size());
    }
    pipe_.out = nullptr;
}

void tls_session::write_record(byte_view plain) {
    std::size_t count = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_, plain.data(), plain.size(), &count);
    if (result != 1) {
        stop_after(result);
        if (phase_ != phase::failed) fail(trouble::broken, "it broke the rules of TLS: it stops within a message");
        return;
    }
    // The next record brings the change of keys with it.
    if (++records_sealed_ % with_.records_a_key_ == 0) SSL_key_update(ssl_, SSL_KEY_UPDATE_NOT_REQUESTED);
}

void tls_session::say_end(bytes& to_send) {
    if (!proven_ || phase_ == phase::failed || ended_) return;
    ended_ = true;
    pipe_.out = &to_send;
    ERR_clear_error();
    SSL_shutdown(ssl_);
    ERR_clear_error();
    pipe_.out = nullptr;
}

// ---- ending ---------------------------------------------------------------------------------------------------------

/// What a call of OpenSSL that did not succeed means; nothing, when it waits for more bytes.
void tls_session::stop_after(int result) {
    const int why = SSL_get_error(ssl_, result);
    if (phase_ == phase::failed) return ERR_clear_error();  // the verification has said why
    if (pipe_.stopped) {
        ERR_clear_error();
        return fail(trouble::too_much,
                    proven_ ? "it sent messages of TLS that have no reason" : "it sent too much before it was known");
    }
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return;
    if (why == SSL_ERROR_ZERO_RETURN) {
        if (phase_ != phase::open) return end_of_input();
        phase_ = phase::closed;
        return;
    }
    named_trouble found = first_error();
    fail(found.is, std::move(found.reason));
}

void tls_session::fail(trouble what, std::string reason) {
    phase_ = phase::failed;
    what_ = what;
    reason_ = std::move(reason);
}

std::string tls_session::advice() const {
    switch (what_) {
        case trouble::not_tls:
            return "mogShare before protocol version 2 spoke no TLS: update it there; or another program has that port";
        case trouble::wrong_network:
            return "both peers need the same key file, or the same passphrase and 'network.name'; or none, in the open "
                   "network";
        case trouble::another_peer:
            return "the peer that was known there has another key now, or another peer its address: if you trust "
                   "who is there now, enter with --join HOST:PORT (compare ids by 'mogshare status'); else join "
                   "another peer";
        case trouble::no_certificate:
        case trouble::wrong_certificate:
        case trouble::nothing_in_common:
            return "it speaks TLS, but not as mogShare does: another program has that port";
        case trouble::no_memory: return "free some memory on this machine";
        default: return {};
    }
}

}  // namespace mogshare::secure
