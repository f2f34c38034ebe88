#include "mogshare/app/version.hpp"

namespace mogshare::app {

std::string_view version() {
    return MOGSHARE_VERSION;
}

}  // namespace mogshare::app
