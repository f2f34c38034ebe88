// `search`: answers as they come, then the results and how far it went.

#include "app/task.hpp"

#include "mogshare/base/limits.hpp"
#include "mogshare/base/printable.hpp"
#include "mogshare/content/names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mogshare::app {

namespace {

failure<problem> misuse(std::string what, std::string hint) {
    return failure{problem{std::move(what), std::move(hint), problem::kind::usage}};
}

/// Nobody answered: was there anybody to ask?
problem nothing_found(const core::search_state& search, const core::peer& peer) {
    if (ready_links(peer) == 0)
        return {fmt::format("nothing found for '{}': no other peer could be asked", printable(search.text)),
                "enter a network with 'join HOST:PORT' or the option --join HOST:PORT", problem::kind::timeout};
    return {fmt::format("nothing found for '{}' within {} hops", printable(search.text), peer.chosen().depth),
            search.kind == wire::query_kind::exact ? "a search by words finds parts of a name, too"
                                                   : "try fewer words, or parts of them",
            problem::kind::not_found};
}

class search_task final : public task {
public:
    search_task(wanted_search wanted, desk& at, done_handler done)
        : task(at, std::move(done)), wanted_(std::move(wanted)) {}

    void begin() override {
        ticket_ = desk_.new_ticket();
        desk_.latest_search = ticket_;
        desk_.node.give(core::input::search{ticket_, wanted_.kind, wanted_.text});
    }

    void take(const runtime::any_news& news) override {
        if (const auto* came = std::get_if<core::output::answered>(&news); came && came->ticket == ticket_)
            show_answer(came->answer);
        if (const auto* over = std::get_if<core::output::search_over>(&news); over && over->ticket == ticket_)
            show_results();
    }

private:
    void show_answer(std::size_t index) {
        const core::search_state* const found = desk_.peer().find_search(ticket_);
        if (found == nullptr) return;
        const core::search_state& search = *found;
        if (index >= shown_) {
            shown_ = index + 1;
            desk_.out.data(desk_.show.answer(search, index));
        } else {
            desk_.out.data(desk_.show.pinged(search, index));
        }
    }

    void show_results() {
        const core::search_state* const found = desk_.peer().find_search(ticket_);
        if (found == nullptr)  // pushed out by many others that run at once
            return fail({"that search is no longer remembered", "search again", problem::kind::failed});
        const core::search_state& search = *found;
        desk_.out.data(desk_.show.results(search));
        desk_.out.data(desk_.show.reach(search));
        if (search.results.empty()) return fail(nothing_found(search, desk_.peer()));
        finish();
    }

    wanted_search wanted_;
    core::search_ticket ticket_ = 0;
    std::size_t shown_ = 0;
};

}  // namespace

result<wanted_search, problem> check_search(wanted_search wanted) {
    if (wanted.text.size() > limits::name_bytes_max)
        return misuse("search: that is longer than any name", fmt::format("at most {} bytes", limits::name_bytes_max));
    if (!content::normalised(wanted.text))
        return misuse("search: that is not UTF-8", "names are UTF-8; check the terminal's encoding");
    if (wanted.kind == wire::query_kind::content) {
        const auto id = parse_id<content_id>(wanted.text);
        if (!id)
            return misuse(fmt::format("search: '{}' is not a content id", printable(wanted.text)),
                          "64 hex digits, as 'mogshare id FILE' shows them");
        wanted.text = to_hex(*id);
    }
    const bool nothing =
        wanted.kind == wire::query_kind::words ? content::words_of(wanted.text).empty() : wanted.text.empty();
    if (nothing) return misuse("search: nothing to search for", "for example 'search red bicycle'");
    return wanted;
}

result<wanted_search, problem> parse_search(const argument_list& given) {
    wanted_search wanted;
    std::size_t first = 0;
    if (!given.empty() && given.front().starts_with("--")) {
        first = 1;
        if (given.front() == "--exact") {
            wanted.kind = wire::query_kind::exact;
        } else if (given.front() == "--id") {
            wanted.kind = wire::query_kind::content;
        } else if (given.front() != "--") {
            return misuse(fmt::format("search: unknown option '{}'", printable(given.front())),
                          "--exact NAME, --id HEX, or -- before words that begin with a dash");
        }
    }
    for (std::size_t at = first; at < given.size(); ++at) wanted.text += (at > first ? " " : "") + given[at];
    return check_search(std::move(wanted));
}

std::unique_ptr<task> make_search(wanted_search wanted, desk& at, task::done_handler done) {
    return std::make_unique<search_task>(std::move(wanted), at, std::move(done));
}

}  // namespace mogshare::app
