#pragma once
// Values to bytes and back, by their fields. Numbers are written in groups of seven bits, lowest first, so that small ones
// take one byte.

#include "trace/layouts.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace mogshare::trace {

class packer {
public:
    explicit packer(bytes& into) : out_(into) {}

    void put(bool v) { out_.push_back(v ? 1 : 0); }
    template <class Number>
    requires std::unsigned_integral<Number>
    void put(Number v) {
        std::uint64_t rest = v;
        for (; rest >= 0x80; rest >>= 7) out_.push_back(static_cast<std::uint8_t>(rest | 0x80));
        out_.push_back(static_cast<std::uint8_t>(rest));
    }
    template <class Number>
    requires std::signed_integral<Number>
    void put(Number v) {
        const std::int64_t wide = v;
        put((static_cast<std::uint64_t>(wide) << 1) ^ static_cast<std::uint64_t>(wide >> 63));
    }
    template <class Choice>
    requires std::is_enum_v<Choice>
    void put(Choice v) { out_.push_back(static_cast<std::uint8_t>(v)); }
    void put(double v) {
        const auto raw = std::bit_cast<std::uint64_t>(v);
        for (unsigned shift = 0; shift < 64; shift += 8) out_.push_back(static_cast<std::uint8_t>(raw >> shift));
    }
    void put(duration v) { put(std::int64_t{v.count()}); }
    void put(time_point v) { put(v.time_since_epoch()); }
    void put(byte_view v) {
        put(v.size());
        out_.insert(out_.end(), v.begin(), v.end());
    }
    void put(const std::string& v) { put(as_bytes(v)); }
    void put(const bytes& v) { put(byte_view(v)); }
    void put(const shared_bytes& v) { put(v.view()); }
    template <class Tag>
    void put(const basic_id<Tag>& v) {
        put(v.value);
    }
    template <std::size_t N>
    void put(const std::array<std::uint8_t, N>& v) {
        out_.insert(out_.end(), v.begin(), v.end());
    }
    void put(const std::vector<bool>& v) {
        put(v.size());
        for (const bool each : v) put(each);
    }
    template <class T>
    void put(const std::vector<T>& v) {
        put(v.size());
        for (const T& each : v) put(each);
    }
    template <class T>
    void put(const std::optional<T>& v) {
        put(v.has_value());
        if (v) put(*v);
    }
    template <class T>
    void put(const std::shared_ptr<T>& v) {
        put(v != nullptr);
        if (v) put(*v);
    }
    template <class... Kinds>
    void put(const std::variant<Kinds...>& v) {
        static_assert(sizeof...(Kinds) < 0x80);
        put(v.index());
        std::visit([this](const auto& each) { this->put(each); }, v);
    }
    template <class T>
    requires requires(const T& v) { fields(v); }
    void put(const T& v) {
        std::apply([this](const auto&... each) { (this->put(each), ...); }, fields(v));
    }

private:
    bytes& out_;
};

/// The first error sticks: what is read after it is zero or empty. Byte views point into the source.
class unpacker {
public:
    explicit unpacker(byte_view from) : rest_(from) {}

    /// All was well so far, and nothing is left.
    bool complete() const { return ok_ && rest_.empty(); }
    bool ok() const { return ok_; }

    void get(bool& v) {
        const std::uint8_t raw = byte();
        require(raw <= 1);
        v = raw == 1;
    }
    template <class Number>
    requires std::unsigned_integral<Number>
    void get(Number& v) {
        const std::uint64_t read = number();
        v = static_cast<Number>(read);
        require(v == read);
    }
    template <class Number>
    requires std::signed_integral<Number>
    void get(Number& v) {
        const std::uint64_t raw = number();
        const auto read = static_cast<std::int64_t>((raw >> 1) ^ (~(raw & 1) + 1));
        v = static_cast<Number>(read);
        require(v == read);
    }
    template <class Choice>
    requires std::is_enum_v<Choice>
    void get(Choice& v) {
        const auto read = static_cast<Choice>(byte());
        require(known(read));
        if (ok_) v = read;
    }
    void get(double& v) {
        std::uint64_t raw = 0;
        for (unsigned shift = 0; shift < 64; shift += 8) raw |= std::uint64_t{byte()} << shift;
        v = std::bit_cast<double>(raw);
    }
    void get(duration& v) {
        std::int64_t count = 0;
        get(count);
        v = duration(count);
    }
    void get(time_point& v) {
        duration since{};
        get(since);
        v = time_point(since);
    }
    void get(byte_view& v) { v = take(number()); }
    void get(std::string& v) { v = as_text(take(number())); }
    void get(bytes& v) {
        const byte_view raw = take(number());
        v.assign(raw.begin(), raw.end());
    }
    template <class Tag>
    void get(basic_id<Tag>& v) {
        get(v.value);
    }
    template <std::size_t N>
    void get(std::array<std::uint8_t, N>& v) {
        const byte_view raw = take(N);
        std::copy(raw.begin(), raw.end(), v.begin());
    }
    void get(std::vector<bool>& v) {
        for (const std::uint8_t each : take(number())) {
            require(each <= 1);
            v.push_back(each == 1);
        }
    }
    template <class T>
    void get(std::vector<T>& v) {
        const std::uint64_t count = number();
        require(count <= rest_.size());  // each takes a byte at least
        for (std::uint64_t at = 0; ok_ && at < count; ++at) get(v.emplace_back());
    }
    template <class T>
    void get(std::optional<T>& v) {
        bool is_there = false;
        get(is_there);
        if (is_there) get(v.emplace());
    }
    template <class T>
    void get(std::shared_ptr<const T>& v) {
        bool is_there = false;
        get(is_there);
        if (!is_there) return;
        auto made = std::make_shared<T>();
        get(*made);
        v = std::move(made);
    }
    template <class... Kinds>
    void get(std::variant<Kinds...>& v) {
        const std::uint64_t index = number();
        require(index < sizeof...(Kinds));
        std::uint64_t at = 0;
        ((at++ == index && ok_ ? get(v.template emplace<Kinds>()) : void()), ...);
    }
    template <class T>
    requires requires(T& v) { fields(v); }
    void get(T& v) {
        std::apply([this](auto&... each) { (this->get(each), ...); }, fields(v));
    }

private:
    void require(bool condition) {
        if (!condition) ok_ = false;
    }
    byte_view take(std::uint64_t count) {
        require(count <= rest_.size());
        if (!ok_) return {};
        const byte_view taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }
    std::uint8_t byte() {
        const byte_view taken = take(1);
        return taken.empty() ? std::uint8_t{0} : taken.front();
    }
    std::uint64_t number() {
        std::uint64_t v = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const std::uint8_t next = byte();
            v |= std::uint64_t{next & 0x7Fu} << shift;
            if (next < 0x80) return v;
        }
        require(false);
        return 0;
    }

    byte_view rest_;
    bool ok_ = true;
};

}  // namespace mogshare::trace
