#include "trace/input_rules.hpp"

#include "mogshare/content/names.hpp"

#include <algorithm>
#include <cmath>

namespace mogshare::trace {

namespace {

constexpr const char* not_asked = "nobody asked for that work, or it has been answered before";

const char* wrong_file(const content::share& file) {
    if (file.layer == nullptr) return "the file has no piece hashes";
    if (content::check_name(file.path)) return "no file of that name is shared";
    if (file.size() > limits::file_bytes_max) return "no file is as large as that";
    const std::uint64_t pieces = content::piece_count(file.size());
    return file.layer->size() == (pieces > 1 ? pieces : 0) ? nullptr : "the piece hashes are not as many as the pieces";
}

bool has_no_number(const core::table& from) {
    return std::any_of(from.rows.begin(), from.rows.end(), [](const auto& row) { return std::isnan(row.score); });
}

}  // namespace

const char* input_rules::why_not(const beginning& from) {
    if (from.origin.time_since_epoch() < duration::zero() || from.origin.time_since_epoch() > longest)
        return "its times begin where no clock is";
    return core::check(from.chosen) ? "its settings are none that a peer can have" : nullptr;
}

const char* input_rules::take(const core::any_input& in) {
    return std::visit([this](const auto& each) { return check(each); }, in);
}

void input_rules::give(const core::any_output& out) {
    std::visit([this](const auto& each) { note(each); }, out);
}

// ---- life and commands ------------------------------------------------------------------------------------------------

const char* input_rules::check(const core::input::start& in) {
    if (std::exchange(started_, true)) return "the peer has started before";
    const bool bad = has_no_number(in.saved.primary) || has_no_number(in.saved.secondary);
    return bad ? "a score is not a number" : nullptr;
}

const char* input_rules::check(const core::input::search& in) {
    if (!tickets_.insert(in.ticket).second) return "there was a search with that ticket before";
    if (in.text.empty() || in.text.size() > limits::name_bytes_max) return "the text is empty or too long";
    const bool no_id = in.kind == wire::query_kind::content && !parse_id<content_id>(in.text);
    return no_id ? "the text is no content id" : nullptr;
}

const char* input_rules::check(const core::input::reconfigure& in) {
    return core::check(in.changed) ? "the settings are none that a peer can have" : nullptr;
}

// ---- connections ------------------------------------------------------------------------------------------------------

const char* input_rules::check(const core::input::accepted& in) {
    if (in.conn == 0 || in.conn % 2 != 0) return "connections that are accepted have even numbers";
    if (!accepted_.insert(in.conn).second) return "there was a connection with that number before";
    live_[in.conn].stands = true;
    return nullptr;
}

const char* input_rules::check(const core::input::connected& in) {
    const auto found = live_.find(in.conn);
    if (found == live_.end()) return nullptr;
    return std::exchange(found->second.stands, true) ? "that connection stands already" : nullptr;
}

const char* input_rules::check(const core::input::secured& in) {
    if (const char* const wrong = check_stands(in.conn)) return wrong;
    const auto found = live_.find(in.conn);
    if (found == live_.end()) return nullptr;
    return std::exchange(found->second.secured, true) ? "that connection is secured already" : nullptr;
}

const char* input_rules::check(const core::input::received& in) {
    const auto found = live_.find(in.conn);
    return found == live_.end() || found->second.secured ? nullptr : "that connection is not secured yet";
}

const char* input_rules::check(const core::input::dial_failed& in) {
    const auto found = live_.find(in.conn);
    if (found == live_.end()) return nullptr;
    if (found->second.stands) return "that connection stands already";
    live_.erase(found);
    return nullptr;
}

const char* input_rules::check_stands(core::conn_id conn) const {
    const auto found = live_.find(conn);
    return found == live_.end() || found->second.stands ? nullptr : "that connection does not stand yet";
}

const char* input_rules::check(const core::input::sent& in) {
    if (const char* const wrong = check_stands(in.conn)) return wrong;
    const auto found = live_.find(in.conn);
    if (found == live_.end()) return nullptr;
    if (in.count_bytes > found->second.unsent_bytes) return "more has left than was given out";
    found->second.unsent_bytes -= in.count_bytes;
    return nullptr;
}

const char* input_rules::check(const core::input::closed& in) {
    if (const char* const wrong = check_stands(in.conn)) return wrong;
    live_.erase(in.conn);
    return nullptr;
}

void input_rules::note(const core::output::send& out) {
    const auto found = live_.find(out.conn);
    if (found != live_.end()) found->second.unsent_bytes += out.data.size();
}

// ---- files and work ---------------------------------------------------------------------------------------------------

const char* input_rules::check(const core::input::share_found& in) {
    return wrong_file(in.file);
}

const char* input_rules::check(const core::input::range_read& in) {
    const auto asked = reading_.extract(in.job);
    if (asked.empty()) return not_asked;
    return in.data && in.data->size() != asked.mapped() ? "not as many bytes as were to be read" : nullptr;
}

const char* input_rules::check(const core::input::range_proven& in) {
    const auto asked = proving_.extract(in.job);
    if (asked.empty()) return not_asked;
    if (!in.value) return nullptr;
    if (in.value->data.size() != asked.mapped()) return "not as many bytes as were to be read";
    return in.value->proof.size() > limits::proof_hashes_max ? "no proof is as long as that" : nullptr;
}

const char* input_rules::check(const core::input::partial_opened& in) {
    const auto asked = opening_.extract(in.download);
    if (asked.empty()) return not_asked;
    const bool fits =
        in.status != core::input::disk_status::ok || in.have.size() == content::piece_count(asked.mapped());
    return fits ? nullptr : "not as many pieces as the file has";
}

const char* input_rules::check(const core::input::piece_stored& in) {
    return storing_.erase({in.download, in.piece}) == 0 ? not_asked : nullptr;
}

const char* input_rules::check(const core::input::download_landed& in) {
    if (finishing_.erase(in.download) == 0) return not_asked;
    return in.status == core::input::disk_status::ok ? wrong_file(in.file) : nullptr;
}

}  // namespace mogshare::trace
