#include "mogshare/runtime/signals.hpp"

#include <csignal>

namespace mogshare::runtime {

interrupt_signals::interrupt_signals(asio::io_context& loop, std::function<void(int)> called)
    : signals_(loop), called_(std::move(called)) {
    asio::error_code ignored;  // both are valid signals
    signals_.add(SIGINT, ignored);
    signals_.add(SIGTERM, ignored);
    wait();
}

void interrupt_signals::cancel() {
    asio::error_code ignored;
    signals_.cancel(ignored);
}

void interrupt_signals::wait() {
    signals_.async_wait(alive_.guard([this](const asio::error_code& error, int signal) {
        if (error) return;
        wait();
        called_(signal);
    }));
}

void ignore_write_signals() {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace mogshare::runtime
