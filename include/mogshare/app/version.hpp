#pragma once
// The program's version; CMakeLists.txt decides it.

#include <string_view>

namespace mogshare::app {

std::string_view version();

}  // namespace mogshare::app
