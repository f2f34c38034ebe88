#pragma once
// What OpenSSL's errors mean for a connection.

#include "mogshare/secure/tls.hpp"

#include <string>

namespace mogshare::secure {

struct named_trouble {
    trouble is;
    std::string reason;  ///< for people
};

/// The meaning of the first error in OpenSSL's queue, which it empties.
named_trouble first_error();

}  // namespace mogshare::secure
