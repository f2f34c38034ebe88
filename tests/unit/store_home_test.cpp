#include "mogshare/store/home.hpp"

#include "store_temporary.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>

using namespace mogshare;
using namespace mogshare::store_test;
using store::find_home;
using store::home_choice;
using store::home_lock;
using store::home_paths;
using store::prepare_home;
using store::running_port;

namespace {

home_paths layout_in(const fs::path& directory) {
    home_paths paths;
    paths.folder = directory / "mogShare";
    paths.config = directory / "config" / "mogshare.toml";
    paths.state = directory / "state";
    return paths;
}

bool same_places(const home_paths& left, const home_paths& right) {
    return left.folder == right.folder && left.config == right.config && left.state == right.state;
}

// Opens and locks the file as another process would.
class other_holder {
public:
    other_holder(const home_paths& paths, int operation)
        : file_(::open((paths.state / "lock").c_str(), O_RDONLY | O_CLOEXEC)) {
        if (file_ < 0 || ::flock(file_, operation) != 0) throw std::runtime_error("cannot lock");
    }
    other_holder(const other_holder&) = delete;
    other_holder& operator=(const other_holder&) = delete;
    ~other_holder() { ::close(file_); }

private:
    int file_;
};

}  // namespace

TEST_CASE("R16: --home DIR holds folder, configuration and state, whatever its spelling") {
    home_choice choice;
    choice.working_directory = "/some/dir";
    for (const char* spelling : {"/some/where", "/some/where/", "/some/./x/../where", "../../some/where"}) {
        CAPTURE(spelling);
        choice.home = spelling;
        const auto found = find_home(choice);
        REQUIRE(found.ok());
        CHECK(same_places(*found, layout_in("/some/where")));
    }
    choice.home = "";
    REQUIRE_FALSE(find_home(choice).ok());
    CHECK(find_home(choice).error().is == problem::kind::usage);
}

TEST_CASE("R16: the working directory is a home when it holds the folder or the configuration") {
    const temporary_directory work;
    home_choice choice;
    choice.working_directory = work.path();
    choice.user_home = "/home/user";
    CHECK(find_home(choice)->folder == "/home/user/mogShare");
    SUBCASE("folder") {
        fs::create_directory(work / "mogShare");
    }
    SUBCASE("configuration") {
        fs::create_directory(work / "config");
        write_file(work / "config/mogshare.toml", "");
    }
    CHECK(same_places(*find_home(choice), layout_in(work.path())));
}

TEST_CASE("R16: a mogShare in $HOME is the same home from everywhere") {
    const temporary_directory user;
    fs::create_directory(user / "mogShare");
    home_choice choice;
    choice.user_home = user.path().native();
    choice.working_directory = user.path();
    const auto from_home = find_home(choice);
    choice.working_directory = "/";
    const auto from_root = find_home(choice);
    REQUIRE(from_home.ok());
    REQUIRE(from_root.ok());
    CHECK(same_places(*from_home, *from_root));
    CHECK(from_home->state == user / ".local/state/mogshare");
}

TEST_CASE("R15: the XDG folders are used where they are absolute paths") {
    home_choice choice;
    choice.working_directory = "/";
    choice.user_home = "/home/user";
    choice.xdg_config_home = "/xdg/config/";
    choice.xdg_state_home = "relative";
    choice.account_home = "/home/account/";
    const auto found = find_home(choice);
    REQUIRE(found.ok());
    CHECK(found->account_home == "/home/account");
    CHECK(found->folder == "/home/user/mogShare");
    CHECK(found->config == "/xdg/config/mogshare/mogshare.toml");
    CHECK(found->state == "/home/user/.local/state/mogshare");

    using text = std::optional<std::string>;
    for (const text& none : {text(), text(""), text("x")}) {
        choice.user_home = none;
        REQUIRE_FALSE(find_home(choice).ok());
        CHECK(find_home(choice).error().hint.find("--home") != std::string::npos);
    }
}

TEST_CASE("small print, a home: it is made where it is missing, its state private and out of version control") {
    const temporary_directory place;
    const home_paths paths = layout_in(place / "new");
    REQUIRE(prepare_home(paths).ok());
    CHECK(fs::is_directory(paths.folder));
    CHECK(mode_of(paths.state) == 0700);
    CHECK(read_file(paths.state / ".gitignore") == "*\n");
    write_file(paths.state / ".gitignore", "mine");
    CHECK(prepare_home(paths).ok());
    CHECK(read_file(paths.state / ".gitignore") == "mine");
}

TEST_CASE(
    "small print, a home: only the last component of --home is made; the XDG state folder is made with its parents") {
    const temporary_directory place;
    const auto refused = prepare_home(layout_in(place / "no/such"));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().is == problem::kind::usage);
    CHECK(refused.error().hint.find((place / "no").native()) != std::string::npos);

    home_choice choice;
    choice.working_directory = "/";
    choice.user_home = place.path().native();
    const auto found = find_home(choice);
    REQUIRE(prepare_home(*found).ok());
    CHECK(mode_of(place / ".local/state/mogshare") == 0700);
    CHECK(mode_of(place / ".local") == 0700);
}

TEST_CASE("small print, a home: one that others can write to is refused") {
    for (const mode_t mode : {mode_t{0770}, mode_t{0757}, mode_t{01777}}) {
        for (const char* part : {"mogShare", "state"}) {
            CAPTURE(part);
            const temporary_directory place;
            const home_paths paths = layout_in(place.path());
            REQUIRE(prepare_home(paths).ok());
            REQUIRE(::chmod((place / part).c_str(), mode) == 0);
            const auto refused = prepare_home(paths);
            REQUIRE_FALSE(refused.ok());
            CHECK(refused.error().is == problem::kind::usage);
            CHECK(refused.error().what.find(part) != std::string::npos);
            CHECK(refused.error().hint.find("chmod") != std::string::npos);
        }
    }
}

TEST_CASE("small print, a home: neither DIR of --home nor the configuration's place may be writable by others") {
    const temporary_directory place;
    const home_paths paths = layout_in(place.path());
    fs::create_directory(place / "config");
    REQUIRE(prepare_home(paths).ok());
    fs::path what;
    SUBCASE("DIR") {
        what = place.path();
    }
    SUBCASE("config") {
        what = place / "config";
    }
    for (const mode_t mode : {mode_t{0775}, mode_t{0757}, mode_t{0777}}) {
        CAPTURE(mode);
        REQUIRE(::chmod(what.c_str(), mode) == 0);
        const auto refused = prepare_home(paths);
        REQUIRE_FALSE(refused.ok());
        CHECK(refused.error().is == problem::kind::usage);
        CHECK(refused.error().what.find(what.native() + "'") != std::string::npos);
        home_paths other_folder = paths;
        fs::create_directory(place / "elsewhere");
        fs::create_directory(place / "elsewhere/shared");
        other_folder.folder = place / "elsewhere/shared";
        CHECK_FALSE(prepare_home(other_folder).ok());
        fs::remove_all(place / "elsewhere");
    }
    REQUIRE(::chmod(what.c_str(), 01777) == 0);  // a DIR like /tmp will do, a config/ like it will not
    CHECK(prepare_home(paths).ok() == (what == place.path()));
    REQUIRE(::chmod(what.c_str(), 0755) == 0);
    CHECK(prepare_home(paths).ok());
}

TEST_CASE("small print, a home: a configuration that others can write to, or that is another user's, is refused") {
    const temporary_directory place;
    const home_paths paths = layout_in(place.path());
    fs::create_directory(place / "config");
    REQUIRE(prepare_home(paths).ok());  // it need not be there
    fs::path file = paths.config;
    SUBCASE("a file") {}
    SUBCASE("what it is a link to") {
        file = place / "elsewhere.toml";
        fs::create_symlink(file, paths.config);
        CHECK(prepare_home(paths).ok());
    }
    write_file(file, "");
    for (const mode_t mode : {mode_t{0664}, mode_t{0646}, mode_t{0666}, mode_t{01666}}) {
        CAPTURE(mode);
        REQUIRE(::chmod(file.c_str(), mode) == 0);
        const auto refused = prepare_home(paths);
        REQUIRE_FALSE(refused.ok());
        CHECK(refused.error().is == problem::kind::usage);
        CHECK(refused.error().what ==
              "cannot use the configuration '" + paths.config.native() + "': others can write to it");
        CHECK(refused.error().hint == "take that right away with chmod go-w");
    }
    REQUIRE(::chmod(file.c_str(), 0644) == 0);
    CHECK(prepare_home(paths).ok());
    if (::geteuid() != 0) return;  // only root can give files away
    REQUIRE(::chmod(place.path().c_str(), 0755) == 0);
    for (const fs::path& mine : {paths.folder, paths.state}) REQUIRE(::chown(mine.c_str(), 65534, 65534) == 0);
    const auto as_user = [&] {
        const as_nobody unprivileged;
        return prepare_home(paths);
    };
    CHECK(as_user().ok());  // root's will do
    REQUIRE(::chown(file.c_str(), 65533, 65533) == 0);
    const auto refused = as_user();
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().what.find("cannot use the configuration") == 0);
    CHECK(refused.error().what.find("it belongs to another user") != std::string::npos);
}

TEST_CASE("small print, a home: what lies around a home may belong to root, but to no third") {
    if (::geteuid() != 0) return;
    const temporary_directory place;
    const home_paths paths = layout_in(place.path());
    fs::create_directory(place / "config");
    REQUIRE(prepare_home(paths).ok());
    REQUIRE(::chmod(place.path().c_str(), 0755) == 0);
    for (const fs::path& mine : {paths.folder, paths.state}) REQUIRE(::chown(mine.c_str(), 65534, 65534) == 0);
    const auto as_user = [&] {
        const as_nobody unprivileged;
        return prepare_home(paths);
    };
    CHECK(as_user().ok());
    for (const fs::path& around : {place.path(), place / "config"}) {
        REQUIRE(::chown(around.c_str(), 65533, 65533) == 0);
        const auto refused = as_user();
        REQUIRE_FALSE(refused.ok());
        CHECK(refused.error().what.find("another user") != std::string::npos);
        REQUIRE(::chown(around.c_str(), 0, 0) == 0);
    }
}

TEST_CASE("small print, a home: it must belong to the user, or the user be root") {
    const temporary_directory place;
    const home_paths paths = layout_in(place.path());
    REQUIRE(prepare_home(paths).ok());
    if (::geteuid() == 0) {
        REQUIRE(::chown(paths.folder.c_str(), 65534, 65534) == 0);
        CHECK(prepare_home(paths).ok());
        REQUIRE(::chown(paths.folder.c_str(), 65533, 65533) == 0);
        REQUIRE(::chown(paths.state.c_str(), 65534, 65534) == 0);
        REQUIRE(::chown(place.path().c_str(), 65534, 65534) == 0);
        const as_nobody unprivileged;
        const auto refused = prepare_home(paths);
        REQUIRE_FALSE(refused.ok());
        CHECK(refused.error().is == problem::kind::usage);
        CHECK(refused.error().what.find("another user") != std::string::npos);
    } else {
        home_paths foreign = paths;
        foreign.folder = "/usr";
        const auto refused = prepare_home(foreign);
        REQUIRE_FALSE(refused.ok());
        CHECK(refused.error().what.find("another user") != std::string::npos);
    }
}

TEST_CASE(
    "threats: a folder that holds the configuration or the network's key file is never shared, whatever links lead "
    "there") {
    const temporary_directory place;
    home_paths paths = layout_in(place.path());
    fs::create_directories(place / "mogShare/below");
    fs::create_directories(place / "config");
    write_file(place / "mogShare/below/file", "");
    const auto refused_for = [&](std::string_view reason) {
        const auto refused = prepare_home(paths);
        return !refused.ok() && refused.error().is == problem::kind::usage && !refused.error().hint.empty() &&
               refused.error().what.find(reason) != std::string::npos;
    };
    REQUIRE(prepare_home(paths).ok());
    paths.key_file = place / "config/network.key";
    CHECK(prepare_home(paths).ok());
    paths.key_file = place / "mogShare/below/network.key";  // also where there is no such file yet
    CHECK(refused_for("the network's key file lies within"));
    fs::create_symlink(place / "mogShare/below/file", place / "config/link");
    paths.key_file = place / "config/link";
    CHECK(refused_for("the network's key file lies within"));
    paths.key_file.reset();
    paths.config = place / "mogShare/below/mogshare.toml";
    CHECK(refused_for("this peer's configuration lies within"));
    paths.config = place / "config/link";
    CHECK(refused_for("this peer's configuration lies within"));
}

TEST_CASE("threats: the whole file system, $HOME, and a folder that holds the state or lies in it are never shared") {
    const temporary_directory place;
    home_paths paths = layout_in(place.path());
    REQUIRE(prepare_home(paths).ok());
    SUBCASE("/") {
        paths.folder = "/";
    }
    SUBCASE("$HOME") {
        fs::create_directory(place / "user");
        paths.folder = place / "user";
        paths.user_home = place / "user";
    }
    SUBCASE("what $HOME lies in") {
        fs::create_directories(place / "users/me");
        paths.folder = place / "users";
        paths.user_home = place / "users/me";
    }
    SUBCASE("the user's home by the system's list, whatever $HOME says") {
        fs::create_directory(place / "user");
        paths.folder = place / "user";
        paths.account_home = place / "user";
    }
    SUBCASE("the home") {
        paths.folder = place.path();
    }
    SUBCASE("the state") {
        paths.folder = paths.state;
    }
    SUBCASE("what lies in the state") {
        fs::create_directories(paths.state / "below/shared");
        paths.folder = paths.state / "below/shared";
    }
    SUBCASE("a link into the state") {
        fs::create_directory(paths.state / "partial");
        fs::remove(paths.folder);
        fs::create_directory_symlink(paths.state / "partial", paths.folder);
    }
    SUBCASE("a link to the home") {
        fs::remove(paths.folder);
        fs::create_directory_symlink(place.path(), paths.folder);
    }
    const auto refused = prepare_home(paths);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().is == problem::kind::usage);
    CHECK(refused.error().what.starts_with("refusing to share"));
}

TEST_CASE(
    "threats: a folder of which it cannot be told what lies within is not shared; what is not there lies nowhere") {
    const temporary_directory place;
    home_paths paths = layout_in(place.path());
    REQUIRE(prepare_home(paths).ok());
    fs::create_directories(place / "closed/user");
    write_file(place / "file", "");
    for (const char* nowhere : {"nothing", "nothing/user", "file", "file/user"}) {
        paths.user_home = place / nowhere;
        CHECK(prepare_home(paths).ok());
    }
    if (::geteuid() == 0) {
        for (const fs::path& each : {place.path(), paths.folder, paths.state, place / "closed"})
            REQUIRE(::chown(each.c_str(), 65534, 65534) == 0);
    }
    const as_nobody user;
    REQUIRE(::chmod((place / "closed").c_str(), 0) == 0);
    paths.user_home = place / "closed";
    CHECK(prepare_home(paths).ok());
    paths.user_home = place / "closed/user";
    const auto refused = prepare_home(paths);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().what.find("it cannot be told whether the whole home directory lies within") !=
          std::string::npos);
    CHECK(store::lies_in_folder(place / "closed/file", paths.folder));
    REQUIRE(::chmod((place / "closed").c_str(), 0700) == 0);
    CHECK_FALSE(store::lies_in_folder(place / "closed/file", paths.folder));
}

TEST_CASE("whether a file, there or not, lies in a folder, whatever links lead there") {
    const temporary_directory place;
    fs::create_directories(place / "folder/below");
    fs::create_directories(place / "beside");
    fs::create_directory_symlink(place / "folder", place / "link");
    write_file(place / "folder/file", "");
    fs::create_symlink(place / "folder/file", place / "beside/to file");
    const fs::path folder = place / "folder";
    for (const char* within :
         {"folder/new", "folder/below/new", "link/new", "beside/../link/below/new", "beside/to file"}) {
        CAPTURE(within);
        CHECK(store::lies_in_folder(place / within, folder));
        CHECK(store::lies_in_folder(place / within, place / "link"));
    }
    for (const char* outside : {"new", "beside/new", "nothing/new", "folder2/new"}) {
        CAPTURE(outside);
        CHECK_FALSE(store::lies_in_folder(place / outside, folder));
        CHECK_FALSE(store::lies_in_folder(place / outside, place / "nothing"));
    }
}

TEST_CASE("small print, a home: what stands in the place of a folder is named") {
    const temporary_directory place;
    write_file(place / "mogShare", "a file");
    const auto refused = prepare_home(layout_in(place.path()));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().what.find("mogShare") != std::string::npos);
    CHECK(refused.error().what.find("Not a directory") != std::string::npos);
}

TEST_CASE("R16: two peers never share a home, and the second is told what to do") {
    const temporary_home home;
    auto first = home_lock::take(home.paths);
    REQUIRE(first.ok());
    auto second = home_lock::take(home.paths);
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().is == problem::kind::usage);
    CHECK(second.error().what.find(std::to_string(::getpid())) != std::string::npos);
    CHECK(second.error().hint.find("--home") != std::string::npos);

    REQUIRE(first->announce(7000).ok());
    CHECK(home_lock::take(home.paths).error().what.find("port 7000") != std::string::npos);
    {
        const home_lock moved = std::move(first.value());
        CHECK_FALSE(home_lock::take(home.paths).ok());
    }
    CHECK(home_lock::take(home.paths).ok());
}

TEST_CASE("R16: the running peer's port is known as long as it runs") {
    const temporary_home home;
    CHECK_FALSE(running_port(home.paths).has_value());
    {
        auto lock = home_lock::take(home.paths);
        REQUIRE(lock.ok());
        CHECK_FALSE(running_port(home.paths).has_value());
        REQUIRE(lock->announce(50'000).ok());
        CHECK(running_port(home.paths) == 50'000);
        REQUIRE(lock->announce(70).ok());
        CHECK(running_port(home.paths) == 70);
        CHECK(read_file(home.paths.state / "lock") == "pid=" + std::to_string(::getpid()) + " port=70\n");
        CHECK(mode_of(home.paths.state / "lock") == 0600);
    }
    CHECK_FALSE(running_port(home.paths).has_value());
}

TEST_CASE("R16: a killed peer leaves neither a lock nor a port") {
    const temporary_home home;
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        auto lock = home_lock::take(home.paths);
        if (lock.ok() && lock->announce(7000).ok()) ::kill(::getpid(), SIGKILL);
        ::_exit(1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    CHECK(read_file(home.paths.state / "lock") == "pid=" + std::to_string(child) + " port=7000\n");
    CHECK_FALSE(running_port(home.paths).has_value());
    CHECK(home_lock::take(home.paths).ok());
}

TEST_CASE("R16: only what a peer writes is read as its port") {
    const temporary_home home;
    for (const char* text : {"", "pid=1 port=7000", "pid=1 port=0\n", "pid=1 port=70000\n", "port=7000\n",
                             "pid=1 port=7000x\n", "pid=x port=7000\n", "pid=1  port=7000\n", "pid=1 port=-1\n"}) {
        CAPTURE(text);
        write_file(home.paths.state / "lock", text);
        const other_holder holder(home.paths, LOCK_EX | LOCK_NB);
        CHECK_FALSE(running_port(home.paths).has_value());
    }
    write_file(home.paths.state / "lock", "pid=1 port=7000\n");
    CHECK_FALSE(running_port(home.paths).has_value());
    const other_holder holder(home.paths, LOCK_EX | LOCK_NB);
    CHECK(running_port(home.paths) == 7000);
}

TEST_CASE("threats: the lock is not taken through a link, nor without a state folder") {
    const temporary_home home;
    const temporary_directory outside;
    fs::create_symlink(outside / "victim", home.paths.state / "lock");
    CHECK_FALSE(home_lock::take(home.paths).ok());
    CHECK_FALSE(fs::exists(outside / "victim"));
    const auto nowhere = home_lock::take(layout_in(outside / "nowhere"));
    REQUIRE_FALSE(nowhere.ok());
    CHECK(nowhere.error().what.find("No such file") != std::string::npos);
}
