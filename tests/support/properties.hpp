#pragma once
// How properties run. They draw from a fixed seed, so that a run that passes once passes again: `RC_PARAMS=seed=N` draws from
// another. Models see many sequences of operations (docs/TESTING.md, Models): `RC_PARAMS=max_success=N` chooses another number.
//
//     TEST_CASE("R3: …") {
//         CHECK(check_sequences("tables", [](const std::vector<step>& steps) { … RC_ASSERT(real == model); }));
//     }
//
// Operations are values that rapidcheck generates: of a sequence that fails it finds a short one, and prints that.

#include <rapidcheck.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mogshare::testing {

/// Sequences that a model sees in one run; fewer under a sanitizer (tests/CMakeLists.txt).
inline constexpr int sequences_per_model = MOGSHARE_SEQUENCES;

bool check_property(const std::string& name, const rc::detail::Property& property);

/// Like rc::check, with so many sequences. The name is needed to repeat a failure: unique in its program.
template <class Property>
bool check_sequences(const std::string& name, Property&& property) {
    return check_property(name, rc::detail::toProperty(std::forward<Property>(property)));
}

/// Any of least…most, each as likely in a short sequence as in a long one (rapidcheck's own numbers begin small).
template <class Int>
rc::Gen<Int> within(Int least, Int most) {
    const auto any = rc::gen::inRange(static_cast<std::int64_t>(least), static_cast<std::int64_t>(most) + 1);
    return rc::gen::cast<Int>(rc::gen::resize(rc::kNominalSize, any));
}
template <class Int>
rc::Gen<Int> up_to(Int most) {
    return within(Int{0}, most);
}

/// 0…most operations, each number as likely.
template <class Operation>
rc::Gen<std::vector<Operation>> sequence_of(int most, rc::Gen<Operation> any) {
    return rc::gen::resize(most, rc::gen::container<std::vector<Operation>>(std::move(any)));
}

}  // namespace mogshare::testing
