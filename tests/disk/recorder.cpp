// From calls to steps: descriptors and paths become nodes.
#include "crashes.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace mogshare::disk_test {

namespace fs = std::filesystem;
using disk_calls::call;
using disk_calls::kind;
using disk_calls::verdict;

namespace {

struct stat look(int folder, const char* name) {
    struct stat seen {};
    if (::fstatat(folder, name, &seen, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) != 0) return {};
    return seen;
}

// A path of several components is taken apart: its folder is looked up by name.
std::pair<std::string, std::string> apart(const char* path) {
    const fs::path whole(path);
    return {whole.has_parent_path() ? whole.parent_path().string() : std::string(), whole.filename().string()};
}

}  // namespace

void tree_state::put(const fs::path& top) const {
    const std::function<void(node, const fs::path&)> fill = [&](node of, const fs::path& at) {
        for (const auto& [name, child] : folders.at(of)) {
            const fs::path path = at / name;
            if (folders.contains(child)) {
                fs::create_directory(path);
                fs::permissions(path, fs::perms::owner_all);
                fill(child, path);
            } else if (!fs::exists(path)) {
                std::ofstream(path, std::ios::binary)
                    .write(reinterpret_cast<const char*>(files.at(child).data()),
                           static_cast<std::streamsize>(files.at(child).size()));
                fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
            }
        }
    };
    fill(0, top);
    std::map<node, fs::path> first;  // of several names of a file each is the same file
    const std::function<void(node, const fs::path&)> join = [&](node of, const fs::path& at) {
        for (const auto& [name, child] : folders.at(of)) {
            if (folders.contains(child)) {
                join(child, at / name);
            } else if (const auto [known, fresh] = first.try_emplace(child, at / name); !fresh) {
                fs::remove(at / name);
                fs::create_hard_link(known->second, at / name);
            }
        }
    };
    join(0, top);
}

recorder::recorder(const fs::path& top) {
    const struct stat seen = look(AT_FDCWD, top.c_str());
    nodes_[{seen.st_dev, seen.st_ino}] = 0;
    scan(top, 0);
    disk_calls::watch(this);
}

recorder::~recorder() {
    disk_calls::watch(nullptr);
}

void recorder::scan(const fs::path& at, node as) {
    auto& entries = start_.folders[as];
    for (const auto& each : fs::directory_iterator(at)) {
        const struct stat seen = look(AT_FDCWD, each.path().c_str());
        const auto [found, fresh] = nodes_.try_emplace({seen.st_dev, seen.st_ino}, next_);
        if (fresh) ++next_;
        entries[each.path().filename().string()] = found->second;
        if (S_ISDIR(seen.st_mode)) {
            scan(each.path(), found->second);
        } else if (fresh) {
            std::ifstream file(each.path(), std::ios::binary);
            start_.files[found->second] = bytes(std::istreambuf_iterator<char>(file), {});
        }
    }
}

node recorder::known(int file) {
    const struct stat seen = look(file, "");
    const auto found = nodes_.find({seen.st_dev, seen.st_ino});
    if (found == nodes_.end()) throw std::logic_error("a call for something that is not below the recorded folder");
    return found->second;
}

std::optional<node> recorder::child(int folder, const char* name) {
    const struct stat seen = look(folder, name);
    const auto found = nodes_.find({seen.st_dev, seen.st_ino});
    return found == nodes_.end() ? std::nullopt : std::optional(found->second);
}

verdict recorder::before(const call& made) {
    const verdict said = judge ? judge(made) : verdict{};
    source_.reset();
    new_ = false;
    if (made.what == kind::rename || made.what == kind::link || made.what == kind::remove)
        source_ = child(made.folder, made.name);
    if (made.what == kind::create || made.what == kind::make_folder) new_ = look(made.folder, made.name).st_ino == 0;
    return said;
}

void recorder::after(const call& made) {
    step one;
    one.what = made.what;
    const auto place = [this](int folder, const char* path) {
        const auto [above, name] = apart(path);
        return std::pair(above.empty() ? known(folder) : child(folder, above.c_str()).value(), name);
    };
    if (made.what == kind::create || made.what == kind::make_folder) {
        if (!new_) return;
        std::tie(one.folder, one.name) = place(made.folder, made.name);
        const struct stat seen = look(made.folder, made.name);
        one.of = nodes_[{seen.st_dev, seen.st_ino}] = next_++;  // the number may be that of a file that is gone
        one.is_folder = made.what == kind::make_folder;
    } else if (made.what == kind::write || made.what == kind::resize || made.what == kind::sync) {
        one.of = known(made.file);
        one.is_folder = S_ISDIR(look(made.file, "").st_mode);
        one.at = static_cast<std::uint64_t>(made.at);
        const auto* data = static_cast<const std::uint8_t*>(made.data);
        if (made.what == kind::write) one.data.assign(data, data + made.count_bytes);
    } else {
        one.of = source_.value();
        std::tie(one.folder, one.name) = place(made.folder, made.name);
        if (made.what != kind::remove) std::tie(one.to_folder, one.to_name) = place(made.to_folder, made.to_name);
    }
    steps_.push_back(std::move(one));
}

}  // namespace mogshare::disk_test
