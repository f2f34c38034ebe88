// The numbers of docs/PROTOCOL.md are those of the code.

#include "mogshare/base/limits.hpp"
#include "mogshare/wire/codec.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <vector>

using namespace mogshare;
using namespace mogshare::wire;

namespace {

std::string trimmed(const std::string& text) {
    const auto first = text.find_first_not_of(' ');
    return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// `| a | b |` as {"a", "b"}; nothing for any other line.
std::vector<std::string> cells(const std::string& line) {
    std::vector<std::string> found;
    if (!line.starts_with("|")) return found;
    for (std::size_t at = 1, end; (end = line.find('|', at)) != std::string::npos; at = end + 1)
        found.push_back(trimmed(line.substr(at, end - at)));
    return found;
}

/// Table rows of section 3.
std::vector<std::vector<std::string>> limit_rows() {
    std::ifstream document(MOGSHARE_SOURCE_DIR "/docs/PROTOCOL.md");
    std::vector<std::vector<std::string>> rows;
    bool inside = false;
    for (std::string line; std::getline(document, line);) {
        if (line.starts_with("## ")) inside = line.starts_with("## 3 ");
        if (const auto row = cells(line); inside && !row.empty()) rows.push_back(row);
    }
    return rows;
}

std::uint64_t number(std::string text) {
    text.erase(std::remove(text.begin(), text.end(), ','), text.end());
    return std::stoull(text);
}

const std::map<std::string, std::uint64_t> bounds{
    {"frame_header_bytes", limits::frame_header_bytes},
    {"extension_bytes_max", limits::extension_bytes_max},
    {"payload_bytes_max", limits::payload_bytes_max},
    {"rows_max", limits::rows_max},
    {"row_addresses_max", limits::row_addresses_max},
    {"name_bytes_max", limits::name_bytes_max},
    {"entries_max", limits::entries_max},
    {"ping_bytes_max", limits::ping_bytes_max},
    {"proof_hashes_max", limits::proof_hashes_max},
    {"hashes_per_frame_max", limits::hashes_per_frame_max},
    {"bulk_bytes_max", limits::bulk_bytes_max},
    {"reason_bytes_max", limits::reason_bytes_max},
    {"leaf_bytes", limits::leaf_bytes},
    {"piece_bytes", limits::piece_bytes},
    {"file_bytes_max", limits::file_bytes_max},
    {"file_pieces_max", limits::file_pieces_max},
    {"depth_max", limits::depth_max},
    {"seen_searches_max", limits::seen_searches_max},
    {"pings_per_search_max", limits::pings_per_search_max},
    {"pings_at_once", limits::pings_at_once},
    {"pings_queued_max", limits::pings_queued_max},
    {"matches_counted_max", limits::matches_counted_max},
    {"answers_per_search_max", limits::answers_per_search_max},
    {"answering_max", limits::answering_max},
    {"requests_per_connection_max", limits::requests_per_connection_max},
    {"pongs_at_once", limits::pongs_at_once},
    {"greeting_payload_bytes_max", limits::greeting_payload_bytes_max},
    {"open_payload_bytes_max", limits::open_payload_bytes_max},
    {"backlog_bytes_max", limits::backlog_bytes_max},
    {"relayed_port_min", limits::relayed_port_min},
};

}  // namespace

TEST_CASE("the document gives every type's number, name and payload limit as the codec has them") {
    std::size_t types = 0;
    for (const auto& row : limit_rows()) {
        if (row.size() != 4 || !std::isdigit(static_cast<unsigned char>(row[0].front()))) continue;
        const auto type = static_cast<message_type>(number(row[0].substr(0, 3)));
        CAPTURE(row[1]);
        CHECK(name_of(type) == row[1]);
        CHECK(payload_bytes_max(type) == number(row[3]));
        ++types;
    }
    CHECK(types == std::variant_size_v<message> + 1);  // and the optional ones
}

TEST_CASE("the document gives every bound of the wire with its value") {
    std::size_t found = 0;
    for (const auto& row : limit_rows()) {
        if (row.size() != 3 || !row[0].starts_with("`")) continue;
        const std::string name = row[0].substr(1, row[0].size() - 2);
        CAPTURE(name);
        REQUIRE(bounds.contains(name));
        CHECK(bounds.at(name) == number(row[1]));
        ++found;
    }
    CHECK(found == bounds.size());
}
