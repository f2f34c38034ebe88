// A download's file on its way, R12: what an earlier run left in it, pieces right and wrong, ends in the middle, and landing under
// any name where other files are. A naive list of pieces says what must be there; nothing is ever written beside the folder, and no
// file in it is changed.

#include "bytes/place.hpp"
#include "bytes/reader.hpp"

#include "mogshare/content/names.hpp"
#include "mogshare/store/partial.hpp"

#include <map>

using namespace mogshare;
using namespace mogshare::fuzz;
using limits::leaf_bytes;
using limits::piece_bytes;
namespace fs = std::filesystem;

namespace {

struct whole_file {
    bytes data;
    content::tree hashed;

    explicit whole_file(std::size_t size) : data(store_test::some_bytes(size)), hashed(store_test::tree_of(data)) {}
    byte_view piece(std::uint64_t index) const {
        return byte_view(data).subspan(index * piece_bytes, content::piece_size(data.size(), index));
    }
};

/// None, less than a leaf, one piece and a bit, two pieces with zeros in them.
const whole_file& file_numbered(std::size_t number) {
    static const std::array<whole_file, 4> all = [] {
        std::array<whole_file, 4> made{whole_file(0), whole_file(100), whole_file(piece_bytes + 5),
                                       whole_file(2 * piece_bytes)};
        std::fill(made[3].data.begin() + piece_bytes, made[3].data.end(), std::uint8_t{0});
        made[3].hashed = store_test::tree_of(made[3].data);
        return made;
    }();
    return all[number];
}

class driven_download {
public:
    driven_download(reader& from, const whole_file& file)
        : from_(from), file_(file), right_(content::piece_count(file.data.size())), on_disk_(file.data.size()) {}

    void run() {
        make_neighbours();
        open();
        while (!from_.empty() && partial_) step();
        partial_.reset();
        check_folder();
    }

private:
    fs::path part() const {
        const std::string name = to_hex(file_.hashed.root) + "-" + std::to_string(file_.data.size()) + ".part";
        return home().state / "partial" / name;
    }
    void open() {
        auto made = store::partial_file::open(home(), file_.hashed.root, file_.data.size(), file_.hashed.layer);
        require(made.ok(), "a partial file that cannot be opened");
        partial_ = *made;
    }
    void make_neighbours();
    void step();
    void check_verified();
    void store_piece();
    void left_by_another_run();
    void finish();
    void check_folder();

    bool there(std::uint64_t index) const {
        const byte_view now =
            byte_view(on_disk_).subspan(index * piece_bytes, content::piece_size(on_disk_.size(), index));
        return std::ranges::equal(now, file_.piece(index));
    }

    reader& from_;
    const whole_file& file_;
    std::vector<bool> right_;
    bytes on_disk_;  ///< what the partial file must hold
    std::shared_ptr<store::partial_file> partial_;
    std::map<std::string, bytes> shared_;  ///< what the folder must hold
};

/// Files that are in the way of a name: another content, or the very same.
void driven_download::make_neighbours() {
    static constexpr std::array<const char*, 4> names{"a", "a (2)", "b/a.txt", "b"};
    for (std::uint8_t left = from_.byte() % 4; left > 0; --left) {
        const std::string name = from_.pick(names);
        const fs::path path = home().folder / name;
        std::error_code taken;
        fs::create_directories(path.parent_path(), taken);
        if (taken || fs::exists(path)) continue;
        const bytes data = from_.flag() ? file_.data : bytes(3, 1);
        store_test::write_file(path, byte_view(data));
        shared_[name] = data;
    }
}

void driven_download::step() {
    switch (from_.byte() % 8) {
        case 0: return check_verified();
        case 1:  // the process ends, and another one goes on
            partial_.reset();
            return open();
        case 2: return left_by_another_run();
        case 3: return finish();
        case 4: {
            const auto second =
                store::partial_file::open(home(), file_.hashed.root, file_.data.size(), file_.hashed.layer);
            return require(!second && second.error().is == problem::kind::usage, "a partial file that two hold");
        }
        default: return store_piece();
    }
}

void driven_download::check_verified() {
    const auto seen = partial_->verify();
    require(seen.ok(), "a partial file that cannot be read");
    for (std::uint64_t index = 0; index < right_.size(); ++index) right_[index] = there(index);
    require(*seen == right_, "a piece taken for right that is wrong, or the other way round");
}

/// Right, wrong by one byte, too short, or at another place.
void driven_download::store_piece() {
    const std::uint64_t index = from_.below(right_.size() + 2);
    const byte_view truth = index < right_.size() ? file_.piece(index) : byte_view(file_.data).first(0);
    bytes data(truth.begin(), truth.end());
    const std::uint8_t how = from_.byte() % 4;
    if (how == 1 && !data.empty()) data[from_.below(data.size())] ^= static_cast<std::uint8_t>(from_.byte() | 1);
    if (how == 2) data.resize(from_.below(data.size() + 2));
    const bool good = index < right_.size() && std::ranges::equal(data, truth);
    const auto stored = partial_->store_piece(index, data);
    require(stored.ok() == good, "a piece stored that is wrong, or refused that is right");
    if (!good) return require(stored.error().is == problem::kind::integrity, "a wrong piece that is no lie");
    right_[index] = true;
    std::ranges::copy(data, on_disk_.begin() + static_cast<std::ptrdiff_t>(index * piece_bytes));
}

/// Between two runs the file may become anything: bytes changed, cut, lengthened.
void driven_download::left_by_another_run() {
    partial_.reset();
    bytes left = store_test::read_bytes(part());
    require(left == on_disk_, "other bytes on disk than were stored");
    for (std::uint8_t changes = from_.byte() % 3; changes > 0 && !left.empty(); --changes)
        left[from_.below(left.size())] = from_.byte();
    if (from_.flag()) left.resize(from_.below(left.size() + leaf_bytes));
    if (from_.flag() && left.size() == on_disk_.size()) left = file_.data;  // whole, and nobody knows
    store_test::write_file(part(), byte_view(left));
    on_disk_ = left;
    on_disk_.resize(file_.data.size());
    std::fill(right_.begin(), right_.end(), false);
    open();
}

void driven_download::finish() {
    static const auto folder = store::folder::open(home().folder);
    static constexpr std::array<const char*, 4> likely{"a", "b/a.txt", "b/a", "new/x.y"};
    const std::string name = from_.flag() ? from_.pick(likely) : from_.some_text();
    bool whole = true;
    for (std::uint64_t index = 0; index < right_.size(); ++index) whole = whole && (right_[index] || there(index));
    const auto landed = partial_->finish(**folder, name);
    if (!landed) {
        const bool unfinished = landed.error().is == problem::kind::unfinished;
        require(unfinished == !whole || content::check_name(name), "a whole file that is not landed for its pieces");
        partial_.reset();
        require(fs::exists(part()), "a partial file that is lost");
        return open();
    }
    require(whole && !content::check_name(name) && !content::check_name(landed->path), "a file landed that must not");
    require(landed->content == file_.hashed.root && landed->size() == file_.data.size(), "another content landed");
    shared_[landed->path] = file_.data;
    require(!fs::exists(part()), "a partial file that stays");
    partial_.reset();
}

void driven_download::check_folder() {
    std::size_t files = 0;
    for (const auto& each : fs::recursive_directory_iterator(home().folder)) {
        if (!each.is_regular_file()) continue;
        const std::string name = each.path().lexically_relative(home().folder).string();
        const auto wanted = shared_.find(name);
        require(wanted != shared_.end(), "a file in the folder that nobody put there");
        require(store_test::read_bytes(each.path()) == wanted->second, "a file of the folder that was changed");
        ++files;
    }
    require(files == shared_.size(), "a file of the folder that is gone");
    for (const auto& each : fs::directory_iterator(home().folder.parent_path()))
        require(each.path() == home().folder || each.path() == home().state, "something beside the folder");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    clear(home().folder);
    std::error_code none;
    fs::remove_all(home().state / "partial", none);
    reader from(data, std::min<std::size_t>(size, 64));  // a megabyte is hashed for nearly each step
    const whole_file& file = file_numbered(from.below(4));
    driven_download(from, file).run();
    return 0;
}
