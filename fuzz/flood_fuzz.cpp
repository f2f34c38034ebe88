// R9: the memory of searches beside a map with times, and the table that it is made of beside a plain map; then the rule for
// addresses that go on.

#include "bytes/messages.hpp"
#include "bytes/reader.hpp"
#include "property/naive_flood.hpp"

using namespace mogshare;
using namespace mogshare::fuzz;

namespace {

constexpr std::array<int, 4> pauses_s{2, 20, 70, 200};

void check_memory(reader from) {
    const std::size_t capacity = 1 + from.below(40);
    const int pause_max_s = from.pick(pauses_s);
    core::seen_searches seen(capacity, naive::span, from.number<std::uint16_t>());
    naive::memory model;
    time_point now{std::chrono::hours(1)};
    while (!from.empty()) {
        naive::copy one;
        one.after_s = static_cast<int>(from.below(static_cast<std::uint64_t>(pause_max_s) + 1));
        one.query = static_cast<std::uint8_t>(from.below(41));
        one.level = 1 + static_cast<int>(from.below(5));
        now += std::chrono::seconds(one.after_s);
        const core::copy_kind kind = seen.observe(naive::id_of(one.query), one.level, now);
        require(model.allows(kind, one, now, capacity), "a copy that is taken for another kind");
        require(seen.size() <= capacity, "more ids than the memory may hold");
        require(seen.size() >= model.fresh(now), "an id forgotten too early");
    }
}

/// Ids that differ in any of their bytes, and collide in all places of a small table.
query_id any_id(reader& from) {
    query_id id;
    const std::uint8_t place = from.byte();
    id.value[place % 15] = static_cast<std::uint8_t>(from.byte() % 16);
    return id;
}

void check_ids(reader from) {
    core::id_memory real(from.number<std::uint16_t>());
    std::map<query_id, std::uint8_t> model;
    while (!from.empty()) {
        const query_id id = any_id(from);
        const std::uint8_t number = from.byte();
        std::uint8_t* const found = real.find(id);
        const auto known = model.find(id);
        require((found != nullptr) == (known != model.end()), "an id that is found though not there, or not found");
        if (found != nullptr) {
            require(*found == known->second, "another number than was noted");
            *found = known->second = static_cast<std::uint8_t>(number % (core::id_memory::number_max + 1));
        } else if (number == 255) {
            real.clear();
            model.clear();
        } else {
            real.add(id, number);
            model[id] = number;
        }
        require(real.size() == model.size(), "another number of ids");
    }
}

void check_address(reader from) {
    const host origin = endpoint_of(from).address;
    const host neighbour = endpoint_of(from).address;
    const host ours = endpoint_of(from).address;
    const bool known = from.flag();
    const auto form = core::reachable_form(origin, neighbour, known ? std::optional(ours) : std::nullopt);
    if (!form) return;
    require(*form == origin || (known && *form == ours), "an address made up");
    require(scope_of(*form) >= scope_of(neighbour), "an address that the neighbour cannot reach");
    if (*form != origin) require(scope_of(origin) == scope::loopback, "an address taken from a searcher elsewhere");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    reader from(data, size);
    switch (from.below(3)) {
        case 0: check_memory(from); break;
        case 1: check_ids(from); break;
        default: check_address(from); break;
    }
    return 0;
}
