#pragma once
// A file descriptor that closes itself.

#include <unistd.h>

#include <utility>

namespace mogshare::store {

class owned_descriptor {
public:
    owned_descriptor() = default;
    explicit owned_descriptor(int number) : number_(number) {}
    owned_descriptor(owned_descriptor&& other) noexcept : number_(other.release()) {}
    owned_descriptor& operator=(owned_descriptor&& other) noexcept {
        if (this != &other) reset(other.release());
        return *this;
    }
    ~owned_descriptor() { reset(); }

    bool valid() const { return number_ >= 0; }
    int get() const { return number_; }
    int release() { return std::exchange(number_, -1); }
    void reset(int number = -1) {
        if (number_ >= 0) ::close(number_);
        number_ = number;
    }

private:
    int number_ = -1;
};

}  // namespace mogshare::store
