#pragma once
// What the others say: what a peer that keeps the protocol would answer, or something near it.

#include "bytes/messages.hpp"
#include "session/driven_peer.hpp"

#include <string>
#include <vector>

namespace mogshare::fuzz {

/// How an answer goes wrong, if it does.
enum class twist : std::uint8_t { none, changed_byte, other_file, cut, silent };
inline twist twist_of(reader& from) {
    const std::uint8_t how = from.byte();
    return how < 192 ? twist::none : static_cast<twist>(1 + how % 4);
}

class others {
public:
    others(driven_peer& peer, reader& from) : peer_(peer), from_(from) {}

    void greet(line& with, wire::purpose why) {
        wire::hello said;
        said.why = why;
        said.listen_port = place_of(with.who).port;
        said.short_lived = with.who == 15;
        with.greeted = true;
        with.why = why;
        say(with.conn, said);
    }
    void say(core::conn_id conn, const wire::message& said) { deliver(conn, wire::encode(said), twist::none); }

    /// Answers the first message on this line that nobody has answered. False when there was none.
    bool reply(core::conn_id conn, twist how) {
        line* const with = peer_.find(conn);
        if (with == nullptr) return false;
        const auto said = with->next_heard();
        if (!said) return false;
        std::visit([&](const auto& each) { answer(*with, each, how); }, *said);
        return true;
    }

    /// What such a peer says of itself.
    void ask(line& with) {
        switch (from_.byte() % 10) {
            case 0: return say(with.conn, wire::entrada{static_cast<std::uint16_t>(from_.byte() % 64)});
            case 1:
            case 2: return say(with.conn, search(with));
            case 3: return say(with.conn, wire::claim{query_of_ours()});
            case 4: return say(with.conn, existe(query_of_ours(), from_.flag() ? twist::other_file : twist::none));
            case 5: return say(with.conn, get_hashes());
            case 6:
            case 7: return request(with);
            case 8: return say(with.conn, wire::cancel{from_.byte() % 4U});
            default: return say(with.conn, wire::bye{static_cast<wire::bye_reason>(1 + from_.byte() % 7), "enough"});
        }
    }

private:
    /// The frame, or what the twist leaves of it. A frame that was begun ends first.
    void deliver(core::conn_id conn, bytes frame, twist how) {
        line* const to = peer_.find(conn);
        if (to == nullptr || !to->secured || how == twist::silent) return;
        if (how == twist::changed_byte) frame[from_.below(frame.size())] ^= static_cast<std::uint8_t>(from_.byte() | 1);
        bytes all = std::exchange(to->unsent_frame, {});
        all.insert(all.end(), frame.begin(), frame.end());
        if (how == twist::cut) {
            const auto end = all.begin() + static_cast<std::ptrdiff_t>(from_.below(all.size()));
            to->unsent_frame.assign(end, all.end());
            all.erase(end, all.end());
        }
        if (!all.empty()) peer_.deliver(conn, all);
    }
    template <class Message>
    void answer_with(line& with, const Message& said, twist how) {
        deliver(with.conn, wire::encode(said), how);
    }

    const testing::scripted_file& some_file() { return files()[from_.below(file_count)]; }

    /// Of a search of the peer's own: the latest one, or another.
    query_id query_of_ours() {
        const auto all = peer_.machine().searches();
        if (all.empty()) return query_numbered(0);
        return all[(all.size() - 1 + from_.byte() / 64) % all.size()]->id;
    }

    wire::pesquisa search(const line& with) {
        const std::uint8_t number = from_.byte();
        const auto& file = some_file();
        wire::pesquisa said;
        said.id = query_numbered(number);
        const bool own = number < 128;
        said.origin_id = own ? other(with.who) : other(number);
        said.origin = own ? endpoint{{}, place_of(with.who).port} : place_of(number);
        said.level = static_cast<std::uint8_t>(1 + from_.byte() % 4);
        said.kind = static_cast<wire::query_kind>(1 + from_.byte() % 3);
        said.name = said.kind == wire::query_kind::content ? to_hex(file.shared.content)
                    : said.kind == wire::query_kind::exact ? file.shared.path
                                                           : "song";
        return said;
    }
    wire::get_hashes get_hashes() {
        const auto& file = some_file();
        return {file.shared.content, from_.byte() % 3U, 1U + from_.byte() % 3U};
    }
    void request(line& with) {
        const auto& file = some_file();
        wire::request said;
        said.number = from_.byte();
        said.content = file.shared.content;
        said.offset = from_.below(3) * limits::leaf_bytes + from_.byte() / 128 * limits::piece_bytes;
        said.length = std::uint32_t{1} << from_.byte() % 21;
        said.length =
            std::min(said.length, static_cast<std::uint32_t>(limits::piece_bytes - said.offset % limits::piece_bytes));
        say(with.conn, said);
    }
    /// Whether a holder of this file would answer the search.
    bool asked_for(const query_id& id, const testing::scripted_file& file) const {
        for (const core::search_state* each : peer_.machine().searches()) {
            if (each->id != id) continue;
            const std::string& path = file.shared.path;
            if (each->kind == wire::query_kind::content) return each->text == to_hex(file.shared.content);
            if (each->kind == wire::query_kind::words) return path.find("song") != std::string::npos;
            return path == each->text || content::last_component(path) == each->text;
        }
        return false;
    }
    /// All files that were asked for; with a twist, any, and not as they are.
    wire::existe existe(const query_id& id, twist how) {
        const std::uint8_t which = how == twist::other_file ? from_.byte() : std::uint8_t{0};
        wire::existe said;
        said.id = id;
        said.level = 1;
        for (std::size_t at = 0; at < file_count; ++at)
            if ((which >> at & 1) != 0 || asked_for(id, files()[at])) said.entries.push_back(files()[at].entry());
        if (said.entries.empty()) said.entries.push_back(files()[2].entry());
        if (how == twist::other_file && which >= 128) said.entries.front().size += 1;
        if (how == twist::other_file && which % 128 >= 64)
            said.entries.front().name = "../" + said.entries.front().name;
        said.matches = static_cast<std::uint32_t>(said.entries.size());
        return said;
    }

    // ---- answers -------------------------------------------------------------------------------------------------------
    void answer(line& with, const wire::hello& said, twist how) {
        if (!with.greeted && how != twist::silent)
            greet(with, how == twist::other_file ? wire::purpose::answer : said.why);
    }
    void answer(line& with, const wire::entrada&, twist how) {
        wire::rows said;
        for (std::uint8_t left = from_.byte() % 6; left > 0; --left) {
            const std::uint8_t who = from_.byte();
            said.list.push_back({other(who), {place_of(who)}});
        }
        if (how == twist::other_file) said.list.push_back(row_of(from_));
        answer_with(with, said, how);
    }
    /// The machine shows whose answer it brings: the nonce behind that search, where it is one of ours.
    void answer(line& with, const wire::claim& said, twist how) {
        const auto number = number_of_query(said.id);
        const std::uint8_t shown = how == twist::other_file ? from_.byte() : number.value_or(0);
        answer_with(with, wire::nonce_shown{secret_numbered(shown)}, how == twist::changed_byte ? twist::none : how);
    }
    void answer(line& with, const wire::nonce_shown& said, twist how) {
        const query_id id = id_cast<query_id>(sha256(said.secret.view()));
        answer_with(with, existe(id, how), how);
    }
    void answer(line& with, const wire::existe& said, twist how) {
        const wire::entry& file = said.entries[from_.below(said.entries.size())];
        wire::ping asked{said.id, file.content, 0, limits::leaf_bytes};
        if (file.size > limits::leaf_bytes)
            asked.offset = from_.below(file.size / limits::leaf_bytes + 1) * limits::leaf_bytes;
        if (from_.flag()) asked.length = static_cast<std::uint32_t>((1 + from_.below(4)) * limits::leaf_bytes);
        if (how == twist::other_file) asked.content = some_file().shared.content;
        answer_with(with, asked, how);
    }
    void answer(line& with, const wire::ping& said, twist how) {
        const auto* file = how == twist::other_file ? &some_file() : file_of(said.content);
        if (file == nullptr || said.offset >= file->data.size()) return;
        bytes frame = file->pong_to(said);
        if (how == twist::changed_byte) frame[from_.below(frame.size())] ^= static_cast<std::uint8_t>(from_.byte() | 1);
        deliver(with.conn, frame, how == twist::changed_byte ? twist::none : how);
    }
    void answer(line& with, const wire::get_hashes& said, twist how) {
        const auto* file = how == twist::other_file ? &files()[2] : file_of(said.content);
        if (file == nullptr) return;
        wire::hashes told;
        told.content = said.content;
        told.first = said.first;
        const auto& layer = *file->shared.layer;
        for (std::uint64_t at = said.first; at < layer.size() && told.list.size() < said.count; ++at)
            told.list.push_back(layer[at]);
        if (told.list.empty()) return answer_with(with, wire::busy{0, wire::busy_reason::gone, 0, 0}, how);
        if (how == twist::changed_byte) told.list.back().value[0] ^= static_cast<std::uint8_t>(from_.byte() | 1);
        answer_with(with, told, how == twist::changed_byte ? twist::none : how);
    }
    void answer(line& with, const wire::request& said, twist how) {
        const auto* file = file_of(said.content);
        if (file == nullptr || how == twist::other_file)
            return answer_with(
                with,
                wire::busy{said.number, static_cast<wire::busy_reason>(1 + from_.byte() % 3), 1, from_.byte() * 100U},
                twist::none);
        bytes data(file->data.begin() + static_cast<std::ptrdiff_t>(said.offset),
                   file->data.begin() + static_cast<std::ptrdiff_t>(said.offset + said.length));
        if (how == twist::changed_byte) data[from_.below(data.size())] ^= static_cast<std::uint8_t>(from_.byte() | 1);
        if (how == twist::silent && from_.flag()) return;
        if (how == twist::silent) data.resize(data.size() + 1);  // more than was asked for
        bytes all;
        for (std::size_t at = 0; at < data.size(); at += limits::bulk_bytes_max) {
            const byte_view part = byte_view(data).subspan(at, std::min(limits::bulk_bytes_max, data.size() - at));
            const bytes frame = wire::encode(wire::piece{said.number, said.offset + at, part});
            all.insert(all.end(), frame.begin(), frame.end());
        }
        deliver(with.conn, std::move(all), how == twist::cut ? how : twist::none);
    }
    void answer(line& with, const wire::bye&, twist) { peer_.close(with); }
    /// PESQUISA, ROWS, PONG, HASHES, PIECE, BUSY, CANCEL, KEEPALIVE: nothing is due.
    template <class Other>
    void answer(line&, const Other&, twist) {}

    driven_peer& peer_;
    reader& from_;
};

}  // namespace mogshare::fuzz
