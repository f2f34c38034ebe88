#include "mogshare/content/names.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace mogshare::content {

namespace {

// Reads the character that `text` (not empty) begins with; its length, or 0 where the bytes are not UTF-8.
std::size_t read_character(std::string_view text, char32_t& value) {
    utf8proc_int32_t read = 0;
    const auto* from = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    const utf8proc_ssize_t length = utf8proc_iterate(from, static_cast<utf8proc_ssize_t>(text.size()), &read);
    if (length <= 0) return 0;
    value = static_cast<char32_t>(read);
    return static_cast<std::size_t>(length);
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

char ascii_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::optional<std::string> mapped(std::string_view text, int options) {
    struct release {
        void operator()(utf8proc_uint8_t* memory) const { std::free(memory); }
    };
    utf8proc_uint8_t* out = nullptr;
    const auto* from = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    const utf8proc_ssize_t length =
        utf8proc_map(from, static_cast<utf8proc_ssize_t>(text.size()), &out, static_cast<utf8proc_option_t>(options));
    const std::unique_ptr<utf8proc_uint8_t, release> owned(out);
    if (length < 0) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(out), static_cast<std::size_t>(length));
}

// Control characters, and what some file system or shell of a peer cannot take in a name.
bool is_portable(char32_t value) {
    if (value < 0x20 || (value >= 0x7F && value <= 0x9F)) return false;
    static constexpr std::u32string_view refused = U"\\<>:\"|?*";
    return refused.find(value) == std::u32string_view::npos;
}

// Windows opens a device for these names whatever extension or spaces follow: `aux.h`, `NUL .txt`. It takes the superscript digits
// of Latin-1 for digits.
bool is_reserved(std::string_view component) {
    static constexpr std::array<std::string_view, 6> devices = {"con", "prn", "aux", "nul", "conin$", "conout$"};
    static constexpr std::array<std::string_view, 3> superscripts = {"\u00b9", "\u00b2", "\u00b3"};
    std::string word(component.substr(0, component.find('.')));
    word.erase(0, word.find_first_not_of(' '));
    word.erase(word.find_last_not_of(' ') + 1);
    std::transform(word.begin(), word.end(), word.begin(), ascii_lower);
    if (std::find(devices.begin(), devices.end(), word) != devices.end()) return true;
    if (!word.starts_with("com") && !word.starts_with("lpt")) return false;
    const std::string_view number = std::string_view(word).substr(3);
    if (number.size() == 1) return number[0] >= '1' && number[0] <= '9';
    return std::find(superscripts.begin(), superscripts.end(), number) != superscripts.end();
}

std::optional<name_error> check_characters(std::string_view path) {
    bool portable = true;
    while (!path.empty()) {
        char32_t value = 0;
        const std::size_t length = read_character(path, value);
        if (length == 0) return name_error::not_utf8;
        portable = portable && is_portable(value);
        path.remove_prefix(length);
    }
    if (!portable) return name_error::control;
    return std::nullopt;
}

std::optional<name_error> check_component(std::string_view component) {
    if (component.empty()) return name_error::empty_component;
    if (component.size() > limits::component_bytes_max) return name_error::too_long;
    if (component.front() == '.') return name_error::dot_component;
    if (is_reserved(component)) return name_error::reserved;
    if (component.back() == '.' || component.back() == ' ') return name_error::trailing;
    return std::nullopt;
}

// Unicode's White_Space property.
bool is_space(char32_t value) {
    if (value <= 0x20) return value == 0x20 || (value >= 0x09 && value <= 0x0D);
    if (value >= 0x2000 && value <= 0x200A) return true;
    static constexpr std::u32string_view others = U"\u0085\u00A0\u1680\u2028\u2029\u202F\u205F\u3000";
    return others.find(value) != std::u32string_view::npos;
}

void add_word(std::vector<std::string>& words, std::string_view word) {
    if (word.empty() || words.size() == limits::query_words_max) return;
    if (std::find(words.begin(), words.end(), word) == words.end()) words.emplace_back(word);
}

// `text` without its end, at most `bytes_max` bytes of whole characters but never less than one character.
std::string_view shortened(std::string_view text, std::size_t bytes_max) {
    const auto continues = [text](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80; };
    if (text.size() <= bytes_max) return text;
    std::size_t end = bytes_max;
    while (end > 0 && continues(end)) --end;
    if (end == 0) end = 1;
    while (end < text.size() && continues(end)) ++end;
    return text.substr(0, end);
}

}  // namespace

std::string_view describe(name_error error) {
    switch (error) {
        case name_error::empty: return "the name is empty";
        case name_error::too_long: return "the path is over 1,024 bytes, or a component over 240";
        case name_error::too_deep: return "the path has more than 16 components";
        case name_error::absolute: return "the path begins with /";
        case name_error::empty_component: return "a component of the path is empty";
        case name_error::dot_component: return "a component of the path begins with a dot";
        case name_error::not_utf8: return "the name is not UTF-8";
        case name_error::control: return "the name holds a control character or one of \\ < > : \" | ? *";
        case name_error::reserved: return "a component of the path is a device name on some systems";
        case name_error::trailing: return "a component of the path ends with a dot or a space, which some systems drop";
    }
    return "the name is unfit";
}

std::optional<name_error> check_name(std::string_view path) {
    if (path.empty()) return name_error::empty;
    if (path.size() > limits::name_bytes_max) return name_error::too_long;
    if (const auto error = check_characters(path)) return error;
    if (path.front() == '/') return name_error::absolute;
    if (std::count(path.begin(), path.end(), '/') >= static_cast<std::ptrdiff_t>(limits::components_max)) {
        return name_error::too_deep;
    }
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        if (const auto error = check_component(path.substr(begin, end - begin))) return error;
        begin = end + 1;
    }
    return std::nullopt;
}

std::optional<std::string> normalised(std::string_view text) {
    if (is_ascii(text)) return std::string(text);  // most names, and over 20 times quicker than the general way
    return mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

std::optional<std::string> folded(std::string_view text) {
    if (!is_ascii(text)) return mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), ascii_lower);
    return lower;
}

std::string_view last_component(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::vector<std::string> words_of(std::string_view query) {
    std::vector<std::string> words;
    const std::optional<std::string> text = folded(query);
    if (!text) return words;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < text->size();) {
        const std::string_view rest = std::string_view(*text).substr(at);
        char32_t value = 0;
        const std::size_t length = std::max<std::size_t>(read_character(rest, value), 1);
        if (is_space(value)) {
            add_word(words, std::string_view(*text).substr(begin, at - begin));
            begin = at + length;
        }
        at += length;
    }
    add_word(words, std::string_view(*text).substr(begin));
    return words;
}

std::string numbered(std::string_view path, unsigned number) {
    const std::string_view name = last_component(path);
    const std::string_view folder = path.substr(0, path.size() - name.size());
    const std::string mark = " (" + std::to_string(number) + ")";
    const std::size_t path_room = limits::name_bytes_max - std::min(folder.size(), limits::name_bytes_max);
    const std::size_t room = std::min(limits::component_bytes_max, path_room);

    // An extension that would leave no room for a character of the name is no extension worth keeping.
    const std::size_t dot = name.rfind('.');
    bool extended = dot != std::string_view::npos && dot != 0;
    const std::size_t first_bytes = shortened(name, 1).size();
    extended = extended && name.size() - dot + mark.size() + first_bytes <= room;
    const std::string_view stem = extended ? name.substr(0, dot) : name;
    const std::string_view extension = name.substr(stem.size());
    const std::size_t taken = mark.size() + extension.size();

    std::string made(folder);
    made += shortened(stem, room - std::min(room, taken));
    made += mark;
    made += extension;
    return made;
}

}  // namespace mogshare::content
