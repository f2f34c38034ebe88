#pragma once
// Numbers and tables for people.

#include "mogshare/base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mogshare::app {

using lines = std::vector<std::string>;

/// `300 B`, `1.4 MiB`: powers of 1024.
std::string size_text(std::uint64_t size_bytes);
/// `0.31 ms`, `3.1 ms`, `2.0 s`, `3 min 12 s`, `2 h 5 min`.
std::string duration_text(duration time);
/// `12.3 MiB/s`.
std::string rate_text(double rate_bytes_per_s);
/// `1 file`, `2 files`.
std::string count_text(std::uint64_t count, std::string_view singular, std::string_view plural);

/// Columns that `text` takes on a terminal; what is not printable takes none.
std::size_t display_width(std::string_view text);
/// The beginning of `text` that fits `columns`, with `…` where something was cut off.
std::string cut_to_width(std::string_view text, std::size_t columns);

enum class align : std::uint8_t { left, right };

/// Rows of cells, set in columns as wide as their widest cell. The last column is left as it is.
class text_table {
public:
    struct column {
        std::string title;
        align to = align::left;
    };

    explicit text_table(std::vector<column> columns) : columns_(std::move(columns)) {}
    /// One cell a column.
    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    bool empty() const { return rows_.empty(); }
    /// The titles, then the rows, each indented by `indent` spaces.
    lines set(std::size_t indent = 0) const;

private:
    std::string set_row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
                        std::size_t indent) const;

    std::vector<column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

/// A rate over the last few seconds, from how far something has come at which time.
class rate_meter {
public:
    void note(time_point now, std::uint64_t total_bytes);
    /// 0 until two notes lie apart.
    double rate_bytes_per_s() const;

private:
    struct sample {
        time_point at;
        std::uint64_t total_bytes = 0;
    };
    std::vector<sample> samples_;
};

}  // namespace mogshare::app
