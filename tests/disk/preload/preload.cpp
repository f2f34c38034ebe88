// For a whole program: what MOGSHARE_DISK says happens to the calls that change files in a home. Preloaded by process tests.
//
//   fail=N:ERRNO   the N-th call fails, and all after it
//   once=N:ERRNO   the N-th call fails, and none after it
//   die=N          the program ends by SIGKILL in the N-th call: before it, after it, or half way through a write, as N mod 3 says
//   count=FILE     nothing happens; their number is written to FILE at each
#include "disk_calls.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using mogshare::disk_calls::call;
using mogshare::disk_calls::kind;
using mogshare::disk_calls::verdict;

class policy : public mogshare::disk_calls::watcher {
public:
    explicit policy(std::string_view text) {
        const std::size_t equals = text.find('=');
        what_ = text.substr(0, equals);
        file_ = text.substr(equals + 1);
        const char* const end = file_.data() + file_.size();
        const auto number = std::from_chars(file_.data(), end, nth_);
        if (number.ptr != end && *number.ptr == ':') std::from_chars(number.ptr + 1, end, error_);
    }

    verdict before(const call& made) override {
        if (made.what == kind::remove) return {};
        const long number = ++calls_;
        if (what_ == "count") note(number);
        if (what_ == "fail" && number >= nth_) return {error_};
        if (what_ == "once" && number == nth_) return {error_};
        if (what_ == "die" && number == nth_) {
            if (nth_ % 3 == 0) die();
            if (nth_ % 3 == 1 && made.what == kind::write) return {0, made.count_bytes / 2};
        }
        return {};
    }
    void after(const call& made) override {
        if (made.what != kind::remove && what_ == "die" && calls_ >= nth_) die();
    }

private:
    static void die() { ::kill(::getpid(), SIGKILL); }
    void note(long number) const {
        const std::string text = std::to_string(number) + "\n";
        const long file = ::syscall(SYS_openat, AT_FDCWD, file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (file < 0) return;
        ::syscall(SYS_pwrite64, file, text.data(), text.size(), 0L);
        ::close(static_cast<int>(file));
    }

    std::string what_, file_;
    long nth_ = 0;
    int error_ = 0;
    std::atomic<long> calls_{0};
};

/// Lives as long as the program.
[[maybe_unused]] const bool begun = [] {
    if (const char* const text = std::getenv("MOGSHARE_DISK")) mogshare::disk_calls::watch(new policy(text));
    return true;
}();

}  // namespace
