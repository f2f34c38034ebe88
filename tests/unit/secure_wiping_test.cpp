// Memory that held a secret holds it no more when it is given back. For that, whatever this program gives back is looked at.
#include "mogshare/secure/network.hpp"
#include "mogshare/store/network_file.hpp"
#include "store_temporary.hpp"

#include <doctest/doctest.h>

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

using namespace mogshare;
using namespace mogshare::store_test;

namespace {

// What must not be found, and how often it was. A fixed place, since the text itself must not need memory.
struct wanted {
    char text[64] = {};
    std::size_t size = 0;
    std::atomic<bool> looked_for = false;
    std::atomic<int> found = 0;
};
wanted secret;

void look_at(const void* memory) {
    if (memory == nullptr || !secret.looked_for) return;
    const std::string_view held(static_cast<const char*>(memory), ::malloc_usable_size(const_cast<void*>(memory)));
    if (held.find(std::string_view(secret.text, secret.size)) != std::string_view::npos) ++secret.found;
}

void* given(std::size_t size) {
    void* const memory = std::calloc(1, std::max<std::size_t>(size, 1));  // an old text may lie in fresh memory
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

void taken_back(void* memory) noexcept {
    look_at(memory);
    std::free(memory);
}

/// How often memory with the text was given back meanwhile.
template <class Work>
int left_by(std::string_view text, Work work) {
    REQUIRE(text.size() < sizeof secret.text);
    std::copy(text.begin(), text.end(), secret.text);
    secret.size = text.size();
    secret.found = 0;
    secret.looked_for = true;
    work();
    secret.looked_for = false;
    return secret.found;
}

}  // namespace

void* operator new(std::size_t size) {
    return given(size);
}
void* operator new[](std::size_t size) {
    return given(size);
}
void operator delete(void* memory) noexcept {
    taken_back(memory);
}
void operator delete[](void* memory) noexcept {
    taken_back(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    taken_back(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    taken_back(memory);
}

TEST_CASE("threats: a network's secret is wiped wherever it was written, read, or made into text") {
    const temporary_directory place;
    const auto key = secure::network_secret::generate();
    std::string text = key.to_text();
    const std::string digits = text.substr(25, 16);  // of the 32
    CHECK(left_by(digits, [&] { CHECK(std::string(text).data() != text.data()); }) == 1);

    CHECK(left_by(digits, [&] { REQUIRE(secure::network_secret::parse(text).ok()); }) == 0);
    const std::string longer = text + "0";
    CHECK(left_by(digits, [&] { CHECK_FALSE(secure::network_secret::parse(longer).ok()); }) == 0);
    CHECK(left_by(digits, [&] { CHECK(secure::network_secret::may_be_one(text)); }) == 0);
    CHECK(left_by(digits, [&] {
              std::string made = key.to_text();
              std::fill(made.begin(), made.end(), ' ');
          }) == 0);
    CHECK(left_by(digits, [&] { REQUIRE(store::make_network_file(place / "key", key).ok()); }) == 0);
    CHECK(left_by(digits, [&] { REQUIRE(store::read_network_file(place / "key").ok()); }) == 0);
}
