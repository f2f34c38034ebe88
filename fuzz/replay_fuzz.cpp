// Recordings by a stranger. Arbitrary bytes as an input, as a recording, and as bodies of records whose checks are right; and a
// run that a machine has really made until an input comes that no driver gives. A replay may not crash: it repeats the run, or
// refuses just that input.

#include "bytes/reader.hpp"

#include "mogshare/base/sha256.hpp"
#include "mogshare/core/peer.hpp"
#include "mogshare/trace/replay.hpp"
#include "mogshare/wire/codec.hpp"
#include "trace/archive.hpp"
#include "trace/input_rules.hpp"
#include "trace/records.hpp"

#include <deque>

using namespace mogshare;
using namespace mogshare::fuzz;
namespace input = core::input;
namespace output = core::output;

namespace {

trace::beginning first() {
    trace::beginning made;
    made.program = "fuzz";
    made.self.id.value.fill(0x50);
    made.self.listen_port = 7000;
    made.origin = time_point(std::chrono::hours(5));
    return made;
}

host near(std::uint8_t last) {
    return host::v4({192, 168, 0, last});
}

/// A machine that is driven and recorded until an input is refused.
class recorded_run {
public:
    explicit recorded_run(byte_view from)
        : from_(from),
          now_(first().origin),
          record_(first()),
          machine_(first().self, first().chosen, random_source(first().seed)) {}

    void check() {
        feed(input::start{});
        while (!from_.empty() && !refused_) step();
        record_.end(trace::ending::stopped);
        const auto told = trace::replay(record_.pending());
        require(told.ok() != refused_, "a run that is repeated though an input was refused, or the other way round");
        if (told) require(!told->differs, "the same inputs, and other outputs");
        if (!told) require(told.error().what.find("cannot be: ") != std::string::npos, "refused for another reason");
    }

private:
    void step();
    void answer();
    void any_other();

    void feed(const core::any_input& in) {
        if (refused_) return;
        record_.input(now_, in);
        refused_ = rules_.take(in) != nullptr;
        if (refused_) return;
        machine_.handle(now_, in);
        polled();
    }
    void wake() {
        now_ += std::chrono::milliseconds(std::uint64_t{1} << from_.byte() % 28);  // up to some days
        record_.woken(now_);
        machine_.handle_time(now_);
        polled();
    }
    void polled() {
        while (const auto out = machine_.poll()) {
            rules_.give(*out);
            record_.output(*out);
            if (const auto* dial = std::get_if<output::dial>(&*out)) dialled_.push_back(dial->conn);
            work_.push_back(*out);
            if (work_.size() > 64) work_.pop_front();
        }
    }
    void greet(core::conn_id conn) {
        peer_id them;
        them.value.fill(from_.byte());
        feed(input::secured{conn, them});
        wire::hello said;
        said.why = static_cast<wire::purpose>(1 + from_.byte() % 3);
        said.listen_port = 7000;
        feed(input::received{conn, wire::encode(said)});
    }
    core::conn_id some_connection() {
        const std::uint8_t which = from_.byte();
        return which % 2 == 0 ? accepted_ : dialled_.empty() ? which : dialled_[which % dialled_.size()];
    }
    void frame() {
        const core::conn_id conn = some_connection();
        const std::uint8_t type = from_.byte();
        const byte_view payload = from_.some();
        bytes whole{0, 0, 0, static_cast<std::uint8_t>(payload.size()), type, 1, 0, 0};
        whole.insert(whole.end(), payload.begin(), payload.end());
        feed(input::received{conn, whole});
    }
    void share() {
        content::share file;
        file.path = std::string(1, static_cast<char>('a' + from_.byte() % 26));
        file.stamp.size = std::uint64_t{from_.byte()} << 14;
        file.content.value.fill(from_.byte());
        const std::uint64_t pieces = content::piece_count(file.size());
        const bool has_layer = from_.byte() != 0;
        if (has_layer) file.layer = std::make_shared<const content::piece_layer>(pieces > 1 ? pieces : 0);
        feed(input::share_found{file});
    }

    reader from_;
    time_point now_;
    trace::recorder record_;
    trace::input_rules rules_;
    core::peer machine_;
    std::vector<core::conn_id> dialled_;
    std::deque<core::any_output> work_;
    core::conn_id accepted_ = 0;
    core::search_ticket tickets_ = 0;
    bool refused_ = false;
};

void recorded_run::step() {
    switch (from_.byte() % 8) {
        case 0: return wake();
        case 1:
            accepted_ += 2;
            feed(input::accepted{accepted_, {near(from_.byte()), 5000}, near(1)});
            return greet(accepted_);
        case 2: {
            const core::conn_id conn = some_connection();
            feed(input::connected{conn, near(1)});
            return greet(conn);
        }
        case 3: return frame();
        case 4: return share();
        case 5: return answer();
        case 6: {
            const byte_view text = from_.some();
            return feed(input::search{++tickets_, static_cast<wire::query_kind>(1 + from_.byte() % 3),
                                      std::string(as_text(text))});
        }
        default: return any_other();
    }
}

/// What the driver says to the oldest output.
void recorded_run::answer() {
    if (work_.empty()) return;
    const core::any_output out = work_.front();
    work_.pop_front();
    const auto how = static_cast<input::disk_status>(from_.byte() % 4);
    if (const auto* read = std::get_if<output::read_range>(&out))
        feed(input::range_read{read->job, bytes(read->length), false});
    if (const auto* prove = std::get_if<output::prove_range>(&out))
        feed(input::range_proven{prove->job, input::range_proven::proven{bytes(prove->length), {}}, false});
    if (const auto* open = std::get_if<output::open_partial>(&out))
        feed(input::partial_opened{open->download, how, "", std::vector<bool>(content::piece_count(open->size))});
    if (const auto* store = std::get_if<output::store_piece>(&out))
        feed(input::piece_stored{store->download, store->piece, how, ""});
    if (const auto* sent = std::get_if<output::send>(&out)) feed(input::sent{sent->conn, sent->data.size()});
    if (const auto* dial = std::get_if<output::dial>(&out))
        feed(input::dial_failed{dial->conn, "refused", how == input::disk_status::ok});
}

void recorded_run::any_other() {
    if (const auto in = trace::unpack(from_.some())) feed(*in);
}

/// Records with these bodies after a beginning that is right, their checks right as well.
void check_bodies(byte_view data) {
    bytes all = trace::opening();
    digest check = sha256(all);
    const auto add = [&](byte_view body) {
        const auto length = trace::length_of(body.size());
        check = sha256({check.view(), length, body});
        all.insert(all.end(), length.begin(), length.end());
        all.insert(all.end(), body.begin(), body.end());
        all.insert(all.end(), check.value.begin(), check.value.begin() + trace::check_bytes);
    };
    bytes beginning{static_cast<std::uint8_t>(trace::record_kind::beginning)};
    trace::packer(beginning).put(first());
    add(beginning);
    for (reader from(data); !from.empty();) add(from.some());
    (void)trace::replay(all);
}

void check_input(byte_view data) {
    const auto in = trace::unpack(data);
    if (!in) return;
    const bytes packed = trace::pack(*in);
    const auto again = trace::unpack(packed);
    require(again && trace::pack(*again) == packed, "an input that changes on its way");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const byte_view rest(data + 1, size - 1);
    switch (data[0] % 4) {  // the first byte decides what the rest is
        case 0: check_input(rest); break;
        case 1: (void)trace::replay(rest); break;
        case 2: check_bodies(rest); break;
        default: recorded_run(rest).check();
    }
    return 0;
}
