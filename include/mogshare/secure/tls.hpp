#pragma once
// Mutual TLS 1.3 as a state machine: received bytes in, plaintext and bytes to be sent out. It touches no socket.
//
// After the handshake, which shows who is there, both sides prove that they have the network's key: the dialler first, and
// the acceptor only to a dialler who has. Those 32 bytes each are the first of the plaintext, and stay in here.

#include "mogshare/base/bytes.hpp"
#include "mogshare/base/ids.hpp"
#include "mogshare/base/limits.hpp"
#include "mogshare/secure/key.hpp"
#include "mogshare/secure/network.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

struct ssl_st;
struct ssl_ctx_st;

namespace mogshare::secure {

/// What the connections of one peer have in common: its key, its certificate, its network, and the few algorithms.
/// For one thread.
class tls_context {
public:
    /// `records_a_key`: so many records are sealed under one key before it is changed.
    tls_context(private_key own, const network_key& network, std::uint64_t records_a_key = limits::records_a_key);
    tls_context(const tls_context&) = delete;
    tls_context& operator=(const tls_context&) = delete;
    ~tls_context();

    const peer_id& id() const { return own_.id(); }
    /// For measurements that use OpenSSL in other ways; belongs to this object.
    ssl_ctx_st* handle() const { return handle_; }

private:
    friend class tls_session;

    private_key own_;
    network_key network_;
    std::uint64_t records_a_key_;
    ssl_ctx_st* handle_;
};

/// Why there is no connection, or no longer one.
enum class trouble : std::uint8_t {
    none,
    not_tls,            ///< an older mogShare, or another program
    nothing_in_common,  ///< TLS, but no version or algorithm that both sides know
    no_certificate,
    wrong_certificate,  ///< more than one, too large, or not of an Ed25519 key
    not_its_key,        ///< it cannot sign for the key in the certificate that it shows
    another_peer,       ///< not the peer that was expected there
    wrong_network,      ///< it has not the key of our network
    refused,            ///< the other side refused us, and said why in an alert
    too_much,           ///< more bytes, or changes of keys, than there is reason for
    broken,             ///< bytes that no right TLS would send, or that were changed on the way
    cut,                ///< the bytes ended before the TLS did
    no_memory,          ///< here, for what a connection takes
};

/// One connection's TLS. Must not be moved; the context outlives it.
class tls_session {
public:
    enum class phase : std::uint8_t {
        handshaking,
        proving,
        open,
        closed,  ///< the other side has said that it sends no more; seal() may still be used
        failed,
    };

    /// `expected`: who must be there; a dialler who meets another ends the handshake before it says who it is itself.
    tls_session(const tls_context& with, role as, std::optional<peer_id> expected = std::nullopt);
    tls_session(const tls_session&) = delete;
    tls_session& operator=(const tls_session&) = delete;
    ~tls_session();

    /// Appends a dialler's first bytes; for an acceptor it does nothing. Call once, before take().
    void begin(bytes& to_send);
    /// Takes received bytes from the front of `in`, decrypts into `room`, and appends to `to_send` what has to be said on
    /// that. Gives what was decrypted; less than the room has means that `in` is used up. After the last byte that
    /// will ever count, `closed` or `failed`, it drops what is in.
    byte_view take(byte_view& in, std::span<std::uint8_t> room, bytes& to_send);
    /// The received bytes have ended, by an end of the stream or a reset. What that means depends on the phase: it
    /// becomes `failed` unless it was `closed` already.
    void end_of_input();

    /// Encrypts plaintext, in records of at most limits::record_bytes_max each, and appends them. Only when proven,
    /// not failed, and before say_end().
    void seal(byte_view plain, bytes& to_send);
    /// Appends the notice that nothing more will be sent; nothing may be sealed after it. Does nothing
    /// before it is proven.
    void say_end(bytes& to_send);

    phase state() const { return phase_; }
    /// Is or was open: who it is is proven, and the network, too, unless awaits_proof().
    bool proven() const { return proven_; }
    /// A dialler to whom the other side has not proven the network yet. In the open network it may speak before that.
    bool awaits_proof() const { return as_ == role::dialler && proof_bytes_ < theirs_.size(); }
    /// Who is at the other end; known from `proving` on.
    const peer_id& them() const { return them_; }
    /// Set in `failed`.
    trouble what() const { return what_; }
    /// The same for people: `it does not speak TLS: …`.
    const std::string& reason() const { return reason_; }
    /// What people can do about it; empty where nothing is known.
    std::string advice() const;

private:
    friend struct tls_callbacks;

    /// Where OpenSSL reads from and writes to, during a call.
    struct pipe {
        byte_view in;
        bytes* out = nullptr;
        std::size_t taken_bytes = 0;
        std::size_t allowed_bytes = limits::handshake_bytes_max;  ///< to be taken, until it is open
        bool stopped = false;                                     ///< nothing more is read: it was too much
    };

    bool create();
    bool first_bytes_fit(byte_view in);
    void shake_hands();
    void begin_proving();
    void open();
    void read_proof();
    void judge_proof();
    std::size_t read_plain(std::span<std::uint8_t> room);
    void write_record(byte_view plain);
    void handshake_message(std::uint8_t type);
    void stop_after(int result);
    void fail(trouble what, std::string reason);

    const tls_context& with_;
    role as_;
    std::optional<peer_id> expected_;
    phase phase_ = phase::handshaking;
    bool proven_ = false;
    bool ended_ = false;            ///< we have said that we send no more
    std::uint8_t looked_at_ = 0;    ///< of the first two received bytes
    std::uint8_t proof_bytes_ = 0;  ///< of the other side's proof, those that are here
    trouble what_ = trouble::none;
    std::string reason_;
    peer_id them_;
    proof_bytes ours_{};
    proof_bytes right_{};  ///< what theirs must be
    proof_bytes theirs_{};
    pipe pipe_;
    ssl_st* ssl_ = nullptr;             ///< made when there is something to read or to say
    std::uint64_t plain_bytes_ = 0;     ///< received
    std::uint64_t key_changes_ = 0;     ///< by the other side
    std::uint64_t records_sealed_ = 0;  ///< under the present key
};

}  // namespace mogshare::secure
