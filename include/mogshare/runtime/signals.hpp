#pragma once
// Signals as events of the loop.

#include "mogshare/runtime/lifetime.hpp"

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <functional>

namespace mogshare::runtime {

/// Calls a function on the loop's thread at every SIGINT and SIGTERM. Keeps the loop running until cancelled or
/// destroyed.
class interrupt_signals {
public:
    interrupt_signals(asio::io_context& loop, std::function<void(int signal)> called);
    void cancel();

private:
    void wait();

    asio::signal_set signals_;
    std::function<void(int)> called_;
    lifetime alive_;
};

/// A write that cannot be done fails instead of ending the process: to a closed pipe or socket, or beyond the size that the
/// user's limit (`ulimit -f`) leaves to files.
void ignore_write_signals();

}  // namespace mogshare::runtime
