#include "mogshare/content/catalog.hpp"

#include "mogshare/base/limits.hpp"
#include "mogshare/content/names.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <optional>
#include <utility>

namespace mogshare::content {

namespace {

constexpr char separator = '\0';

// The two names under which an exact search finds a path. NFC never joins anything to a `/`, so the last component of
// the normalised path is the normalised last component.
struct exact_names {
    std::string whole;
    std::string last;
};

exact_names names_of(const std::string& path) {
    std::optional<std::string> whole = normalised(path);
    assert(whole.has_value());  // check_name refuses what is not UTF-8
    if (!whole) whole = path;
    return {*whole, std::string(last_component(*whole))};
}

template <class Index, class Key>
void drop(Index& index, const Key& key, const share* removed) {
    const auto found = index.find(key);
    if (found == index.end()) return;
    found->second.erase(removed);
    if (found->second.empty()) index.erase(found);
}

template <class Posting>
std::vector<const share*> first_of(const Posting& all, std::size_t most) {
    std::vector<const share*> first;
    for (auto at = all.begin(); at != all.end() && first.size() < most; ++at) first.push_back(*at);
    return first;
}

// memmem, unlike std::search and string_view::find, does not slow down on a frequent first character.
const char* find_in(std::string_view text, std::string_view word) {
    return static_cast<const char*>(memmem(text.data(), text.size(), word.data(), word.size()));
}

// The words to look for, longest and so rarest first; none when nothing can match: a word with a separator in it is in
// no path, and would be found between two of them or after the last one.
std::vector<std::string_view> needles_of(const std::vector<std::string>& words) {
    std::vector<std::string_view> needles;
    for (const std::string& word : words) {
        if (word.find(separator) != std::string::npos) return {};
        if (!word.empty()) needles.push_back(word);
    }
    std::sort(needles.begin(), needles.end(), [](auto left, auto right) { return left.size() > right.size(); });
    return needles;
}

// In a path memmem would spend its time on getting ready.
bool holds_others(std::string_view path, const std::vector<std::string_view>& needles, std::uint64_t& read_bytes) {
    const std::uint64_t price = path.size() + limits::read_overhead_bytes;
    read_bytes += price;
    return std::all_of(needles.begin() + 1, needles.end(), [&](auto word) {
        read_bytes += price;
        return path.find(word) != path.npos;
    });
}

}  // namespace

void catalog::put(share added) {
    const auto [at, fresh] = entries_.try_emplace(added.path);
    share& kept = at->second.shared;
    if (!fresh) {
        forget_content(kept);
        kept = std::move(added);
        index_content(kept);
        return;  // its name was there before: no index of names changes
    }
    kept = std::move(added);
    std::optional<std::string> folded_path = folded(kept.path);
    assert(folded_path.has_value());
    if (folded_path) at->second.folded_path = *std::move(folded_path);
    index_names(kept);
    index_content(kept);
    words_.current = false;  // rebuilt by the next search: thousands of files come in one after another at the start
}

bool catalog::remove(std::string_view path) {
    const auto found = entries_.find(path);
    if (found == entries_.end()) return false;
    forget_names(found->second.shared);
    forget_content(found->second.shared);
    entries_.erase(found);
    words_.current = false;
    return true;
}

std::size_t catalog::size() const {
    return entries_.size();
}

std::uint64_t catalog::total_bytes() const {
    return total_bytes_;
}

const share* catalog::by_path(std::string_view path) const {
    const auto found = entries_.find(path);
    return found == entries_.end() ? nullptr : &found->second.shared;
}

std::vector<const share*> catalog::all() const {
    std::vector<const share*> shares;
    shares.reserve(entries_.size());
    for (const auto& [path, held] : entries_) shares.push_back(&held.shared);
    return shares;
}

std::vector<const share*> catalog::exact(std::string_view name, std::size_t most) const {
    const std::optional<std::string> key = normalised(name);
    if (!key) return {};
    const auto found = by_name_.find(*key);
    return found == by_name_.end() ? std::vector<const share*>{} : first_of(found->second, most);
}

std::vector<const share*> catalog::with_words(const std::vector<std::string>& words, std::size_t most) const {
    name_reading unbounded;
    return with_words(words, most, unbounded);
}

std::vector<const share*> catalog::with_words(const std::vector<std::string>& words, std::size_t most,
                                              name_reading& reading) const {
    std::vector<const share*> found;
    const std::vector<std::string_view> needles = needles_of(words);
    if (needles.empty()) return found;
    const word_index& index = this->words();
    const std::string_view text = index.text;
    std::uint64_t names_bytes = 0;  // of those in which all words were looked for
    std::size_t from = 0;
    const auto price = [&] { return names_bytes + from / limits::read_pass_share; };
    while (from < text.size() && found.size() < most && price() < reading.allowed_bytes) {
        const char* hit = find_in(text.substr(from), needles.front());
        if (hit == nullptr) {
            from = text.size();
            break;
        }
        const auto position = static_cast<std::size_t>(hit - text.data());
        const std::size_t begin = text.rfind(separator, position) + 1;  // 0 for the first path
        const std::size_t end = text.find(separator, position);
        // Which entry it is costs more than whether it fits, and words can be common and never together.
        if (holds_others(text.substr(begin, end - begin), needles, names_bytes))
            found.push_back(index.entry_that_ends_at(end));
        from = end + 1;
    }
    reading.spent_bytes += price();
    reading.cut_short = from < text.size() && found.size() < most;
    return found;
}

std::vector<const share*> catalog::with_content(const content_id& id, std::size_t most) const {
    const auto found = by_content_.find(id);
    return found == by_content_.end() ? std::vector<const share*>{} : first_of(found->second, most);
}

const share* catalog::word_index::entry_that_ends_at(std::size_t position) const {
    const auto end = std::lower_bound(ends.begin(), ends.end(), position);
    return entries[static_cast<std::size_t>(end - ends.begin())];
}

void catalog::index_names(const share& added) {
    const exact_names names = names_of(added.path);
    by_name_[names.whole].insert(&added);
    by_name_[names.last].insert(&added);
}

void catalog::forget_names(const share& removed) {
    const exact_names names = names_of(removed.path);
    drop(by_name_, names.whole, &removed);
    drop(by_name_, names.last, &removed);
}

void catalog::index_content(const share& added) {
    by_content_[added.content].insert(&added);
    total_bytes_ += added.size();
}

void catalog::forget_content(const share& removed) {
    drop(by_content_, removed.content, &removed);
    total_bytes_ -= removed.size();
}

const catalog::word_index& catalog::words() const {
    if (words_.current) return words_;
    words_.text.clear();
    words_.ends.clear();
    words_.entries.clear();
    for (const auto& [path, held] : entries_) {
        words_.text += held.folded_path;
        words_.ends.push_back(words_.text.size());
        words_.text += separator;
        words_.entries.push_back(&held.shared);
    }
    words_.current = true;
    return words_;
}

}  // namespace mogshare::content
