// Every call that changes a disk fails in turn, for want of room or by a broken disk: a clear error, nothing lost, and all is well once
// the disk is.
#include "disk_scene.hpp"

#include <doctest/doctest.h>

#include <cerrno>

using namespace mogshare;
using namespace mogshare::disk_test;
using disk_calls::call;
using disk_calls::kind;
using disk_calls::verdict;

namespace {

struct fault {
    int error = 0;
    bool for_good = false;  ///< all later calls fail, too
    bool half = false;      ///< of a write half is done before
};

/// Lets calls fail from the n-th on.
class failing : public disk_calls::watcher {
public:
    failing(std::size_t nth, const fault& how) : nth_(nth), how_(how) { disk_calls::watch(this); }
    failing(const failing&) = delete;
    failing& operator=(const failing&) = delete;
    ~failing() override { disk_calls::watch(nullptr); }

    bool has_struck() const { return struck_; }
    verdict before(const call& made) override {
        if (made.what == kind::remove) return {};  // takes no room
        const bool due = ++calls_ == nth_;
        struck_ = struck_ || due;
        if (due && how_.half && made.what == kind::write && made.count_bytes > 1) {
            ++nth_;  // the rest of it fails
            return {0, made.count_bytes / 2, false};
        }
        const bool fails = due || (how_.for_good && calls_ > nth_);
        return {fails ? how_.error : 0, SIZE_MAX, made.what == kind::sync && !fails};
    }

private:
    std::size_t nth_;
    fault how_;
    std::size_t calls_ = 0;
    bool struck_ = false;
};

/// The n-th call fails; whether there is one.
bool strike(const deed& what, std::size_t nth, const fault& how, bool& failed) {
    CAPTURE(what.name);
    CAPTURE(nth);
    CAPTURE(how.error);
    CAPTURE(how.for_good);
    CAPTURE(how.half);
    const temporary_directory place(scratch());
    const store::home_paths paths = home_in(place.path());
    what.before(paths);
    bool struck = false;
    bool ended_well = false;
    {
        failing disk(nth, how);
        const auto outcome = what.act(paths);
        struck = disk.has_struck();
        ended_well = outcome.ok();
        failed = failed || !ended_well;
        if (!ended_well) {
            CHECK(outcome.error().what.find("cannot ") == 0);
            CHECK((outcome.error().is == problem::kind::disk_full) == (how.error != EIO));
        }
    }
    const without_syncs quick;
    if (what.name == "the key") store_test::write_file(paths.folder / "id", "");
    const std::string wrong = what.wrong(paths, ended_well && what.name != "the key");
    CHECK_MESSAGE(wrong.empty(), wrong);
    return struck;
}

}  // namespace

TEST_CASE(
    "faults: every call that writes to state or folder fails in turn: a clear error, and all is well afterwards") {
    for (const deed& what : deeds()) {
        for (const int error : {ENOSPC, EDQUOT, EIO}) {
            for (const fault& how : {fault{error, false, false}, fault{error, true, false}, fault{error, false, true},
                                     fault{error, true, true}}) {
                std::size_t nth = 1;
                bool failed = false;
                while (strike(what, nth, how, failed)) ++nth;
                CHECK(nth > 3);
                CHECK(failed);
            }
        }
    }
}
