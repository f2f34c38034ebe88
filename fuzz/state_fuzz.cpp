// The files that are read back: the peer's key, a network's key, tables, lock. Any text, any payload under a checksum that is right, and
// what was saved with one byte changed. What is taken is written again as the very same bytes; damaged tables are set aside with a
// warning, a damaged key is an error and stays as it is.

#include "bytes/messages.hpp"
#include "bytes/place.hpp"
#include "bytes/reader.hpp"

#include "mogshare/base/sha256.hpp"
#include "mogshare/store/identity.hpp"
#include "mogshare/store/network_file.hpp"
#include "mogshare/store/state.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cmath>
#include <iterator>
#include <utility>

using namespace mogshare;
using namespace mogshare::fuzz;
namespace fs = std::filesystem;

namespace {

fs::path file_of(const std::string& name) {
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

/// The network's tag that the text has, whatever else it is; nothing without one.
std::string network_in(const std::string& text) {
    constexpr std::string_view before = "\"payload\":{\"network\":\"";
    const std::size_t at = text.find(before);
    const std::string tag = at == std::string::npos ? std::string() : text.substr(at + before.size(), 32);
    std::array<std::uint8_t, 16> value{};
    return parse_hex(tag, value) && to_hex(value) == tag ? tag : std::string();
}

void check_set_aside(const std::string& aside, const std::string& text, const std::string& warning) {
    require(!warning.empty(), "a file that is not taken, and nobody is told of");
    require(fs::exists(file_of(aside)) && store_test::read_file(file_of(aside)) == text,
            "such a file that is not kept");
}

void write_private(const fs::path& path, std::string_view text) {
    write(path, text);
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
}

/// What is no text that this program writes for a key is refused, and nothing else is put in its place. True when it was taken.
bool check_key(const std::string& text) {
    const fs::path path = file_of("key.pem");
    write_private(path, text);
    const auto loaded = store::load_or_make_key(home());
    const auto known = store::known_id(home());
    require(store_test::read_file(path) == text, "a key file that was changed by reading it");
    require(std::distance(fs::directory_iterator(home().state), fs::directory_iterator()) == 1,
            "another key beside it");
    require(loaded.ok() == known.ok(), "an id of no key, or a key of no id");
    if (!loaded) {
        require(!loaded.error().what.empty() && !loaded.error().hint.empty(), "a key refused without a word");
        return false;
    }
    require(*known == loaded->id(), "two ids of one key");
    require(text == loaded->to_pem() + "peer id: " + to_hex(loaded->id()) + "\n",
            "a key taken that was not written so");
    return true;
}

/// The key file of some key, always the same one.
std::string saved_key() {
    const auto key = secure::private_key::from_pem(
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
        "-----END PRIVATE KEY-----\n");
    require(key.ok(), "a key that is one");
    return key->to_pem() + "peer id: " + to_hex(key->id()) + "\n";
}

/// The same text with one byte changed, where it is another one.
bool change_a_byte(std::string& text, reader& from) {
    const std::size_t at = from.below(text.size());
    const auto changed = static_cast<char>(from.byte());
    return std::exchange(text[at], changed) != changed;
}

void check_saved_key(reader& from) {
    static const std::string whole = saved_key();
    require(check_key(whole), "a key that was saved and is taken for damaged");
    std::string text = whole;
    if (change_a_byte(text, from)) require(!check_key(text), "a key with a changed byte is taken");
}

/// A secret is taken from the one line that stands for it, in capitals and between spaces, too. Returns that line.
std::optional<std::string> check_network(const std::string& text) {
    const fs::path path = file_of("network.key");
    write_private(path, text);
    const auto loaded = store::read_network_file(path);
    if (!loaded) {
        require(loaded.error().is == problem::kind::usage || text.size() > 4 * limits::KiB, "a wrong kind of error");
        require(!loaded.error().what.empty() && !loaded.error().hint.empty(), "a secret refused without a word");
        return std::nullopt;
    }
    const std::string line = loaded->to_text();
    std::string said;
    for (const char each : text)
        if (std::string_view(" \t\r\n").find(each) == std::string_view::npos)
            said += each >= 'A' && each <= 'Z' ? static_cast<char>(each - 'A' + 'a') : each;
    require(said == line, "a secret taken that the text does not say");
    require(!store::make_network_file(path, *loaded).ok(), "a secret written over another file");
    require(store_test::read_file(path) == text, "a key file that was changed by reading it");
    return line;
}

/// What a founder writes, members read; with a byte changed it is no secret, or still the same one.
void check_saved_network(reader& from) {
    std::string drawn(32, '0');
    for (char& each : drawn) each = "0123456789abcdef"[from.byte() % 16];
    bytes value(16);
    require(parse_hex(drawn, value), "digits that are none");
    constexpr std::string_view begin = "mogshare-network-1-";
    bytes checked(begin.begin(), begin.end());
    checked.insert(checked.end(), value.begin(), value.end());
    const std::string line = std::string(begin) + drawn + "-" + to_hex(sha256(checked)).substr(0, 8);
    require(check_network(line) == line, "a secret that is one");
    const auto secret = secure::network_secret::parse(line);
    const fs::path path = file_of("made.key");
    require(store::make_network_file(path, *secret).ok(), "a secret that cannot be saved");
    std::string text = store_test::read_file(path);
    require(text == line + "\n" && store_test::mode_of(path) == 0600, "a secret that is saved otherwise");
    if (!change_a_byte(text, from)) return;
    const auto again = check_network(text);
    require(!again || *again == line, "another secret by one changed byte");
}

std::string tables_of(const std::string& network) {
    return network.empty() ? "tables.json" : "tables." + network + ".json";
}

/// True when the text was taken.
bool check_tables(const std::string& text) {
    const std::string network = network_in(text), name = tables_of(network), another = std::string(32, '0');
    write(file_of(name), text);
    const store::loaded_tables loaded = store::load_tables(home(), network);
    if (!loaded.warning.empty() && loaded.keep_first_as.empty()) {
        require(loaded.tables == store::saved_tables{}, "rows out of a damaged file");
        require(!fs::exists(file_of(name)), "a damaged file that stays in the way");
        check_set_aside(name + ".damaged", text, loaded.warning);
        return false;
    }
    require(loaded.warning.empty(), "tables of the network that they name, refused as another one's");
    const std::size_t begin = text.find("\"payload\":") + 10;
    require(text == sealed(text.substr(begin, text.size() - begin - 8)), "tables under a wrong checksum");
    for (const auto* rows : {&loaded.tables.primary, &loaded.tables.secondary})
        for (const store::saved_row& each : *rows)
            require(!each.id.is_zero() && each.score >= 0 && each.addresses.size() <= 2, "a row that cannot be");
    require(loaded.tables.network == network, "rows of a network that is not the one of the file");
    const std::string elsewhere = network.empty() || network == another ? std::string(32, '1') : another;
    fs::copy_file(file_of(name), file_of(tables_of(elsewhere)), fs::copy_options::overwrite_existing);
    const auto refused = store::load_tables(home(), elsewhere);
    require(refused.tables == store::saved_tables{}, "rows of another network");
    check_set_aside(tables_of(elsewhere) + ".other-network", text, refused.warning);
    require(store::save_tables(home(), loaded.tables).ok(), "tables that cannot be saved again");
    require(store_test::read_file(file_of(name)) == text, "tables that are saved otherwise than they were");
    fs::remove(file_of(name));  // else there would be one for every tag
    return true;
}

store::saved_row saved_row_of(reader& from) {
    static constexpr std::array<double, 8> scores{0, 1, 0.5, 1e-300, 1e300, -1, 1.0 / 3, HUGE_VAL};
    const wire::row drawn = row_of(from);
    store::saved_row made{drawn.id, drawn.addresses, from.pick(scores), {}, from.flag()};
    if (made.id.is_zero()) made.id.value[0] = 1;
    if (from.flag()) made.told_by = row_of(from).id;
    return made;
}

/// What is saved comes back, but for what no row may have; with a byte changed it does not.
void check_saved(reader& from) {
    store::saved_tables tables;
    for (std::uint8_t left = from.byte() % 8; left > 0; --left)
        (from.flag() ? tables.primary : tables.secondary).push_back(saved_row_of(from));
    if (!tables.primary.empty()) tables.network = to_hex(tables.primary.front().id.view().first(16));  // some tag
    require(store::save_tables(home(), tables).ok(), "tables that cannot be saved");
    std::string text = store_test::read_file(file_of(tables_of(tables.network)));
    const store::loaded_tables loaded = store::load_tables(home(), tables.network);
    fs::remove(file_of(tables_of(tables.network)));
    require(loaded.warning.empty(), "tables that were saved and are taken for damaged");
    for (auto* rows : {&tables.primary, &tables.secondary})
        for (store::saved_row& each : *rows) {
            std::erase_if(each.addresses, [](const endpoint& one) { return !one.dialable(); });
            if (!std::isfinite(each.score) || each.score < 0) each.score = 0;
        }
    require(loaded.tables == tables, "other tables than were saved");
    if (change_a_byte(text, from)) require(!check_tables(text), "tables with a changed byte are taken");
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
    const std::uint8_t how = from.byte() % 8;
    if (how >= 5) {
        how == 5 ? check_saved(from) : how == 6 ? check_saved_key(from) : check_saved_network(from);
        return 0;
    }
    const std::string text(as_text(from.rest()));
    switch (how) {
        case 0: check_key(text); break;
        case 1: check_network(text); break;
        case 2: check_tables(text); break;
        case 3: check_tables(sealed(text)); break;
        default: check_lock(text); break;
    }
    return 0;
}
