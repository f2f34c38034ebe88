#pragma once
// The catalog as a list that is searched from end to end.

#include "mogshare/content/catalog.hpp"
#include "mogshare/content/names.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace naive {

using namespace mogshare;
using namespace mogshare::content;

using list = std::vector<std::string>;

// An unordered vector, searched from end to end.
struct catalog_model {
    std::vector<share> shares;

    void put(const share& added) {
        remove(added.path);
        shares.push_back(added);
    }
    bool remove(const std::string& path) {
        return std::erase_if(shares, [&](const share& one) { return one.path == path; }) > 0;
    }
    list found(const std::function<bool(const share&)>& wanted, std::size_t most) const {
        list paths;
        for (const share& one : shares) {
            if (wanted(one)) paths.push_back(one.path);
        }
        std::sort(paths.begin(), paths.end());
        if (paths.size() > most) paths.resize(most);
        return paths;
    }
    list exact(const std::string& name, std::size_t most) const {
        const auto key = normalised(name);
        return found(
            [&](const share& one) {
                return normalised(one.path) == key || normalised(last_component(one.path)) == key;
            },
            most);
    }
    list with_words(const std::vector<std::string>& words, std::size_t most) const {
        if (words.empty()) return {};
        return found(
            [&](const share& one) {
                const std::string text = *folded(one.path);
                const auto has = [&](const std::string& word) { return text.find(word) != std::string::npos; };
                return std::all_of(words.begin(), words.end(), has);
            },
            most);
    }
    std::uint64_t total_bytes() const {
        std::uint64_t total = 0;
        for (const share& one : shares) total += one.size();
        return total;
    }
};

inline list paths(const std::vector<const share*>& shares) {
    list all;
    for (const share* one : shares) all.push_back(one->path);
    return all;
}

}  // namespace naive
