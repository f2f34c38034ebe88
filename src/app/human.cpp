#include "mogshare/app/human.hpp"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace mogshare::app {

namespace {

constexpr duration meter_span = std::chrono::seconds(3);
constexpr std::size_t meter_samples_max = 512;
constexpr std::array<std::string_view, 5> size_units{"KiB", "MiB", "GiB", "TiB", "PiB"};

/// Calls `each(first byte, count of bytes, columns)` for every character.
template <class Each>
void for_each_character(std::string_view text, Each each) {
    const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    std::size_t left = text.size();
    std::size_t place = 0;
    while (left > 0) {
        utf8proc_int32_t code = 0;
        const utf8proc_ssize_t took = utf8proc_iterate(at + place, static_cast<utf8proc_ssize_t>(left), &code);
        const std::size_t count = took > 0 ? static_cast<std::size_t>(took) : 1;
        const int width = took > 0 ? utf8proc_charwidth(code) : 1;
        if (!each(place, count, static_cast<std::size_t>(std::max(width, 0)))) return;
        place += count;
        left -= count;
    }
}

}  // namespace

std::string size_text(std::uint64_t size_bytes) {
    if (size_bytes < 1024) return fmt::format("{} B", size_bytes);
    double value = static_cast<double>(size_bytes) / 1024;
    std::size_t unit = 0;
    while (value >= 1023.95 && unit + 1 < size_units.size()) {  // what would be rounded to 1024.0 is 1.0 of the next
        value /= 1024;
        ++unit;
    }
    return fmt::format("{:.1f} {}", value, size_units[unit]);
}

std::string duration_text(duration time) {
    const double seconds = to_seconds(time);
    if (seconds < 0.001) return fmt::format("{:.2f} ms", seconds * 1e3);
    if (seconds < 0.9995)
        return seconds < 0.1 ? fmt::format("{:.1f} ms", seconds * 1e3) : fmt::format("{:.0f} ms", seconds * 1e3);
    if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
    const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
    if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
    return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string rate_text(double rate_bytes_per_s) {
    return size_text(static_cast<std::uint64_t>(std::max(0.0, rate_bytes_per_s))) + "/s";
}

std::string count_text(std::uint64_t count, std::string_view singular, std::string_view plural) {
    return fmt::format("{} {}", count, count == 1 ? singular : plural);
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    for_each_character(text, [&](std::size_t, std::size_t, std::size_t columns) {
        width += columns;
        return true;
    });
    return width;
}

std::string cut_to_width(std::string_view text, std::size_t columns) {
    if (display_width(text) <= columns) return std::string(text);
    if (columns == 0) return {};
    std::size_t end = 0;
    std::size_t width = 0;
    for_each_character(text, [&](std::size_t place, std::size_t count, std::size_t wide) {
        if (width + wide > columns - 1) return false;
        width += wide;
        end = place + count;
        return true;
    });
    return std::string(text.substr(0, end)) + "…";
}

lines text_table::set(std::size_t indent) const {
    std::vector<std::string> titles;
    std::vector<std::size_t> widths;
    for (const column& each : columns_) {
        titles.push_back(each.title);
        widths.push_back(display_width(each.title));
    }
    for (const auto& row : rows_)
        for (std::size_t at = 0; at < row.size(); ++at) widths[at] = std::max(widths[at], display_width(row[at]));
    lines out{set_row(titles, widths, indent)};
    for (const auto& row : rows_) out.push_back(set_row(row, widths, indent));
    return out;
}

std::string text_table::set_row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
                                std::size_t indent) const {
    std::string line(indent, ' ');
    for (std::size_t at = 0; at < cells.size(); ++at) {
        const std::string padding(widths[at] - display_width(cells[at]), ' ');
        const bool last = at + 1 == cells.size();
        if (columns_[at].to == align::right) line += padding;
        line += cells[at];
        if (columns_[at].to == align::left && !last) line += padding;
        if (!last) line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

void rate_meter::note(time_point now, std::uint64_t total_bytes) {
    samples_.push_back({now, total_bytes});
    // The newest sample that is older than the span stays, so that there are always two to compare.
    std::size_t old = 0;
    while (old + 2 < samples_.size() && now - samples_[old + 1].at >= meter_span) ++old;
    if (samples_.size() - old > meter_samples_max) ++old;
    samples_.erase(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(old));
}

double rate_meter::rate_bytes_per_s() const {
    if (samples_.size() < 2 || samples_.back().at <= samples_.front().at) return 0;
    const std::uint64_t came =
        samples_.back().total_bytes - std::min(samples_.front().total_bytes, samples_.back().total_bytes);
    return static_cast<double>(came) / to_seconds(samples_.back().at - samples_.front().at);
}

}  // namespace mogshare::app
