// Names and texts from strangers: what check_name lets through is beneath the folder and shows, normal forms are stable, numbered
// names are fit, words are plain, what is printed is harmless; and the catalog finds by any query what a linear search finds.

#include "bytes/reader.hpp"
#include "property/naive_catalog.hpp"
#include "property/naive_text.hpp"

#include "mogshare/base/printable.hpp"
#include "mogshare/content/names.hpp"

#include <filesystem>

using namespace mogshare;
using namespace mogshare::fuzz;
using namespace mogshare::content;

namespace {

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

void check_beneath(const std::string& name) {
    const std::filesystem::path root = "/shared/folder";
    const std::string joined = (root / name).lexically_normal().string();
    require(joined == "/shared/folder/" + name, "a name that is not what stands beneath the folder");
    require(!std::filesystem::path(name).is_absolute() && !has("/" + name + "/", "/../"),
            "a name that leaves the folder");
}

void check_fit(const std::string& name) {
    check_beneath(name);
    require(name.size() <= 1024 && std::ranges::count(name, '/') < 16, "a name that is too long or too deep");
    const std::string around = "/" + name + "/";
    for (const char* bad :
         {"//", "/.", "./", " /", "\\", "\x1b", "\x7f", "\xc2\x9b", ":", "\"", "|", "?", "*", "<", ">"})
        require(!has(around, bad), "a name that no folder may hold");
    for (const char* device : {"/con/", "/nul/", "/lpt1/", "/com9/", "/con.", "/nul.", "/aux.", "/prn."})
        require(!has(*folded(around), device), "a name of a device");
    for (const std::string_view step : {std::string_view(name), last_component(name)})
        require(last_component(step).size() <= 240, "a component that is too long");
}

void check_numbered(reader& from, const std::string& name) {
    const unsigned number = 2 + from.byte();
    const std::string made = numbered(name, number);
    const std::size_t folder = name.size() - last_component(name).size();
    require(made != name && made.compare(0, folder, name, 0, folder) == 0, "a numbered name in another folder");
    require(has(made, " (" + std::to_string(number) + ")"), "a numbered name without its number");
    const auto unfit = check_name(made);
    require(!unfit || (unfit == name_error::too_long && folder + 8 > 1024 - 8), "a numbered name that is unfit");
}

void check_forms(const std::string& text) {
    const auto once = normalised(text);
    const auto fold = folded(text);
    require(once.has_value() == fold.has_value(), "UTF-8 for one form only");
    const auto all = naive::characters(text);
    const bool utf8 = std::ranges::count(all, char32_t{0xD800}) == 0;
    require(once.has_value() == utf8, "taken for UTF-8, or not, against utf8proc");
    if (!once) return;
    require(normalised(*once) == once, "a normal form that changes again");
    require(last_component(*once) == *normalised(last_component(text)), "components that grow together");
    require(folded(*once) == fold, "a folded form that depends on the spelling");
}

void check_words(const std::string& text) {
    const std::vector<std::string> words = words_of(text);
    require(words.size() <= limits::query_words_max, "too many words");
    for (auto word = words.begin(); word != words.end(); ++word) {
        require(!word->empty() && word->find_first_of(" \t\n\r\v\f") == std::string::npos, "a word with a space");
        require(std::find(words.begin(), word, *word) == word, "a word twice");
        require(has(*folded(text), *word), "a word that is not in the query");
    }
}

void check_printable(const std::string& text, std::size_t bytes_max) {
    const std::string shown = printable(text, bytes_max);
    require(shown.size() <= bytes_max, "more text than there is room for");
    require(std::ranges::none_of(naive::characters(shown), naive::harmful), "text that a terminal would obey");
    const std::string whole = printable(text, 10 * text.size());
    require(printable(whole, whole.size()) == whole, "harmless text that is changed");
}

/// Lines are files, and the last one is asked for.
void check_catalog(reader& from) {
    catalog real;
    naive::catalog_model model;
    std::string query;
    while (!from.empty()) {
        query = from.some_text();
        const bool gone = from.byte() % 4 == 3;
        if (gone) require(real.remove(query) == model.remove(query), "a file that is gone, or not");
        if (gone || check_name(query)) continue;
        share added;
        added.path = query;
        added.stamp.size = from.byte();
        added.content.value[0] = from.byte() % 4;
        added.layer = std::make_shared<const piece_layer>();
        real.put(added);
        model.put(added);
    }
    require(real.size() == model.shares.size() && real.total_bytes() == model.total_bytes(), "another number of files");
    const std::size_t most = query.size() % 3 == 0 ? 1 : 1000;
    if (normalised(query))
        require(naive::paths(real.exact(query, most)) == model.exact(query, most), "another file of that name");
    const auto words = words_of(query);
    require(naive::paths(real.with_words(words, most)) == model.with_words(words, most),
            "other files with these words");
    for (const share& each : model.shares) {
        require(real.by_path(each.path) != nullptr, "a file that is not found by its path");
        const auto same = model.found([&](const share& one) { return one.content == each.content; }, 1000);
        require(naive::paths(real.with_content(each.content)) == same, "other files of that content");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    reader from(data, size);
    if (from.flag()) {
        check_catalog(from);
        return 0;
    }
    const std::size_t bytes_max = from.byte();
    reader number(from.take(1));
    const std::string text(as_text(from.rest()));
    check_forms(text);
    check_words(text);
    check_printable(text, bytes_max);
    if (const auto unfit = check_name(text)) {
        require(!describe(*unfit).empty(), "a refusal without a reason");
        return 0;
    }
    check_fit(text);
    check_numbered(number, text);
    return 0;
}
