#include "mogshare/trace/recording.hpp"

#include "mogshare/base/sha256.hpp"
#include "trace/archive.hpp"
#include "trace/records.hpp"

#include <array>
#include <utility>

namespace mogshare::trace {

namespace {

constexpr std::array<std::string_view, std::variant_size_v<core::any_input>> input_names{
    "start",           "stop",       "accepted",     "connected",      "secured",
    "dial_failed",     "received",   "sent",         "closed",         "share_found",
    "share_lost",      "range_read", "range_proven", "partial_opened", "piece_stored",
    "download_landed", "search",     "get",          "join",           "cancel_download",
    "reconfigure"};
constexpr std::array<std::string_view, std::variant_size_v<core::any_output>> output_names{
    "dial",        "send",           "hang_up",          "read_range",      "prove_range", "open_partial",
    "store_piece", "finish_partial", "close_partial",    "entered",         "alone",       "answered",
    "search_over", "get_refused",    "download_changed", "share_withdrawn", "notice",      "stopped"};
static_assert(!input_names.back().empty() && !output_names.back().empty(), "every kind has a name");

template <class T>
bytes packed(const T& value) {
    bytes out;
    packer(out).put(value);
    return out;
}

}  // namespace

bytes pack(const core::any_input& in) {
    return packed(in);
}

bytes pack(const core::any_output& out) {
    return packed(out);
}

std::optional<core::any_input> unpack(byte_view from) {
    unpacker source(from);
    core::any_input in;
    source.get(in);
    return source.complete() ? std::optional(std::move(in)) : std::nullopt;
}

std::string_view name_of(const core::any_input& in) {
    return input_names[in.index()];
}

std::string_view name_of(const core::any_output& out) {
    return output_names[out.index()];
}

void outcome::add(const core::any_output& out) {
    ++count;
    sum = sha256({sum.view(), pack(out)});
}

recorder::recorder(const beginning& from) : origin_(from.origin), pending_(opening()), check_(sha256(pending_)) {
    bytes body{static_cast<std::uint8_t>(record_kind::beginning)};
    packer(body).put(from);
    write(body);
}

void recorder::input(time_point at, const core::any_input& in) {
    close_step();
    bytes body{static_cast<std::uint8_t>(record_kind::input)};
    packer into(body);
    into.put(at - origin_);
    into.put(in);
    write(body);
}

void recorder::woken(time_point at) {
    close_step();
    bytes body{static_cast<std::uint8_t>(record_kind::time)};
    packer(body).put(at - origin_);
    write(body);
}

void recorder::end(ending why) {
    close_step();
    write({static_cast<std::uint8_t>(record_kind::end), static_cast<std::uint8_t>(why)});
}

void recorder::close_step() {
    const outcome done = std::exchange(latest_, {});
    if (done.count == 0) return;
    bytes body{static_cast<std::uint8_t>(record_kind::outputs)};
    packer into(body);
    into.put(done.count);
    into.put(done.sum);
    write(body);
}

void recorder::write(const bytes& body) {
    const auto length = length_of(body.size());
    check_ = sha256({check_.view(), length, body});
    pending_.insert(pending_.end(), length.begin(), length.end());
    pending_.insert(pending_.end(), body.begin(), body.end());
    const byte_view check = check_.view().first(check_bytes);
    pending_.insert(pending_.end(), check.begin(), check.end());
}

}  // namespace mogshare::trace
