#pragma once
// Raw bytes, as values and as views.

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace mogshare {

using bytes = std::vector<std::uint8_t>;
using byte_view = std::span<const std::uint8_t>;

inline byte_view as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string_view as_text(byte_view view) {
    return {reinterpret_cast<const char*>(view.data()), view.size()};
}

/// A read-only slice of a buffer that several owners share: a forwarded search is encoded once and queued on every link,
/// a piece is read once and sent in many frames. Copying a slice copies no bytes.
class shared_bytes {
public:
    shared_bytes() = default;
    explicit shared_bytes(bytes owned) : owner_(std::make_shared<const bytes>(std::move(owned))), view_(*owner_) {}

    /// The bytes [offset, offset + count) of this slice; the caller keeps them within size().
    shared_bytes slice(std::size_t offset, std::size_t count) const {
        shared_bytes part;
        part.owner_ = owner_;
        part.view_ = view_.subspan(offset, count);
        return part;
    }

    byte_view view() const { return view_; }
    std::size_t size() const { return view_.size(); }
    bool empty() const { return view_.empty(); }

private:
    std::shared_ptr<const bytes> owner_;
    byte_view view_;
};

}  // namespace mogshare
