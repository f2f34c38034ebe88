#pragma once
// Small files that nobody but their owner may read.

#include "mogshare/base/result.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mogshare::store {

/// A text that is wiped as it goes.
class secret_text {
public:
    secret_text() = default;
    explicit secret_text(std::string text) : text_(std::move(text)) {}
    secret_text(secret_text&& other) noexcept = default;
    secret_text& operator=(secret_text&&) = delete;
    ~secret_text();

    const std::string& get() const { return text_; }
    /// To be filled within its size.
    std::span<std::uint8_t> bytes() { return {reinterpret_cast<std::uint8_t*>(text_.data()), text_.size()}; }
    /// Cuts off what has not been filled.
    void shorten(std::size_t size) { text_.resize(std::min(size, text_.size())); }

private:
    std::string text_;
};

struct private_file {
    std::filesystem::path path;
    std::string_view called;   ///< `this peer's key`
    std::string_view instead;  ///< what to do when it cannot be used as it is: `…, or remove it for a new one`
    std::string_view if_read;  ///< what to do when others may have read it: `move it away, …`
    bool through_links = false;
};

/// The text; nothing where there is no such file. Fails for what is no regular file, belongs to another user (unless this one is
/// root), gives rights to others, or is longer than 4 KiB.
result<std::optional<secret_text>, problem> read_private_file(const private_file& wanted);

/// `cannot use <called> 'path': reason`.
problem unusable(const private_file& wanted, std::string_view reason, problem::kind kind = problem::kind::usage);

}  // namespace mogshare::store
