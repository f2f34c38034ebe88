// A crash at any moment: every prefix of what is written, and of each everything that a file system may make of what was not synced.
#include "crashes.hpp"
#include "disk_scene.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <optional>

using namespace mogshare;
using namespace mogshare::disk_test;
using disk_calls::call;
using disk_calls::kind;
using disk_calls::verdict;

namespace {

struct recorded {
    tree_state start;
    std::vector<step> steps;
};

recorded record(const deed& what, std::function<verdict(const call&)> judge = {}) {
    const temporary_directory place(scratch());
    const store::home_paths paths = home_in(place.path());
    what.before(paths);
    recorder heard(place.path());
    heard.judge = std::move(judge);
    REQUIRE(what.act(paths).ok());
    return {heard.start(), heard.steps()};
}

struct finding {
    std::size_t crashes = 0;
    std::string wrong;  ///< the first thing that is
};

finding look_at(const deed& what, const recorded& of) {
    finding found;
    for (std::size_t done = 0; done <= of.steps.size(); ++done) {
        each_crash(of.start, of.steps, done, [&](const tree_state& left) {
            if (!found.wrong.empty()) return;
            ++found.crashes;
            const temporary_directory place(scratch());
            left.put(place.path());
            const without_syncs quick;
            const std::string wrong = what.wrong(home_in(place.path()), done == of.steps.size());
            if (!wrong.empty()) found.wrong = "after " + std::to_string(done) + " steps: " + wrong;
        });
    }
    return found;
}

/// Nothing is wrong with what was done, and leaving out any one sync, from the given one on, is found: else it would be of no use, or
/// this test of none.
void holds(const deed& what, const recorded& of, std::size_t crashes_min, std::size_t first_needed = 0) {
    const finding whole = look_at(what, of);
    CHECK_MESSAGE(whole.wrong.empty(), whole.wrong);
    CHECK(whole.crashes >= crashes_min);
    MESSAGE(what.name << ": " << of.steps.size() << " steps, " << whole.crashes << " crashes");
    for (std::size_t at = 0; at < of.steps.size(); ++at) {
        if (of.steps[at].what != kind::sync) continue;
        if (first_needed > 0) {
            --first_needed;
            continue;
        }
        CAPTURE(at);
        recorded without = of;
        without.steps.erase(without.steps.begin() + static_cast<std::ptrdiff_t>(at));
        CHECK_FALSE(look_at(what, without).wrong.empty());
    }
}

const deed& deed_called(std::string_view name) {
    const auto& all = deeds();
    return *std::find_if(all.begin(), all.end(), [name](const deed& each) { return each.name == name; });
}

}  // namespace

TEST_CASE("crashes: tables are the old or the new ones, whole, and the new ones once they were saved") {
    const deed& tables = deed_called("tables");
    holds(tables, record(tables), 500);
}

TEST_CASE("crashes: one key or none, never half a one, and for ever the same once it was made") {
    deed key = deed_called("the key");
    peer_id made;
    key.act = [&made, act = key.act](const store::home_paths& paths) {
        const auto outcome = act(paths);
        std::string text = store_test::read_file(paths.state / "key.pem");
        made = parse_id<peer_id>(text.substr(text.size() - 65, 64)).value();
        return outcome;
    };
    key.wrong = [&made, wrong = key.wrong](const store::home_paths& paths, bool done) {
        store_test::write_file(paths.folder / "id", to_hex(made));
        return wrong(paths, done);
    };
    holds(key, record(key), 500);
}

TEST_CASE("crashes: a network's key file is whole or not there") {
    const deed& file = deed_called("a network's key file");
    holds(file, record(file), 150);
}

TEST_CASE("crashes: a home that was half made is made whole at the next start") {
    const deed& home = deed_called("a home");
    const recorded of = record(home);
    const finding found = look_at(home, of);
    CHECK_MESSAGE(found.wrong.empty(), found.wrong);
    CHECK(found.crashes > 20);
}

TEST_CASE("crashes: a download lands whole or goes on, and is never lost once it has landed") {
    const deed& download = deed_called("a download");
    holds(download, record(download), 150);
}

TEST_CASE("crashes: a download that lands by a second link, since the file system knows no other way") {
    const deed& download = deed_called("a download");
    const auto by_link = [](const call& made) { return verdict{made.what == kind::rename ? EINVAL : 0}; };
    deed fetched = download;
    fetched.before = [before = download.before](const store::home_paths& paths) {
        before(paths);
        store_whole(paths);
    };
    fetched.wrong = [wrong = download.wrong](const store::home_paths& paths, bool done) {
        return is_somewhere(paths) ? wrong(paths, done) : std::string("what was fetched is lost");
    };
    const recorded of = record(fetched, by_link);
    CHECK(std::any_of(of.steps.begin(), of.steps.end(), [](const step& each) { return each.what == kind::link; }));
    const finding found = look_at(fetched, of);
    CHECK_MESSAGE(found.wrong.empty(), found.wrong);
    recorded unsynced = of;  // without the sync between the new name and the end of the old one
    const auto link = std::find_if(unsynced.steps.begin(), unsynced.steps.end(),
                                   [](const step& each) { return each.what == kind::link; });
    unsynced.steps.erase(link + 1);
    CHECK(look_at(fetched, unsynced).wrong.find("lost") != std::string::npos);
}

TEST_CASE("crashes: a download that is copied to another file system") {
    const deed& download = deed_called("a download");
    const auto elsewhere = [](const call& made) {
        return verdict{made.what == kind::rename && made.folder != made.to_folder ? EXDEV : 0};
    };
    const recorded of = record(download, elsewhere);
    CHECK(std::count_if(of.steps.begin(), of.steps.end(), [](const step& each) { return each.what == kind::write; }) ==
          4);
    holds(download, of, 200, 1);  // the copy has a sync of its own
}
