#include "store/landing.hpp"

#include "mogshare/base/limits.hpp"
#include "mogshare/content/names.hpp"
#include "store/beneath.hpp"
#include "store/errors.hpp"
#include "store/file_io.hpp"
#include "store/owned_descriptor.hpp"
#include "store/room.hpp"
#include "store/shared_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

namespace mogshare::store {

namespace {

constexpr unsigned numbers_max = 999;
constexpr std::string_view saving = "cannot save a download as";

// A copy in the target folder on its way to its name; gone with this object unless it was moved on.
struct copy_on_the_way {
    owned_descriptor file;
    int directory = -1;
    std::string name;
    content::file_stamp stamp;

    copy_on_the_way() = default;
    copy_on_the_way(const copy_on_the_way&) = delete;
    copy_on_the_way& operator=(const copy_on_the_way&) = delete;
    ~copy_on_the_way() {
        if (file.valid()) ::unlinkat(directory, name.c_str(), 0);
    }
};

// 0 or errno.
int copy_bytes(int from, int to) {
    bytes buffer(limits::MiB);
    for (std::uint64_t offset = 0;; offset += buffer.size()) {
        const auto got = read_at(from, buffer, offset);
        if (!got) return got.error();
        const int error = write_at(to, byte_view(buffer).first(*got), offset);
        if (error != 0 || *got < buffer.size()) return error;
    }
}

// 0 or errno. The name begins with a dot, so that nobody shares the copy before it is whole.
int copy_beside(const finished_file& finished, int directory, copy_on_the_way& copy) {
    const std::string name = ".mogshare-" + to_hex(finished.content);
    ::unlinkat(directory, name.c_str(), 0);                                                           // left by a crash
    if (!fits_in(free_bytes(directory), finished.stamp.size, finished.reserve_bytes)) return ENOSPC;  // its reserve
    const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    owned_descriptor made(::openat(directory, name.c_str(), flags, 0600));
    if (!made.valid()) return errno;
    copy.file = std::move(made);
    copy.directory = directory;
    copy.name = name;
    const int error = copy_bytes(finished.file, copy.file.get());
    if (error != 0) return error;
    ::fchmod(copy.file.get(), new_file_mode());  // not worth losing the file where it is refused
    struct stat seen {};
    if (::fsync(copy.file.get()) != 0 || ::fstat(copy.file.get(), &seen) != 0) return errno;
    copy.stamp = stamp_of(seen);
    return 0;
}

enum class taken_by { nobody, same_content, other };

class landing {
public:
    landing(const finished_file& finished, owned_descriptor directory)
        : finished_(finished), directory_(std::move(directory)) {}

    result<landed_file, problem> run(const std::string& name);

private:
    taken_by look(const std::string& path, landed_file& there) const;
    int move(const std::string& path);
    result<landed_file, problem> settle(const landed_file& landed, bool old_place_left);

    const finished_file& finished_;
    owned_descriptor directory_;
    copy_on_the_way copy_;  ///< declared after directory_, in which it is removed
};

// Who has this name; the very same content need not be there twice.
taken_by landing::look(const std::string& path, landed_file& there) const {
    const std::string name(content::last_component(path));
    const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    owned_descriptor file(::openat(directory_.get(), name.c_str(), flags));
    if (!file.valid()) return errno == ENOENT ? taken_by::nobody : taken_by::other;
    const auto opened = regular_file(std::move(file), path);
    if (!opened || opened->stamp.size != finished_.stamp.size) return taken_by::other;
    const auto hashed = hash_opened(*opened, path, nullptr);
    if (!hashed || hashed->root != finished_.content) return taken_by::other;
    if (::fsync(opened->file.get()) != 0) return taken_by::other;  // it will be the only one
    there.stamp = opened->stamp;
    return taken_by::same_content;
}

// 0 or errno.
int landing::move(const std::string& path) {
    const std::string name(content::last_component(path));
    if (!copy_.file.valid()) {
        int error = move_unless_taken(finished_.directory, finished_.name, directory_.get(), name);
        if (error != EXDEV) return error;
        error = copy_beside(finished_, directory_.get(), copy_);
        if (error != 0) return error;
    }
    return move_unless_taken(directory_.get(), copy_.name, directory_.get(), name);
}

result<landed_file, problem> landing::settle(const landed_file& landed, bool old_place_left) {
    if (::fsync(directory_.get()) != 0) return failure{system_problem("cannot sync the folder of", landed.path, errno)};
    if (!old_place_left) ::unlinkat(finished_.directory, finished_.name.c_str(), 0);
    return landed;
}

result<landed_file, problem> landing::run(const std::string& name) {
    landed_file landed;
    unsigned number = 1;
    for (unsigned tries = 0; tries < 2 * numbers_max && number <= numbers_max; ++tries) {
        landed.path = number == 1 ? name : content::numbered(name, number);
        if (const auto unfit = content::check_name(landed.path)) {
            return failure{plain_problem(saving, landed.path, content::describe(*unfit))};
        }
        const taken_by taken = look(landed.path, landed);
        if (taken == taken_by::same_content) return settle(landed, false);
        if (taken == taken_by::other) {
            ++number;
            continue;
        }
        const int error = move(landed.path);
        if (error == EEXIST) continue;  // somebody was quicker: look who
        if (error != 0) return failure{system_problem(saving, landed.path, error)};
        const bool copied = copy_.file.valid();
        landed.stamp = copied ? copy_.stamp : finished_.stamp;
        return settle(landed, !copied);
    }
    return failure{plain_problem(saving, name, "that name is taken, with all numbers up to 999")};
}

}  // namespace

result<landed_file, problem> land(const finished_file& finished, int folder, const std::string& name) {
    const std::size_t above = name.size() - content::last_component(name).size();
    auto directory = make_folders_beneath(folder, std::string_view(name).substr(0, above == 0 ? 0 : above - 1));
    if (!directory && (directory.error() == ELOOP || directory.error() == ENOTDIR)) {
        return failure{plain_problem(saving, name, "a symbolic link or a file is in the place of a folder")};
    }
    if (!directory) return failure{system_problem(saving, name, directory.error())};
    return landing(finished, std::move(directory.value())).run(name);
}

}  // namespace mogshare::store
