#include "naive_catalog.hpp"
#include "support/properties.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

using namespace naive;
using namespace mogshare::content;

namespace {

// Few components, so that they collide, in composed and decomposed spelling and both cases.
std::string any_path() {
    const auto component = rc::gen::element<std::string>("a", "A", "b", "ab", "ba", "caf\u00E9", "cafe\u0301",
                                                         "CAF\u00C9", "b a.txt", "\u00C5", "A\u030A", "stra\u00DFe");
    std::string path = *component;
    for (int more = *rc::gen::inRange(0, 3); more > 0; --more) path += "/" + *component;
    return path;
}

std::string any_query() {
    return *rc::gen::element<std::string>("a", "b A", "AB", "caf\u00C9", "e\u0301", "a/b", "txt", "STRASSE", "b b", "",
                                          "zz", "a caf\u00E9 b", "/", "\u00E5");
}

share any_share() {
    share made;
    made.path = any_path();
    made.stamp.size = *rc::gen::inRange<std::uint64_t>(0, 1000);
    made.content.value[0] = *rc::gen::inRange<std::uint8_t>(0, 4);
    made.layer = std::make_shared<const piece_layer>();
    return made;
}

void change(catalog& real, catalog_model& model) {
    if (*rc::gen::inRange(0, 3) > 0) {
        const share added = any_share();
        real.put(added);
        model.put(added);
    } else {
        const std::string path = any_path();
        RC_ASSERT(real.remove(path) == model.remove(path));
    }
}

void compare(const catalog& real, const catalog_model& model) {
    const auto most = *rc::gen::element<std::size_t>(0, 1, 3, 1000);
    const std::string name = *rc::gen::arbitrary<bool>() ? any_path() : any_query();
    RC_ASSERT(paths(real.exact(name, most)) == model.exact(name, most));
    const std::vector<std::string> words = words_of(any_query());
    RC_ASSERT(paths(real.with_words(words, most)) == model.with_words(words, most));
    const content_id wanted = any_share().content;
    RC_ASSERT(paths(real.with_content(wanted, most)) ==
              model.found([&](const share& one) { return one.content == wanted; }, most));
}

}  // namespace

// R8, C3: after any sequence of changes every kind of search finds what a linear search finds, in order of path.
TEST_CASE("C3: catalog against a linear search") {
    CHECK(mogshare::testing::check_sequences("catalog = model", [] {
        catalog real;
        catalog_model model;
        for (int step = *rc::gen::inRange(1, 60); step > 0; --step) {
            change(real, model);
            if (*rc::gen::arbitrary<bool>()) compare(real, model);
        }
        compare(real, model);
        RC_ASSERT(paths(real.all()) == model.found([](const share&) { return true; }, 1000));
        RC_ASSERT(real.size() == model.shares.size());
        for (const share& one : model.shares) {
            const share* held = real.by_path(one.path);
            RC_ASSERT(held != nullptr);
            RC_ASSERT(held->content == one.content);
            RC_ASSERT(held->stamp == one.stamp);
        }
        return real.total_bytes() == model.total_bytes();
    }));
}
