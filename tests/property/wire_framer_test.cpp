// The framer beside a naive one that keeps the whole stream and copies every frame.

#include "naive_framer.hpp"
#include "wire_generators.hpp"

#include "support/properties.hpp"

#include <doctest/doctest.h>

#include <ostream>

using namespace naive;
using namespace wire_generators;
using namespace mogshare::testing;

namespace naive {

void showValue(const given& one, std::ostream& out) {
    if (one.error)
        out << name_of(*one.error);
    else if (one.frame)
        out << name_of(one.frame->first) << " of " << one.frame->second.size();
    else
        out << "nothing";
}

}  // namespace naive

namespace {

/// Frames as they travel.
struct some_frame {
    bytes data;
};

void showValue(const some_frame& one, std::ostream& out) {
    const auto header = decode_header(one.data);
    const std::size_t payload_bytes = one.data.size() - limits::frame_header_bytes;
    out << (header && !optional_type(header->type) ? name_of(header->type) : "optional") << " of " << payload_bytes;
}

/// What a byte of the stream, counted round, becomes.
struct damage {
    std::size_t at = 0;
    std::uint8_t value = 0;
};

std::ostream& operator<<(std::ostream& out, const damage& one) {
    return out << "byte " << one.at << " = " << int{one.value};
}

/// A chunk arrives. After so many frames of it another limit may hold.
struct chunk {
    std::size_t size = 1;
    bool limits_anew = false;
    std::size_t after_frames = 0;
    std::size_t payload_bytes = 0;
};

std::ostream& operator<<(std::ostream& out, const chunk& one) {
    out << one.size << " bytes";
    if (one.limits_anew) out << " (limit " << one.payload_bytes << " after " << one.after_frames << " frames)";
    return out;
}

some_frame optional_frame() {
    const bytes payload = any_bytes(0, 60);
    bytes frame{0, 0, 0, static_cast<std::uint8_t>(payload.size()), between<std::uint8_t>(128, 255), 1, 0, 0};
    frame.insert(frame.end(), payload.begin(), payload.end());
    return {frame};
}

rc::Gen<some_frame> any_frame() {
    return rc::gen::exec([] {
        bytes data;
        return between(0u, 4u) == 0 ? optional_frame() : some_frame{encode(any_message(data))};
    });
}

rc::Gen<damage> any_damage() {
    using namespace rc;
    return gen::build<damage>(gen::set(&damage::at, up_to(std::size_t{2000})),
                              gen::set(&damage::value, gen::oneOf(up_to(std::uint8_t{255}), up_to(std::uint8_t{3}))));
}

rc::Gen<chunk> any_chunk() {
    using namespace rc;
    const auto size = gen::oneOf(within<std::size_t>(1, 9), within<std::size_t>(1, 60), within<std::size_t>(1, 400));
    const auto seldom = gen::map(up_to(5), [](int drawn) { return drawn == 5; });
    // Around the sizes of messages that have one size, and any.
    const std::vector<std::size_t> edges{
        limits::payload_bytes_max, limits::greeting_payload_bytes_max, 50, 49, 32, 31, 4, 3, 0};
    const auto limit = gen::oneOf(gen::elementOf(edges), up_to(std::size_t{300}));
    return gen::build<chunk>(gen::set(&chunk::size, size), gen::set(&chunk::limits_anew, seldom),
                             gen::set(&chunk::after_frames, up_to(std::size_t{2})),
                             gen::set(&chunk::payload_bytes, limit));
}

/// What the runs had in them.
struct tally {
    std::size_t runs = 0;
    std::size_t frames = 0;
    std::size_t oversized = 0;
    std::size_t refused = 0;  ///< for another reason

    void add(const given& one) {
        if (one.more()) ++frames;
        if (one.error) ++(*one.error == decode_error::oversized ? oversized : refused);
    }
};

/// Feeds one chunk, in memory of its own that is gone afterwards, to both. False once the stream is refused.
bool feed_both(framer& real, framer_model& model, const bytes& data, const chunk& how, tally& counted) {
    real.feed(data);
    model.feed(data);
    for (std::size_t frames = 0;; ++frames) {
        if (how.limits_anew && frames == how.after_frames) {
            real.limit_payloads(how.payload_bytes);
            model.limit_payloads(how.payload_bytes);
        }
        const given seen = next_of(real);
        RC_ASSERT(seen == model.next());
        counted.add(seen);
        if (seen.more()) continue;
        RC_ASSERT(real.buffered_bytes() == model.waiting_bytes());
        return !seen.error;
    }
}

/// The stream in these chunks, and the rest of it in one.
void check_stream(const bytes& stream, std::vector<chunk> chunks, tally& counted) {
    ++counted.runs;
    framer real;
    framer_model model;
    chunks.push_back({stream.size() + 1});
    auto begin = stream.begin();
    for (const chunk& one : chunks) {
        const auto end =
            begin + std::min(std::ssize(stream) - (begin - stream.begin()), static_cast<std::ptrdiff_t>(one.size));
        if (!feed_both(real, model, bytes(begin, end), one, counted)) break;
        begin = end;
    }
    RC_ASSERT(next_of(real) == model.next());  // a refused stream stays refused, an ended one gives no more
}

bytes joined(const std::vector<some_frame>& frames) {
    bytes stream;
    for (const some_frame& one : frames) stream.insert(stream.end(), one.data.begin(), one.data.end());
    return stream;
}

}  // namespace

TEST_CASE("any stream of frames, cut into any chunks, under limits that change, comes out as from a naive framer") {
    tally counted;
    const auto property = [&counted] {
        const auto frames = *sequence_of(8, any_frame()).as("frames");
        check_stream(joined(frames), *sequence_of(30, any_chunk()).as("chunks"), counted);
    };
    REQUIRE(check_sequences("framer", property));
    if (counted.runs < 1000) return;
    CHECK(counted.frames > counted.runs);
    CHECK(counted.oversized > counted.runs / 20);
    CHECK(counted.refused == 0);
}

TEST_CASE("a stream that is broken at any bytes gives the frames before the break, then the error, in any chunks") {
    tally counted;
    const auto broken = [&counted] {
        bytes stream = joined(*sequence_of(6, any_frame()).as("frames"));
        for (const damage& one : *sequence_of(4, any_damage()).as("damage"))
            if (!stream.empty()) stream[one.at % stream.size()] = one.value;
        check_stream(stream, *sequence_of(30, any_chunk()).as("chunks"), counted);
    };
    REQUIRE(check_sequences("framer, broken stream", broken));
    const auto noise = [&counted] {
        const auto stream = *sequence_of(200, up_to(std::uint8_t{255})).as("bytes");
        check_stream(stream, *sequence_of(30, any_chunk()).as("chunks"), counted);
    };
    REQUIRE(check_sequences("framer, noise", noise));
    if (counted.runs < 1000) return;
    CHECK(counted.frames > counted.runs / 2);
    CHECK(counted.refused > counted.runs / 4);
}
