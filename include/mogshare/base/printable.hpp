#pragma once
// The one way from a stranger's text to a terminal or a log.

#include <string>
#include <string_view>

namespace mogshare {

/// `text` made harmless: control characters (line ends and tabs too), escapes, bidirectional, zero-width and blank characters,
/// and bytes that are not UTF-8 become `\xNN` (bytes and ASCII) or `\u{…}`; everything else stays. At most `bytes_max`
/// bytes come back, `…` (3 of them) marking a cut, which never splits a character or an escape.
std::string printable(std::string_view text, std::size_t bytes_max = 1024);

}  // namespace mogshare
