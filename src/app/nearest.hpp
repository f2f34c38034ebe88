#pragma once
// "Did you mean …?"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mogshare::app {

/// Insertions, deletions and replacements that lead from one text to the other.
std::size_t edit_distance(std::string_view from, std::string_view to);

/// The candidate that `given` most likely stands for, when one is near enough to be worth naming.
std::optional<std::string> nearest(std::string_view given, std::span<const std::string> candidates);

}  // namespace mogshare::app
