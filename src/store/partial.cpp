#include "mogshare/store/partial.hpp"

#include "mogshare/base/limits.hpp"
#include "mogshare/content/names.hpp"
#include "store/errors.hpp"
#include "store/file_io.hpp"
#include "store/landing.hpp"
#include "store/owned_descriptor.hpp"
#include "store/room.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <optional>
#include <string_view>

namespace mogshare::store {

namespace {

// For one write of a whole piece Linux looks for memory in blocks of that size, which took up to five times as long (`scripts/bench
// download` shows it).
constexpr std::size_t slice_bytes = 64 * limits::KiB;

constexpr std::string_view saving = "cannot save a download as";

// 0 or errno.
int open_partial_folder(const home_paths& paths, owned_descriptor& folder) {
    const owned_descriptor state(::open(paths.state.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!state.valid()) return errno;
    if (::mkdirat(state.get(), "partial", 0700) != 0 && errno != EEXIST) return errno;
    folder.reset(::openat(state.get(), "partial", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    return folder.valid() ? 0 : errno;
}

// Whether `file` is what stands under that name, and only there. Between opening and locking, whoever held it may have
// moved it into the folder; a second name is what a crash between linking and unlinking leaves.
bool is_ours_alone(int file, int folder, const std::string& name) {
    struct stat opened {};
    struct stat named {};
    if (::fstat(file, &opened) != 0 || ::fstatat(folder, name.c_str(), &named, AT_SYMLINK_NOFOLLOW) != 0) return false;
    if (opened.st_dev != named.st_dev || opened.st_ino != named.st_ino) return false;
    if (opened.st_nlink == 1) return true;
    ::unlinkat(folder, name.c_str(), 0);
    return false;
}

// 0 or errno; EWOULDBLOCK when another holds it.
int open_alone(int folder, const std::string& name, owned_descriptor& file) {
    constexpr int tries = 10;
    for (int attempt = 0; attempt < tries; ++attempt) {
        const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
        file.reset(::openat(folder, name.c_str(), flags, 0600));
        if (!file.valid()) return errno;
        struct stat seen {};
        if (::fstat(file.get(), &seen) != 0) return errno;
        if (!S_ISREG(seen.st_mode)) return EINVAL;
        if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return errno;
        if (is_ours_alone(file.get(), folder, name)) return 0;
    }
    return EBUSY;
}

// The tree came from strangers: what does not hang together would make every piece wrong.
bool fits_together(const content_id& content, std::uint64_t size, const content::piece_layer& layer) {
    if (size == 0) return layer.empty() && id_cast<digest>(content) == content::piece_hash(0, 0, {});
    if (content::piece_count(size) == 1) return layer.empty();
    return content::root_of_layer(size, layer) == content;
}

}  // namespace

struct partial_file::parts {
    owned_descriptor folder;
    owned_descriptor file;
    std::string name;
    content_id content;
    std::uint64_t size = 0;
    std::shared_ptr<const content::piece_layer> layer;
    std::uint64_t reserve_bytes = 0;

    std::mutex writing;
    std::mutex guard;
    std::vector<bool> right;  ///< pieces that this process has checked on disk or has written; under `guard`

    digest expected(std::uint64_t index) const { return content::expected_piece(content, *layer, index); }
    bool has_data(std::uint64_t index) const;
    digest hash_of_hole(std::uint64_t index);
    bool is_right_hole(std::uint64_t index) { return !has_data(index) && hash_of_hole(index) == expected(index); }
    std::uint64_t missing_bytes();
    std::optional<problem> why_no_room(const std::filesystem::path& shared);
    int write(std::uint64_t index, byte_view data);
    result<bool, problem> check(std::uint64_t index, bytes& buffer);
    result<std::vector<bool>, problem> check_all(bool again, const std::atomic<bool>* stop);
    result<finished_file, problem> make_final();

    std::optional<digest> whole_hole;  ///< hash of a whole piece of zeros; under `guard`
};

// Where the file system tells holes from data, what never came costs no reading.
bool partial_file::parts::has_data(std::uint64_t index) const {
    const auto begin = static_cast<off_t>(index * limits::piece_bytes);
    const off_t data = ::lseek(file.get(), begin, SEEK_DATA);
    if (data < 0) return errno != ENXIO;
    return data < begin + static_cast<off_t>(content::piece_size(size, index));
}

// A hole reads as zeros, which may be what the file has there: some file systems make holes of zeros that were written.
digest partial_file::parts::hash_of_hole(std::uint64_t index) {
    const std::uint32_t count = content::piece_size(size, index);
    if (count < limits::piece_bytes) return content::piece_hash(size, index, bytes(count));
    if (!whole_hole) whole_hole = content::piece_hash(size, index, bytes(count));
    return *whole_hole;
}

// What writing the rest takes: what is on disk, or is a hole that is right, has its place already.
std::uint64_t partial_file::parts::missing_bytes() {
    struct stat seen {};
    if (::fstat(file.get(), &seen) != 0) return size;
    std::uint64_t taken = static_cast<std::uint64_t>(seen.st_blocks) * 512;
    const std::lock_guard lock(guard);
    for (std::uint64_t index = 0; index < right.size() && taken < size; ++index)
        if (is_right_hole(index)) taken += content::piece_size(size, index);
    return size - std::min(size, taken);
}

// The folder may be on another disk, where all of the file goes at the end.
std::optional<problem> partial_file::parts::why_no_room(const std::filesystem::path& shared) {
    constexpr std::string_view downloading = "cannot download";
    const std::uint64_t missing = missing_bytes();
    if (!fits_in(free_bytes(file.get()), missing, reserve_bytes))
        return no_room(downloading, name, missing, reserve_bytes);
    const owned_descriptor target(::open(shared.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat here {};
    struct stat there {};
    const bool known = target.valid() && ::fstat(file.get(), &here) == 0 && ::fstat(target.get(), &there) == 0;
    if (!known || here.st_dev == there.st_dev) return std::nullopt;
    if (!fits_in(free_bytes(target.get()), size, reserve_bytes)) return no_room(downloading, name, size, reserve_bytes);
    return std::nullopt;
}

result<bool, problem> partial_file::parts::check(std::uint64_t index, bytes& buffer) {
    if (!has_data(index)) return hash_of_hole(index) == expected(index);
    buffer.resize(content::piece_size(size, index));
    const auto got = read_at(file.get(), buffer, index * limits::piece_bytes);
    if (!got) return failure{system_problem("cannot read the partial download", name, got.error())};
    return *got == buffer.size() && content::piece_hash(size, index, buffer) == expected(index);
}

// The system lets one thread at a time write to a file, and those that wait for it spin: here they sleep, and leave the processor
// to who hashes and receives. 0 or errno.
int partial_file::parts::write(std::uint64_t index, byte_view data) {
    const std::lock_guard lock(writing);
    const std::uint64_t begin = index * limits::piece_bytes;
    int error = 0;
    for (std::size_t at = 0; error == 0 && at < data.size(); at += slice_bytes)
        error = write_at(file.get(), data.subspan(at, std::min(slice_bytes, data.size() - at)), begin + at);
    return error;
}

// Checks every piece, or only those not yet known to be right.
result<std::vector<bool>, problem> partial_file::parts::check_all(bool again, const std::atomic<bool>* stop) {
    const std::lock_guard lock(guard);
    bytes buffer;
    for (std::uint64_t index = 0; index < right.size(); ++index) {
        if (right[index] && !again) continue;
        if (stop != nullptr && *stop) return failure{plain_problem("verifying", name, "it was stopped")};
        const auto fits = check(index, buffer);
        if (!fits) return failure{fits.error()};
        right[index] = *fits;
    }
    return right;
}

result<finished_file, problem> partial_file::parts::make_final() {
    ::fchmod(file.get(), new_file_mode());  // not worth losing the download where it is refused
    struct stat seen {};
    if (::fsync(file.get()) != 0 || ::fstat(file.get(), &seen) != 0) {
        return failure{system_problem("cannot sync the partial download", name, errno)};
    }
    finished_file finished;
    finished.file = file.get();
    finished.directory = folder.get();
    finished.name = name;
    finished.content = content;
    finished.stamp = stamp_of(seen);
    finished.reserve_bytes = reserve_bytes;
    return finished;
}

partial_file::partial_file(std::unique_ptr<parts> made) : parts_(std::move(made)) {}
partial_file::~partial_file() = default;

result<std::shared_ptr<partial_file>, problem> partial_file::open(const home_paths& paths, const content_id& content,
                                                                  std::uint64_t size,
                                                                  std::shared_ptr<const content::piece_layer> layer,
                                                                  std::uint64_t reserve_bytes) {
    auto made = std::make_unique<parts>();
    made->name = to_hex(content) + "-" + std::to_string(size) + ".part";  // an id alone does not fix the size
    made->content = content;
    made->size = size;
    made->layer = std::move(layer);
    made->reserve_bytes = reserve_bytes;
    if (size > limits::file_bytes_max) {
        return failure{plain_problem("cannot download", made->name, "it is larger than 1 TiB")};
    }
    if (made->layer == nullptr || !fits_together(content, size, *made->layer)) {
        return failure{plain_problem("cannot download", made->name, "its piece hashes are not those of this content",
                                     problem::kind::integrity)};
    }
    made->right.resize(content::piece_count(size));
    int error = open_partial_folder(paths, made->folder);
    if (error == 0) error = open_alone(made->folder.get(), made->name, made->file);
    if (error == EWOULDBLOCK) {
        return failure{plain_problem("cannot download", made->name, "another download of this content is under way",
                                     problem::kind::usage)};
    }
    if (error == 0 && ::ftruncate(made->file.get(), static_cast<off_t>(size)) != 0) error = errno;
    if (error != 0) return failure{system_problem("cannot open the partial download", made->name, error)};
    if (auto full = made->why_no_room(paths.folder)) return failure{*std::move(full)};
    return std::shared_ptr<partial_file>(new partial_file(std::move(made)));
}

result<std::vector<bool>, problem> partial_file::verify(const std::atomic<bool>* stop) const {
    return parts_->check_all(true, stop);
}

result<done, problem> partial_file::store_piece(std::uint64_t index, byte_view data) const {
    const std::uint64_t size = parts_->size;
    const bool shaped = index < content::piece_count(size) && data.size() == content::piece_size(size, index);
    if (!shaped || content::piece_hash(size, index, data) != parts_->expected(index)) {
        return failure{plain_problem("refused piece " + std::to_string(index) + " of", parts_->name,
                                     "its bytes are not those of this content", problem::kind::integrity)};
    }
    if (!fits_in(free_bytes(parts_->file.get()), data.size(), parts_->reserve_bytes))
        return failure{no_room("cannot write the partial download", parts_->name, data.size(), parts_->reserve_bytes)};
    const int error = parts_->write(index, data);
    if (error != 0) return failure{system_problem("cannot write the partial download", parts_->name, error)};
    const std::lock_guard lock(parts_->guard);
    parts_->right[index] = true;
    return done{};
}

result<content::share, problem> partial_file::finish(const folder& into, const std::string& name) {
    if (const auto unfit = content::check_name(name)) {
        return failure{plain_problem(saving, name, content::describe(*unfit))};
    }
    if (!parts_->file.valid()) return failure{plain_problem(saving, name, "it was saved before")};
    const auto right = parts_->check_all(false, nullptr);
    if (!right) return failure{right.error()};
    if (std::find(right->begin(), right->end(), false) != right->end()) {
        return failure{plain_problem(saving, name, "it is not whole", problem::kind::unfinished)};
    }
    const auto finished = parts_->make_final();
    if (!finished) return failure{finished.error()};
    const auto landed = land(*finished, into.descriptor(), name);
    if (!landed) return failure{landed.error()};
    parts_->file.reset();
    content::share made;
    made.path = landed->path;
    made.stamp = landed->stamp;
    made.content = parts_->content;
    made.layer = parts_->layer;
    return made;
}

}  // namespace mogshare::store
