// The peer, its tables, its files and its transfers, for people.

#include "app/text_views.hpp"

#include "mogshare/app/config.hpp"
#include "mogshare/base/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace mogshare::app {

namespace {

constexpr std::size_t shown_path_bytes = 2048;
constexpr std::size_t shown_problem_bytes = 8192;  // holds several paths

std::string id_line(const peer_id& id) {
    return fmt::format("id      {}  ({})", to_hex(id), short_hex(id));
}

std::string link_state(const core::table_row& row, const peers_view& about) {
    for (const core::link_view& link : about.links)
        if (link.peer == row.id) return link.ready ? "linked" : "dialling";
    if (row.quiet_until && *row.quiet_until > about.now) return "quiet " + duration_text(*row.quiet_until - about.now);
    return row.hearsay ? "hearsay" : "-";
}

std::string addresses_of(const core::table_row& row) {
    std::string text;
    for (const endpoint& each : row.addresses) text += (text.empty() ? "" : ", ") + to_string(each);
    return text;
}

void add_table(lines& out, std::string_view name, const core::table& which, const peers_view& about, bool primary) {
    out.push_back(fmt::format("{} table: {} of {} rows", name, which.rows.size(), which.capacity));
    if (which.rows.empty()) return;
    std::vector<text_table::column> columns{{"peer"}, {"score", align::right}, {"state"}, {"address"}};
    if (primary) columns.insert(columns.end() - 1, {"by score"});  // only those rows may change places
    text_table table(columns);
    for (const core::table_row& row : which.rows) {
        std::vector<std::string> cells{short_hex(row.id), fmt::format("{:.2f}", row.score), link_state(row, about),
                                       addresses_of(row)};
        if (primary) cells.insert(cells.end() - 1, row.exchangeable ? "yes" : "");
        table.add(std::move(cells));
    }
    for (std::string& line : table.set(2)) out.push_back(std::move(line));
}

std::string share_of(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0) return "100%";
    return fmt::format("{}%", static_cast<unsigned>(static_cast<double>(part) * 100 / static_cast<double>(whole)));
}

std::string source_cell(const core::download_state& of) {
    return of.current < of.sources.size() ? to_string(of.sources[of.current].where) : "-";
}

}  // namespace

std::string_view name_of(core::download_phase phase) {
    switch (phase) {
        case core::download_phase::waiting: return "waiting";
        case core::download_phase::connecting: return "connecting";
        case core::download_phase::preparing: return "preparing";
        case core::download_phase::fetching: return "fetching";
        case core::download_phase::finishing: return "finishing";
        case core::download_phase::done: return "done";
        case core::download_phase::failed: return "failed";
        case core::download_phase::cancelled: return "cancelled";
    }
    return "";
}

double average_rate(const core::download_state& of, time_point now) {
    const time_point end = of.ended.value_or(now);
    return end <= of.begun ? 0 : static_cast<double>(of.received_bytes + of.pinged_bytes) / to_seconds(end - of.begun);
}

std::string progress_line(const core::download_state& of, double rate_bytes_per_s, std::size_t others) {
    std::string text = fmt::format("{}  {}  {} of {}", printable(of.name, 60), share_of(of.verified_bytes, of.size),
                                   size_text(of.verified_bytes), size_text(of.size));
    if (of.phase != core::download_phase::fetching) {
        text += fmt::format("  {}", name_of(of.phase));
    } else if (rate_bytes_per_s > 0) {
        const double left_s = static_cast<double>(of.size - of.verified_bytes) / rate_bytes_per_s;
        text += "  " + rate_text(rate_bytes_per_s);
        if (left_s < 1e6)
            text += fmt::format("  {} left",
                                duration_text(std::chrono::nanoseconds(static_cast<std::int64_t>(left_s * 1e9))));
    }
    text += "  from " + source_cell(of);
    return others == 0 ? text : text + fmt::format("  (and {} more)", others);
}

lines two_lines(const problem& what) {
    // Whatever it names, and whoever chose that name: here it becomes harmless. What is so already stays as it is.
    assert(!what.hint.empty());
    return {"error: " + printable(what.what, shown_problem_bytes),
            "hint: " + printable(what.hint, shown_problem_bytes)};
}

lines text_view::ready(const ready_view& about) const {
    return {fmt::format("ready port={} id={} home={}", about.port, to_hex(about.id),
                        printable(about.home, shown_path_bytes))};
}

lines text_view::status(const status_view& about) const {
    return {
        id_line(about.id),
        fmt::format("port    {}", about.port),
        fmt::format("network {}", printable(about.network, shown_path_bytes)),
        fmt::format("home    {}", printable(about.home, shown_path_bytes)),
        fmt::format("folder  {}, {}, {}", printable(about.folder, shown_path_bytes),
                    count_text(about.shares, "file", "files"), size_text(about.shared_bytes)),
        fmt::format("peers   {} primary, {} secondary, {}", about.primary, about.secondary,
                    count_text(about.links, "link", "links")),
        fmt::format("busy    {}, {}", count_text(about.downloads, "download", "downloads"),
                    count_text(about.uploads, "upload", "uploads")),
    };
}

lines text_view::home_status(const home_view& about) const {
    return {
        about.id ? id_line(*about.id) : "id      none yet: the first start makes it",
        about.running_port ? fmt::format("port    {}", *about.running_port) : "port    no peer is running here",
        fmt::format("network {}", printable(about.network, shown_path_bytes)),
        fmt::format("home    {}", printable(about.home, shown_path_bytes)),
        fmt::format("folder  {}", printable(about.folder, shown_path_bytes)),
    };
}

lines text_view::failed(const problem&, exit_code) const {
    return {};  // it stands on stderr, in two lines
}

lines text_view::begun(const core::download_state& of) const {
    return {fmt::format("download {}: {}, {}", of.id, printable(of.name), size_text(of.size))};
}

lines text_view::source_failed(const core::download_state& of, std::size_t source) const {
    const core::source& gone = of.sources[source];
    return {fmt::format("download {}: gave up {} at {}: {}", of.id, short_hex(gone.peer), to_string(gone.where),
                        printable(gone.failed))};
}

lines text_view::cancelled(const core::download_state& of) const {
    return {fmt::format("download {}: cancelled; {} of {} are kept", of.id, size_text(of.verified_bytes),
                        size_text(of.size))};
}

lines text_view::landed(const core::download_state& of, const std::string& folder) const {
    std::string text =
        fmt::format("done: {}/{}, {}", printable(folder, shown_path_bytes), printable(of.name), size_text(of.size));
    if (of.ended) text += " in " + duration_text(*of.ended - of.begun);
    const double rate = average_rate(of, of.ended.value_or(of.begun));
    if (rate > 0) text += fmt::format(" ({})", rate_text(rate));
    if (of.current < of.sources.size())
        text += fmt::format(" from {} at {}", short_hex(of.sources[of.current].peer), source_cell(of));
    return {text + ", verified"};
}

lines text_view::here(const content_id& content, const std::string& path) const {
    return {fmt::format("already here: {} (content {})", printable(path, shown_path_bytes), short_hex(content))};
}

lines text_view::transfers(const transfers_view& about) const {
    text_table table({{"#", align::right},
                      {"state"},
                      {"done", align::right},
                      {"size", align::right},
                      {"rate", align::right},
                      {"source"},
                      {"name"}});
    for (const core::download_state* each : about.downloads) {
        const double rate = average_rate(*each, about.now);
        table.add({fmt::format("{}", each->id), std::string(name_of(each->phase)),
                   share_of(each->verified_bytes, each->size), size_text(each->size), rate > 0 ? rate_text(rate) : "-",
                   source_cell(*each), printable(each->name)});
    }
    lines out = table.empty() ? lines{"no downloads"} : table.set();
    out.push_back("serving " + count_text(about.uploads, "upload", "uploads"));
    return out;
}

lines text_view::peers(const peers_view& about) const {
    lines out;
    add_table(out, "primary", about.both.primary, about, true);
    add_table(out, "secondary", about.both.secondary, about, false);
    return out;
}

lines text_view::shares(const content::catalog& all) const {
    text_table table({{"size", align::right}, {"content"}, {"name"}});
    for (const content::share* each : all.all())
        table.add({size_text(each->size()), short_hex(each->content), printable(each->path)});
    lines out = table.empty() ? lines{} : table.set();
    out.push_back(fmt::format("{}, {}", count_text(all.size(), "file", "files"), size_text(all.total_bytes())));
    return out;
}

lines text_view::scanned(const scan_view& about) const {
    lines out;
    for (const std::string& each : about.skipped) out.push_back("not shared: " + printable(each, shown_path_bytes));
    out.push_back(fmt::format("{} added, {} changed, {} removed, {} as before; {} hashed", about.added, about.changed,
                              about.removed, about.unchanged, size_text(about.hashed_bytes)));
    return out;
}

lines text_view::stats(const core::counters& counts) const {
    text_table table({{"counter"}, {"value", align::right}});
    for (const auto& [name, value] : counts.named()) table.add({std::string(name), fmt::format("{}", value)});
    return table.set();
}

lines text_view::settings(const std::vector<setting_view>& all) const {
    text_table table({{"key"}, {"value", align::right}, {"unit"}, {""}});
    for (const setting_view& each : all) table.add({each.key, each.value, each.unit, each.help});
    return table.set();
}

lines text_view::file_id(const content_id& content, std::uint64_t, const std::string& path) const {
    return {to_hex(content) + "  " + path};  // the user's own words, as sha256sum has them
}

lines text_view::network_founded(const std::string& path) const {
    const std::string shown = printable(path, shown_path_bytes);
    return {"made " + shown + ", the key of a new private network: who has a copy is a member",
            "next: copy it to each member by a way that nobody else can read, chmod 600 it there,",
            "and in each member's configuration ('mogshare config path' says where that is), under [network],",
            "in place of the key_file that may be there, put:", "  key_file = " + toml_text(path)};
}

lines text_view::replayed(const trace::verdict& of) const {
    const std::string how_much = fmt::format("{} inputs in {} steps, {} of {}", of.inputs, of.steps,
                                             duration_text(of.lasted), printable(of.program));
    if (of.differs) {
        const trace::difference& at = *of.differs;
        return {"replayed " + how_much, fmt::format("step {} ({}, at {}) gave other outputs: {}; recorded were {}",
                                                    at.step, at.taken, duration_text(at.after), at.given, at.recorded)};
    }
    return {"replayed " + how_much + (of.full ? ", where the recording was full" : "") + ": same outputs"};
}

lines text_view::help(std::span<const command> about) const {
    return about.size() == 1 ? help_lines(about.front()) : help_lines();
}

std::unique_ptr<views> text_views() {
    return std::make_unique<text_view>();
}

}  // namespace mogshare::app
