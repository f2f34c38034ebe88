#include "runtime/recording_file.hpp"

#include "store/errors.hpp"
#include "store/file_io.hpp"

#include <fcntl.h>

#include <cerrno>
#include <utility>

namespace mogshare::runtime {

result<std::unique_ptr<recording_file>, problem> recording_file::create(const std::filesystem::path& path,
                                                                        std::uint64_t bytes_max) {
    store::owned_descriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (file.valid())
        return std::unique_ptr<recording_file>(new recording_file(std::move(file), path.string(), bytes_max));
    const std::string hint = errno == EEXIST ? "a recording never replaces a file: choose another name"
                                             : "choose a name in a folder in which you may write";
    return failure{store::system_problem("cannot record into", path.string(), errno, hint)};
}

recording_file::~recording_file() {
    end(trace::ending::stopped);
}

void recording_file::begin(const trace::beginning& from) {
    record_.emplace(from);
    write();
}

void recording_file::input(time_point at, const core::any_input& in) {
    if (full()) end(trace::ending::full);
    if (!record_) return;
    record_->input(at, in);
    write();
}

void recording_file::woken(time_point at) {
    if (full()) end(trace::ending::full);
    if (!record_) return;
    record_->woken(at);
    write();
}

void recording_file::output(const core::any_output& out) {
    if (record_) record_->output(out);  // written with the next step
}

bool recording_file::full() const {
    return written_bytes_ >= bytes_max_;
}

void recording_file::end(trace::ending why) {
    if (!record_) return;
    record_->end(why);
    write();
    if (!record_) return;  // the end could not be written: that is the trouble, and has been told
    record_.reset();
    if (why == trace::ending::full)
        trouble_ = "the recording " + store::in_quotes(path_) + " is full: nothing more is recorded";
}

void recording_file::write() {
    const byte_view pending = record_->pending();
    const int error = store::write_at(file_.get(), pending, written_bytes_);
    written_bytes_ += pending.size();
    record_->taken();
    if (error == 0) return;
    trouble_ = store::system_problem("cannot go on recording into", path_, error).what;
    record_.reset();
}

}  // namespace mogshare::runtime
