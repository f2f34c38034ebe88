// R1, R2, R3, R5: the tables beside the naive ones, whole, after every operation. Three bytes are one operation.

#include "bytes/reader.hpp"
#include "property/table_steps.hpp"

using namespace mogshare;
using namespace mogshare::fuzz;

namespace {

constexpr std::array<double, 4> shares{0.0, 0.3, 0.5, 1.0};
constexpr std::size_t operations =
    static_cast<std::size_t>(table_steps::operation::take_turn) + 1;  // the last one, as they are numbered

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    reader from(data, size);
    naive::tables model;
    model.primary_max = 1 + from.below(7);
    model.secondary_max = 1 + from.below(9);
    model.share = from.pick(shares);
    core::tables real = testing::tables_of(model.primary_max, model.secondary_max, model.share);
    while (!from.empty()) {
        table_steps::step one;
        one.what = static_cast<table_steps::operation>(from.below(operations));
        one.peer = static_cast<std::uint32_t>(from.below(table_steps::peers_max + 1));
        one.choice = from.below(table_steps::choices);
        require(table_steps::take_step(real, model, one), "an operation that returns something else");
        require(table_steps::alike(real, model), "tables that are not the naive ones");
        require(!core::broken_rule(real), "a rule of the tables");
    }
    return 0;
}
