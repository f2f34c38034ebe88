// Opens connections to a peer and lets it wait, as an attacker does who wants all its room: from 127.0.0.2 to 127.0.0.9, many at
// once, of four kinds in turn, or all of the fifth. One that the peer ends makes room for the next; one of the fifth kind that
// ends before it has done what it came for does not count, and another tries.
//
//   slow_loris PORT COUNT AT_ONCE A_SECOND [rude]
//
// prints `opened M secured N` when all have been opened, N of which came through the handshake; then it holds what still
// stands, and goes on as slowly as before, until its input ends.

#include "mogshare/base/random.hpp"
#include "mogshare/secure/tls.hpp"
#include "mogshare/wire/codec.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>

using namespace mogshare;
using asio::ip::tcp;

namespace {

constexpr std::uint8_t first_host = 2, hosts = 8;
constexpr auto turn = std::chrono::milliseconds(20);
constexpr auto between_bytes = std::chrono::milliseconds(250);

enum class kind : std::uint8_t {
    silent,      ///< says nothing at all
    half_hello,  ///< half of a ClientHello, then a byte now and then
    mute,        ///< ends the handshake and says nothing
    dribbling,   ///< ends the handshake, and says HELLO byte by byte
    rude,  ///< ends the handshake, breaks the protocol, and does not close when the peer does; each is somebody else
};
constexpr std::uint64_t kinds = 4;

using identity = std::shared_ptr<const secure::tls_context>;

identity somebody() {
    return std::make_shared<const secure::tls_context>(secure::private_key::generate(), secure::network_key());
}

struct tally {
    std::uint64_t opened = 0, secured = 0, standing = 0;
    std::uint64_t in_vain = 0;  ///< rude ones that ended before they could be
};

class victim : public std::enable_shared_from_this<victim> {
public:
    victim(asio::io_context& loop, tally& counts, std::uint64_t number, kind how, identity as)
        : socket_(loop),
          timer_(loop),
          counts_(counts),
          how_(how),
          from_(asio::ip::address_v4({127, 0, 0, static_cast<std::uint8_t>(first_host + number / kinds % hosts)})),
          as_(std::move(as)),
          session_(*as_, secure::role::dialler) {
        ++counts_.opened;
        ++counts_.standing;
    }
    ~victim() {
        --counts_.standing;
        if (how_ == kind::rude && !secured_) ++counts_.in_vain;
    }

    void open(std::uint16_t port) {
        socket_.open(tcp::v4());
        socket_.bind({from_, 0});
        socket_.async_connect({asio::ip::address_v4::loopback(), port},
                              [self = shared_from_this()](const asio::error_code& error) {
                                  if (!error) self->opened();
                              });
    }

private:
    void opened() {
        bytes first;
        if (how_ != kind::silent) session_.begin(first);
        if (how_ == kind::half_hello) {
            const auto middle = first.begin() + static_cast<std::ptrdiff_t>(first.size() / 2);
            slow_.assign(middle, first.end() - 1);  // the last one never comes
            first.erase(middle, first.end());
            dribble();
        }
        write(std::move(first));
        read();
    }
    void read() {
        socket_.async_read_some(asio::buffer(room_),
                                [self = shared_from_this()](const asio::error_code& error, std::size_t count) {
                                    if (error) return self->end();
                                    self->take(byte_view(self->room_).first(count));
                                    if (self->secured_ && self->how_ == kind::rude) return self->stay();
                                    self->read();
                                });
    }
    void take(byte_view in) {
        if (how_ == kind::silent || how_ == kind::half_hello) return;
        bytes out;
        while (!session_.take(in, plain_, out).empty()) {
        }
        write(std::move(out));
        if (!session_.proven() || secured_) return;
        secured_ = true;
        ++counts_.secured;
        if (how_ == kind::mute || how_ == kind::rude) return;
        slow_ = wire::encode(wire::hello{});
        slow_.pop_back();
        dribble();
    }
    /// Whatever the peer does now, this side neither reads nor closes.
    void stay() {
        bytes sealed;
        session_.seal(as_bytes(std::string_view("GET / HTTP/1.1\r\n\r\n")), sealed);
        write(std::move(sealed));
        timer_.expires_after(std::chrono::hours(1));
        timer_.async_wait([self = shared_from_this()](const asio::error_code&) {});
    }
    void dribble() {
        timer_.expires_after(between_bytes);
        timer_.async_wait([self = shared_from_this()](const asio::error_code& error) {
            if (error || self->at_ == self->slow_.size()) return;
            bytes next(1, self->slow_[self->at_++]);
            if (self->secured_) {
                bytes sealed;
                self->session_.seal(next, sealed);
                next.swap(sealed);
            }
            self->write(std::move(next));
            self->dribble();
        });
    }
    void write(bytes data) {
        asio::error_code error;
        if (!data.empty())
            asio::write(socket_, asio::buffer(data), error);  // a few bytes, which the system has room for
        if (error) end();
    }
    void end() {
        asio::error_code ignored;
        socket_.close(ignored);
        timer_.cancel();
    }

    tcp::socket socket_;
    asio::steady_timer timer_;
    tally& counts_;
    kind how_;
    asio::ip::address_v4 from_;
    identity as_;
    secure::tls_session session_;
    std::array<std::uint8_t, 4096> room_{}, plain_{};
    bytes slow_;
    std::size_t at_ = 0;
    bool secured_ = false;
};

struct attack {
    std::uint16_t port;
    std::uint64_t count, at_once, a_second;
    bool rude;
};

class attacker {
public:
    attacker(asio::io_context& loop, const attack& wanted) : loop_(loop), timer_(loop), wanted_(wanted) {}

    void go_on() {
        const auto turns_a_second = static_cast<std::uint64_t>(std::chrono::seconds(1) / turn);
        for (std::uint64_t each = 0; each < wanted_.a_second / turns_a_second; ++each) {
            if (counts_.opened - counts_.in_vain == wanted_.count || counts_.standing >= wanted_.at_once) break;
            const auto how = wanted_.rude ? kind::rude : static_cast<kind>(counts_.opened % kinds);
            const identity as = wanted_.rude ? somebody() : usual_;
            std::make_shared<victim>(loop_, counts_, counts_.opened, how, as)->open(wanted_.port);
        }
        if ((wanted_.rude ? counts_.secured : counts_.opened) == wanted_.count) return tell();
        timer_.expires_after(turn);
        timer_.async_wait([this](const asio::error_code&) { go_on(); });
    }

private:
    /// When the last ones have had their time for a handshake.
    void tell() {
        timer_.expires_after(std::chrono::seconds(1));
        timer_.async_wait([this](const asio::error_code&) {
            std::printf("opened %llu secured %llu\n", static_cast<unsigned long long>(counts_.opened),
                        static_cast<unsigned long long>(counts_.secured));
            std::fflush(stdout);
        });
    }

    asio::io_context& loop_;
    asio::steady_timer timer_;
    attack wanted_;
    identity usual_ = somebody();
    tally counts_;
};

}  // namespace

int main(int count, char** given) {
    if (count < 5) return 2;
    const auto number = [&](int at) { return std::strtoull(given[at], nullptr, 10); };
    asio::io_context loop(1);
    const auto work = asio::make_work_guard(loop);
    attacker all(loop, {static_cast<std::uint16_t>(number(1)), number(2), number(3), number(4),
                        count > 5 && given[5] == std::string_view("rude")});
    all.go_on();
    std::thread([] {
        for (char each = 0; ::read(0, &each, 1) > 0;) {
        }
        std::_Exit(0);
    }).detach();
    loop.run();
    return 0;
}
