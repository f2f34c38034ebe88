#pragma once
// What goes into a peer's state machine and what comes out of it, as bytes: the recording of a run, which `replay` feeds into
// another machine (core/peer.hpp: the same inputs at the same times with the same seed give the same outputs).
//
// A recording is `mogTrace`, u16 version (big-endian), then records: u32 length of the body, body, and the first 8 bytes of
// SHA-256(check of the record before ‖ length ‖ body), so that a changed byte is found wherever it is. The first byte of a body
// says what it is:
//   1 beginning   who recorded, identity, settings, seed, origin of all times
//   2 input       time since the origin, and the input whole
//   3 time        time since the origin: the machine was woken
//   4 outputs     how many outputs the step before this gave, and a digest of them; left out when it gave none
//   5 end         why nothing follows: the peer has stopped, or the recording is full
//
// It holds everything that other peers sent and every byte that was read for them: names, addresses, ids, and contents of files.

#include "mogshare/core/io.hpp"
#include "mogshare/core/peer.hpp"

#include <optional>
#include <string>

namespace mogshare::trace {

inline constexpr std::uint16_t recording_version = 2;

/// All that decides a state machine before its first input.
struct beginning {
    std::string program;  ///< who recorded, for people
    core::identity self;
    core::settings chosen;
    digest seed;        ///< of the random source
    time_point origin;  ///< times are told since then
};

enum class ending : std::uint8_t { stopped = 1, full = 2 };

/// An input as bytes, all of it by value.
bytes pack(const core::any_input& in);
/// Reads pack() back; `received` views into `packed`. Nothing when it is no input.
std::optional<core::any_input> unpack(byte_view packed);
/// An output as bytes: equal bytes for equal outputs.
bytes pack(const core::any_output& out);

/// `received`, `send`: for people.
std::string_view name_of(const core::any_input& in);
std::string_view name_of(const core::any_output& out);

/// The outputs of one step, summed up.
struct outcome {
    std::uint64_t count = 0;
    digest sum;
    bool operator==(const outcome&) const = default;

    void add(const core::any_output& out);
};

/// Makes a recording. The bytes pile up in pending(), for whoever keeps them to take away.
class recorder {
public:
    explicit recorder(const beginning& from);

    /// Call before the machine takes it: what makes it fail is in the recording then.
    void input(time_point at, const core::any_input& in);
    void woken(time_point at);
    /// An output of the step before.
    void output(const core::any_output& out) { latest_.add(out); }
    void end(ending why);

    byte_view pending() const { return pending_; }
    void taken() { pending_.clear(); }

private:
    void close_step();
    void write(const bytes& body);

    time_point origin_;
    outcome latest_;
    bytes pending_;
    digest check_;
};

}  // namespace mogshare::trace
