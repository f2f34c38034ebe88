// The files of a home that are read back: identity, tables, lock. Any text, any payload under a checksum that is right, and what was
// saved with one byte changed. What is taken is written again as the very same bytes; all else is set aside, with a warning.

#include "bytes/messages.hpp"
#include "bytes/place.hpp"
#include "bytes/reader.hpp"

#include "mogshare/base/sha256.hpp"
#include "mogshare/store/state.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cmath>

using namespace mogshare;
using namespace mogshare::fuzz;
namespace fs = std::filesystem;

namespace {

fs::path file_of(const char* name) {
    return home().state / name;
}

void write(const fs::path& path, std::string_view text) {
    store_test::write_file(path, text);
}

/// As the program writes it: keys in order, the checksum over the payload.
std::string sealed(std::string_view payload) {
    return "{\"checksum\":\"" + to_hex(sha256(as_bytes(payload))) + "\",\"payload\":" + std::string(payload) +
           ",\"v\":1}\n";
}

void check_set_aside(const char* name, const std::string& text, const std::string& warning) {
    const fs::path aside = file_of((std::string(name) + ".damaged").c_str());
    require(!warning.empty(), "a damaged file that nobody is told of");
    require(fs::exists(aside) && store_test::read_file(aside) == text, "a damaged file that is not kept");
}

/// True when the text was taken.
bool check_id(const std::string& text) {
    write(file_of("peer.json"), text);
    peer_id fresh;
    fresh.value.fill(7);
    const auto loaded = store::load_or_make_id(home(), fresh);
    require(loaded.ok(), "no identity at all");
    const std::string now = store_test::read_file(file_of("peer.json"));
    const bool taken = now == text && loaded->warning.empty();
    if (!taken) {
        require(loaded->id == fresh, "an id out of a damaged file");
        check_set_aside("peer.json", text, loaded->warning);
    }
    const auto again = store::load_or_make_id(home(), {});
    require(again.ok() && again->id == loaded->id && again->warning.empty(), "an identity that does not stay");
    require(now == sealed("{\"id\":\"" + to_hex(loaded->id) + "\"}"), "an identity taken that was not written so");
    return taken;
}

/// True when the text was taken.
bool check_tables(const std::string& text) {
    write(file_of("tables.json"), text);
    const store::loaded_tables loaded = store::load_tables(home());
    if (!loaded.warning.empty()) {
        require(loaded.tables == store::saved_tables{}, "rows out of a damaged file");
        require(!fs::exists(file_of("tables.json")), "a damaged file that stays in the way");
        check_set_aside("tables.json", text, loaded.warning);
        return false;
    }
    const std::size_t begin = text.find("\"payload\":") + 10;
    require(text == sealed(text.substr(begin, text.size() - begin - 8)), "tables under a wrong checksum");
    for (const auto* rows : {&loaded.tables.primary, &loaded.tables.secondary})
        for (const store::saved_row& each : *rows)
            require(!each.id.is_zero() && each.score >= 0 && each.addresses.size() <= 2, "a row that cannot be");
    require(store::save_tables(home(), loaded.tables).ok(), "tables that cannot be saved again");
    require(store_test::read_file(file_of("tables.json")) == text, "tables that are saved otherwise than they were");
    return true;
}

store::saved_row saved_row_of(reader& from) {
    static constexpr std::array<double, 8> scores{0, 1, 0.5, 1e-300, 1e300, -1, 1.0 / 3, HUGE_VAL};
    const wire::row drawn = row_of(from);
    store::saved_row made{drawn.id, drawn.addresses, from.pick(scores)};
    if (made.id.is_zero()) made.id.value[0] = 1;
    return made;
}

/// What is saved comes back, but for what no row may have; with a byte changed it does not.
void check_saved(reader& from) {
    store::saved_tables tables;
    for (std::uint8_t left = from.byte() % 8; left > 0; --left)
        (from.flag() ? tables.primary : tables.secondary).push_back(saved_row_of(from));
    require(store::save_tables(home(), tables).ok(), "tables that cannot be saved");
    std::string text = store_test::read_file(file_of("tables.json"));
    const store::loaded_tables loaded = store::load_tables(home());
    require(loaded.warning.empty(), "tables that were saved and are taken for damaged");
    for (auto* rows : {&tables.primary, &tables.secondary})
        for (store::saved_row& each : *rows) {
            std::erase_if(each.addresses, [](const endpoint& one) { return !one.dialable(); });
            if (!std::isfinite(each.score) || each.score < 0) each.score = 0;
        }
    require(loaded.tables == tables, "other tables than were saved");
    const std::size_t at = from.below(text.size());
    const auto changed = static_cast<char>(from.byte());
    if (text[at] == changed) return;
    text[at] = changed;
    require(!check_tables(text), "tables with a changed byte are taken");
}

/// A port is told only while somebody holds the lock, and only one that the line really says.
void check_lock(const std::string& text) {
    write(file_of("lock"), text);
    require(!store::running_port(home()), "a port though nobody runs");
    const int held = ::open(file_of("lock").c_str(), O_RDWR | O_CLOEXEC);
    require(held >= 0 && ::flock(held, LOCK_EX | LOCK_NB) == 0, "the lock");
    const auto port = store::running_port(home());
    if (port) {
        const std::size_t end = text.find('\n');
        require(text.starts_with("pid=") && end < 64, "a port out of a line that is none");
        const std::string line = text.substr(0, end);
        const std::size_t last = line.rfind(" port=");
        require(last != std::string::npos, "a port out of a line without one");
        std::string digits = line.substr(last + 6);
        digits.erase(0, digits.find_first_not_of('0'));
        require(digits == std::to_string(*port), "another port than the line says");
    }
    ::close(held);
    const auto lock = store::home_lock::take(home());
    require(lock.ok(), "a lock that nobody holds and nobody gets");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    clear(home().state);
    reader from(data, size);
    const std::uint8_t how = from.byte() % 6;
    if (how == 5) {
        check_saved(from);
        return 0;
    }
    const std::string text(as_text(from.rest()));
    switch (how) {
        case 0: check_id(text); break;
        case 1: check_id(sealed(text)); break;
        case 2: check_tables(text); break;
        case 3: check_tables(sealed(text)); break;
        default: check_lock(text); break;
    }
    return 0;
}
