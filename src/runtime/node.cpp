#include "mogshare/runtime/node.hpp"

#include "runtime/driver.hpp"

#include <utility>

namespace mogshare::runtime {

result<std::unique_ptr<node>, problem> node::create(asio::io_context& loop, node_options options, news_handler news) {
    auto folder = store::folder::open(options.home.folder);
    if (!folder) return failure{folder.error()};
    std::unique_ptr<listener> door;
    if (!options.listen.empty()) {
        auto opened = listener::open(loop, options.listen, options.port);
        if (!opened) return failure{opened.error()};
        door = std::move(*opened);
    }
    std::unique_ptr<recording_file> recording;
    if (options.record) {
        auto opened = recording_file::create(options.record->file);
        if (!opened) return failure{opened.error()};
        recording = std::move(*opened);
    }
    auto made = std::make_unique<driver>(loop, std::move(options), std::move(news), std::move(door), *folder,
                                         std::move(recording));
    return std::unique_ptr<node>(new node(std::move(made)));
}

node::node(std::unique_ptr<driver> made) : driver_(std::move(made)) {}

node::~node() = default;

void node::start() {
    driver_->start();
}

std::uint16_t node::port() const {
    return driver_->port();
}

const core::peer& node::peer() const {
    return driver_->peer();
}

void node::give(core::any_input command) {
    driver_->give(std::move(command));
}

void node::rescan(std::function<void(const scan_summary&)> done) {
    driver_->rescan(std::move(done));
}

void node::stop(std::function<void()> done) {
    driver_->stop(std::move(done));
}

}  // namespace mogshare::runtime
