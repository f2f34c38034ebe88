#include "disk_scene.hpp"

#include "mogshare/store/identity.hpp"
#include "mogshare/store/network_file.hpp"

#include <algorithm>
#include <stdexcept>

namespace mogshare::disk_test {

namespace {

using limits::piece_bytes;
using store::home_paths;
using store_test::read_bytes;
using store_test::read_file;

store::saved_tables tables_of(int number) {
    store::saved_row row;
    row.id.value.fill(static_cast<std::uint8_t>(number));
    row.addresses = {*parse_endpoint("127.0.0.1:" + std::to_string(7000 + number))};
    row.score = number;
    return {{}, {row}, {}};
}

void must(bool fine) {
    if (!fine) throw std::runtime_error("a step without faults failed");
}

std::string wrong_tables(const home_paths& paths, bool done) {
    const auto loaded = store::load_tables(paths);
    if (!loaded.warning.empty()) return loaded.warning;
    const bool is_old = loaded.tables == tables_of(1);
    const bool is_new = loaded.tables == tables_of(2);
    if (!is_new && !is_old) return "neither the old nor the new tables";
    if (done && !is_new) return "the new tables are lost";
    if (!store::save_tables(paths, tables_of(3)) || store::load_tables(paths).tables != tables_of(3))
        return "not saved again";
    return {};
}

std::string wrong_key(const home_paths& paths, bool done) {
    const auto there = store_test::read_file(paths.state / "key.pem");
    const std::string kept = read_file(paths.folder / "id");
    const auto key = store::load_or_make_key(paths);
    if (!key) return key.error().what;
    if (done && to_hex(key->id()) != kept) return "the key is lost";
    if (!there.empty() && read_file(paths.state / "key.pem") != there) return "another key in the place of the old one";
    if (store::load_or_make_key(paths)->id() != key->id()) return "another key at the next start";
    return {};
}

// ---- a download -------------------------------------------------------------------------------------------------------

struct content_of_test {
    bytes data = store_test::some_bytes(150'000);  // three writes
    content::tree tree = store_test::tree_of(data);
};
const content_of_test& wanted() {
    static const content_of_test made;
    return made;
}

byte_view piece(std::uint64_t index) {
    return byte_view(wanted().data).subspan(index * piece_bytes, content::piece_size(wanted().data.size(), index));
}

using partial_download = std::shared_ptr<store::partial_file>;

result<partial_download, problem> fetch(const home_paths& paths) {
    auto partial = store::partial_file::open(paths, wanted().tree.root, wanted().data.size(), wanted().tree.layer);
    if (!partial) return partial;
    const auto have = (*partial)->verify();
    if (!have) return failure{have.error()};
    for (std::uint64_t index = 0; index < have->size(); ++index) {
        if ((*have)[index]) continue;
        if (const auto kept = (*partial)->store_piece(index, piece(index)); !kept) return failure{kept.error()};
    }
    return partial;
}

result<done, problem> download(const home_paths& paths) {
    const auto partial = fetch(paths);
    if (!partial) return failure{partial.error()};
    const auto folder = store::folder::open(paths.folder);
    if (!folder) return failure{folder.error()};
    const auto landed = (*partial)->finish(**folder, "below/song.ogg");
    if (!landed) return failure{landed.error()};
    return done{};
}

std::string wrong_landed(const home_paths& paths, bool must_be_there) {
    std::size_t whole = 0;
    const auto seen = (*store::folder::open(paths.folder))->scan();
    for (const store::found_file& file : seen->files) {
        if (read_bytes(paths.folder / file.path) != wanted().data) return "wrong bytes in " + file.path;
        ++whole;
    }
    if (must_be_there && whole == 0) return "a finished file is lost";
    return whole > 1 ? "landed more than once" : std::string();
}

std::string wrong_download(const home_paths& paths, bool done) {
    if (auto wrong = wrong_landed(paths, done); !wrong.empty()) return wrong;
    if (const auto again = download(paths); !again) return "it does not go on: " + again.error().what;
    if (auto wrong = wrong_landed(paths, true); !wrong.empty()) return wrong + ", after going on";
    const auto partials = fs::directory_iterator(paths.state / "partial");
    return std::any_of(begin(partials), end(partials), [](const auto&) { return true; }) ? "a partial file stays" : "";
}

// ---- the others -------------------------------------------------------------------------------------------------------

std::string wrong_home(const home_paths& paths, bool) {
    if (const auto made = store::prepare_home(paths); !made) return made.error().what;
    return read_file(paths.state / ".gitignore") == "*\n" ? "" : "the state is not hidden from version control";
}

std::string wrong_network_file(const home_paths& paths, bool done) {
    const fs::path path = paths.state / "network.key";
    const std::string text = read_file(path);
    if (done && text.empty()) return "the network's key is lost";
    if (text.empty() && fs::exists(path)) return "an empty key";
    if (!text.empty() && !store::read_network_file(path)) return "half a key";
    return {};
}

}  // namespace

void store_whole(const home_paths& paths) {
    must(fetch(paths).ok());
}

bool is_somewhere(const home_paths& paths) {
    for (const fs::path& top : {paths.folder, paths.state / "partial"})
        for (const auto& each : fs::recursive_directory_iterator(top))
            if (each.is_regular_file() && read_bytes(each.path()) == wanted().data) return true;
    return false;
}

const std::vector<deed>& deeds() {
    const auto prepared = [](const home_paths& paths) { must(store::prepare_home(paths).ok()); };
    static const std::vector<deed> all{
        {"a home", [](const home_paths& paths) { fs::create_directory(paths.folder); },
         [](const home_paths& paths) { return store::prepare_home(paths); }, wrong_home},
        {"tables",
         [=](const home_paths& paths) {
             prepared(paths);
             must(store::save_tables(paths, tables_of(1)).ok());
         },
         [](const home_paths& paths) { return store::save_tables(paths, tables_of(2)); }, wrong_tables},
        {"the key", prepared,
         [](const home_paths& paths) -> result<done, problem> {
             const auto key = store::load_or_make_key(paths);
             if (!key) return failure{key.error()};
             return done{};
         },
         wrong_key},
        {"a network's key file", prepared,
         [](const home_paths& paths) {
             return store::make_network_file(paths.state / "network.key", secure::network_secret::generate());
         },
         wrong_network_file},
        {"a download", prepared, download, wrong_download},
    };
    return all;
}

}  // namespace mogshare::disk_test
