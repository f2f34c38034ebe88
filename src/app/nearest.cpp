#include "app/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace mogshare::app {

std::size_t edit_distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

std::optional<std::string> nearest(std::string_view given, std::span<const std::string> candidates) {
    // Beyond a third of its letters a text is more likely to be something else than a slip of the fingers.
    const std::size_t distance_max = std::max<std::size_t>(2, given.size() / 3);
    std::optional<std::string> best;
    std::size_t best_distance = distance_max + 1;
    for (const std::string& candidate : candidates) {
        const std::size_t distance = edit_distance(given, candidate);
        if (distance >= best_distance || distance >= candidate.size()) continue;
        best = candidate;
        best_distance = distance;
    }
    return best;
}

}  // namespace mogshare::app
