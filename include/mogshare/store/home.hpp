#pragma once
// A peer's home: where its folder, configuration and state are, and that only one peer lives there.

#include "mogshare/base/ids.hpp"
#include "mogshare/base/result.hpp"

#include <filesystem>
#include <memory>
#include <optional>

namespace mogshare::store {

/// The places of a home. All absolute.
struct home_paths {
    std::filesystem::path folder;                         ///< mogShare/: shared, and where downloads land
    std::filesystem::path config;                         ///< mogshare.toml; need not exist
    std::filesystem::path state;                          ///< identity, tables, partial downloads, lock
    std::optional<std::filesystem::path> user_home{};     ///< $HOME, which is never shared itself
    std::optional<std::filesystem::path> key_file{};      ///< of a private network, whose folder is never shared
    std::optional<std::filesystem::path> account_home{};  ///< what the system knows as the user's home: nor is that
};

/// What decides the places: command line and environment, as values.
struct home_choice {
    std::optional<std::filesystem::path> home;  ///< --home
    std::filesystem::path working_directory;
    std::optional<std::string> user_home;     ///< $HOME
    std::optional<std::string> account_home;  ///< by the system's list of users
    std::optional<std::string> xdg_config_home, xdg_state_home;
};

/// `--home DIR`, else the working directory when it holds `mogShare/` or `config/mogshare.toml`, else the XDG folders
/// with the shared folder at `~/mogShare`. In $HOME itself a `mogShare/` alone makes no home: it is the one of the XDG
/// layout. Touches no file except to look.
result<home_paths, problem> find_home(const home_choice& choice);

/// Makes the folders that are missing (state 0700, with a .gitignore of its own), and checks that they belong to the
/// user and that others cannot write to them, nor to DIR of a `--home DIR` (unless it is sticky, as /tmp is), to where
/// the configuration is, or to that file; those three may be root's. Of a `--home DIR` only DIR itself is made. Refuses a folder that holds
/// the state, the configuration, the key file of the network, $HOME, the user's home by the system's list, or the whole file system,
/// or lies within the state, whatever links lead there; also where it cannot be told whether it holds one of them.
result<done, problem> prepare_home(const home_paths& paths);

/// Whether the file, which need not be there, or what it is a link to lies in the folder or somewhere below it, whatever links lead to
/// either; also where that cannot be told.
bool lies_in_folder(const std::filesystem::path& file, const std::filesystem::path& folder);

/// Holds the home for one peer as long as it lives; the system lets go when the process ends, however it ends. The file
/// says `pid=N`, and after announce() `pid=N port=N`.
class home_lock {
public:
    /// Fails with kind `usage` when another peer has it; the message names its pid and port where they are known.
    static result<home_lock, problem> take(const home_paths& paths);
    home_lock(home_lock&&) noexcept;
    home_lock& operator=(home_lock&&) noexcept;
    ~home_lock();

    /// Notes where the running peer listens, for one-shot commands of the same home.
    result<done, problem> announce(std::uint16_t port);

private:
    explicit home_lock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_ = -1;
};

/// The port that the peer now running in this home has announced; nothing when none runs.
std::optional<std::uint16_t> running_port(const home_paths& paths);

}  // namespace mogshare::store
