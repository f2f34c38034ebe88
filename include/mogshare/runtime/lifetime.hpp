#pragma once
// Asio calls a handler even when what it was for has gone, for instance a timer that had fired already. Wrapped by a
// member of this type, a handler does nothing once its object has been destroyed.

#include <memory>
#include <utility>

namespace mogshare::runtime {

/// A member of the object that handlers call. For one thread: the handlers run where the object is destroyed.
class lifetime {
public:
    lifetime() = default;
    // The handlers belong to the object that this is part of: a copy would vouch for the wrong one.
    lifetime(const lifetime&) = delete;
    lifetime& operator=(const lifetime&) = delete;

    /// `handler`, called only while this object lives.
    template <class Handler>
    auto guard(Handler handler) const {
        return [alive = std::weak_ptr<const char>(token_), handler = std::move(handler)](auto&&... given) mutable {
            if (!alive.expired()) handler(std::forward<decltype(given)>(given)...);
        };
    }

private:
    std::shared_ptr<const char> token_ = std::make_shared<const char>('\0');
};

}  // namespace mogshare::runtime
