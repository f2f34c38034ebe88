#pragma once
// What the program's exit codes mean. Scripts branch on them, so a number never changes its meaning.

#include "mogshare/base/result.hpp"

namespace mogshare::app {

enum class exit_code : int {
    done = 0,
    failed = 1,
    usage = 2,  ///< command line or configuration
    not_found = 3,
    timeout = 4,  ///< a time limit passed, or there were no peers
    integrity = 5,
    network = 6,
    unfinished = 7,  ///< transfers were left unfinished
    disk_full = 9,
    interrupted = 130,
};

constexpr exit_code exit_code_of(problem::kind is) {
    switch (is) {
        case problem::kind::failed: return exit_code::failed;
        case problem::kind::usage: return exit_code::usage;
        case problem::kind::not_found: return exit_code::not_found;
        case problem::kind::timeout: return exit_code::timeout;
        case problem::kind::integrity: return exit_code::integrity;
        case problem::kind::network: return exit_code::network;
        case problem::kind::unfinished: return exit_code::unfinished;
        case problem::kind::disk_full: return exit_code::disk_full;
    }
    return exit_code::failed;
}

}  // namespace mogshare::app
