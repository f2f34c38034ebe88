#include "mogshare/store/folder.hpp"

#include "mogshare/base/limits.hpp"
#include "mogshare/base/sha256.hpp"
#include "mogshare/content/hash_tree.hpp"
#include "store/beneath.hpp"
#include "store_folder_scene.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

using namespace mogshare;
using namespace mogshare::store_test;
using store::folder;
using store::found_file;

namespace {

std::vector<std::string> paths_of(const store::scan_result& scanned) {
    std::vector<std::string> paths;
    for (const found_file& file : scanned.files) paths.push_back(file.path);
    return paths;
}

/// While it lives, no more than `spare` descriptors can be opened.
class few_descriptors_left {
public:
    explicit few_descriptors_left(int spare) {
        if (::getrlimit(RLIMIT_NOFILE, &usual_) != 0) throw std::runtime_error("cannot read the limit");
        // The lowest free numbers are given out first, so holes below the limit count as well.
        rlimit few = usual_;
        few.rlim_cur = 0;
        for (int number = 0; spare > 0 || ::fcntl(number, F_GETFD) >= 0; ++number) {
            if (::fcntl(number, F_GETFD) < 0) --spare;
            few.rlim_cur = static_cast<rlim_t>(number) + 1;
        }
        if (::setrlimit(RLIMIT_NOFILE, &few) != 0) throw std::runtime_error("cannot set the limit");
    }
    few_descriptors_left(const few_descriptors_left&) = delete;
    few_descriptors_left& operator=(const few_descriptors_left&) = delete;
    ~few_descriptors_left() { ::setrlimit(RLIMIT_NOFILE, &usual_); }

private:
    rlimit usual_{};
};

bool lists(const std::vector<std::string>& skipped, std::string_view beginning) {
    return std::any_of(skipped.begin(), skipped.end(),
                       [&](const std::string& line) { return line.starts_with(beginning); });
}

}  // namespace

TEST_CASE("R13: every regular file below the folder is found, in order of path, with its stamp") {
    const temporary_directory home;
    fs::create_directories(home / "b/c");
    write_file(home / "b/c/deep.txt", "deep");
    write_file(home / "a.txt", "hello");
    write_file(home / "Música.ogg", "");
    const auto scanned = opened(home.path())->scan();
    REQUIRE(scanned.ok());
    CHECK(paths_of(*scanned) == std::vector<std::string>{"Música.ogg", "a.txt", "b/c/deep.txt"});
    CHECK(scanned->skipped.empty());
    CHECK(scanned->files[1].stamp.size == 5);
    CHECK(scanned->files[1].stamp.inode != 0);
    CHECK(scanned->files[1].stamp.modified_ns > 0);
}

TEST_CASE("R13: scanning twice, also with one folder object, sees the folder anew each time") {
    const temporary_directory home;
    const auto shared = opened(home.path());
    CHECK(shared->scan()->files.empty());
    write_file(home / "a", "1");
    CHECK(paths_of(*shared->scan()) == std::vector<std::string>{"a"});
    CHECK(paths_of(*shared->scan()) == std::vector<std::string>{"a"});
}

TEST_CASE("R13, threats: links, devices and names that are not allowed are skipped with a reason, dot files silently") {
    const temporary_directory outside;
    write_file(outside / "secret", "secret");
    const temporary_directory home;
    fs::create_symlink(outside / "secret", home / "link");
    fs::create_directory_symlink(outside.path(), home / "linked");
    REQUIRE(::mkfifo((home / "pipe").c_str(), 0600) == 0);
    write_file(home / ".hidden", "");
    fs::create_directory(home / ".git");
    write_file(home / ".git/config", "");
    write_file(home / "con.txt", "");
    write_file(home / "bad\x1b[2Jname", "");
    fs::create_directory(home / "aux");
    write_file(home / "aux/inside", "");
    write_file(home / "fine", "");

    const auto scanned = opened(home.path())->scan();
    REQUIRE(scanned.ok());
    CHECK(paths_of(*scanned) == std::vector<std::string>{"fine"});
    CHECK(scanned->skipped.size() == 6);
    for (const char* path : {"link: ", "linked: ", "pipe: ", "con.txt: ", "bad\\x1b[2Jname: ", "aux: "}) {
        CAPTURE(path);
        CHECK(lists(scanned->skipped, path));
    }
}

TEST_CASE("R13: folders nested deeper than a name may be are not entered") {
    const temporary_directory home;
    fs::path deep = home.path();
    std::string at_limit;
    for (std::size_t level = 1; level < limits::components_max; ++level) {
        deep /= "d";
        at_limit += "d/";
    }
    fs::create_directories(deep / "e" / "f");
    write_file(deep / "ok", "");
    write_file(deep / "e" / "too-deep", "");
    const auto scanned = opened(home.path())->scan();
    REQUIRE(scanned.ok());
    CHECK(paths_of(*scanned) == std::vector<std::string>{at_limit + "ok"});
    CHECK(lists(scanned->skipped, at_limit + "e/too-deep: "));
    CHECK(lists(scanned->skipped, at_limit + "e/f: "));
}

TEST_CASE("R13: the list of what was skipped is bounded, and says how much more there is") {
    const temporary_directory home;
    for (int number = 0; number < 1005; ++number) {
        fs::create_symlink("nowhere", home.path() / ("link" + std::to_string(number)));
    }
    const auto scanned = opened(home.path())->scan();
    REQUIRE(scanned.ok());
    CHECK(scanned->skipped.size() == 1000);
    CHECK(scanned->skipped.back() == "and 6 more");
}

TEST_CASE("R13: what may not be read is named with the reason, and the rest is shared") {
    const temporary_directory home;
    write_file(home / "unreadable", "x");
    fs::create_directory(home / "closed");
    write_file(home / "fine", "y");
    REQUIRE(::chmod((home / "unreadable").c_str(), 0) == 0);
    REQUIRE(::chmod((home / "closed").c_str(), 0) == 0);
    REQUIRE(::chmod(home.path().c_str(), 0755) == 0);
    const auto shared = opened(home.path());
    {
        const as_nobody unprivileged;
        const auto scanned = shared->scan();
        REQUIRE(scanned.ok());
        CHECK(scanned->skipped == std::vector<std::string>{"closed: Permission denied"});
        REQUIRE(paths_of(*scanned) == std::vector<std::string>{"fine", "unreadable"});
        CHECK(shared->hash(scanned->files[0], go_on).ok());
        const auto hashed = shared->hash(scanned->files[1], go_on);
        REQUIRE_FALSE(hashed.ok());
        CHECK(hashed.error().what == "cannot open 'unreadable': Permission denied");
    }
    REQUIRE(::chmod((home / "closed").c_str(), 0700) == 0);  // so that it can be removed
}

TEST_CASE("R13: a folder that is none, or is missing, is a clear problem") {
    const temporary_directory home;
    write_file(home / "file", "");
    for (const char* name : {"file", "missing"}) {
        const auto made = folder::open(home / name);
        REQUIRE_FALSE(made.ok());
        CHECK(made.error().what.find(name) != std::string::npos);
        CHECK_FALSE(made.error().hint.empty());
    }
}

TEST_CASE("C2: hashing a shared file gives its content id and layer, for sizes around every boundary") {
    using limits::leaf_bytes;
    using limits::piece_bytes;
    const temporary_directory home;
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, leaf_bytes, leaf_bytes + 1, piece_bytes - 1,
                                   piece_bytes, piece_bytes + 1, 2 * piece_bytes + leaf_bytes + 7}) {
        CAPTURE(size);
        const bytes data = some_bytes(size);
        write_file(home / "file", data);
        const auto shared = opened(home.path());
        const auto hashed = shared->hash(only_file(*shared), go_on);
        REQUIRE(hashed.ok());
        CHECK(hashed->path == "file");
        CHECK(hashed->size() == size);
        CHECK(hashed->content == tree_of(data).root);
        CHECK(*hashed->layer == *tree_of(data).layer);
        const auto any = store::hash_file(home / "file");
        REQUIRE(any.ok());
        CHECK(any->root == hashed->content);
    }
}

TEST_CASE("threats: a file that is not as it was when found is not hashed") {
    const temporary_directory home;
    write_file(home / "file", "some text");
    const auto shared = opened(home.path());
    const found_file seen = only_file(*shared);
    found_file other = seen;
    SUBCASE("another size") {
        other.stamp.size += 1;
    }
    SUBCASE("another time") {
        other.stamp.modified_ns -= 1;
    }
    SUBCASE("another file under that name") {
        other.stamp.inode += 1;
    }
    const auto hashed = shared->hash(other, go_on);
    REQUIRE_FALSE(hashed.ok());
    CHECK(hashed.error().what.find("changed") != std::string::npos);
}

TEST_CASE("R14: hashing stops when told to") {
    const temporary_directory home;
    write_file(home / "file", "some text");
    const auto shared = opened(home.path());
    const std::atomic<bool> stop{true};
    CHECK_FALSE(shared->hash(only_file(*shared), stop).ok());
}

TEST_CASE("C2: a file too large to have a content id is refused before it is read") {
    const temporary_directory home;
    write_file(home / "file", "");
    const bool sparse = ::truncate((home / "file").c_str(), static_cast<off_t>(limits::file_bytes_max + 1)) == 0;
    const auto hashed = store::hash_file(home / "file");
    if (sparse) {
        REQUIRE_FALSE(hashed.ok());
        CHECK(hashed.error().what.find("larger than 1 TiB") != std::string::npos);
    } else {
        CHECK(hashed.ok());  // this file system has no such files
    }
}

TEST_CASE("threats: a FIFO or folder in the place of a file neither blocks nor is read") {
    const temporary_directory home;
    REQUIRE(::mkfifo((home / "pipe").c_str(), 0600) == 0);
    fs::create_directory(home / "dir");
    const auto shared = opened(home.path());
    for (const char* name : {"pipe", "dir"}) {
        const auto read = shared->read_range(name, content::file_stamp{}, 0, 0);
        REQUIRE_FALSE(read.ok());
        CHECK(read.error().what.find("not a regular file") != std::string::npos);
    }
    CHECK_FALSE(store::hash_file(home / "pipe").ok());
    const auto missing = store::hash_file(home / "missing");
    REQUIRE_FALSE(missing.ok());
    CHECK(missing.error().is == problem::kind::not_found);
}

TEST_CASE("threats: neither a link nor a path leads out of the folder") {
    const temporary_directory outside;
    write_file(outside / "secret", "secret");
    const temporary_directory home;
    fs::create_symlink(outside / "secret", home / "link");
    fs::create_directory_symlink(outside.path(), home / "linked");
    write_file(home / ".hidden", "secret");
    struct stat seen {};
    REQUIRE(::stat((outside / "secret").c_str(), &seen) == 0);
    content::file_stamp stamp;
    stamp.size = 6;
    stamp.inode = seen.st_ino;
    const auto shared = opened(home.path());
    const std::string upward = "../" + outside.path().filename().native() + "/secret";
    for (const std::string& path : {std::string("link"), std::string("linked/secret"), upward, std::string(".hidden"),
                                    (outside / "secret").native(), std::string("./link"), std::string()}) {
        CAPTURE(path);
        CHECK_FALSE(shared->read_range(path, stamp, 0, 6).ok());
        CHECK_FALSE(shared->hash(found_file{path, stamp}, go_on).ok());
    }
}

TEST_CASE("threats: what is hidden is not served, also to who knows its name and stamp") {
    const temporary_directory home;
    write_file(home / "file", "secret");
    const auto shared = opened(home.path());
    const content::file_stamp stamp = only_file(*shared).stamp;
    CHECK(shared->read_range("file", stamp, 0, 6).ok());
    fs::rename(home / "file", home / ".file");
    const auto refused = shared->read_range(".file", stamp, 0, 6);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().what.find("changed") == std::string::npos);
}

TEST_CASE("threats: where the kernel has no openat2, opening step by step is as strict") {
    const temporary_directory outside;
    write_file(outside / "secret", "secret");
    const temporary_directory home;
    fs::create_directories(home / "a/b");
    write_file(home / "a/b/file", "x");
    fs::create_symlink(outside / "secret", home / "a/link");
    fs::create_directory_symlink(outside.path(), home / "linked");
    const auto shared = opened(home.path());
    const int in = shared->descriptor();
    for (const char* path : {"a/b/file", "a/b"}) {
        CHECK(store::open_beneath(in, path, O_RDONLY).ok());
        CHECK(store::open_beneath_by_steps(in, path, O_RDONLY).ok());
    }
    for (const char* path :
         {"a/link", "linked/secret", "linked", "../x", "a/../../x", "/etc/passwd", "", "a/b/none", "a/b/file/x"}) {
        CAPTURE(path);
        CHECK_FALSE(store::open_beneath(in, path, O_RDONLY).ok());
        CHECK_FALSE(store::open_beneath_by_steps(in, path, O_RDONLY).ok());
    }
}

TEST_CASE("C9: a range is exactly those bytes, and nothing beyond the file") {
    const temporary_directory home;
    const bytes data = some_bytes(100'000);
    write_file(home / "file", data);
    const auto shared = opened(home.path());
    const content::file_stamp stamp = only_file(*shared).stamp;
    const auto read = shared->read_range("file", stamp, 70'000, 30'000);
    REQUIRE(read.ok());
    CHECK(*read == bytes(data.begin() + 70'000, data.end()));
    CHECK(shared->read_range("file", stamp, 100'000, 0)->empty());
    CHECK_FALSE(shared->read_range("file", stamp, 70'001, 30'000).ok());
    CHECK_FALSE(shared->read_range("file", stamp, ~std::uint64_t{0}, 2).ok());
    CHECK_FALSE(shared->read_range("file", stamp, 0, ~std::uint32_t{0}).ok());
}

TEST_CASE("threats: a file that changed since it was hashed is no longer served") {
    const temporary_directory home;
    write_file(home / "file", "before");
    const auto shared = opened(home.path());
    const content::file_stamp stamp = only_file(*shared).stamp;
    SUBCASE("replaced") {
        write_file(home / "new", "after!");
        fs::rename(home / "new", home / "file");
    }
    SUBCASE("longer") {
        write_file(home / "file", "longer than before");
    }
    SUBCASE("shorter") {
        write_file(home / "file", "bef");
    }
    SUBCASE("same size, another time") {
        const timespec times[2] = {{1, 2}, {3, 4}};
        REQUIRE(::utimensat(AT_FDCWD, (home / "file").c_str(), times, 0) == 0);
    }
    SUBCASE("gone") {
        fs::remove(home / "file");
    }
    SUBCASE("a link in its place") {
        fs::rename(home / "file", home / "other");
        fs::create_symlink("other", home / "file");
    }
    SUBCASE("a folder in its place") {
        fs::remove(home / "file");
        fs::create_directory(home / "file");
    }
    const auto read = shared->read_range("file", stamp, 0, 6);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().is == problem::kind::not_found);
    const auto proven = shared->prove_range("file", stamp, {}, 0, 16384);
    REQUIRE_FALSE(proven.ok());
    CHECK(proven.error().is == problem::kind::not_found);
}

TEST_CASE("threats: a file that cannot be opened for want of descriptors does not count as gone") {
    const temporary_directory home;
    fs::create_directory(home / "in");
    write_file(home / "in/file", "some text");
    const auto shared = opened(home.path());
    const content::file_stamp stamp = only_file(*shared).stamp;
    const auto read_without = [&] {
        const few_descriptors_left none(0);
        return shared->read_range("in/file", stamp, 0, 9);
    };
    const auto read = read_without();
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().is == problem::kind::failed);
    CHECK(shared->read_range("in/file", stamp, 0, 9).ok());
}

TEST_CASE("R13: a look at the folder that runs out of descriptors fails as a whole, and nothing counts as gone") {
    const temporary_directory home;
    fs::create_directories(home / "in/and/in");
    write_file(home / "in/and/in/file", "some text");
    const auto shared = opened(home.path());
    const auto scan_with = [&](int spare) {
        const few_descriptors_left few(spare);
        return shared->scan();
    };
    for (const int spare : {0, 1, 2, 3}) {
        CAPTURE(spare);
        const auto scanned = scan_with(spare);
        REQUIRE_FALSE(scanned.ok());
        CHECK(scanned.error().what.find("Too many open files") != std::string::npos);
        CHECK(scanned.error().hint.find("ulimit") != std::string::npos);
    }
    CHECK(paths_of(*scan_with(4)) == std::vector<std::string>{"in/and/in/file"});
}

TEST_CASE("R10: a range is proved by the leaves up to the content id, wherever it lies") {
    const temporary_directory home;
    const bytes data = some_bytes(3 * limits::MiB + 5 * limits::leaf_bytes + 11);
    write_file(home / "file", data);
    const auto shared = opened(home.path());
    const auto hashed = shared->hash(only_file(*shared), go_on);
    REQUIRE(hashed.ok());
    const std::uint64_t leaves = content::leaf_count(data.size());
    CHECK(rc::check("a proved range verifies", [&] {
        const std::uint64_t offset = *rc::gen::inRange<std::uint64_t>(0, leaves) * limits::leaf_bytes;
        const auto length = static_cast<std::uint32_t>(*rc::gen::inRange<std::size_t>(1, limits::ping_bytes_max + 1));
        const auto proven = shared->prove_range("file", hashed->stamp, *hashed->layer, offset, length);
        RC_ASSERT(proven.ok());
        const auto range = content::leaves_of(data.size(), offset, length);
        RC_ASSERT(content::verify_range(hashed->content, data.size(), range, proven->data, proven->proof));
        const std::uint64_t end = std::min<std::uint64_t>(data.size(), offset + range.count * limits::leaf_bytes);
        RC_ASSERT(std::ranges::equal(proven->data, byte_view(data).subspan(offset, end - offset)));
    }));
}

TEST_CASE("R10: short files are proved too, and a range that cannot be proved is a problem") {
    const temporary_directory home;
    const bytes data = some_bytes(20'000);
    write_file(home / "file", data);
    write_file(home / "empty", "");
    const auto shared = opened(home.path());
    const auto scanned = shared->scan();
    REQUIRE(scanned->files.size() == 2);
    const auto& none = scanned->files[0].stamp;
    const auto& stamp = scanned->files[1].stamp;
    const auto proven = shared->prove_range("file", stamp, {}, 0, 262'144);
    REQUIRE(proven.ok());
    CHECK(proven->data == data);
    CHECK(content::verify_range(tree_of(data).root, 20'000, {0, 2}, proven->data, proven->proof));
    const auto empty = shared->prove_range("empty", none, {}, 0, 262'144);
    REQUIRE(empty.ok());
    CHECK(content::verify_range(tree_of({}).root, 0, {0, 0}, empty->data, empty->proof));

    CHECK_FALSE(shared->prove_range("file", stamp, {}, 5, 16'384).ok());
    CHECK_FALSE(shared->prove_range("file", stamp, {}, 32'768, 16'384).ok());
    CHECK_FALSE(shared->prove_range("file", stamp, {}, 0, 0).ok());
    CHECK_FALSE(shared->prove_range("file", stamp, {}, 0, 2 * limits::MiB).ok());
    CHECK_FALSE(shared->prove_range("file", stamp, {digest{}}, 0, 16'384).ok());
}
