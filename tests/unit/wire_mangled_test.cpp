// Every golden frame, mangled in every way that a list can hold: each length and count off by one, neighbouring fields
// changed about, each byte replaced. What comes of it is a named error, or a message that survives encoding and decoding; never a
// byte read beyond the payload. Fields that have changed places never give the message that they were taken from.

#include "wire_golden_values.hpp"

#include "mogshare/wire/framer.hpp"

#include <doctest/doctest.h>

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <optional>

using namespace wire_goldens;

namespace {

/// Memory whose end is the end of what may be read: one byte more ends the program.
class fenced {
public:
    fenced() {
        page_bytes_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        void* const made = ::mmap(nullptr, 2 * page_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        REQUIRE(made != MAP_FAILED);
        begin_ = static_cast<std::uint8_t*>(made);
        REQUIRE(::mprotect(begin_ + page_bytes_, page_bytes_, PROT_NONE) == 0);
    }
    fenced(const fenced&) = delete;
    fenced& operator=(const fenced&) = delete;
    ~fenced() { ::munmap(begin_, 2 * page_bytes_); }

    byte_view put(byte_view data) {
        REQUIRE(data.size() <= page_bytes_);
        std::uint8_t* const at = begin_ + page_bytes_ - data.size();
        if (!data.empty()) std::memcpy(at, data.data(), data.size());
        return {at, data.size()};
    }

private:
    std::size_t page_bytes_ = 0;
    std::uint8_t* begin_ = nullptr;
};

fenced& fence() {
    static fenced one;
    return one;
}

struct field {
    std::string name;
    std::size_t at = 0;
    std::size_t size = 0;
    bool counts = false;  ///< what follows depends on it
};

/// The fields of a payload by docs/PROTOCOL.md, section 4; knows nothing of the codec.
class layout {
public:
    layout(message_type type, byte_view payload) : payload_(payload) { read(type); }
    std::vector<field> fields;

private:
    std::uint64_t number(const char* name, std::size_t size, bool counts = false) {
        std::uint64_t value = 0;
        for (std::size_t k = 0; k < size; ++k) value = value << 8 | payload_[at_ + k];
        raw(name, size);
        fields.back().counts = counts;
        return value;
    }
    std::uint64_t count(const char* name, std::size_t size) { return number(name, size, true); }
    void raw(const char* name, std::size_t size) {
        fields.push_back({name, at_, size, false});
        at_ += size;
    }
    void id() { raw("id", 32); }
    void text() {
        if (const auto size = count("text length", 2)) raw("text", size);
    }
    void where() {
        const auto family = count("family", 1);
        if (family != 0) raw("address", family == 4 ? 4 : 16);
        raw("port", 2);
    }
    void ids() {
        for (auto left = count("count of hashes", 2); left > 0; --left) id();
    }
    void rows() {
        for (auto left = count("count of rows", 2); left > 0; --left) {
            id();
            for (auto addresses = count("count of addresses", 1); addresses > 0; --addresses) where();
        }
    }
    void entries() {
        for (auto left = count("count of entries", 2); left > 0; --left) {
            text();
            raw("size", 8);
            id();
            raw("held", 8);
        }
    }
    void read(message_type type) {
        read_fields(type);
        const bool bulk = type == message_type::pong || type == message_type::piece;
        const std::uint64_t data = bulk ? count("data length", 4) : 0;
        CHECK(count("extension length", 2) == 0);
        if (data > 0) raw("data", data);
        CHECK(at_ == payload_.size());
    }
    void read_fields(message_type type);

    byte_view payload_;
    std::size_t at_ = 0;
};

void layout::read_fields(message_type type) {
    const auto numbers = [&](std::initializer_list<std::size_t> sizes) {
        for (const std::size_t size : sizes) raw("number", size);
    };
    switch (type) {
        case message_type::hello: numbers({8, 2, 1, 1, 8, 2}); break;
        case message_type::entrada: numbers({2}); break;
        case message_type::rows: rows(); break;
        case message_type::pesquisa: id(), id(), where(), numbers({1, 1, 1}), text(); break;
        case message_type::claim:
        case message_type::nonce: id(); break;
        case message_type::existe: id(), numbers({1, 2, 2, 4}), entries(); break;
        case message_type::ping: id(), id(), numbers({8, 4}); break;
        case message_type::pong: id(), numbers({8, 4}), ids(); break;
        case message_type::get_hashes: id(), numbers({4, 4}); break;
        case message_type::hashes: id(), numbers({4}), ids(); break;
        case message_type::request: numbers({4}), id(), numbers({8, 4}); break;
        case message_type::piece: numbers({4, 8}); break;
        case message_type::busy: numbers({4, 1, 2, 4}); break;
        case message_type::cancel: numbers({4}); break;
        case message_type::keepalive: break;
        case message_type::bye: numbers({1}), text(); break;
    }
}

struct case_of {
    message_type type;
    bytes payload;
    const message& original;
};

template <class Test>
void for_each_golden(Test test) {
    for (const golden& g : values()) {
        CAPTURE(g.name);
        const bytes frame = encode(g.value);
        test(case_of{type_of(g.value), bytes(frame.begin() + limits::frame_header_bytes, frame.end()), g.value});
    }
}

/// Reads behind the fence. The name of the error; empty where it is a message, which must then survive the way back.
std::string read_fenced(message_type type, byte_view payload, std::optional<message>* into = nullptr) {
    const auto decoded = decode(type, fence().put(payload));
    if (!decoded) {
        CHECK(name_of(decoded.error()) != "unknown");
        return std::string(name_of(decoded.error()));
    }
    const auto* foreign = std::get_if<hello>(&*decoded);
    if (foreign == nullptr || foreign->version == protocol_version) {
        const bytes again = encode(*decoded);
        const auto reread = decode(type, byte_view(again).subspan(limits::frame_header_bytes));
        REQUIRE(reread.ok());
        CHECK(encode(*reread) == again);
        if (into != nullptr) *into = *decoded;
    }
    return "";
}

void add(bytes& payload, const field& to, int what) {
    for (std::size_t k = to.size; k-- > 0;) {
        const int sum = payload[to.at + k] + what;
        payload[to.at + k] = static_cast<std::uint8_t>(sum);
        what = sum < 0 ? -1 : sum > 255 ? 1 : 0;
    }
}

}  // namespace

TEST_CASE("the layouts of this test cover every type") {
    std::size_t lengths = 0;
    for_each_golden([&](const case_of& c) {
        for (const field& f : layout(c.type, c.payload).fields) lengths += f.counts ? 1 : 0;
    });
    CHECK(lengths > 60);
}

TEST_CASE("a payload cut at any byte is truncated, and nothing beyond the cut is read") {
    for_each_golden([](const case_of& c) {
        for (std::size_t size = 0; size < c.payload.size(); ++size)
            CHECK(read_fenced(c.type, byte_view(c.payload).first(size)) == "truncated");
        CHECK(read_fenced(c.type, c.payload) == "");
    });
}

TEST_CASE("every length, count and family off by one is an error") {
    for_each_golden([](const case_of& c) {
        for (const field& f : layout(c.type, c.payload).fields) {
            for (const int what : {-1, 1}) {
                CAPTURE(f.name);
                CAPTURE(f.at);
                CAPTURE(what);
                bytes payload = c.payload;
                add(payload, f, what);
                if (f.counts) CHECK(read_fenced(c.type, payload) != "");
                if (!f.counts) read_fenced(c.type, payload);  // another value, or one out of its range
            }
        }
    });
}

TEST_CASE("a header whose length is off by one gives an unreadable frame, whatever follows it") {
    for_each_golden([](const case_of& c) {
        bytes stream = encode(c.original);
        const bytes after = encode(cancel{7});
        stream.insert(stream.end(), after.begin(), after.end());
        for (const int what : {-1, 1}) {
            CAPTURE(what);
            bytes wrong = stream;
            add(wrong, {"length", 0, 4, true}, what);
            framer cutter;
            cutter.feed(wrong);
            const auto first = cutter.next();
            REQUIRE(first.ok());  // no golden frame is of its type's largest size
            REQUIRE(first->has_value());
            CHECK(read_fenced((*first)->type, (*first)->payload) == (what < 0 ? "truncated" : "trailing"));
        }
    });
}

TEST_CASE("fields that have changed places are an error, or another message") {
    std::size_t refused = 0;
    for_each_golden([&](const case_of& c) {
        const std::vector<field> fields = layout(c.type, c.payload).fields;
        for (std::size_t first = 0; first + 1 < fields.size(); ++first) {
            const field& a = fields[first];
            const field& b = fields[first + 1];
            CAPTURE(a.name);
            CAPTURE(b.name);
            bytes payload = c.payload;
            const auto begin = payload.begin() + static_cast<std::ptrdiff_t>(a.at);
            std::rotate(begin, begin + static_cast<std::ptrdiff_t>(a.size),
                        begin + static_cast<std::ptrdiff_t>(a.size + b.size));
            if (payload == c.payload) continue;
            std::optional<message> read;
            refused += read_fenced(c.type, payload, &read) != "" ? 1 : 0;
            if (read) CHECK_FALSE(same(*read, c.original));
        }
    });
    CHECK(refused > 100);
}

TEST_CASE("any byte replaced by any other is an error, or another message") {
    for_each_golden([](const case_of& c) {
        for (std::size_t at = 0; at < c.payload.size(); ++at) {
            bytes payload = c.payload;
            for (unsigned value = 0; value < 256; ++value) {
                payload[at] = static_cast<std::uint8_t>(value);
                read_fenced(c.type, payload);
            }
        }
    });
}

TEST_CASE("a payload read as any other type is an error, or a message of that type") {
    for_each_golden([](const case_of& c) {
        for (std::uint8_t number = 1; number <= std::variant_size_v<message>; ++number)
            read_fenced(static_cast<message_type>(number), c.payload);
    });
}
