#pragma once
// A value or a reason. Used wherever bad input is ordinary; assertions are for our own logic.

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace mogshare {

/// Wraps a reason so that `result` can tell it from a value of the same type.
template <class E>
struct failure {
    E reason;
};
template <class E>
failure(E) -> failure<E>;

/// Either a T or an E (std::expected is not in C++20).
template <class T, class E>
class [[nodiscard]] result {
public:
    result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    template <class F>
    result(failure<F> failed) : state_(std::in_place_index<1>, std::move(failed.reason)) {}

    bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }
    T& value() {
        assert(ok());
        return *std::get_if<0>(&state_);
    }
    const T& value() const {
        assert(ok());
        return *std::get_if<0>(&state_);
    }
    T& operator*() { return value(); }
    const T& operator*() const { return value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }
    const E& error() const {
        assert(!ok());
        return *std::get_if<1>(&state_);
    }

private:
    std::variant<T, E> state_;
};

/// What the program says when something is wrong, in two lines: `error: …` and `hint: …`.
struct problem {
    enum class kind { failed, usage, not_found, timeout, integrity, network, unfinished, disk_full };

    std::string what;        ///< operation, object and reason
    std::string hint;        ///< what would be right; empty where there is nothing to advise
    kind is = kind::failed;  ///< decides the exit code (app/exit_code.hpp)
};

/// The value of an operation that yields nothing.
struct done {};

}  // namespace mogshare
