#pragma once
// Whether two messages say the same.

#include "mogshare/wire/messages.hpp"

#include <algorithm>
#include <type_traits>
#include <variant>

namespace mogshare::testing {

/// PONG and PIECE view their data, so theirs is compared byte for byte.
inline bool same(const wire::message& a, const wire::message& b) {
    const auto same_data = [](byte_view x, byte_view y) { return std::equal(x.begin(), x.end(), y.begin(), y.end()); };
    const auto equal = [&]<class M>(const M& x) {
        const M* y = std::get_if<M>(&b);
        if (!y) return false;
        if constexpr (std::is_same_v<M, wire::pong>)
            return x.id == y->id && x.offset == y->offset && x.file_bytes == y->file_bytes && x.proof == y->proof &&
                   same_data(x.data, y->data);
        else if constexpr (std::is_same_v<M, wire::piece>)
            return x.number == y->number && x.offset == y->offset && same_data(x.data, y->data);
        else
            return x == *y;
    };
    return std::visit(equal, a);
}

}  // namespace mogshare::testing
