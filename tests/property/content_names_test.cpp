#include "mogshare/base/printable.hpp"
#include "mogshare/content/names.hpp"

#include "naive_text.hpp"
#include "support/properties.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <utf8proc.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

using namespace mogshare::content;
using namespace naive;
namespace limits = mogshare::limits;

namespace {

rc::Gen<std::string> joined(const rc::Gen<std::string>& part) {
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(part), [](const auto& parts) {
        std::string all;
        for (const std::string& one : parts) all += one;
        return all;
    });
}

// What matters in names: separators, dots, spaces, controls, letters of several scripts, and bytes that are not UTF-8.
rc::Gen<std::string> texts() {
    const auto part = rc::gen::element<std::string>("/", ".", "..", " ", "con", "NUL", "LPT1", "a", "Z", "\u00E9",
                                                    "e\u0301", "\u65E5", "\U0001F3B5", "\\", "\x1b", "\xff", "\u202E",
                                                    "\u00DF", "1", "(2)", ".ext");
    const auto lengthened = rc::gen::map(rc::gen::pair(joined(part), rc::gen::inRange(0, 260)), [](const auto& both) {
        return both.first + std::string(static_cast<std::size_t>(both.second), 'x') + both.first;
    });
    return rc::gen::oneOf(joined(part), lengthened, rc::gen::arbitrary<std::string>());
}

// Paths most of which are fit: nothing that is refused wherever it stands.
rc::Gen<std::string> likely_names() {
    const auto part = rc::gen::element<std::string>("a/", ".", " ", "con", "Z", "\u00E9", "e\u0301", "\U0001F3B5",
                                                    ".ext", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    return rc::gen::map(joined(part), [](const std::string& text) { return "x" + text + "x"; });
}

}  // namespace

// R12: what check_name lets through cannot leave the folder, hide, or reach a device, however it was put together.
TEST_CASE("R12: accepted names are safe") {
    CHECK(mogshare::testing::check_sequences("every component is plain", [] {
        const std::string path = *texts();
        if (check_name(path)) return true;
        RC_ASSERT(path.size() <= limits::name_bytes_max);
        const std::string around = "/" + path + "/";
        for (const char* bad : {"//", "/.", "./", " /", "\\", "\x1b"}) RC_ASSERT(around.find(bad) == std::string::npos);
        for (const char* device : {"/con/", "/nul/", "/lpt1/", "/con.", "/nul.", "/lpt1."}) {
            RC_ASSERT(folded(around)->find(device) == std::string::npos);
        }
        return normalised(path).has_value();
    }));
}

// R8: normalising twice changes nothing, and the last component may be taken before or after, as the catalog does.
TEST_CASE("R8: normalisation is stable and keeps components apart") {
    CHECK(mogshare::testing::check_sequences("NFC is idempotent and goes by component", [] {
        const std::string path = *texts();
        const std::optional<std::string> once = normalised(path);
        if (!once) return true;
        return normalised(*once) == once && last_component(*once) == *normalised(last_component(path));
    }));
}

// R12: a numbered name of a fit name is fit, unlike the first, and keeps its folder.
TEST_CASE("R12: numbered names are fit") {
    CHECK(mogshare::testing::check_sequences("fit, different, same folder", [] {
        const std::string path = *likely_names();
        RC_PRE(!check_name(path).has_value());
        const std::string made = numbered(path, *rc::gen::inRange(2U, 1000U));
        const std::size_t folder = path.size() - last_component(path).size();
        return !check_name(made).has_value() && made != path && made.compare(0, folder, path, 0, folder) == 0;
    }));
}

// C3: words are folded, without white space, different, and few.
TEST_CASE("C3: words of any query") {
    CHECK(mogshare::testing::check_sequences("plain words", [] {
        const std::vector<std::string> words = words_of(*texts());
        for (auto word = words.begin(); word != words.end(); ++word) {
            RC_ASSERT(!word->empty());
            RC_ASSERT(word->find(' ') == std::string::npos);
            RC_ASSERT(std::find(words.begin(), word, *word) == word);
        }
        return words.size() <= limits::query_words_max;
    }));
}

// Names from strangers: whatever comes in, what comes out is UTF-8 that a terminal shows and does not obey, within the bound.
TEST_CASE("printable output is harmless") {
    CHECK(mogshare::testing::check_sequences("no harmful character, within the bound", [] {
        const std::string text = *texts();
        const auto bytes_max = *rc::gen::inRange<std::size_t>(0, 300);
        const std::string shown = mogshare::printable(text, bytes_max);
        RC_ASSERT(shown.size() <= bytes_max);
        const std::vector<char32_t> out = characters(shown);
        return std::none_of(out.begin(), out.end(), harmful);
    }));
}

// Text without anything harmful is shown as it is, every character by itself: the decoder here agrees with utf8proc's.
TEST_CASE("printable keeps every harmless character") {
    CHECK(mogshare::testing::check_sequences("harmless text stays", [] {
        const auto value = static_cast<utf8proc_int32_t>(*rc::gen::inRange<std::uint32_t>(0, 0x110000));
        RC_PRE(utf8proc_codepoint_valid(value));
        utf8proc_uint8_t encoded[4];
        const auto length = static_cast<std::size_t>(utf8proc_encode_char(value, encoded));
        const std::string text(reinterpret_cast<const char*>(encoded), length);
        const bool stays = mogshare::printable(text) == text;
        return stays != harmful(static_cast<char32_t>(value));
    }));
}
