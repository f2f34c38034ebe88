#include "mogshare/store/folder.hpp"

#include "mogshare/base/limits.hpp"
#include "mogshare/secure/key.hpp"
#include "mogshare/secure/network.hpp"
#include "store/errors.hpp"
#include "store/file_io.hpp"
#include "store/owned_descriptor.hpp"
#include "store/shared_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace mogshare::store {

result<std::shared_ptr<folder>, problem> folder::open(const std::filesystem::path& path) {
    owned_descriptor opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened.valid()) {
        return failure{system_problem("cannot open the shared folder", path.native(), errno,
                                      "it must be a folder that you may read and enter")};
    }
    std::shared_ptr<folder> made(new folder(opened.get()));
    opened.release();
    return made;
}

folder::~folder() {
    ::close(descriptor_);
}

namespace {

constexpr std::size_t key_bytes_max = 4 * limits::KiB;

// Why a file must not be shared, if it is a key; nothing else. A read that fails says nothing here: hashing will meet it, too.
const char* why_secret(int file) {
    std::array<std::uint8_t, key_bytes_max> begin{};
    const auto got = read_at(file, begin, 0);
    if (!got) return nullptr;
    const std::string_view text = as_text(byte_view(begin).first(*got));
    if (secure::network_secret::may_be_one(text))
        return "it is the key of a private network, and whoever fetched it would be a member";
    if (secure::private_key::may_be_one(text))
        return "it is the key of a peer, and whoever fetched it could be that peer";
    return nullptr;
}

}  // namespace

result<content::share, problem> folder::hash(const found_file& file, const std::atomic<bool>& stop) const {
    auto opened = open_shared(descriptor_, file.path);
    if (!opened) return failure{opened.error()};
    if (opened->stamp != file.stamp) {
        return failure{plain_problem("cannot hash", file.path, "it has changed since the folder was scanned")};
    }
    if (const char* const secret = why_secret(opened->file.get()))
        return failure{plain_problem("refusing to share", file.path, secret)};
    auto hashed = hash_opened(*opened, file.path, &stop);
    if (!hashed) return failure{hashed.error()};
    content::share made;
    made.path = file.path;
    made.stamp = file.stamp;
    made.content = hashed->root;
    made.layer = std::move(hashed->layer);
    return made;
}

namespace {

result<content::tree, problem> hash_named(const std::filesystem::path& path) {
    // Links are followed here: the user named this very path.
    owned_descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!file.valid()) {
        const int error = errno;
        problem made = system_problem("cannot open", path.native(), error);
        if (error == ENOENT) made.is = problem::kind::not_found;
        return failure{made};
    }
    const auto opened = regular_file(std::move(file), path.native());
    if (!opened) return failure{opened.error()};
    return hash_opened(*opened, path.native(), nullptr);
}

}  // namespace

result<content::tree, problem> hash_file(const std::filesystem::path& path) {
    auto hashed = hash_named(path);
    if (hashed || !hashed.error().hint.empty()) return hashed;
    problem made = hashed.error();
    made.hint = "a file is needed that is there, that you may read, and that nobody writes to meanwhile";
    return failure{made};
}

}  // namespace mogshare::store
