#pragma once
// Whether the folder holds a content already (R12), found out without hashing all of it: only files of its size are
// read.

#include "mogshare/base/ids.hpp"
#include "mogshare/runtime/workers.hpp"

#include <asio/io_context.hpp>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace mogshare::app {

/// One look, on a thread of its own. Destroying it ends the look.
class folder_look {
public:
    folder_look(asio::io_context& loop, std::filesystem::path folder) : folder_(std::move(folder)), pool_(loop, 1) {}
    ~folder_look() { *stop_ = true; }
    folder_look(const folder_look&) = delete;
    folder_look& operator=(const folder_look&) = delete;

    /// Tells the path of a file with this content, or nothing.
    void begin(const content_id& content, std::uint64_t size_bytes,
               std::function<void(const std::optional<std::string>&)> told);

private:
    std::filesystem::path folder_;
    std::shared_ptr<std::atomic<bool>> stop_ = std::make_shared<std::atomic<bool>>(false);
    runtime::workers pool_;
};

}  // namespace mogshare::app
