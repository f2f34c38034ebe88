// The views for programs. The only unit of this layer that includes nlohmann's JSON, which is slow to compile.
// Numbers carry their unit in their name. Fields may be added; none changes its meaning while "v" is 1.

#include "mogshare/app/views.hpp"

#include "mogshare/core/election.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace mogshare::app {

namespace {

using json = nlohmann::ordered_json;

json event(std::string_view name) {
    return {{"v", 1}, {"event", name}};
}

/// One line, pure ASCII: bytes that are not UTF-8 become U+FFFD, and nothing in it can move a terminal's cursor.
std::string line_of(const json& object) {
    return object.dump(-1, ' ', true, json::error_handler_t::replace);
}

lines one(const json& object) {
    return {line_of(object)};
}

double in_ms(duration time) {
    return to_seconds(time) * 1e3;
}

std::string_view kind_name(wire::query_kind kind) {
    switch (kind) {
        case wire::query_kind::exact: return "exact";
        case wire::query_kind::words: return "words";
        case wire::query_kind::content: return "content";
    }
    return "";
}

std::string_view ping_name(core::ping_state state) {
    switch (state) {
        case core::ping_state::none: return "none";
        case core::ping_state::queued: return "queued";
        case core::ping_state::running: return "running";
        case core::ping_state::done: return "done";
        case core::ping_state::failed: return "failed";
    }
    return "";
}

/// What is known about an answer, in `answer`, `ping` and `candidate`.
void add_answer(json& to, const core::answer& from) {
    to["peer"] = to_hex(from.peer);
    to["address"] = to_string(from.where);
    to["level"] = from.level;
    to["after_ms"] = in_ms(from.after);
    to["round_trip_ms"] = in_ms(from.round_trip);
    to["slots_free"] = from.slots_free;
    to["queue"] = from.queue;
    to["ping"] = ping_name(from.ping);
    if (!from.ranked()) return;
    to["ping_ms"] = in_ms(from.ping_time);
    to["ping_bytes"] = from.ping_bytes;
    to["rate_bytes_per_s"] = from.rate_bytes_per_s;
}

json download_event(const core::download_state& of, std::string_view state) {
    json object = event("download");
    object["download"] = of.id;
    object["state"] = state;
    object["name"] = of.name;
    object["content"] = to_hex(of.content);
    object["size"] = of.size;
    object["verified_bytes"] = of.verified_bytes;
    object["received_bytes"] = of.received_bytes;
    object["pinged_bytes"] = of.pinged_bytes;
    if (of.current < of.sources.size()) {
        object["source"] = to_hex(of.sources[of.current].peer);
        object["address"] = to_string(of.sources[of.current].where);
    }
    if (of.ended) {
        object["seconds"] = to_seconds(*of.ended - of.begun);
        object["bytes_per_s"] = average_rate(of, *of.ended);
    }
    return object;
}

class json_view final : public views {
public:
    lines ready(const ready_view& about) const override {
        json object = event("ready");
        object["port"] = about.port;
        object["id"] = to_hex(about.id);
        object["home"] = about.home;
        return one(object);
    }

    lines status(const status_view& about) const override {
        json object = event("status");
        object["id"] = to_hex(about.id);
        object["port"] = about.port;
        object["network"] = about.network;
        object["home"] = about.home;
        object["folder"] = about.folder;
        object["primary"] = about.primary;
        object["secondary"] = about.secondary;
        object["links"] = about.links;
        object["shares"] = about.shares;
        object["shared_bytes"] = about.shared_bytes;
        object["uploads"] = about.uploads;
        object["downloads"] = about.downloads;
        return one(object);
    }

    lines home_status(const home_view& about) const override {
        json object = event("home");
        object["id"] = about.id ? json(to_hex(*about.id)) : json();
        object["running"] = about.running_port.has_value();
        if (about.running_port) object["port"] = *about.running_port;
        object["network"] = about.network;
        object["home"] = about.home;
        object["folder"] = about.folder;
        return one(object);
    }

    lines failed(const problem& what, exit_code code) const override {
        json object = event("error");
        object["error"] = what.what;
        object["hint"] = what.hint;
        object["code"] = static_cast<int>(code);
        return one(object);
    }

    lines answer(const core::search_state& of, std::size_t index) const override {
        const core::answer& from = of.answers[index];
        json object = event("answer");
        object["query"] = to_hex(of.id);
        add_answer(object, from);
        object["files"] = json::array();
        for (const wire::entry& file : from.entries)
            object["files"].push_back({{"result", number_of(of, file)},
                                       {"name", file.name},
                                       {"size", file.size},
                                       {"content", to_hex(file.content)}});
        return one(object);
    }

    lines pinged(const core::search_state& of, std::size_t index) const override {
        json object = event("ping");
        object["query"] = to_hex(of.id);
        add_answer(object, of.answers[index]);
        return one(object);
    }

    lines results(const core::search_state& of) const override {
        lines out;
        for (std::size_t at = 0; at < of.results.size(); ++at) {
            const core::found_content& from = of.results[at];
            json object = event("result");
            object["result"] = at + 1;
            object["content"] = to_hex(from.content);
            object["size"] = from.size;
            object["names"] = from.names;
            object["here"] = from.here;
            object["sources"] = from.answers.size();
            double best = 0;
            for (const std::size_t index : from.answers) best = std::max(best, of.answers[index].rate_bytes_per_s);
            object["best_rate_bytes_per_s"] = best;
            out.push_back(line_of(object));
        }
        return out;
    }

    lines reach(const core::search_state& of) const override {
        json object = event("search");
        object["query"] = to_hex(of.id);
        object["kind"] = kind_name(of.kind);
        object["text"] = of.text;
        object["neighbours_asked"] = of.neighbours_asked;
        object["answers"] = of.answers.size();
        object["farthest_level"] = of.farthest_level();
        object["results"] = of.results.size();
        object["over"] = of.over();
        if (of.lasted) object["lasted_ms"] = in_ms(*of.lasted);
        return one(object);
    }

    lines why(const core::search_state& of, std::size_t number, core::election_reading reading) const override {
        const core::found_content& result = of.results[number - 1];
        const auto order = core::elect(of.answers, result.answers, reading);
        lines out;
        for (std::size_t place = 0; place < order.size(); ++place) {
            json object = event("candidate");
            object["result"] = number;
            object["content"] = to_hex(result.content);
            object["place"] = place + 1;
            object["elected"] = place == 0;
            object["rule"] = reading == core::election_reading::highest ? "highest-rate" : "lowest-rate";
            add_answer(object, of.answers[order[place]]);
            out.push_back(line_of(object));
        }
        return out;
    }

    lines begun(const core::download_state& of) const override { return one(download_event(of, "begun")); }

    lines source_failed(const core::download_state& of, std::size_t source) const override {
        json object = download_event(of, "source_failed");
        object["source"] = to_hex(of.sources[source].peer);
        object["address"] = to_string(of.sources[source].where);
        object["reason"] = of.sources[source].failed;
        return one(object);
    }

    lines cancelled(const core::download_state& of) const override { return one(download_event(of, "cancelled")); }

    lines landed(const core::download_state& of, const std::string& folder) const override {
        json object = download_event(of, "done");
        object["path"] = folder + "/" + of.name;
        return one(object);
    }

    lines here(const content_id& content, const std::string& path) const override {
        json object = event("download");
        object["state"] = "here";
        object["content"] = to_hex(content);
        object["path"] = path;
        return one(object);
    }

    lines transfers(const transfers_view& about) const override {
        lines out;
        for (const core::download_state* each : about.downloads) {
            json object = download_event(*each, name_of(each->phase));
            object["bytes_per_s"] = average_rate(*each, about.now);
            out.push_back(line_of(object));
        }
        json object = event("uploads");
        object["uploads"] = about.uploads;
        out.push_back(line_of(object));
        return out;
    }

    lines peers(const peers_view& about) const override {
        lines out;
        add_peers(out, about, about.both.primary, "primary");
        add_peers(out, about, about.both.secondary, "secondary");
        return out;
    }

    lines shares(const content::catalog& all) const override {
        lines out;
        for (const content::share* each : all.all()) {
            json object = event("share");
            object["path"] = each->path;
            object["size"] = each->size();
            object["content"] = to_hex(each->content);
            out.push_back(line_of(object));
        }
        return out;
    }

    lines scanned(const scan_view& about) const override {
        json object = event("scan");
        object["added"] = about.added;
        object["changed"] = about.changed;
        object["removed"] = about.removed;
        object["unchanged"] = about.unchanged;
        object["hashed_bytes"] = about.hashed_bytes;
        object["skipped"] = about.skipped;
        return one(object);
    }

    lines stats(const core::counters& counts) const override {
        json object = event("stats");
        for (const auto& [name, value] : counts.named()) object[std::string(name)] = value;
        return one(object);
    }

    lines settings(const std::vector<setting_view>& all) const override {
        lines out;
        for (const setting_view& each : all) {
            json object = event("setting");
            object["key"] = each.key;
            object["value"] = each.value;
            object["unit"] = each.unit;
            out.push_back(line_of(object));
        }
        return out;
    }

    lines file_id(const content_id& content, std::uint64_t size_bytes, const std::string& path) const override {
        json object = event("id");
        object["content"] = to_hex(content);
        object["size"] = size_bytes;
        object["path"] = path;
        return one(object);
    }

    lines network_founded(const std::string& path) const override {
        json object = event("network_founded");
        object["key_file"] = path;
        return one(object);
    }
    lines replayed(const trace::verdict& of) const override {
        json object = event("replay");
        object["program"] = of.program;
        object["inputs"] = of.inputs;
        object["steps"] = of.steps;
        object["seconds"] = to_seconds(of.lasted);
        object["full"] = of.full;
        object["same"] = !of.differs;
        if (of.differs) {
            object["step"] = of.differs->step;
            object["taken"] = of.differs->taken;
            object["after_seconds"] = to_seconds(of.differs->after);
            object["outputs"] = of.differs->given;
            object["outputs_recorded"] = of.differs->recorded;
        }
        return one(object);
    }

    lines help(std::span<const command> about) const override {
        lines out;
        for (const command& each : about) {
            json object = event("command");
            object["name"] = each.name;
            object["arguments"] = each.arguments;
            object["summary"] = each.summary;
            object["details"] = each.details;
            object["example"] = each.example;
            out.push_back(line_of(object));
        }
        return out;
    }

private:
    static void add_peers(lines& out, const peers_view& about, const core::table& which, std::string_view table) {
        for (const core::table_row& row : which.rows) {
            const auto link = std::find_if(about.links.begin(), about.links.end(),
                                           [&](const core::link_view& each) { return each.peer == row.id; });
            json object = event("peer");
            object["table"] = table;
            object["id"] = to_hex(row.id);
            object["addresses"] = json::array();
            for (const endpoint& each : row.addresses) object["addresses"].push_back(to_string(each));
            object["score"] = row.score;
            object["linked"] = link != about.links.end() && link->ready;
            object["exchangeable"] = row.exchangeable;
            object["failures"] = row.failures;
            object["hearsay"] = row.hearsay;
            if (!row.told_by.is_zero()) object["told_by"] = to_hex(row.told_by);
            if (row.quiet_until && *row.quiet_until > about.now)
                object["quiet_ms"] = in_ms(*row.quiet_until - about.now);
            out.push_back(line_of(object));
        }
    }
};

}  // namespace

std::unique_ptr<views> json_views() {
    return std::make_unique<json_view>();
}

}  // namespace mogshare::app
