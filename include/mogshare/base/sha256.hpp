#pragma once
// SHA-256 through OpenSSL.

#include "mogshare/base/ids.hpp"

#include <initializer_list>
#include <memory>

namespace mogshare {

/// SHA-256 of the concatenation of `parts`.
digest sha256(std::initializer_list<byte_view> parts);
inline digest sha256(byte_view data) {
    return sha256({data});
}

}  // namespace mogshare
