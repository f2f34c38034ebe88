#pragma once
// The connections of a node under the numbers that the state machine knows them by.

#include "mogshare/core/io.hpp"
#include "mogshare/runtime/connection.hpp"
#include "mogshare/runtime/lifetime.hpp"

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

namespace mogshare::runtime {

/// Performs dial, send and hang_up, and gives what comes of them as inputs. For the loop's thread only.
class links {
public:
    /// Takes an input that came to be at a certain time; `received` holds bytes that are valid during the call.
    using input_handler = std::function<void(time_point at, core::any_input in)>;

    /// `sockets_max`: so many at once, those included that the machine has hung up and that have not ended yet; of these the
    /// one that has had most time goes first.
    links(asio::io_context& loop, std::shared_ptr<transport> with, std::size_t sockets_max, input_handler given);
    ~links();
    links(const links&) = delete;
    links& operator=(const links&) = delete;

    void accept(asio::ip::tcp::socket socket);
    void perform(const core::output::dial& wanted);
    void perform(core::output::send wanted);
    void perform(const core::output::hang_up& wanted);

    /// Closes all: what is queued is still sent, within 2 s. No further input comes.
    void close_all();
    /// Ends all now.
    void drop_all();
    std::size_t size() const { return entries_.size(); }
    /// Called whenever the last connection has ended.
    void on_empty(std::function<void()> empty) { empty_ = std::move(empty); }

private:
    struct entry {
        std::shared_ptr<connection> link;
        std::uint64_t hung_up = 0;  ///< by number, if the machine has forgotten it: nothing of it is an input any more
        bool dirty = false;         ///< stands in dirty_
    };

    connection::handlers handlers_for(core::conn_id conn);
    void make_room();
    void ended(core::conn_id conn, core::any_input in);
    void mark_dirty(core::conn_id conn, entry& of);
    void flush_dirty();

    asio::io_context& loop_;
    input_handler given_;
    std::function<void()> empty_;
    std::shared_ptr<transport> with_;
    std::size_t sockets_max_;
    std::unordered_map<core::conn_id, entry> entries_;
    core::conn_id next_accepted_ = 2;  ///< even numbers are ours
    std::uint64_t last_hung_up_ = 0;
    std::vector<core::conn_id> dirty_;  ///< have something to write at the end of this turn
    bool closing_ = false;
    lifetime alive_;
};

}  // namespace mogshare::runtime
