// Makes what is missing of a home, and refuses one that others could meddle with.
#include "mogshare/store/home.hpp"
#include "store/errors.hpp"
#include "store/owned_descriptor.hpp"
#include "store/state_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

namespace mogshare::store {

namespace {

namespace fs = std::filesystem;

constexpr const char* elsewhere = "choose a --home in which you may write";

// What is wrong, if anything is.
using complaint = std::optional<problem>;

problem usage(problem made, std::string hint) {
    made.hint = std::move(hint);
    made.is = problem::kind::usage;
    return made;
}

complaint make_folder(const fs::path& path, mode_t mode) {
    if (::mkdir(path.c_str(), mode) == 0 || errno == EEXIST) return std::nullopt;
    const int error = errno;
    problem made = system_problem("cannot make the folder", path.native(), error);
    if (means_full(error)) return made;
    const bool no_parent = error == ENOENT || error == ENOTDIR;
    if (!no_parent) return usage(std::move(made), elsewhere);
    const std::string parent = in_quotes(path.parent_path().native());
    return usage(std::move(made), "make " + parent + " first, or choose another --home");
}

// Private folders, as the XDG rules want them.
complaint make_with_parents(const fs::path& path) {
    struct stat seen {};
    if (path.has_relative_path() && ::stat(path.c_str(), &seen) != 0) {
        if (auto wrong = make_with_parents(path.parent_path())) return wrong;
        return make_folder(path, 0700);
    }
    return std::nullopt;
}

complaint make_folders(const home_paths& paths) {
    // --home DIR: of what leads to it nothing is made, so that a slip of the keyboard makes no tree of folders.
    const fs::path top = paths.folder.parent_path();
    const bool one_directory = top == paths.state.parent_path();
    if (one_directory) {
        if (auto wrong = make_folder(top, 0755)) return wrong;
    }
    if (auto wrong = make_folder(paths.folder, 0755)) return wrong;
    return make_with_parents(paths.state);
}

struct place {
    owned_descriptor opened;
    struct stat seen {};
};

const char* cannot_use(const struct stat& seen) {
    return S_ISDIR(seen.st_mode) ? "cannot use the folder" : "cannot use the configuration";
}

// The super-user may use what belongs to another: a checkout in a container, or under sudo. Nobody may use what others
// can write to, since they could put files there in the user's name.
complaint check_owner(const struct stat& seen, const fs::path& path) {
    const uid_t user = ::geteuid();
    if (user == 0 || seen.st_uid == user) return std::nullopt;
    return usage(plain_problem(cannot_use(seen), path.native(), "it belongs to another user"),
                 "choose a --home of your own");
}

complaint check_mode(const struct stat& seen, const fs::path& path) {
    if ((seen.st_mode & (S_IWGRP | S_IWOTH)) == 0) return std::nullopt;
    return usage(plain_problem(cannot_use(seen), path.native(), "others can write to it"),
                 "take that right away with chmod go-w");
}

complaint check_rights(const struct stat& seen, const fs::path& path) {
    if (auto wrong = check_owner(seen, path)) return wrong;
    return check_mode(seen, path);
}

// A folder that decides what stands in a home, or its configuration, which may be one of the system's: root could meddle with everything. In
// a sticky one, such as /tmp, nobody can move away what is the user's.
complaint check_around(const fs::path& path, bool sticky_will_do) {
    struct stat seen {};
    if (::stat(path.c_str(), &seen) != 0) return std::nullopt;  // then nothing is in it, or it has nothing to say
    if (seen.st_uid != 0) {
        if (auto wrong = check_owner(seen, path)) return wrong;
    }
    if (sticky_will_do && (seen.st_mode & S_ISVTX) != 0) return std::nullopt;
    return check_mode(seen, path);
}

complaint check_surroundings(const home_paths& paths) {
    const fs::path top = paths.state.parent_path();
    const fs::path config = paths.config.parent_path();
    const bool one_directory = top == paths.folder.parent_path() || top == config.parent_path();
    if (one_directory) {
        if (auto wrong = check_around(top, true)) return wrong;
    }
    if (auto wrong = check_around(config, false)) return wrong;
    return check_around(paths.config, false);
}

complaint open_place(const fs::path& path, place& into) {
    into.opened.reset(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!into.opened.valid() || ::fstat(into.opened.get(), &into.seen) != 0) {
        return usage(system_problem("cannot open the folder", path.native(), errno),
                     "it must be a folder that you may read and enter");
    }
    return std::nullopt;
}

bool same_place(const struct stat& left, const struct stat& right) {
    return left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

enum class position { outside, within, unknown };

// Whether `inner` is `outer` or lies somewhere below it, whatever links led to either. What is not there lies nowhere.
position look_within(const fs::path& inner, const struct stat& outer) {
    std::error_code error;
    fs::path at = fs::canonical(inner, error);
    if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) return position::outside;
    if (error) return position::unknown;
    for (;; at = at.parent_path()) {
        struct stat here {};
        if (::stat(at.c_str(), &here) != 0) return position::unknown;
        if (same_place(here, outer)) return position::within;
        if (at == at.parent_path()) return position::outside;
    }
}

// The same of a file, or what it is a link to, by where they are: neither need be there.
position look_within_of_file(const fs::path& file, const struct stat& outer) {
    const position named = look_within(file.has_parent_path() ? file.parent_path() : fs::path("."), outer);
    return named == position::outside ? look_within(file, outer) : named;
}

complaint check_what_is_shared(const home_paths& paths, const struct stat& folder, const struct stat& state) {
    std::string wrong;
    const auto judge = [&wrong](position seen, const std::string& what) {
        if (seen == position::within) wrong = what + " lies within";
        if (seen == position::unknown) wrong = "it cannot be told whether " + what + " lies within";
    };
    judge(look_within(paths.state, folder), "this peer's own state");
    const position inside = look_within(paths.folder, state);
    if (inside == position::within) wrong = "it lies within this peer's own state";
    if (inside == position::unknown) wrong = "it cannot be told whether it lies within this peer's own state";
    judge(look_within_of_file(paths.config, folder), "this peer's configuration");
    if (paths.key_file) judge(look_within_of_file(*paths.key_file, folder), "the network's key file");
    for (const auto& user_home : {paths.user_home, paths.account_home})
        if (user_home) judge(look_within(*user_home, folder), "the whole home directory");
    if (look_within("/", folder) != position::outside) wrong = "it is the whole file system";
    if (wrong.empty()) return std::nullopt;
    return usage(plain_problem("refusing to share", paths.folder.native(), wrong),
                 "share a folder of its own, such as ~/mogShare");
}

// The state holds what is nobody else's business, and homes often lie in a checkout.
complaint keep_from_version_control(int state, const fs::path& path) {
    int error = make_new_file(state, ".gitignore", "*\n");
    if (error == EEXIST) error = ::faccessat(state, ".", W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
    if (error == 0) return std::nullopt;
    return system_problem("cannot write in the state folder", path.native(), error, elsewhere);
}

}  // namespace

bool lies_in_folder(const fs::path& file, const fs::path& folder) {
    struct stat seen {};
    if (::stat(folder.c_str(), &seen) != 0) return errno != ENOENT && errno != ENOTDIR;
    return look_within_of_file(file, seen) != position::outside;
}

result<done, problem> prepare_home(const home_paths& paths) {
    place folder;
    place state;
    complaint wrong = make_folders(paths);
    if (!wrong) wrong = open_place(paths.folder, folder);
    if (!wrong) wrong = open_place(paths.state, state);
    if (!wrong) wrong = check_what_is_shared(paths, folder.seen, state.seen);
    if (!wrong) wrong = check_rights(folder.seen, paths.folder);
    if (!wrong) wrong = check_rights(state.seen, paths.state);
    if (!wrong) wrong = check_surroundings(paths);
    if (!wrong) wrong = keep_from_version_control(state.opened.get(), paths.state);
    if (wrong) return failure{*std::move(wrong)};
    return done{};
}

}  // namespace mogshare::store
