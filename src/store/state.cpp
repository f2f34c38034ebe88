// The tables as JSON. A file is taken only if it is, byte for byte, what would be written for the
// values read from it: that covers the checksum, the version, the shapes, and whatever else could be wrong with it.
#include "mogshare/store/state.hpp"

#include "mogshare/base/limits.hpp"
#include "mogshare/base/sha256.hpp"
#include "store/errors.hpp"
#include "store/state_file.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace mogshare::store {

namespace {

using nlohmann::json;

constexpr std::size_t network_tag_bytes = 16;

std::string sealed(const json& payload) {
    json file;
    file["v"] = 1;
    file["checksum"] = to_hex(sha256(as_bytes(payload.dump())));
    file["payload"] = payload;
    return file.dump() + '\n';
}

const json* member(const json& of, const char* name) {
    if (!of.is_object()) return nullptr;
    const auto found = of.find(name);
    return found == of.end() ? nullptr : &*found;
}

const std::string* text_member(const json& of, const char* name) {
    const json* found = member(of, name);
    return found == nullptr ? nullptr : found->get_ptr<const std::string*>();
}

// Nothing read from a file is copied or dumped as JSON: both recurse, and a file can be nested as deep as it is long.
json parsed(const std::string& text) {
    return json::parse(text, nullptr, false);
}

std::optional<peer_id> id_member(const json& of) {
    const std::string* text = text_member(of, "id");
    const auto id = text == nullptr ? std::nullopt : parse_id<peer_id>(*text);
    return id && !id->is_zero() ? id : std::nullopt;
}

// A network's tag, an empty one in the open network; nothing for what is no tag.
std::optional<std::string> network_member(const json& of) {
    if (member(of, "network") == nullptr) return std::string();
    const std::string* text = text_member(of, "network");
    std::array<std::uint8_t, network_tag_bytes> value{};
    if (text == nullptr || !parse_hex(*text, value)) return std::nullopt;
    return to_hex(value);
}

// What is no number earned nothing.
double clamped(double score) {
    return std::isfinite(score) && score > 0 ? score : 0.0;
}

json row_to_json(const saved_row& row) {
    json addresses = json::array();
    for (const endpoint& address : row.addresses) {
        if (address.dialable() && addresses.size() < limits::row_addresses_max) addresses.push_back(to_string(address));
    }
    json made;
    made["id"] = to_hex(row.id);
    made["addresses"] = std::move(addresses);
    made["score"] = clamped(row.score);
    made["hearsay"] = row.hearsay;
    if (!row.told_by.is_zero()) made["told_by"] = to_hex(row.told_by);
    return made;
}

json rows_to_json(const std::vector<saved_row>& rows, std::size_t most) {
    json made = json::array();
    for (std::size_t at = 0; at < std::min(rows.size(), most); ++at) made.push_back(row_to_json(rows[at]));
    return made;
}

std::optional<saved_row> row_from_json(const json& from) {
    const auto id = id_member(from);
    const json* addresses = member(from, "addresses");
    const json* score = member(from, "score");
    const json* hearsay = member(from, "hearsay");
    const std::string* told_by = text_member(from, "told_by");
    const bool shaped = id && addresses != nullptr && addresses->is_array() && score != nullptr && score->is_number();
    if (!shaped || addresses->size() > limits::row_addresses_max) return std::nullopt;
    if (hearsay == nullptr || !hearsay->is_boolean()) return std::nullopt;
    saved_row row;
    row.id = *id;
    row.score = score->get<double>();
    row.hearsay = hearsay->get<bool>();
    if (told_by != nullptr) row.told_by = parse_id<peer_id>(*told_by).value_or(peer_id{});
    for (const json& address : *addresses) {
        const auto* text = address.get_ptr<const std::string*>();
        const auto where = text == nullptr ? std::nullopt : parse_endpoint(*text);
        if (!where) return std::nullopt;
        row.addresses.push_back(*where);
    }
    return row;
}

std::optional<std::vector<saved_row>> rows_from_json(const json* from, std::size_t most) {
    if (from == nullptr || !from->is_array() || from->size() > most) return std::nullopt;
    std::vector<saved_row> rows;
    for (const json& one : *from) {
        auto row = row_from_json(one);
        if (!row) return std::nullopt;
        rows.push_back(*std::move(row));
    }
    return rows;
}

std::string encode(const saved_tables& tables) {
    json payload;
    if (!tables.network.empty()) payload["network"] = tables.network;
    payload["primary"] = rows_to_json(tables.primary, limits::primary_rows_max);
    payload["secondary"] = rows_to_json(tables.secondary, limits::secondary_rows_max);
    return sealed(payload);
}

std::optional<saved_tables> decode_tables(const std::string& text) {
    const json file = parsed(text);
    const json* payload = member(file, "payload");
    if (payload == nullptr) return std::nullopt;
    auto primary = rows_from_json(member(*payload, "primary"), limits::primary_rows_max);
    auto secondary = rows_from_json(member(*payload, "secondary"), limits::secondary_rows_max);
    auto network = network_member(*payload);
    if (!primary || !secondary || !network) return std::nullopt;
    saved_tables tables;
    tables.network = *std::move(network);
    tables.primary = *std::move(primary);
    tables.secondary = *std::move(secondary);
    if (encode(tables) != text) return std::nullopt;
    return tables;
}

std::string in_one_line(const problem& told) {
    return told.hint.empty() ? told.what : told.what + " (" + told.hint + ")";
}

// One for each network that the home has been in: whoever comes back finds its neighbours there.
std::string tables_file(std::string_view network) {
    return network.empty() ? "tables.json" : "tables." + std::string(network) + ".json";
}

}  // namespace

loaded_tables load_tables(const home_paths& paths, std::string_view network) {
    loaded_tables loaded;
    const std::string name = tables_file(network);
    const auto text = read_state_file(paths.state, name);
    if (text && !text->has_value()) return loaded;
    auto tables = text ? decode_tables(**text) : std::nullopt;
    if (tables && tables->network == network) {
        loaded.tables = *std::move(tables);
        return loaded;
    }
    const std::string what = "the saved tables in " + in_quotes(paths.state.native());
    loaded.warning = !text ? in_one_line(text.error()) : what + (tables ? " are of another network" : " were damaged");
    loaded.warning += "; starting with empty ones. ";
    const std::string aside = name + (!text ? ".unread" : tables ? ".other-network" : ".damaged");
    const auto moved = set_aside(paths.state, name, aside);
    loaded.warning +=
        moved ? "The file is kept as " + aside : "Nothing is saved over that file: " + in_one_line(moved.error());
    if (!moved) loaded.keep_first_as = aside;
    return loaded;
}

result<done, problem> save_tables(const home_paths& paths, const saved_tables& tables,
                                  const std::string& keep_first_as) {
    const std::string name = tables_file(tables.network);
    if (!keep_first_as.empty()) {
        if (auto moved = set_aside(paths.state, name, keep_first_as); !moved) return moved;
    }
    return write_state_file(paths.state, name, encode(tables));
}

}  // namespace mogshare::store
