#pragma once
// The file that a node records its state machine into (trace/recording.hpp).

#include "mogshare/base/limits.hpp"
#include "mogshare/base/result.hpp"
#include "mogshare/trace/recording.hpp"
#include "store/owned_descriptor.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace mogshare::runtime {

/// Each step is written before the machine takes it, with one system call and on the loop itself, so that what makes the
/// program die is in the file: recording is for finding faults, and the one place where the loop waits for a disk.
class recording_file {
public:
    /// Makes the file, for its owner's eyes only. One that is there already is left alone. With `bytes_max` in it, it ends.
    static result<std::unique_ptr<recording_file>, problem> create(
        const std::filesystem::path& path, std::uint64_t bytes_max = limits::recording_bytes_max);
    /// Writes the end, unless there is one.
    ~recording_file();
    recording_file(const recording_file&) = delete;
    recording_file& operator=(const recording_file&) = delete;

    void begin(const trace::beginning& from);
    void input(time_point at, const core::any_input& in);
    void woken(time_point at);
    void output(const core::any_output& out);
    /// Why nothing is recorded any more, told once.
    std::optional<std::string> trouble() { return std::exchange(trouble_, std::nullopt); }

private:
    recording_file(store::owned_descriptor file, std::string path, std::uint64_t bytes_max)
        : file_(std::move(file)), path_(std::move(path)), bytes_max_(bytes_max) {}
    void end(trace::ending why);
    bool full() const;
    void write();

    store::owned_descriptor file_;
    std::string path_;
    std::uint64_t bytes_max_;
    std::optional<trace::recorder> record_;  ///< none: not begun, or no more
    std::uint64_t written_bytes_ = 0;
    std::optional<std::string> trouble_;
};

}  // namespace mogshare::runtime
