// Neighbours of one peer, for measuring it as a whole process: they enter its overlay over loopback links, pass searches on to it
// as fast as it takes them, and count what it passes on to them.
//
//   link_load --to PORT --searches N     prints one JSON object when all have come back
//   link_load --to PORT --handshakes N   connects so often, one after another, and prints one JSON object
//   link_load --to PORT --hold           prints `ready` when the links stand, and keeps them until its input ends

#include "load/secured.hpp"

#include "mogshare/base/random.hpp"
#include "mogshare/wire/codec.hpp"
#include "mogshare/wire/framer.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <CLI/CLI.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/read.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>

#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>

using namespace mogshare;

namespace {

struct options {
    std::uint16_t port = 0;
    std::size_t neighbours = 32;
    std::size_t deaf = 0;  ///< of them, those that never read what is passed on to them
    std::uint64_t searches = 0;
    std::uint64_t handshakes = 0;
    std::uint64_t window = 2048;  ///< searches given and not yet passed on
    bool hold = false;
};

constexpr std::size_t a_batch = 32;  // searches that one write holds
constexpr auto patience = std::chrono::seconds(5);

bytes search_frame(std::uint64_t number) {
    wire::pesquisa said;
    said.id = random_source::from_number(number).id<query_id>();
    said.origin_id = random_source::from_number(1'000'000'000 + number % 5000).id<peer_id>();
    said.origin = {host::v4({127, 0, 0, 1}), 50'000};
    said.level = 2;
    said.kind = wire::query_kind::exact;
    said.name = fmt::format("nobody has {}.bin", number);
    return wire::encode(said);
}

class load;

class neighbour : public std::enable_shared_from_this<neighbour> {
public:
    neighbour(asio::io_context& loop, load& whole, std::uint64_t number)
        : secured_(loop, context_), whole_(whole), number_(number) {}

    void enter(std::uint16_t port);
    void give(bytes batch);
    void go_deaf() { deaf_ = true; }
    bool busy() const { return writing_; }

private:
    void read();
    void take(byte_view data);

    secure::tls_context context_{secure::private_key::generate(), secure::network_key()};  ///< each is somebody else
    bench::secured secured_;
    load& whole_;
    std::uint64_t number_;
    wire::framer frames_;
    bytes out_;
    bool entered_ = false;
    bool deaf_ = false;
    bool writing_ = false;
};

class load {
public:
    load(asio::io_context& loop, const options& chosen) : loop_(loop), chosen_(chosen), watch_(loop), input_(loop) {}

    void begin() {
        for (std::size_t each = 0; each < chosen_.neighbours; ++each) {
            all_.push_back(std::make_shared<neighbour>(loop_, *this, each));
            all_.back()->enter(chosen_.port);
        }
        watch();
    }
    void entered();
    void passed_on(std::size_t count);
    void pump();
    void fail(const std::string& why) {
        fmt::print(stderr, "error: {}\n", why);
        failed_ = true;
        loop_.stop();
    }
    bool failed() const { return failed_; }

private:
    std::size_t readers() const { return chosen_.neighbours - chosen_.deaf; }
    std::uint64_t in_flight() const { return given_ - passed_on_ / (readers() - 1); }
    void watch();
    void hold();
    void report();

    asio::io_context& loop_;
    options chosen_;
    asio::steady_timer watch_;
    asio::posix::stream_descriptor input_;
    std::array<char, 64> ignored_{};
    std::vector<std::shared_ptr<neighbour>> all_;
    std::size_t entered_ = 0;
    std::uint64_t given_ = 0;
    std::uint64_t passed_on_ = 0;
    std::uint64_t passed_on_before_ = 0;
    std::size_t next_ = 0;
    std::chrono::steady_clock::time_point begun_;
    bool failed_ = false;
};

void neighbour::enter(std::uint16_t port) {
    secured_.connect(port);
    wire::hello said;
    said.listen_port = static_cast<std::uint16_t>(40'000 + number_);
    bytes first = wire::encode(said);
    const bytes then = wire::encode(wire::entrada{4});
    first.insert(first.end(), then.begin(), then.end());
    asio::write(secured_.socket(), asio::buffer(secured_.sealed(first)));
    read();
}

void neighbour::read() {
    if (deaf_) return;
    secured_.socket().async_wait(asio::ip::tcp::socket::wait_read,
                                 [self = shared_from_this()](const asio::error_code& error) {
                                     if (error || self->deaf_) return;  // this read was asked for before
                                     if (!self->secured_.read([&](byte_view plain) { self->take(plain); }))
                                         return self->whole_.fail("the peer closed a link");
                                     self->read();
                                 });
}

void neighbour::take(byte_view data) {
    frames_.feed(data);
    std::size_t searches = 0;
    for (;;) {
        const auto next = frames_.next();
        if (!next) return whole_.fail("the peer sent an unreadable frame");
        if (!*next) break;
        if ((*next)->type == wire::message_type::pesquisa) ++searches;
        if ((*next)->type == wire::message_type::rows && !std::exchange(entered_, true)) whole_.entered();
    }
    if (searches > 0) whole_.passed_on(searches);
}

void neighbour::give(bytes batch) {
    out_ = secured_.sealed(batch);
    writing_ = true;
    asio::async_write(secured_.socket(), asio::buffer(out_),
                      [self = shared_from_this()](const asio::error_code& error, std::size_t) {
                          self->writing_ = false;
                          if (!error) self->whole_.pump();
                      });
}

void load::entered() {
    if (++entered_ < chosen_.neighbours) return;
    if (chosen_.hold) return hold();
    for (std::size_t each = 0; each < chosen_.deaf; ++each) all_[each]->go_deaf();
    begun_ = std::chrono::steady_clock::now();
    pump();
}

/// Readers take turns; each has one write under way at most.
void load::pump() {
    for (std::size_t tried = 0; tried < all_.size() && given_ < chosen_.searches; ++tried) {
        if (in_flight() + a_batch > chosen_.window) return;
        next_ = (next_ + 1) % all_.size();
        if (next_ < chosen_.deaf || all_[next_]->busy()) continue;
        bytes batch;
        for (std::size_t each = 0; each < a_batch && given_ < chosen_.searches; ++each) {
            const bytes frame = search_frame(given_++);
            batch.insert(batch.end(), frame.begin(), frame.end());
        }
        all_[next_]->give(std::move(batch));
    }
}

void load::passed_on(std::size_t count) {
    passed_on_ += count;
    if (passed_on_ == chosen_.searches * (readers() - 1)) return report();
    pump();
}

void load::report() {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun_;
    fmt::print(R"({{"searches":{},"passed_on":{},"seconds":{:.4f},"searches_per_s":{:.0f}}})"
               "\n",
               given_, passed_on_, took.count(), static_cast<double>(given_) / took.count());
    loop_.stop();
}

void load::watch() {
    watch_.expires_after(patience);
    watch_.async_wait([this](const asio::error_code& error) {
        if (error || chosen_.hold) return;
        if (passed_on_ == std::exchange(passed_on_before_, passed_on_))
            return fail(fmt::format("no progress: {} links entered, {} searches given, {} frames came back", entered_,
                                    given_, passed_on_));
        watch();
    });
}

void load::hold() {
    fmt::print("ready\n");
    std::fflush(stdout);
    input_.assign(::dup(STDIN_FILENO));
    asio::async_read(input_, asio::buffer(ignored_), [this](const asio::error_code&, std::size_t) { loop_.stop(); });
}

/// As often as wanted, with one key; closed as soon as both sides have proven who they are.
void shake_hands(asio::io_context& loop, const options& chosen) {
    const secure::tls_context own(secure::private_key::generate(), secure::network_key());
    const auto begun = std::chrono::steady_clock::now();
    for (std::uint64_t each = 0; each < chosen.handshakes; ++each) bench::secured(loop, own).connect(chosen.port);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    fmt::print(R"({{"handshakes":{},"seconds":{:.4f},"cpu_s":{:.4f}}})"
               "\n",
               chosen.handshakes, took.count(), seconds(used.ru_utime) + seconds(used.ru_stime));
}

}  // namespace

int main(int count, char** arguments) {
    options chosen;
    CLI::App app("Neighbours of one peer, for measuring it");
    app.add_option("--to", chosen.port, "its port on 127.0.0.1")->required();
    app.add_option("--neighbours", chosen.neighbours, "links")->check(CLI::Range(3, 256));
    app.add_option("--deaf", chosen.deaf, "of them, those that never read")->check(CLI::Range(0, 128));
    app.add_option("--searches", chosen.searches, "distinct searches to give")->check(CLI::Range(1, 10'000'000));
    app.add_option("--handshakes", chosen.handshakes, "connections, one after another")
        ->check(CLI::Range(1, 1'000'000));
    app.add_option("--window", chosen.window, "searches given and not yet passed on")->check(CLI::Range(64, 100'000));
    app.add_flag("--hold", chosen.hold, "keep idle links until the input ends");
    CLI11_PARSE(app, count, arguments);
    try {
        asio::io_context loop(1);
        if (chosen.handshakes > 0) {
            shake_hands(loop, chosen);
            return 0;
        }
        load whole(loop, chosen);
        whole.begin();
        loop.run();
        return whole.failed() ? 1 : 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "error: {}\n", error.what());
        return 1;
    }
}
