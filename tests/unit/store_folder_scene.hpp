#pragma once
// What tests of the shared folder share.

#include "mogshare/store/folder.hpp"
#include "store_temporary.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>

namespace mogshare::store_test {

inline const std::atomic<bool> go_on{false};

inline std::shared_ptr<store::folder> opened(const fs::path& path) {
    auto made = store::folder::open(path);
    REQUIRE(made.ok());
    return made.value();
}

inline store::found_file only_file(const store::folder& in) {
    const auto scanned = in.scan();
    REQUIRE(scanned.ok());
    REQUIRE(scanned->files.size() == 1);
    return scanned->files.front();
}

}  // namespace mogshare::store_test
