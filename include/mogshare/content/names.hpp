#pragma once
// What names are allowed, and when two of them are the same. Unicode rules are utf8proc's.

#include "mogshare/base/limits.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mogshare::content {

/// Why a relative path is not one that is shared or written.
enum class name_error {
    empty,
    too_long,         ///< over 1,024 bytes, or a component over 240
    too_deep,         ///< over 16 components
    absolute,         ///< begins with `/`
    empty_component,  ///< `a//b`, trailing `/`
    dot_component,    ///< `.`, `..`, or a name that begins with a dot
    not_utf8,
    control,  ///< C0, DEL, C1, or one of `\ < > : " | ? *`, which not every system can store
    reserved,  ///< CON, PRN, AUX, NUL, CONIN$, CONOUT$, COM1…9, LPT1…9, with ¹²³ as well, whatever their extension
    trailing,  ///< a component ends with a dot or a space: some systems drop those, and would take it for another
};
std::string_view describe(name_error error);

/// Checks a relative path as it came from disk or from a stranger; nothing when it is fit to be shared and written.
std::optional<name_error> check_name(std::string_view path);

/// NFC form, for exact comparison byte for byte; nothing when `text` is not UTF-8.
std::optional<std::string> normalised(std::string_view text);
/// NFC and case folding, for search by words; nothing when `text` is not UTF-8.
std::optional<std::string> folded(std::string_view text);

/// The last component of a path.
std::string_view last_component(std::string_view path);

/// The folded words of a query, split at Unicode white space, in their order, without doubles, at most query_words_max;
/// none when it is not UTF-8.
std::vector<std::string> words_of(std::string_view query);

/// `name (2).ext` for `name.ext` and number 2: what a download is called when its name is taken by other content (R12).
/// Only the last component changes; cut before the extension where it would become too long. The extension is what
/// follows the last dot; one so long that nothing of the name would be left is cut as part of it. In a folder whose
/// path leaves no room for the number, what comes back is too long, as check_name says.
std::string numbered(std::string_view path, unsigned number);

}  // namespace mogshare::content
