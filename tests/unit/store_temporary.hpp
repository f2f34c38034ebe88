#pragma once
// What the tests of the store share: a directory of their own, and files with contents that a number decides.

#include "mogshare/base/random.hpp"
#include "mogshare/content/hash_tree.hpp"
#include "mogshare/store/home.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace mogshare::store_test {

namespace fs = std::filesystem;

/// A fresh directory, removed with this object.
class temporary_directory {
public:
    explicit temporary_directory(const fs::path& in = fs::temp_directory_path()) {
        std::string pattern = (in / "mogshare-test-XXXXXX").native();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory in " + in.native());
        path_ = pattern;
    }
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;
    ~temporary_directory() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }

    const fs::path& path() const { return path_; }
    fs::path operator/(const char* name) const { return path_ / name; }

private:
    fs::path path_;
};

/// A home in a directory of its own, made ready.
struct temporary_home {
    temporary_directory directory;
    store::home_paths paths;

    temporary_home() {
        paths.folder = directory / "mogShare";
        paths.config = directory / "mogshare.toml";
        paths.state = directory / "state";
        if (!store::prepare_home(paths)) throw std::runtime_error("the home was refused");
    }
};

/// While it lives, access rights are checked as for any user, also where the tests run as root.
class as_nobody {
public:
    as_nobody() : was_root_(::geteuid() == 0) {
        if (was_root_ && ::seteuid(65534) != 0) throw std::runtime_error("cannot become nobody");
    }
    as_nobody(const as_nobody&) = delete;
    as_nobody& operator=(const as_nobody&) = delete;
    ~as_nobody() {
        if (was_root_ && ::seteuid(0) != 0) std::abort();
    }

private:
    bool was_root_;
};

inline bytes some_bytes(std::size_t count, std::uint64_t seed = 1) {
    bytes made(count);
    random_source::from_number(seed).fill(made);
    return made;
}

inline void write_file(const fs::path& path, byte_view data) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
    file.close();
    if (!file) throw std::runtime_error("cannot write " + path.native());
}

inline void write_file(const fs::path& path, std::string_view text) {
    write_file(path, as_bytes(text));
}

inline std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline bytes read_bytes(const fs::path& path) {
    const std::string text = read_file(path);
    return {text.begin(), text.end()};
}

inline content::tree tree_of(byte_view data) {
    content::tree_hasher hasher;
    hasher.update(data);
    return hasher.finish();
}

inline mode_t mode_of(const fs::path& path) {
    struct stat seen {};
    if (::stat(path.c_str(), &seen) != 0) throw std::runtime_error("cannot examine " + path.native());
    return seen.st_mode & 07777;
}

}  // namespace mogshare::store_test
