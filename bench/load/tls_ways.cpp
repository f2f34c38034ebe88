// Measures ways in which OpenSSL can meet the loop (docs/decisions/010): one stream, handshakes, round trips, memory of idle
// connections; two processes over loopback, the ways in turn, medians.
//
//   tls_ways [ROUNDS [bulk|shake|trip|idle]...]      prints a table (default: 5 rounds of all)

#include "load/tls_streams.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <map>
#include <vector>

using namespace mogshare;
using namespace mogshare::bench;

namespace {

const std::vector<std::string> all_ways = {"ssl::stream", "fd", "fd, read ahead", "own BIO"};
constexpr std::size_t bulk_bytes = 1024 * limits::MiB;
constexpr int handshakes = 1000, round_trips = 20'000, idle_connections = 300;

struct figures {
    double value = 0;  ///< what it is about
    double cpu_s = 0;  ///< of both processes
};

int accept_all(X509_STORE_CTX*, void*) {
    return 1;
}

double resident_kib() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:")) return std::stod(line.substr(6));
    give_up("no VmRSS");
}

/// One process of a measurement: a loop and the streams of one way.
class process {
public:
    process(std::string way, bool dials)
        : way_(std::move(way)),
          dials_(dials),
          context_(secure::private_key::generate(), {}),
          asio_context_(asio::ssl::context::tls) {
        if (way_ == "own BIO") return;
        SSL_CTX_set_cert_verify_callback(context_.handle(), accept_all, nullptr);
        SSL_CTX_up_ref(context_.handle());
        asio_context_ = asio::ssl::context(context_.handle());
    }
    std::unique_ptr<stream> over(tcp_socket raw) {
        raw.set_option(asio::ip::tcp::no_delay(true));
        if (way_ == "ssl::stream") return std::make_unique<asio_stream>(std::move(raw), asio_context_, dials_);
        if (way_ == "own BIO") return std::make_unique<own_stream>(std::move(raw), context_, dials_, rooms_);
        return std::make_unique<fd_stream>(std::move(raw), context_.handle(), dials_, rooms_, way_ == "fd, read ahead");
    }
    tcp_socket dialled(std::uint16_t port) {
        tcp_socket raw(loop);
        raw.connect({asio::ip::address_v4::loopback(), port});
        return raw;
    }

    asio::io_context loop;

private:
    std::string way_;
    bool dials_;
    secure::tls_context context_;
    asio::ssl::context asio_context_;
    rooms rooms_;
};

/// Closes the newest, and drops what was closed long enough ago.
void drop_old(std::vector<std::unique_ptr<stream>>& all) {
    if (!all.empty()) all.back()->close();
    if (all.size() > 3) all.erase(all.begin());
}

/// The accepting process: sends, echoes, or only keeps what is there.
class server {
public:
    server(const std::string& way, const std::string& what, int door)
        : process_(way, false), what_(what), acceptor_(process_.loop) {
        acceptor_.assign(asio::ip::tcp::v4(), door);
        accept();
    }
    void run() { process_.loop.run(); }

private:
    void accept() {
        acceptor_.async_accept([this](const asio::error_code& error, tcp_socket raw) {
            if (error) give_up("accept");
            if (what_ == "shake") drop_old(all_);
            all_.push_back(process_.over(std::move(raw)));
            stream& one = *all_.back();
            one.received = [this, &one](byte_view data) { take(one, data); };
            one.ended = [this] {
                if (what_ == "bulk" || what_ == "trip") std::_Exit(0);
            };
            one.begin([this, &one] {
                if (what_ == "bulk") pour(one);
            });
            accept();
        });
    }
    void take(stream& one, byte_view data) {
        if (what_ == "trip") {
            copy_.assign(data.begin(), data.end());
            one.send(copy_, [] {});
        } else if (what_ == "idle" || what_ == "shake") {
            const bool enough = ++heard_ == (what_ == "idle" ? idle_connections : handshakes);
            if (what_ == "idle" && heard_ == 1) before_kib_ = resident_kib();
            one.send(byte_view(block_).first(8), [this, enough] {
                if (!enough || what_ != "idle") return;
                fmt::print("{}\n", (resident_kib() - before_kib_) / (idle_connections - 1));
                std::fflush(stdout);
            });
        }
    }
    void pour(stream& one) {
        if (poured_ >= bulk_bytes) return;
        poured_ += block_.size();
        one.send(block_, [this, &one] { pour(one); });
    }

    process process_;
    std::string what_;
    asio::ip::tcp::acceptor acceptor_;
    std::vector<std::unique_ptr<stream>> all_;
    bytes block_ = bytes(256 * limits::KiB, 7);
    bytes copy_;
    std::size_t poured_ = 0;
    int heard_ = 0;
    double before_kib_ = 0;
};

class client {
public:
    client(const std::string& way, const std::string& what, std::uint16_t port)
        : process_(way, true), what_(what), port_(port) {}
    double run() {
        const auto begun = std::chrono::steady_clock::now();
        next();
        process_.loop.run();
        const double took_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
        if (what_ == "bulk") return static_cast<double>(bulk_bytes) / limits::MiB / took_s;
        if (what_ == "shake") return handshakes / took_s;
        if (what_ == "trip") return round_trips / took_s;
        return idle_kib_;
    }

private:
    void next() {
        if (what_ == "shake") drop_old(all_);
        all_.push_back(process_.over(process_.dialled(port_)));
        stream& one = *all_.back();
        one.received = [this, &one](byte_view data) { take(one, data.size()); };
        one.begin([this, &one] {
            if (what_ != "bulk") one.send(byte_view(word_), [] {});
        });
    }
    void take(stream& one, std::size_t count) {
        got_ += count;
        if (what_ == "bulk") {
            if (got_ >= bulk_bytes) process_.loop.stop();
        } else if (what_ == "trip") {
            if (got_ < word_.size()) return;
            got_ = 0;
            if (++done_ == round_trips) return process_.loop.stop();
            one.send(word_, [] {});
        } else {
            if (what_ == "idle" && done_ == 0) before_kib_ = resident_kib();
            const int all = what_ == "idle" ? idle_connections : handshakes;
            // Not from within what the stream is just doing.
            asio::post(process_.loop, [this, all] {
                if (++done_ < all) return next();
                idle_kib_ = (resident_kib() - before_kib_) / (idle_connections - 1);
                process_.loop.stop();
            });
        }
    }

    process process_;
    std::string what_;
    std::uint16_t port_;
    std::vector<std::unique_ptr<stream>> all_;
    std::array<std::uint8_t, 64> word_{};
    std::size_t got_ = 0;
    int done_ = 0;
    double before_kib_ = 0, idle_kib_ = 0;
};

double cpu_of(const rusage& used) {
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

pid_t in_a_child(const std::function<void()>& what) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    what();
    std::fflush(stdout);
    std::_Exit(0);
}

figures measure(const std::string& way, const std::string& what) {
    asio::io_context none;
    asio::ip::tcp::acceptor door(none, {asio::ip::address_v4::loopback(), 0});
    std::array<int, 2> tell{};
    if (::pipe(tell.data()) != 0) give_up("pipe");
    const std::uint16_t port = door.local_endpoint().port();
    const pid_t serving = in_a_child([&] {
        ::dup2(tell[1], 1);
        server(way, what, ::dup(door.native_handle())).run();
    });
    rusage used{};
    const pid_t dialling = in_a_child([&] {
        const double value = client(way, what, port).run();
        ::usleep(50'000);  // the other side's line comes first
        ::dup2(tell[1], 1);
        fmt::print("{}\n", value);
    });
    int status = 0;
    figures found;
    ::wait4(dialling, &status, 0, &used);
    if (status != 0) give_up(way + ", " + what + ": the client failed");
    found.cpu_s = cpu_of(used);
    ::kill(serving, SIGTERM);
    ::wait4(serving, &status, 0, &used);
    found.cpu_s += cpu_of(used);
    ::close(tell[1]);
    FILE* lines = ::fdopen(tell[0], "r");
    int count = 0;
    for (double each = 0; std::fscanf(lines, "%lf", &each) == 1; ++count) found.value += each;
    if (count > 1) found.value /= count;  // memory: of both sides
    std::fclose(lines);
    return found;
}

double median(std::vector<double> all) {
    if (all.empty()) return 0;
    std::sort(all.begin(), all.end());
    return all[all.size() / 2];
}

}  // namespace

int main(int count, char** given) {
    std::signal(SIGPIPE, SIG_IGN);
    const int rounds = count > 1 ? std::atoi(given[1]) : 5;
    std::vector<std::string> what(given + std::min(count, 2), given + count);
    if (what.empty()) what = {"bulk", "shake", "trip", "idle"};
    std::map<std::pair<std::string, std::string>, std::vector<double>> values, cpu;
    for (int round = 0; round < rounds; ++round) {
        for (const std::string& thing : what) {
            for (const std::string& way : all_ways) {
                const figures found = measure(way, thing);
                values[{way, thing}].push_back(found.value);
                cpu[{way, thing}].push_back(found.cpu_s);
            }
        }
    }
    fmt::print(
        "| way | 1 GiB, MiB/s | CPU s | handshakes/s | CPU ms each | 64-byte round trips/s | idle connection, KiB a "
        "side |\n|---|---|---|---|---|---|---|\n");
    for (const std::string& way : all_ways) {
        fmt::print("| {} | {:.0f} | {:.2f} | {:.0f} | {:.2f} | {:.0f} | {:.0f} |\n", way, median(values[{way, "bulk"}]),
                   median(cpu[{way, "bulk"}]), median(values[{way, "shake"}]),
                   median(cpu[{way, "shake"}]) * 1000 / handshakes, median(values[{way, "trip"}]),
                   median(values[{way, "idle"}]));
    }
    return 0;
}
