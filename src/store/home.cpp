// Where a home is. Only looks; prepare.cpp makes what is missing.
#include "mogshare/store/home.hpp"

#include "store/errors.hpp"

#include <string_view>
#include <system_error>

namespace mogshare::store {

namespace {

namespace fs = std::filesystem;

problem usage(std::string what, std::string hint) {
    problem made;
    made.what = std::move(what);
    made.hint = std::move(hint);
    made.is = problem::kind::usage;
    return made;
}

// Without `..` and without a slash at the end, so that parents can be compared.
fs::path tidy(const fs::path& path) {
    fs::path normal = path.lexically_normal();
    return normal.has_filename() || normal == normal.root_path() ? normal : normal.parent_path();
}

// What the XDG rules ask for: a value that is not an absolute path counts as none.
std::optional<fs::path> absolute_value(const std::optional<std::string>& value) {
    if (!value || value->empty() || value->front() != '/') return std::nullopt;
    return tidy(*value);
}

home_paths in_directory(const fs::path& directory, const home_choice& choice) {
    const fs::path top = tidy(directory);
    home_paths paths;
    paths.folder = top / "mogShare";
    paths.config = top / "config" / "mogshare.toml";
    paths.state = top / "state";
    paths.user_home = absolute_value(choice.user_home);
    paths.account_home = absolute_value(choice.account_home);
    return paths;
}

// In $HOME a `mogShare/` is the shared folder of the XDG layout: what was started elsewhere must be found from there
// too.
bool is_home(const fs::path& directory, const home_choice& choice) {
    std::error_code ignored;
    if (!directory.is_absolute()) return false;
    if (fs::is_regular_file(directory / "config" / "mogshare.toml", ignored)) return true;
    const auto user_home = absolute_value(choice.user_home);
    if (user_home && fs::equivalent(directory, *user_home, ignored)) return false;
    return fs::is_directory(directory / "mogShare", ignored);
}

result<home_paths, problem> in_user_home(const home_choice& choice) {
    const auto user_home = absolute_value(choice.user_home);
    if (!user_home) {
        return failure{usage("no home was given, and $HOME names no absolute path", "choose one with --home DIR")};
    }
    home_paths paths;
    paths.folder = *user_home / "mogShare";
    const fs::path config = absolute_value(choice.xdg_config_home).value_or(*user_home / ".config");
    const fs::path state = absolute_value(choice.xdg_state_home).value_or(*user_home / ".local" / "state");
    paths.config = config / "mogshare" / "mogshare.toml";
    paths.state = state / "mogshare";
    paths.user_home = user_home;
    paths.account_home = absolute_value(choice.account_home);
    return paths;
}

}  // namespace

result<home_paths, problem> find_home(const home_choice& choice) {
    if (choice.home) {
        const fs::path chosen = choice.home->empty() ? fs::path{} : choice.working_directory / *choice.home;
        if (chosen.is_absolute()) return in_directory(chosen, choice);
        return failure{usage("the home " + in_quotes(choice.home->native()) + " names no place",
                             "give --home an absolute path, or one below an existing working directory")};
    }
    if (is_home(choice.working_directory, choice)) return in_directory(choice.working_directory, choice);
    return in_user_home(choice);
}

}  // namespace mogshare::store
