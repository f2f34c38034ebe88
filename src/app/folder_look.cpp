#include "app/folder_look.hpp"

#include "mogshare/store/folder.hpp"

namespace mogshare::app {

namespace {

std::optional<std::string> find_content(const std::filesystem::path& path, const content_id& content,
                                        std::uint64_t size_bytes, const std::atomic<bool>& stop) {
    const auto folder = store::folder::open(path);
    if (!folder) return std::nullopt;
    const auto seen = (*folder)->scan();
    if (!seen) return std::nullopt;
    for (const store::found_file& file : seen->files) {
        if (file.stamp.size != size_bytes) continue;
        const auto hashed = (*folder)->hash(file, stop);
        if (hashed && hashed->content == content) return file.path;
        if (stop) break;
    }
    return std::nullopt;
}

}  // namespace

void folder_look::begin(const content_id& content, std::uint64_t size_bytes,
                        std::function<void(const std::optional<std::string>&)> told) {
    pool_.run(
        runtime::lane::hashing,
        [path = folder_, content, size_bytes, stop = stop_] { return find_content(path, content, size_bytes, *stop); },
        [told = std::move(told)](const std::optional<std::string>& found) { told(found); });
}

}  // namespace mogshare::app
