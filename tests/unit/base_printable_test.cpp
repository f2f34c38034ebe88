#include "mogshare/base/printable.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using mogshare::printable;
using namespace std::string_view_literals;

// People's names, in any script, come out as they went in.
TEST_CASE("printable leaves ordinary text alone") {
    for (const std::string_view text :
         {"notes.txt"sv, "Relatório de março.pdf"sv, "日本語 🎵.flac"sv, "a\\b \"c\""sv, ""sv}) {
        CHECK(printable(text) == text);
    }
}

// Names from strangers: no byte that a terminal obeys gets through.
TEST_CASE("printable escapes control characters") {
    CHECK(printable("a\x1b[2Jb") == "a\\x1b[2Jb");
    CHECK(printable("one\ntwo\r\t"sv) == "one\\x0atwo\\x0d\\x09");
    CHECK(printable("a\0b\x7f"sv) == "a\\x00b\\x7f");
    CHECK(printable("\xc2\x9b"
                    "31m") == "\\u{9b}31m");
}

// Names from strangers: what runs text backwards or cannot be seen is shown as what it is.
TEST_CASE("printable escapes bidirectional, zero-width and other invisible characters") {
    CHECK(printable("photo\u202Egpj.exe") == "photo\\u{202e}gpj.exe");
    CHECK(printable("a\u200Bb\u200Fc") == "a\\u{200b}b\\u{200f}c");
    CHECK(printable("\u061C\u2028\u2029\u2060\u2066\u206F") == "\\u{61c}\\u{2028}\\u{2029}\\u{2060}\\u{2066}\\u{206f}");
    CHECK(printable("\uFEFF\uFFF9\uFFFB") == "\\u{feff}\\u{fff9}\\u{fffb}");
    CHECK(printable("\U000E0000\U000E007F") == "\\u{e0000}\\u{e007f}");
    CHECK(printable("a\u00ADb\u034Fc\u180E\u180B") == "a\\u{ad}b\\u{34f}c\\u{180e}\\u{180b}");
    CHECK(printable("\u115F\u1160\u17B4\u17B5\u2800\u3164\uFFA0") ==
          "\\u{115f}\\u{1160}\\u{17b4}\\u{17b5}\\u{2800}\\u{3164}\\u{ffa0}");
    CHECK(printable("a\uFE00\uFE0F\U000E0100\U000E01EF") == "a\\u{fe00}\\u{fe0f}\\u{e0100}\\u{e01ef}");
    CHECK(printable("\uFDD0\xef\xbf\xbf\xf4\x8f\xbf\xbe") == "\\u{fdd0}\\u{ffff}\\u{10fffe}");
}

// The characters just outside the escaped ranges stay.
TEST_CASE("printable escapes no more than it must") {
    for (const std::string_view text :
         {" ~\u00A0"sv, "\u200A\u2010"sv, "\u2027\u202F"sv, "\u205F\u2070"sv, "\uFDCF\uFDF0"sv, "\uFFFC\uFFFD"sv,
          "\U000E1000"sv, "\u061B\u061D"sv, "\u00AC\u00AE"sv, "\u034E\u0350"sv, "\u115E\u1161"sv, "\u180A\u1810"sv,
          "\u27FF\u2801"sv, "\u3163\u3165"sv, "\uFDFF\uFE10"sv, "\uFF9F\uFFA1"sv}) {
        CHECK(printable(text) == text);
    }
}

// Bytes that a lenient decoder would read as something else are shown byte by byte.
TEST_CASE("printable escapes what is not UTF-8") {
    CHECK(printable("caf\xe9") == "caf\\xe9");
    CHECK(printable("\x80") == "\\x80");
    CHECK(printable("\xc0\x9b") == "\\xc0\\x9b");                    // overlong escape
    CHECK(printable("\xe0\x80\x9b") == "\\xe0\\x80\\x9b");           // overlong in three bytes
    CHECK(printable("\xf0\x80\x80\x9b") == "\\xf0\\x80\\x80\\x9b");  // overlong in four
    CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // surrogate
    CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
    CHECK(printable("\xf8\x88\x80\x80\x80") == "\\xf8\\x88\\x80\\x80\\x80");
    CHECK(printable("\xff\xfe") == "\\xff\\xfe");
    CHECK(printable("\xe2\x82") == "\\xe2\\x82");    // ends too soon
    CHECK(printable("\xe2\x82z") == "\\xe2\\x82z");  // the byte after is read by itself
}

// At most bytes_max bytes, a mark where something is missing, and nothing split.
TEST_CASE("printable cuts long text at a whole character") {
    CHECK(printable("abcdef", 6) == "abcdef");
    CHECK(printable("abcdefg", 6) == "abc…");
    CHECK(printable("ab\x1b"
                    "defg",
                    9) == "ab\\x1b…");
    CHECK(printable("abc\x1b"
                    "efg",
                    8) == "abc…");
    CHECK(printable("éééé", 7) == "éé…");
    CHECK(printable("éééé", 8) == "éééé");
    CHECK(printable("abcdef", 3) == "…");
    CHECK(printable("abcdef", 2).empty());
    CHECK(printable("abcdef", 0).empty());
    CHECK(printable("", 0).empty());
    CHECK(printable(std::string(5000, 'x')).size() == 1024);
}
