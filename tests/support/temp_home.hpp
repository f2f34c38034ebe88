#pragma once
// Homes of peers for the time of a test.

#include "mogshare/base/bytes.hpp"
#include "mogshare/store/home.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace mogshare::testing {

/// A folder of its own that goes with this object.
class temp_folder {
public:
    temp_folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "mogshare_test_XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~temp_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    temp_folder(const temp_folder&) = delete;
    temp_folder& operator=(const temp_folder&) = delete;

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// A prepared home with an empty folder.
class temp_home {
public:
    temp_home() {
        const auto top = folder_.path();
        paths_ = {top / "mogShare", top / "config" / "mogshare.toml", top / "state"};
        const auto prepared = store::prepare_home(paths_);
        REQUIRE_MESSAGE(prepared.ok(), (prepared.ok() ? "" : prepared.error().what));
    }

    const store::home_paths& paths() const { return paths_; }

    /// Writes a file below the folder, with its sub-folders.
    void put(const std::string& name, std::string_view content) const {
        const auto path = paths_.folder / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
    }
    void remove(const std::string& name) const { std::filesystem::remove(paths_.folder / name); }
    bool has(const std::string& name) const { return std::filesystem::exists(paths_.folder / name); }
    std::string read(const std::string& name) const {
        std::ifstream file(paths_.folder / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

private:
    temp_folder folder_;
    store::home_paths paths_;
};

}  // namespace mogshare::testing
