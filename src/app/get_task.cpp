// `get`: finds what is wanted, unless a result of the latest search names it, and downloads it (R11, R12).

#include "app/folder_look.hpp"
#include "app/task.hpp"

#include "mogshare/base/printable.hpp"
#include "mogshare/runtime/system.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace mogshare::app {

namespace {

/// After this long a result may name sources that have gone: it is searched for again (small print: old results).
constexpr duration result_age_max = std::chrono::seconds(60);
constexpr std::size_t number_digits_max = 4;
constexpr std::size_t short_content_digits = 8;
/// Each may be a search of its own, and all begin at once.
constexpr std::size_t wanted_max = 32;

failure<problem> misuse(std::string what, std::string hint) {
    return failure{problem{std::move(what), std::move(hint), problem::kind::usage}};
}

/// A result of a search, and what it is: that stays known when the search is no longer remembered.
struct place {
    core::search_ticket ticket = 0;
    std::size_t number = 0;
    content_id content{};
    std::uint64_t size = 0;
};

class get_task;

/// One of the things to get, on its way.
class fetch {
public:
    fetch(wanted_file wanted, desk& at, get_task& owner) : wanted_(std::move(wanted)), desk_(at), owner_(owner) {}

    void begin();
    void take(const core::output::search_over& news);
    void take(const core::output::get_refused& news);
    void take(const core::output::download_changed& news);
    /// Nobody waits for it any more. False: it has no download yet.
    bool leave();
    bool over() const { return over_.has_value(); }
    exit_code code() const { return over_.value_or(exit_code::done); }

private:
    void begin_numbered();
    void search(wire::query_kind kind, std::string text);
    void choose(const core::search_state& search);
    void ask_for(const core::search_state& search, std::size_t number);
    std::optional<std::string> own_copy() const;
    void look_first();
    void give_get();
    void here(const std::string& path);
    void fail(const problem& what);
    void end(exit_code code);

    wanted_file wanted_;
    desk& desk_;
    get_task& owner_;
    core::search_ticket searching_ = 0;
    std::optional<place> place_;
    std::unique_ptr<folder_look> look_;
    bool asked_ = false;            ///< the machine was told to get it
    core::download_id before_ = 0;  ///< the newest download when it was told
    core::download_id download_ = 0;
    std::optional<exit_code> over_;
};

class get_task final : public task {
public:
    get_task(wanted_files wanted, desk& at, done_handler done)
        : task(at, std::move(done)), unattended_(wanted.unattended) {
        for (wanted_file& each : wanted.list) all_.push_back(std::make_unique<fetch>(std::move(each), at, *this));
    }

    void begin() override {
        for (const auto& each : all_) each->begin();
    }
    void take(const runtime::any_news& news) override {
        const auto pass_on = [&](const auto& what) {
            for (const auto& each : all_)
                if (!each->over()) each->take(what);
        };
        if (const auto* over = std::get_if<core::output::search_over>(&news)) pass_on(*over);
        if (const auto* refused = std::get_if<core::output::get_refused>(&news)) pass_on(*refused);
        if (const auto* changed = std::get_if<core::output::download_changed>(&news)) pass_on(*changed);
    }
    bool leave() override {
        for (const auto& each : all_) each->leave();
        return over();
    }
    /// One of them has a download.
    void started(fetch& which) {
        if (unattended_) which.leave();
    }
    void one_over() {
        exit_code first = exit_code::done;
        for (const auto& each : all_) {
            if (!each->over()) return;
            if (first == exit_code::done) first = each->code();
        }
        finish(first);
    }

private:
    bool unattended_;
    std::vector<std::unique_ptr<fetch>> all_;
};

// ---- what is it? ----------------------------------------------------------------------------------------------------

void fetch::begin() {
    switch (wanted_.what) {
        case wanted_file::by::number: return begin_numbered();
        case wanted_file::by::content: return search(wire::query_kind::content, wanted_.text);
        case wanted_file::by::name: return search(wire::query_kind::exact, wanted_.text);
    }
}

void fetch::begin_numbered() {
    const core::search_state* const latest =
        desk_.latest_search ? desk_.peer().find_search(*desk_.latest_search) : nullptr;
    if (latest == nullptr || wanted_.number == 0 || wanted_.number > latest->results.size())
        return fail({fmt::format("there is no result {}", wanted_.number),
                     latest == nullptr ? "search first, for example 'search red bicycle'" : "'results' lists them",
                     problem::kind::not_found});
    if (const auto old = content_if_old(*latest, wanted_.number, runtime::now()))
        return search(wire::query_kind::content, to_hex(*old));
    ask_for(*latest, wanted_.number);
}

void fetch::search(wire::query_kind kind, std::string text) {
    searching_ = desk_.new_ticket();
    desk_.node.give(core::input::search{searching_, kind, std::move(text)});
}

void fetch::take(const core::output::search_over& news) {
    if (news.ticket != searching_) return;
    const core::search_state* const search = desk_.peer().find_search(searching_);
    if (search == nullptr) return fail({"that search is no longer remembered", "search again", problem::kind::failed});
    choose(*search);
}

void fetch::choose(const core::search_state& search) {
    std::vector<std::size_t> fitting;
    for (std::size_t at = 0; at < search.results.size(); ++at)
        if (!wanted_.beginning || to_hex(search.results[at].content).starts_with(*wanted_.beginning))
            fitting.push_back(at + 1);
    if (fitting.size() == 1) return ask_for(search, fitting.front());
    const std::string name =
        wanted_.what == wanted_file::by::number ? fmt::format("result {}", wanted_.number) : printable(wanted_.text);
    if (fitting.empty()) {
        const bool alone = search.neighbours_asked == 0;
        return fail({fmt::format("'{}' was not found", name),
                     alone ? "there was no peer to ask: enter a network with join HOST:PORT"
                           : "search by words to see what there is",
                     alone ? problem::kind::timeout : problem::kind::not_found});
    }
    desk_.latest_search = search.ticket;  // so that its numbers can be used
    desk_.out.data(desk_.show.results(search));
    fail({fmt::format("{} contents are called '{}'", fitting.size(), name),
          "choose one at the prompt by its number, or from the shell with --content and the beginning of its id",
          problem::kind::failed});
}

// ---- is it here? ----------------------------------------------------------------------------------------------------

void fetch::ask_for(const core::search_state& search, std::size_t number) {
    const core::found_content& result = search.results[number - 1];
    place_ = {search.ticket, number, result.content, result.size};
    if (const auto mine = own_copy()) return here(*mine);
    if (!desk_.hashed) return look_first();
    give_get();
}

std::optional<std::string> fetch::own_copy() const {
    for (const content::share* mine : desk_.peer().shares().with_content(place_->content))
        if (mine->size() == place_->size) return mine->path;
    return {};
}

void fetch::look_first() {
    look_ = std::make_unique<folder_look>(desk_.loop, desk_.paths.folder);
    look_->begin(place_->content, place_->size, [this](const std::optional<std::string>& path) {
        if (path) return here(*path);
        give_get();
    });
}

void fetch::here(const std::string& path) {
    desk_.out.data(desk_.show.here(place_->content, (desk_.paths.folder / path).string()));
    end(exit_code::done);
}

// ---- the download ---------------------------------------------------------------------------------------------------

void fetch::give_get() {
    asked_ = true;
    for (const core::download_state* each : desk_.peer().downloads()) before_ = std::max(before_, each->id);
    desk_.node.give(core::input::get{place_->ticket, place_->number});
}

void fetch::take(const core::output::get_refused& news) {
    if (!asked_ || news.ticket != place_->ticket || news.result != place_->number) return;
    if (const auto mine = own_copy()) return here(*mine);  // it has landed, or was put there, meanwhile
    fail(news.why);
}

void fetch::take(const core::output::download_changed& news) {
    const core::download_state* const state = desk_.peer().find_download(news.download);
    if (!asked_ || state == nullptr) return;
    const bool fits = state->content == place_->content && state->size == place_->size;
    if (download_ == 0 && state->id > before_ && fits) {
        download_ = news.download;
        if (!state->over()) owner_.started(*this);
    }
    if (news.download != download_ || !state->over() || over()) return;
    switch (state->phase) {
        case core::download_phase::done: return end(exit_code::done);
        case core::download_phase::failed: return end(exit_code_of(state->trouble.is));
        default: return end(exit_code::unfinished);
    }
}

bool fetch::leave() {
    if (over() || download_ == 0) return over();
    desk_.unattended.insert(download_);
    end(exit_code::done);
    return true;
}

void fetch::fail(const problem& what) {
    tell(desk_, what);
    end(exit_code_of(what.is));
}

void fetch::end(exit_code code) {
    if (over()) return;
    over_ = code;
    owner_.one_over();
}

// ---- arguments ------------------------------------------------------------------------------------------------------

bool all_of(std::string_view text, std::string_view characters) {
    return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

/// The content id of the only listed result that begins so.
std::optional<content_id> listed_content(std::string_view beginning, const core::search_state* latest) {
    std::optional<content_id> found;
    if (latest == nullptr) return found;
    for (const core::found_content& each : latest->results) {
        if (!to_hex(each.content).starts_with(beginning)) continue;
        if (found) return std::nullopt;
        found = each.content;
    }
    return found;
}

wanted_file parse_wanted(const std::string& text, const core::search_state* latest) {
    wanted_file wanted;
    wanted.text = text;
    if (text.size() <= number_digits_max && all_of(text, "0123456789")) {
        wanted.what = wanted_file::by::number;
        std::from_chars(text.data(), text.data() + text.size(), wanted.number);
        return wanted;
    }
    if (!all_of(text, "0123456789abcdefABCDEF") || text.size() < short_content_digits) return wanted;
    auto content = parse_id<content_id>(text);
    if (!content) content = listed_content(text, latest);
    if (!content) return wanted;
    wanted.what = wanted_file::by::content;
    wanted.text = to_hex(*content);
    return wanted;
}

}  // namespace

std::optional<content_id> content_if_old(const core::search_state& search, std::size_t number, time_point now) {
    const duration age = now - search.begun - search.lasted.value_or(duration::zero());
    if (age <= result_age_max) return std::nullopt;
    return search.results[number - 1].content;
}

result<wanted_files, problem> parse_get(argument_list given, const core::search_state* latest) {
    wanted_files wanted;
    if (!given.empty() && given.back() == "&") {
        wanted.unattended = true;
        given.pop_back();
    }
    const bool named = !given.empty() && given.front() == "--name";
    if (named) given.erase(given.begin());
    if (given.empty()) return misuse("get: what is wanted?", "a result's number, a content id or a name: 'get 1'");
    if (given.size() > wanted_max)
        return misuse(fmt::format("get: {} files at once are too many", given.size()),
                      fmt::format("at most {} names or numbers; more in another 'get'", wanted_max));
    for (const std::string& each : given) {
        if (!named && each.starts_with("--"))
            return misuse(fmt::format("get: unknown option '{}'", printable(each)),
                          "--name before a name that looks like an option");
        const wanted_file one = named ? wanted_file{wanted_file::by::name, 0, each, {}} : parse_wanted(each, latest);
        if (one.what == wanted_file::by::name) {
            if (auto fit = check_search({wire::query_kind::exact, one.text}); !fit) return failure{fit.error()};
        }
        wanted.list.push_back(one);
    }
    return wanted;
}

std::unique_ptr<task> make_get(wanted_files wanted, desk& at, task::done_handler done) {
    return std::make_unique<get_task>(std::move(wanted), at, std::move(done));
}

}  // namespace mogshare::app
