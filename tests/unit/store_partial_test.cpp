#include "mogshare/store/partial.hpp"

#include "mogshare/base/limits.hpp"
#include "mogshare/content/hash_tree.hpp"
#include "store/errors.hpp"
#include "store/file_io.hpp"
#include "store/landing.hpp"
#include "store/owned_descriptor.hpp"
#include "store_temporary.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>

using namespace mogshare;
using namespace mogshare::store_test;
using limits::piece_bytes;
using store::folder;
using store::partial_file;

namespace {

// A content to download, and the home and folder to download it into.
struct download {
    bytes data;
    content::tree tree;
    temporary_home home;
    std::shared_ptr<folder> into;

    explicit download(bytes all) : data(std::move(all)), tree(tree_of(data)) {
        auto opened = folder::open(home.paths.folder);
        if (!opened) throw std::runtime_error(opened.error().what);
        into = opened.value();
    }
    explicit download(std::size_t size) : download(some_bytes(size)) {}

    std::shared_ptr<partial_file> open() const {
        auto opened = partial_file::open(home.paths, tree.root, data.size(), tree.layer);
        if (!opened) throw std::runtime_error(opened.error().what);
        return opened.value();
    }
    byte_view piece(std::uint64_t index) const {
        return byte_view(data).subspan(index * piece_bytes, content::piece_size(data.size(), index));
    }
    void store_all(const partial_file& partial) const {
        for (std::uint64_t index = 0; index < content::piece_count(data.size()); ++index) {
            REQUIRE(partial.store_piece(index, piece(index)).ok());
        }
    }
    fs::path partial_path() const {
        return home.paths.state / "partial" / (to_hex(tree.root) + "-" + std::to_string(data.size()) + ".part");
    }
    fs::path landed(const std::string& name) const { return home.paths.folder / name; }
    std::size_t files_in_folder() const {
        const fs::recursive_directory_iterator all(home.paths.folder);
        const auto no_folder = [](const auto& at) { return !fs::is_directory(at.symlink_status()); };
        return static_cast<std::size_t>(std::count_if(begin(all), end(all), no_folder));
    }
};

using pieces = std::vector<bool>;

void damage(const fs::path& path, std::uint64_t offset) {
    const store::owned_descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    std::uint8_t byte = 0;
    REQUIRE(store::read_at(file.get(), {&byte, 1}, offset).value() == 1);
    byte = static_cast<std::uint8_t>(byte ^ 1U);
    REQUIRE(store::write_at(file.get(), {&byte, 1}, offset) == 0);
}

// The pieces that are right, by the naive way.
pieces right_pieces(const download& wanted) {
    const bytes there = read_bytes(wanted.partial_path());
    pieces right;
    for (std::uint64_t index = 0; index < content::piece_count(wanted.data.size()); ++index) {
        const byte_view piece = wanted.piece(index);
        right.push_back(std::ranges::equal(piece, byte_view(there).subspan(index * piece_bytes, piece.size())));
    }
    return right;
}

}  // namespace

TEST_CASE("R12: a download lands in the folder with its content, its stamp and a usual file's rights") {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, piece_bytes, piece_bytes + 1, 2 * piece_bytes + 777}) {
        CAPTURE(size);
        const download wanted(size);
        const auto partial = wanted.open();
        CHECK(*partial->verify() == pieces(content::piece_count(size), false));
        CHECK(mode_of(wanted.partial_path()) == 0600);
        wanted.store_all(*partial);
        CHECK(*partial->verify() == pieces(content::piece_count(size), true));
        const mode_t old_mask = ::umask(0027);
        const auto landed = partial->finish(*wanted.into, "file.bin");
        ::umask(old_mask);
        REQUIRE(landed.ok());
        CHECK(landed->path == "file.bin");
        CHECK(landed->content == wanted.tree.root);
        CHECK(*landed->layer == *wanted.tree.layer);
        CHECK((read_bytes(wanted.landed("file.bin")) == wanted.data));
        CHECK(mode_of(wanted.landed("file.bin")) == 0640);
        CHECK_FALSE(fs::exists(wanted.partial_path()));

        const auto scanned = wanted.into->scan();
        REQUIRE(scanned->files.size() == 1);
        CHECK(scanned->files[0].stamp == landed->stamp);
        CHECK_FALSE(partial->finish(*wanted.into, "again").ok());
    }
}

TEST_CASE("C12: a download goes on after a restart with every piece that is still right") {
    const download wanted(3 * piece_bytes + 5);
    {
        const auto partial = wanted.open();
        for (const std::uint64_t index : {0U, 1U, 3U}) REQUIRE(partial->store_piece(index, wanted.piece(index)).ok());
    }
    damage(wanted.partial_path(), piece_bytes + 12'345);
    const auto partial = wanted.open();
    CHECK(*partial->verify() == pieces{true, false, false, true});
    const auto early = partial->finish(*wanted.into, "file");
    REQUIRE_FALSE(early.ok());
    CHECK(early.error().is == problem::kind::unfinished);
    CHECK(wanted.files_in_folder() == 0);
    for (const std::uint64_t index : {1U, 2U}) REQUIRE(partial->store_piece(index, wanted.piece(index)).ok());
    REQUIRE(partial->finish(*wanted.into, "file").ok());
    CHECK((read_bytes(wanted.landed("file")) == wanted.data));
}

TEST_CASE("R12: what was not verified since the restart is checked before it lands") {
    const download wanted(2 * piece_bytes);
    wanted.store_all(*wanted.open());
    SUBCASE("right") {
        CHECK(wanted.open()->finish(*wanted.into, "file").ok());
    }
    SUBCASE("damaged") {
        damage(wanted.partial_path(), 2 * piece_bytes - 1);
        const auto refused = wanted.open()->finish(*wanted.into, "file");
        REQUIRE_FALSE(refused.ok());
        CHECK(refused.error().is == problem::kind::unfinished);
        CHECK(fs::exists(wanted.partial_path()));
    }
}

TEST_CASE("C12: a partial file that is cut or too long resumes with what fits") {
    const download wanted(2 * piece_bytes + 100);
    wanted.store_all(*wanted.open());
    fs::resize_file(wanted.partial_path(), piece_bytes + 1);
    CHECK(*wanted.open()->verify() == pieces{true, false, false});
    fs::resize_file(wanted.partial_path(), 9 * piece_bytes);
    const auto partial = wanted.open();
    CHECK(*partial->verify() == pieces{true, false, false});
    CHECK(fs::file_size(wanted.partial_path()) == wanted.data.size());
}

TEST_CASE("C12: a partial file cut at any byte is not taken for whole, and the download still ends right") {
    for (std::size_t cut = 0; cut <= 300; ++cut) {
        CAPTURE(cut);
        const download wanted(300);
        wanted.store_all(*wanted.open());
        fs::resize_file(wanted.partial_path(), cut);
        const auto partial = wanted.open();
        REQUIRE(*partial->verify() == pieces{cut == 300});
        if (cut < 300) REQUIRE(partial->finish(*wanted.into, "file").error().is == problem::kind::unfinished);
        wanted.store_all(*partial);
        REQUIRE(partial->finish(*wanted.into, "file").ok());
        REQUIRE((read_bytes(wanted.landed("file")) == wanted.data));
    }
}

TEST_CASE("C12: zeros that never had to be written are there already") {
    bytes data(3 * piece_bytes + 9);
    data[piece_bytes] = 1;
    const download wanted(std::move(data));
    const auto partial = wanted.open();
    CHECK(*partial->verify() == pieces{true, false, true, true});
    REQUIRE(partial->store_piece(1, wanted.piece(1)).ok());
    REQUIRE(partial->finish(*wanted.into, "zeros").ok());
    CHECK((read_bytes(wanted.landed("zeros")) == wanted.data));
}

TEST_CASE("C2: a wrong piece is refused and nothing of it is written") {
    const download wanted(2 * piece_bytes + 100);
    const auto partial = wanted.open();
    REQUIRE(partial->store_piece(0, wanted.piece(0)).ok());
    const bytes before = read_bytes(wanted.partial_path());
    bytes wrong(wanted.piece(0).begin(), wanted.piece(0).end());
    const auto refused = [&](std::uint64_t index, byte_view data) {
        const auto stored = partial->store_piece(index, data);
        return !stored.ok() && stored.error().is == problem::kind::integrity;
    };
    wrong[4711] = static_cast<std::uint8_t>(wrong[4711] ^ 1U);
    CHECK(refused(0, wrong));                                   // a bit is wrong
    CHECK(refused(1, wanted.piece(0)));                         // another place
    CHECK(refused(1, wanted.piece(1).first(piece_bytes - 1)));  // too short
    CHECK(refused(2, wanted.piece(0)));                         // too long
    CHECK(refused(3, wanted.piece(2)));                         // beyond the end
    CHECK(refused(~std::uint64_t{0}, wanted.piece(0)));
    CHECK(refused(1, {}));
    CHECK((read_bytes(wanted.partial_path()) == before));
}

TEST_CASE("C12: restarts, damage and pieces in any order never make a wrong piece count as right") {
    const download wanted(3 * piece_bytes + 50'000);
    CHECK(rc::check("verify says what a comparison of bytes says", [&] {
        auto partial = wanted.open();
        // All kinds, also in short lists: rapidcheck narrows ranges with the size.
        const auto step_kinds = rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0U, 12U));
        const auto steps = *rc::gen::resize(12, rc::gen::container<std::vector<unsigned>>(step_kinds));
        for (const unsigned step : steps) {
            const std::uint64_t index = step % 4;
            if (step < 4) {
                RC_ASSERT(partial->store_piece(index, wanted.piece(index)).ok());
            } else if (step < 8) {
                damage(wanted.partial_path(), index * piece_bytes + 49'999);
            } else {
                partial.reset();
                partial = wanted.open();
            }
        }
        RC_ASSERT(*partial->verify() == right_pieces(wanted));
        partial.reset();
        fs::remove(wanted.partial_path());
    }));
}

TEST_CASE("R12: a name taken by other content becomes name (2), and (3) after that") {
    const download wanted(5000);
    write_file(wanted.landed("song.tar.gz"), some_bytes(5000, 2));
    write_file(wanted.landed("song.tar (2).gz"), "other");
    const auto partial = wanted.open();
    wanted.store_all(*partial);
    const auto landed = partial->finish(*wanted.into, "song.tar.gz");
    REQUIRE(landed.ok());
    CHECK(landed->path == "song.tar (3).gz");
    CHECK((read_bytes(wanted.landed("song.tar.gz")) == some_bytes(5000, 2)));
    CHECK(read_file(wanted.landed("song.tar (2).gz")) == "other");
    CHECK((read_bytes(wanted.landed("song.tar (3).gz")) == wanted.data));
}

TEST_CASE("R12: content that is there under that name, or its numbered name, is not kept twice") {
    const download wanted(5000);
    std::string at = "song.ogg";
    SUBCASE("the name itself") {}
    SUBCASE("a numbered one") {
        write_file(wanted.landed(at), "other");
        at = "song (2).ogg";
    }
    write_file(wanted.landed(at), wanted.data);
    const std::size_t before = wanted.files_in_folder();
    const auto partial = wanted.open();
    wanted.store_all(*partial);
    const auto landed = partial->finish(*wanted.into, "song.ogg");
    REQUIRE(landed.ok());
    CHECK(landed->path == at);
    CHECK(wanted.files_in_folder() == before);
    CHECK_FALSE(fs::exists(wanted.partial_path()));
    CHECK(wanted.into->read_range(at, landed->stamp, 0, 5000).ok());
}

TEST_CASE("threats: links, folders and devices under the name are left alone") {
    const download wanted(100);
    const temporary_directory outside;
    SUBCASE("a link to a file outside") {
        write_file(outside / "victim", "theirs");
        fs::create_symlink(outside / "victim", wanted.landed("file"));
    }
    SUBCASE("a link to the same content") {
        write_file(outside / "victim", wanted.data);
        fs::create_symlink(outside / "victim", wanted.landed("file"));
    }
    SUBCASE("a link to nothing") {
        fs::create_symlink(outside / "none", wanted.landed("file"));
    }
    SUBCASE("a folder") {
        fs::create_directory(wanted.landed("file"));
    }
    SUBCASE("a FIFO") {
        REQUIRE(::mkfifo(wanted.landed("file").c_str(), 0600) == 0);
    }
    const auto partial = wanted.open();
    wanted.store_all(*partial);
    const auto landed = partial->finish(*wanted.into, "file");
    REQUIRE(landed.ok());
    CHECK(landed->path == "file (2)");
    CHECK_FALSE(fs::exists(outside / "none"));
    CHECK(fs::is_regular_file(fs::symlink_status(wanted.landed("file (2)"))));
}

TEST_CASE("small print, sub-folders: those of the name are made, and used where they are there") {
    const download wanted(100);
    fs::create_directory(wanted.landed("a"));
    const auto partial = wanted.open();
    wanted.store_all(*partial);
    const auto landed = partial->finish(*wanted.into, "a/b c/ç/file");
    REQUIRE(landed.ok());
    CHECK(landed->path == "a/b c/ç/file");
    CHECK((read_bytes(wanted.landed("a/b c/ç/file")) == wanted.data));
}

TEST_CASE("threats: no name leads a download out of the folder, nor to a hidden file") {
    const download wanted(100);
    const temporary_directory outside;
    fs::create_directory_symlink(outside.path(), wanted.landed("linked"));
    fs::create_directory(wanted.landed("real"));
    fs::create_directory_symlink(outside.path(), wanted.landed("real/linked"));
    write_file(wanted.landed("plain"), "a file");
    const auto partial = wanted.open();
    wanted.store_all(*partial);
    for (const char* name : {"linked/file", "real/linked/file", "real/linked/deeper/file", "plain/file", "../file",
                             "a/../../file", "/tmp/file", "", ".hidden", "a/.hidden/file", "nul", "a//b", "a\x1b[2J"}) {
        CAPTURE(name);
        const auto landed = partial->finish(*wanted.into, name);
        REQUIRE_FALSE(landed.ok());
        CHECK(landed.error().is == problem::kind::failed);
        CHECK(landed.error().what.find('\x1b') == std::string::npos);
    }
    CHECK(fs::is_empty(outside.path()));
    CHECK(wanted.files_in_folder() == 3);
    CHECK(partial->finish(*wanted.into, "fine").ok());  // a refused name costs nothing
}

TEST_CASE("R12: a download that nobody can hold twice is refused while it is held") {
    const download wanted(100);
    auto first = wanted.open();
    const auto second = partial_file::open(wanted.home.paths, wanted.tree.root, 100, wanted.tree.layer);
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().is == problem::kind::usage);
    first.reset();
    CHECK(wanted.open() != nullptr);
}

TEST_CASE("threats: a tree that does not hang together, or one too large, is refused") {
    const download wanted(2 * piece_bytes);
    const auto refused = [&](const content_id& id, std::uint64_t size, content::piece_layer layer) {
        const auto given = std::make_shared<content::piece_layer>(std::move(layer));
        const auto opened = partial_file::open(wanted.home.paths, id, size, given);
        return !opened.ok() && opened.error().is == problem::kind::integrity;
    };
    CHECK(refused(wanted.tree.root, 2 * piece_bytes, {}));
    CHECK(refused(wanted.tree.root, 3 * piece_bytes, *wanted.tree.layer));
    CHECK(refused(wanted.tree.root, 2 * piece_bytes, {digest{}, digest{}}));
    CHECK(refused(wanted.tree.root, 100, *wanted.tree.layer));
    CHECK(refused(wanted.tree.root, 0, {}));
    const std::uint64_t huge = limits::file_bytes_max + 1;
    CHECK_FALSE(partial_file::open(wanted.home.paths, wanted.tree.root, huge, wanted.tree.layer).ok());
    CHECK_FALSE(fs::exists(wanted.partial_path()));
}

TEST_CASE("threats: a partial file is not opened through a link") {
    const download wanted(100);
    const temporary_directory outside;
    write_file(outside / "victim", "theirs");
    SUBCASE("the file") {
        fs::create_directory(wanted.home.paths.state / "partial");
        fs::create_symlink(outside / "victim", wanted.partial_path());
    }
    SUBCASE("its folder") {
        fs::create_directory_symlink(outside.path(), wanted.home.paths.state / "partial");
    }
    CHECK_FALSE(partial_file::open(wanted.home.paths, wanted.tree.root, 100, wanted.tree.layer).ok());
    CHECK(read_file(outside / "victim") == "theirs");
}

TEST_CASE("R12: what a crash between linking and unlinking left is not written to again") {
    const download wanted(100);
    wanted.store_all(*wanted.open());
    fs::create_hard_link(wanted.partial_path(), wanted.landed("file"));
    const auto partial = wanted.open();
    CHECK(*partial->verify() == pieces{false});
    CHECK((read_bytes(wanted.landed("file")) == wanted.data));
    wanted.store_all(*partial);
    CHECK(partial->finish(*wanted.into, "file")->path == "file");
    CHECK(wanted.files_in_folder() == 1);
}

TEST_CASE("R12: a folder on another file system gets the download by a copy, under the same rules") {
    const download wanted(2 * piece_bytes + 3);
    const fs::path memory = "/dev/shm";
    struct stat here {};
    struct stat there {};
    const bool elsewhere = ::stat(wanted.home.paths.state.c_str(), &here) == 0 && ::stat(memory.c_str(), &there) == 0 &&
                           here.st_dev != there.st_dev && ::access(memory.c_str(), W_OK) == 0;
    const temporary_directory other(elsewhere ? memory : wanted.home.directory.path());
    const auto into = folder::open(other.path());
    REQUIRE(into.ok());
    write_file(other / "file", "taken");
    write_file(other / (".mogshare-" + to_hex(wanted.tree.root)).c_str(), "left by a crash");
    const auto partial = wanted.open();
    wanted.store_all(*partial);
    const auto landed = partial->finish(**into, "file");
    REQUIRE(landed.ok());
    CHECK(landed->path == "file (2)");
    CHECK((read_bytes(other / "file (2)") == wanted.data));
    CHECK(read_file(other / "file") == "taken");
    CHECK_FALSE(fs::exists(wanted.partial_path()));
    CHECK((*into)->read_range(landed->path, landed->stamp, 0, 100).ok());
    CHECK((mode_of(other / "file (2)") & 0177) == (store::new_file_mode() & 0177));
    if (elsewhere) CHECK_FALSE(fs::exists(other / (".mogshare-" + to_hex(wanted.tree.root)).c_str()));
}

TEST_CASE("R12: moving, in either way, takes nobody's place") {
    const temporary_directory place;
    const store::owned_descriptor directory(::open(place.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (const auto move : {&store::move_unless_taken, &store::move_by_link}) {
        write_file(place / "from", "new");
        write_file(place / "taken", "old");
        CHECK(move(directory.get(), "from", directory.get(), "taken") == EEXIST);
        CHECK(read_file(place / "taken") == "old");
        CHECK(move(directory.get(), "from", directory.get(), "free") == 0);
        CHECK(read_file(place / "free") == "new");
        CHECK_FALSE(fs::exists(place / "from"));
        fs::remove(place / "free");
    }
}

TEST_CASE("R12: a full disk is told apart from other failures") {
    const store::owned_descriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    REQUIRE(full.valid());
    const int error = store::write_at(full.get(), as_bytes("x"), 0);
    const problem told = store::system_problem("cannot write", "x", error);
    CHECK(told.is == problem::kind::disk_full);
    CHECK_FALSE(told.hint.empty());
    CHECK(store::system_problem("cannot write", "x", EIO).is == problem::kind::failed);
}

TEST_CASE("R12: on a full disk the pieces that are there stay") {
    const download wanted(2 * piece_bytes);
    // In a process of its own the state lies on a file system with room for one piece; where that may not be made, it
    // says so.
    enum outcome { right, wrong, not_allowed };
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const char* const state = wanted.home.paths.state.c_str();
        const bool made = ::unshare(CLONE_NEWNS) == 0 &&
                          ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                          ::mount("tmpfs", state, "tmpfs", 0, "size=1536k,mode=0700") == 0;
        if (!made) ::_exit(not_allowed);
        const auto partial = wanted.open();
        const bool first = partial->store_piece(0, wanted.piece(0)).ok();
        const auto second = partial->store_piece(1, wanted.piece(1));
        const bool full = !second.ok() && second.error().is == problem::kind::disk_full;
        ::_exit(first && full && *partial->verify() == pieces{true, false} ? right : wrong);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) != wrong);
    WARN_MESSAGE(WEXITSTATUS(status) == right, "nothing may be mounted here: only the kinds of failure were tested");
}
