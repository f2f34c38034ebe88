#include "store/private_file.hpp"

#include "mogshare/base/limits.hpp"
#include "store/errors.hpp"
#include "store/file_io.hpp"
#include "store/owned_descriptor.hpp"

#include <fcntl.h>
#include <string.h>  // explicit_bzero: not in <cstring>'s promise
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace mogshare::store {

namespace {

constexpr std::size_t text_bytes_max = 4 * limits::KiB;

// As for a home: root may use what belongs to others.
std::optional<problem> check_rights(const private_file& wanted, const struct stat& seen) {
    const std::string quoted = in_quotes(wanted.path.native());
    if (!S_ISREG(seen.st_mode)) return unusable(wanted, "it is not a regular file");
    if (::geteuid() != 0 && seen.st_uid != ::geteuid()) return unusable(wanted, "it belongs to another user");
    if ((seen.st_mode & (S_IRWXG | S_IRWXO)) == 0) return std::nullopt;
    problem open = unusable(wanted, "others than its owner have rights on it");
    open.hint =
        "take them away with chmod 600 " + quoted + "; if somebody may have read it: " + std::string(wanted.if_read);
    return open;
}

}  // namespace

secret_text::~secret_text() {
    ::explicit_bzero(text_.data(), text_.size());
}

problem unusable(const private_file& wanted, std::string_view reason, problem::kind kind) {
    problem made = plain_problem("cannot use " + std::string(wanted.called), wanted.path.native(), reason, kind);
    made.hint = wanted.instead;
    return made;
}

result<std::optional<secret_text>, problem> read_private_file(const private_file& wanted) {
    using text = std::optional<secret_text>;
    const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (wanted.through_links ? 0 : O_NOFOLLOW);
    const owned_descriptor file(::open(wanted.path.c_str(), flags));
    if (!file.valid() && errno == ENOENT) return text{};
    if (!file.valid() && errno == ELOOP) return failure{unusable(wanted, "it is a symbolic link")};
    struct stat seen {};
    if (!file.valid() || ::fstat(file.get(), &seen) != 0) {
        return failure{
            unusable(wanted, std::error_code(errno, std::system_category()).message(), problem::kind::failed)};
    }
    if (auto wrong = check_rights(wanted, seen)) return failure{*std::move(wrong)};
    if (seen.st_size > static_cast<off_t>(text_bytes_max)) {
        return failure{unusable(wanted, "it is damaged: it is too long for a key", problem::kind::failed)};
    }
    secret_text read(std::string(static_cast<std::size_t>(seen.st_size), '\0'));
    const auto got = read_at(file.get(), read.bytes(), 0);
    if (!got)
        return failure{
            unusable(wanted, std::error_code(got.error(), std::system_category()).message(), problem::kind::failed)};
    read.shorten(*got);
    return text(std::move(read));
}

}  // namespace mogshare::store
