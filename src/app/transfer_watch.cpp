#include "app/transfer_watch.hpp"

#include "app/task.hpp"
#include "mogshare/runtime/system.hpp"

namespace mogshare::app {

namespace {

constexpr auto redraw_period = std::chrono::milliseconds(200);

}  // namespace

void transfer_watch::take(const core::output::download_changed& news) {
    const core::download_state* const state = desk_.peer().find_download(news.download);
    if (state == nullptr) return;
    const auto [at, added] = known_.try_emplace(state->id);
    seen& known = at->second;
    if (added) desk_.out.data(desk_.show.begun(*state));
    tell_sources(*state, known);
    if (state->over() && !known.over) {
        known.over = true;
        tell_end(*state);
    }
    if (!redrawing_ && desk_.out.shows_progress()) redraw();
}

void transfer_watch::tell_sources(const core::download_state& of, seen& known) {
    known.source_told.resize(of.sources.size());
    for (std::size_t at = 0; at < of.sources.size(); ++at) {
        if (of.sources[at].failed.empty() || known.source_told[at]) continue;
        known.source_told[at] = true;
        desk_.out.data(desk_.show.source_failed(of, at));
    }
}

void transfer_watch::tell_end(const core::download_state& of) {
    const bool unattended = desk_.unattended.erase(of.id) > 0;
    if (of.phase == core::download_phase::done)
        return desk_.out.data(desk_.show.landed(of, desk_.paths.folder.string()));
    if (of.phase == core::download_phase::failed) tell(desk_, of.trouble);
    if (of.phase == core::download_phase::cancelled) desk_.out.data(desk_.show.cancelled(of));
    if (unattended && of.phase == core::download_phase::failed && !desk_.unattended_failure)
        desk_.unattended_failure = exit_code_of(of.trouble.is);
}

void transfer_watch::redraw() {
    const core::download_state* first = nullptr;
    std::size_t others = 0;
    for (const core::download_state* each : desk_.peer().downloads()) {
        if (each->over() || !known_.contains(each->id)) continue;
        known_[each->id].meter.note(runtime::now(), each->received_bytes);
        if (first == nullptr) {
            first = each;
        } else {
            ++others;
        }
    }
    redrawing_ = first != nullptr;
    desk_.out.progress(first == nullptr ? ""
                                        : progress_line(*first, known_[first->id].meter.rate_bytes_per_s(), others));
    if (redrawing_) redraw_later();
}

void transfer_watch::redraw_later() {
    redraw_.expires_after(redraw_period);
    redraw_.async_wait(alive_.guard([this](const asio::error_code& error) {
        if (!error) redraw();
    }));
}

void transfer_watch::end() {
    redraw_.cancel();
    redrawing_ = true;  // nothing is drawn any more
    desk_.out.progress("");
}

}  // namespace mogshare::app
