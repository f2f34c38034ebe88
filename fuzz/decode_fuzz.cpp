// Bytes from the network. The first byte decides between two ways:
// a stream of any bytes in any chunks, whose frames must be those that a naive framer cuts, and what decodes must keep the protocol's
// limits, cost no more memory than a small multiple of its payload, and encode to a frame that decodes to the same again;
// or a message of any type and any values, which must come back as it was, with an extension too, and never when it is cut short or
// followed by anything.

#include "bytes/messages.hpp"
#include "bytes/reader.hpp"

#include "property/naive_framer.hpp"
#include "support/same_message.hpp"

#include "mogshare/wire/codec.hpp"
#include "mogshare/wire/framer.hpp"

#include <algorithm>
#include <array>

using namespace mogshare;
using namespace mogshare::fuzz;
using testing::same;

// Of ASan; in a build without it nothing is counted.
extern "C" __attribute__((weak)) int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*,
                                                                                        std::size_t),
                                                                               void (*)(const volatile void*));

namespace {

std::size_t allocated_bytes = 0;

void count_allocations() {
    [[maybe_unused]] static const bool once = [] {
        if (__sanitizer_install_malloc_and_free_hooks == nullptr) return false;
        const auto count = [](const volatile void*, std::size_t bytes) { allocated_bytes += bytes; };
        return __sanitizer_install_malloc_and_free_hooks(count, [](const volatile void*) {}) != 0;
    }();
}

// ---- the limits, once more and by themselves ---------------------------------------------------------------------------

bool fit(const wire::row& one) {
    const auto& at = one.addresses;
    const bool two_families = at.size() < 2 || at[0].address.is != at[1].address.is;
    return !at.empty() && at.size() <= 2 && two_families &&
           std::all_of(at.begin(), at.end(), [](const endpoint& each) { return each.address.known(); });
}
bool fit(const wire::entry& one) {
    return one.name.size() <= 1024 && one.size <= std::uint64_t{1} << 40 && one.held <= one.size;
}
bool fit(const wire::hello& m) {
    const bool foreign = m.version != wire::protocol_version;
    return foreign || (m.why >= wire::purpose::link && m.why <= wire::purpose::transfer);
}
bool fit(const wire::rows& m) {
    return m.list.size() <= 128 &&
           std::all_of(m.list.begin(), m.list.end(), [](const wire::row& each) { return fit(each); });
}
bool fit(const wire::pesquisa& m) {
    const bool known = m.kind >= wire::query_kind::exact && m.kind <= wire::query_kind::content;
    const bool id = m.kind != wire::query_kind::content || m.name.size() == 64;
    return known && id && m.level >= 1 && !m.name.empty() && m.name.size() <= 1024;
}
bool fit(const wire::existe& m) {
    return !m.entries.empty() && m.entries.size() <= 32 &&
           std::all_of(m.entries.begin(), m.entries.end(), [](const wire::entry& each) { return fit(each); });
}
bool fit(const wire::ping& m) {
    return m.offset % 16384 == 0 && m.offset <= std::uint64_t{1} << 40 && m.length >= 1 && m.length <= 1 << 20;
}
bool fit(const wire::pong& m) {
    return m.offset % 16384 == 0 && m.offset <= std::uint64_t{1} << 40 && m.proof.size() <= 128 &&
           m.data.size() <= 1 << 20 && m.file_bytes <= m.data.size();
}
bool fit(const wire::get_hashes& m) {
    return m.count >= 1 && m.count <= 4096 && std::uint64_t{m.first} + m.count <= 1 << 20;
}
bool fit(const wire::hashes& m) {
    return !m.list.empty() && m.list.size() <= 4096 && m.first + m.list.size() <= 1 << 20;
}
bool fit(const wire::request& m) {
    const std::uint64_t within = m.offset % (1 << 20);
    return m.offset <= std::uint64_t{1} << 40 && m.length >= 1 && within + m.length <= 1 << 20;
}
bool fit(const wire::piece& m) {
    return m.offset <= std::uint64_t{1} << 40 && !m.data.empty() && m.data.size() <= 65536;
}
bool fit(const wire::busy& m) {
    return m.why >= wire::busy_reason::slots && m.why <= wire::busy_reason::requests;
}
bool fit(const wire::bye& m) {
    return m.why >= wire::bye_reason::leaving && m.why <= wire::bye_reason::timeout && m.text.size() <= 256;
}
/// ENTRADA, CLAIM, NONCE, CANCEL, KEEPALIVE: any values.
template <class Other>
bool fit(const Other&) {
    return true;
}

// ---- any bytes ---------------------------------------------------------------------------------------------------------

void check_round_trip(const wire::message& m) {
    const bytes frame = wire::encode(m);
    const auto header = wire::decode_header(frame);
    require(header.ok() && header->payload_bytes + limits::frame_header_bytes == frame.size(),
            "a frame of another size");
    const auto again = wire::decode(header->type, byte_view(frame).subspan(limits::frame_header_bytes));
    require(again.ok() && same(*again, m) && wire::encode(*again) == frame, "a message that changes on its way");
}

void check_payload(wire::message_type type, byte_view payload) {
    const std::size_t before = allocated_bytes;
    const auto message = wire::decode(type, payload);
    require(allocated_bytes - before <= 8 * payload.size() + 256,
            "decoding takes more memory than its payload accounts for");
    if (!message.ok()) return require(!wire::name_of(message.error()).empty(), "a refusal without a name");
    require(wire::name_of(type) != "unknown", "a message without a name");
    require(wire::type_of(*message) == type, "a message of another type");
    require(std::visit([](const auto& each) { return fit(each); }, *message), "a message beyond the limits");
    const auto* hello = std::get_if<wire::hello>(&*message);
    if (hello == nullptr || hello->version == wire::protocol_version) check_round_trip(*message);
}

constexpr std::array<std::size_t, 4> payload_limits{limits::payload_bytes_max, limits::open_payload_bytes_max,
                                                    limits::greeting_payload_bytes_max, 40};

void check_stream(reader from) {
    wire::framer real;
    naive::framer_model model;
    const std::size_t limit = from.pick(payload_limits);
    real.limit_payloads(limit);
    model.limit_payloads(limit);
    const std::size_t chunk_bytes = std::size_t{from.byte()} + 1;
    while (!from.empty()) {
        const byte_view chunk = from.take(chunk_bytes);
        const bytes copied(chunk.begin(), chunk.end());  // in memory of its own: what is read beyond it is seen
        real.feed(copied);
        model.feed(copied);
        for (;;) {
            const auto wanted = model.next();
            const auto next = real.next();
            require(next.ok() == !wanted.error, "a stream refused that is right, or taken that is wrong");
            if (!next.ok()) {
                require(next.error() == *wanted.error, "a stream refused for another reason");
                require(!wire::name_of(next.error()).empty(), "a refusal without a name");
                return;
            }
            require(next->has_value() == wanted.frame.has_value(), "a frame too few or too many");
            if (!next->has_value()) break;
            const wire::frame& one = **next;
            require(one.type == wanted.frame->first && std::ranges::equal(one.payload, wanted.frame->second),
                    "another frame than was sent");
            check_payload(one.type, one.payload);
        }
        require(real.buffered_bytes() == model.waiting_bytes(), "more is kept than the frame that is not whole");
    }
}

// ---- any message -------------------------------------------------------------------------------------------------------

/// The frame with `extension` before its bulk data, and the lengths made right. Its fields end where `head_bytes` do.
bytes extended(const bytes& frame, std::size_t head_bytes, byte_view extension) {
    bytes made = frame;
    const std::size_t at = head_bytes - 2;
    made[at] = static_cast<std::uint8_t>(extension.size() >> 8);
    made[at + 1] = static_cast<std::uint8_t>(extension.size());
    made.insert(made.begin() + static_cast<std::ptrdiff_t>(head_bytes), extension.begin(), extension.end());
    const std::size_t payload_bytes = made.size() - limits::frame_header_bytes;
    for (std::size_t byte = 0; byte < 4; ++byte)
        made[byte] = static_cast<std::uint8_t>(payload_bytes >> (24 - 8 * byte));
    return made;
}

std::size_t head_bytes_of(const wire::message& m, const bytes& frame) {
    if (const auto* pong = std::get_if<wire::pong>(&m)) return wire::encode_head(*pong).size();
    if (const auto* piece = std::get_if<wire::piece>(&m)) return wire::encode_head(*piece).size();
    return frame.size();
}

/// The frame in two chunks: only with the last byte of it there is a frame to take.
void check_cut(const bytes& frame, std::size_t at) {
    const bytes begin(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(at));
    const bytes rest(frame.begin() + static_cast<std::ptrdiff_t>(at), frame.end());
    wire::framer real;
    real.feed(begin);
    const auto early = real.next();
    require(early.ok() && !early->has_value(), "a frame taken that is not whole");
    real.feed(rest);
    const auto whole = real.next();
    require(whole.ok() && whole->has_value(), "a frame that is whole and not taken");
    require(std::ranges::equal((*whole)->payload, byte_view(frame).subspan(limits::frame_header_bytes)),
            "a frame put together wrongly");
}

void check_message(reader from) {
    bytes data;
    const wire::message m = message_of(from, data);
    check_round_trip(m);
    const bytes frame = wire::encode(m);
    const wire::message_type type = wire::type_of(m);
    const byte_view payload = byte_view(frame).subspan(limits::frame_header_bytes);

    check_cut(frame, frame.size() - 1);
    check_cut(frame, from.below(frame.size()));

    const bytes longer = extended(frame, head_bytes_of(m, frame), from.some());
    const auto extended_again = wire::decode(type, byte_view(longer).subspan(limits::frame_header_bytes));
    require(extended_again.ok() && same(*extended_again, m), "an extension that is not passed over");

    const byte_view head = payload.first(from.below(payload.size() + 1));
    const bytes cut(head.begin(), head.end());
    require(cut.size() == payload.size() || !wire::decode(type, cut).ok(), "a message that was cut short is taken");

    bytes more(payload.begin(), payload.end());
    more.push_back(from.byte());
    require(!wire::decode(type, more).ok(), "a message that something follows is taken");

    more.pop_back();
    if (!more.empty()) more[from.below(more.size())] = from.byte();
    check_payload(type, more);
    check_payload(static_cast<wire::message_type>(1 + from.byte() % 17), payload);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    count_allocations();
    reader from(data, size);
    if (from.flag())
        check_message(from);
    else
        check_stream(from);
    return 0;
}
