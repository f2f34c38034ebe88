// The walk over the folder.
#include "mogshare/base/printable.hpp"
#include "mogshare/content/names.hpp"
#include "mogshare/store/folder.hpp"
#include "store/errors.hpp"
#include "store/file_io.hpp"
#include "store/owned_descriptor.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

namespace mogshare::store {

namespace {

constexpr std::size_t skipped_max = 1000;

// Too few descriptors or too little memory just now: nobody may take what could not be looked at for gone.
bool means_too_little(int error) {
    return error == EMFILE || error == ENFILE || error == ENOMEM;
}

struct close_listing {
    void operator()(DIR* listing) const { ::closedir(listing); }
};

// Goes down by names that passed check_name only, so never deeper than that allows.
class walk {
public:
    // Lists one folder and all below it; `prefix` is its path with a `/`, or nothing. 0 or errno.
    int list(owned_descriptor directory, const std::string& prefix);
    scan_result finish();

private:
    void visit(int directory, const std::string& prefix, const std::string& name);
    void descend(int directory, const std::string& name, const std::string& path);
    void skip(const std::string& path, std::string_view reason);

    scan_result found_;
    std::size_t unlisted_ = 0;
    int halted_ = 0;  ///< errno that says nothing about the folder: what was found is not all
};

int walk::list(owned_descriptor directory, const std::string& prefix) {
    const std::unique_ptr<DIR, close_listing> listing(::fdopendir(directory.get()));
    if (listing == nullptr) return errno;
    directory.release();
    for (;;) {
        errno = 0;
        const dirent* entry = ::readdir(listing.get());
        if (entry == nullptr) return errno;
        if (entry->d_name[0] != '.') visit(::dirfd(listing.get()), prefix, entry->d_name);
        if (halted_ != 0) return halted_;
    }
}

void walk::visit(int directory, const std::string& prefix, const std::string& name) {
    const std::string path = prefix + name;
    if (const auto unfit = content::check_name(path)) return skip(path, content::describe(*unfit));
    struct stat seen {};
    if (::fstatat(directory, name.c_str(), &seen, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) return;  // removed since it was listed
        return skip(path, std::error_code(errno, std::system_category()).message());
    }
    if (S_ISREG(seen.st_mode)) {
        found_.files.push_back(found_file{path, stamp_of(seen)});
    } else if (S_ISDIR(seen.st_mode)) {
        descend(directory, name, path);
    } else {
        skip(path, S_ISLNK(seen.st_mode) ? "symbolic links are not followed" : "not a regular file");
    }
}

void walk::descend(int directory, const std::string& name, const std::string& path) {
    owned_descriptor below(::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    const int error = below.valid() ? list(std::move(below), path + '/') : errno;
    if (means_too_little(error)) {
        halted_ = error;
        return;
    }
    if (error != 0 && error != ENOENT) skip(path, std::error_code(error, std::system_category()).message());
}

void walk::skip(const std::string& path, std::string_view reason) {
    if (found_.skipped.size() == skipped_max) {
        ++unlisted_;
    } else {
        found_.skipped.push_back(printable(path) + ": " + std::string(reason));
    }
}

scan_result walk::finish() {
    std::sort(found_.files.begin(), found_.files.end(),
              [](const found_file& left, const found_file& right) { return left.path < right.path; });
    std::sort(found_.skipped.begin(), found_.skipped.end());
    if (unlisted_ > 0) found_.skipped.back() = "and " + std::to_string(unlisted_ + 1) + " more";
    return std::move(found_);
}

}  // namespace

result<scan_result, problem> folder::scan() const {
    // Opened anew, since a duplicate would share its position with scans on other threads.
    owned_descriptor top(::openat(descriptor_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    walk over;
    const int error = top.valid() ? over.list(std::move(top), "") : errno;
    if (error != 0) {
        problem made;
        made.what = "cannot list the shared folder: " + std::error_code(error, std::system_category()).message();
        made.hint = means_too_little(error) ? "nothing has changed; try again later, or raise 'ulimit -n'"
                                            : "it must be a folder that you may read and enter";
        return failure{made};
    }
    return over.finish();
}

}  // namespace mogshare::store
