// The file that a run is recorded into: when nothing more goes in, its user hears the true reason.

#include "runtime/recording_file.hpp"

#include "mogshare/trace/replay.hpp"
#include "store_temporary.hpp"
#include "support/rows.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>

#include <csignal>

using namespace mogshare;
using namespace mogshare::testing;
using runtime::recording_file;

namespace {

/// While it lives no file of this process may grow beyond so many bytes: writes fail as on a full disk.
class files_may_not_grow {
public:
    explicit files_may_not_grow(std::uint64_t bytes_max) {
        handler_ = std::signal(SIGXFSZ, SIG_IGN);
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
        const rlimit now{static_cast<rlim_t>(bytes_max), before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &now) == 0);
    }
    files_may_not_grow(const files_may_not_grow&) = delete;
    files_may_not_grow& operator=(const files_may_not_grow&) = delete;
    ~files_may_not_grow() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

private:
    rlimit before_{};
    void (*handler_)(int) = SIG_DFL;
};

trace::beginning first() {
    trace::beginning made;
    made.self = {peer_numbered(5), 7000};
    made.origin = time_point(std::chrono::hours(5));
    return made;
}

std::unique_ptr<recording_file> begun(const std::filesystem::path& path, std::uint64_t bytes_max) {
    auto made = recording_file::create(path, bytes_max);
    REQUIRE(made);
    (*made)->begin(first());
    return std::move(*made);
}

result<trace::verdict, problem> replayed(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const bytes whole{std::istreambuf_iterator<char>(file), {}};
    return trace::replay(whole);
}

const core::any_input some_input = core::input::share_lost{"a"};

}  // namespace

TEST_CASE("recording file: one that is full ends there, and says so once") {
    const store_test::temporary_directory folder;
    const auto record = begun(folder / "run.trace", 1);
    record->input(first().origin, some_input);
    CHECK(record->trouble().value_or("").find("is full") != std::string::npos);
    record->input(first().origin, some_input);
    CHECK(!record->trouble());
    const auto told = replayed(folder / "run.trace");
    REQUIRE(told);
    CHECK(told->full);
}

TEST_CASE("recording file: when the end of a full one cannot be written, that is what is said") {
    const store_test::temporary_directory folder;
    const auto record = begun(folder / "run.trace", 1);
    {
        const files_may_not_grow here(std::filesystem::file_size(folder / "run.trace"));
        record->input(first().origin, some_input);
    }
    const std::string trouble = record->trouble().value_or("");
    CHECK_MESSAGE(trouble.find("cannot go on recording into") != std::string::npos, trouble);
    const auto told = replayed(folder / "run.trace");
    REQUIRE(!told);
    CHECK(told.error().what.find("breaks off") != std::string::npos);
}

TEST_CASE("recording file: a step that cannot be written ends it, and says why") {
    const store_test::temporary_directory folder;
    const auto record = begun(folder / "run.trace", 1 << 20);
    {
        const files_may_not_grow here(std::filesystem::file_size(folder / "run.trace"));
        record->input(first().origin, some_input);
    }
    CHECK(record->trouble().value_or("").find("File too large") != std::string::npos);
    record->input(first().origin, some_input);
    CHECK(!record->trouble());
}
