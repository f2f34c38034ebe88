#include "mogshare/store/network_file.hpp"

#include "store/errors.hpp"
#include "store/owned_descriptor.hpp"
#include "store/private_file.hpp"
#include "store/state_file.hpp"

#include <fcntl.h>

#include <cerrno>
#include <string>
#include <utility>

namespace mogshare::store {

namespace {

secret_text line_of(const secure::network_secret& secret) {
    const secret_text text(secret.to_text());
    std::string line;
    line.reserve(text.get().size() + 1);  // never copied to a larger place
    line += text.get();
    line += '\n';
    return secret_text(std::move(line));
}

constexpr const char* makes_one = "'mogshare network new FILE' makes one, of which every member needs a copy";

}  // namespace

result<secure::network_secret, problem> read_network_file(const std::filesystem::path& path) {
    constexpr const char* new_one = "found a new network with 'mogshare network new FILE'";
    private_file wanted{path, "the network's key file", new_one, new_one, true};
    const auto text = read_private_file(wanted);
    if (!text) return failure{text.error()};
    if (!text->has_value()) {
        wanted.instead = makes_one;
        return failure{unusable(wanted, "there is no such file")};
    }
    auto secret = secure::network_secret::parse((*text)->get());
    if (secret) return *secret;
    wanted.instead = "copy it again from another member of the network";
    return failure{unusable(wanted, secret.error())};
}

result<done, problem> make_network_file(const std::filesystem::path& path, const secure::network_secret& secret) {
    constexpr const char* making = "cannot make the network's key file";
    const std::string name = path.filename().native();
    const std::filesystem::path above = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    const owned_descriptor folder(::open(above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    int error = folder.valid() ? 0 : errno;
    if (error == 0 && (name.empty() || name == "." || name == "..")) error = EISDIR;
    if (error == 0) error = make_new_file(folder.get(), name, line_of(secret).get());
    if (error == 0) return done{};
    problem made = system_problem(making, path.native(), error, "choose a name in a folder in which you may write");
    if (error == EEXIST) made.hint = "a key is never written over another file: choose another name";
    if (!means_full(error) && error != EIO) made.is = problem::kind::usage;
    return failure{made};
}

}  // namespace mogshare::store
