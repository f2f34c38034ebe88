#pragma once
// From errno to what people are told.

#include "mogshare/base/result.hpp"

#include <string>
#include <string_view>

namespace mogshare::store {

/// A path from the disk or from a stranger, harmless and in quotes.
std::string in_quotes(std::string_view path);

/// `operation 'object': reason`. A full disk has its own kind and its own hint, whatever `hint` says.
problem system_problem(std::string_view operation, std::string_view object, int error, std::string hint = {});

/// `operation 'object': reason`, where the reason is ours.
problem plain_problem(std::string_view operation, std::string_view object, std::string_view reason,
                      problem::kind kind = problem::kind::failed);

/// Whether this errno means that nothing more fits: the disk or the user's quota is full.
bool means_full(int error);

}  // namespace mogshare::store
