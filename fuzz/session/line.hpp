#pragma once
// One connection as its other side sees it: what it has said and heard, and what may be heard there at all.

#include "bytes/reader.hpp"
#include "session/files.hpp"

#include "mogshare/core/io.hpp"
#include "mogshare/wire/framer.hpp"

#include <deque>
#include <map>
#include <optional>

namespace mogshare::fuzz {

struct line {
    core::conn_id conn = 0;
    bool dialled = false;  ///< by the machine
    bool stands = false;   ///< else it is still being dialled
    bool secured = false;  ///< the handshake has ended: bytes may travel
    bool greeted = false;  ///< we have said HELLO
    std::uint8_t who = 0;  ///< which of the others is at this end
    endpoint remote;
    wire::purpose why = wire::purpose::link;
    std::deque<wire::message> heard;
    std::size_t queued_bytes = 0;  ///< given out, and not yet told to have left

    // What it has said that decides what may be said to it.
    bytes unsent_frame;  ///< the rest of a frame that was begun

    /// Takes what the machine says here: whole frames that decode, and what a peer may know only if it was told truly.
    void hear(byte_view data) {
        require(secured, "something said before the handshake has ended");
        queued_bytes += data.size();
        frames_.feed(data);
        for (;;) {
            const auto next = frames_.next();
            require(next.ok(), "an unreadable frame said");
            if (!next->has_value()) return;
            const bytes& kept = kept_.emplace_back((*next)->payload.begin(), (*next)->payload.end());
            const auto said = wire::decode((*next)->type, kept);
            require(said.ok(), "an unreadable message said");
            if (const auto* claim = std::get_if<wire::claim>(&*said)) claimed_ = claim->id;
            if (const auto* ping = std::get_if<wire::ping>(&*said)) pinged_ = *ping;
            check(*said);
            heard.push_back(*said);
        }
    }
    /// Notes what is about to be told here, however its bytes came about. Returns how many PONG in it prove what was asked for.
    std::size_t tell(byte_view data) {
        std::size_t honest = 0;
        told_.feed(data);
        for (;;) {
            const auto next = told_.next();
            if (!next.ok()) told_lost_ = true;
            if (!next.ok() || !next->has_value()) return honest;
            const auto said = wire::decode((*next)->type, (*next)->payload);
            if (!said.ok()) continue;
            if (const auto* asks = std::get_if<wire::request>(&*said)) asked_.emplace(asks->number, *asks);
            if (const auto* shown = std::get_if<wire::nonce_shown>(&*said))
                nonce_right_ =
                    nonce_right_ || (claimed_ && id_cast<query_id>(sha256(shown->secret.view())) == *claimed_);
            if (const auto* pong = std::get_if<wire::pong>(&*said)) honest += proves(*pong) ? 1 : 0;
        }
    }
    bool can_tell() const { return !told_lost_; }
    std::optional<wire::message> next_heard() {
        if (heard.empty()) return std::nullopt;
        const wire::message first = heard.front();
        heard.pop_front();
        return first;
    }

private:
    void check(const wire::message& said) const {
        if (const auto* existe = std::get_if<wire::existe>(&said)) {
            require(nonce_right_ && claimed_ == existe->id, "R9: EXISTE for who has not shown the nonce");
            for (const wire::entry& each : existe->entries)
                require(file_of(each.content, each.size) != nullptr, "R8: EXISTE with a file that is not shared");
        }
        if (const auto* pong = std::get_if<wire::pong>(&said))
            require(nonce_right_ && pong->id == claimed_, "R10: PONG unasked");
        if (const auto* piece = std::get_if<wire::piece>(&said))
            require(answers_a_request(*piece), "R12: PIECE for no REQUEST");
        if (const auto* busy = std::get_if<wire::busy>(&said))
            require(busy->number == 0 || asked_.contains(busy->number), "R12: BUSY for no REQUEST");
        if (const auto* hashes = std::get_if<wire::hashes>(&said)) {
            const auto* file = file_of(hashes->content);
            require(file != nullptr && hashes->first + hashes->list.size() <= file->shared.layer->size(),
                    "HASHES of no file");
            require(std::equal(hashes->list.begin(), hashes->list.end(), file->shared.layer->begin() + hashes->first),
                    "HASHES that are not the file's");
        }
    }

    bool answers_a_request(const wire::piece& said) const {
        const auto [first, end] = asked_.equal_range(said.number);
        return std::any_of(first, end, [&](const auto& each) {
            const wire::request& by = each.second;
            const auto* file = file_of(by.content);
            const bool within = said.offset >= by.offset && said.offset + said.data.size() <= by.offset + by.length;
            if (!within || file == nullptr || said.offset + said.data.size() > file->data.size()) return false;
            return std::equal(said.data.begin(), said.data.end(),
                              file->data.begin() + static_cast<std::ptrdiff_t>(said.offset));
        });
    }

    bool proves(const wire::pong& said) const {
        const auto* file = pinged_ ? file_of(pinged_->content) : nullptr;
        if (file == nullptr || said.file_bytes == 0 || said.offset != pinged_->offset ||
            said.offset + said.file_bytes > file->data.size())
            return false;
        const auto begin = file->data.begin() + static_cast<std::ptrdiff_t>(said.offset);
        const byte_view told = said.data.first(said.file_bytes);
        return std::equal(told.begin(), told.end(), begin) && said.proof == file->proof(said.offset, said.file_bytes);
    }

    wire::framer frames_;
    wire::framer told_;
    bool told_lost_ = false;  ///< no frame of this side can be read any more
    // What was said here that decides what may be said further.
    std::optional<query_id> claimed_;
    std::optional<wire::ping> pinged_;
    bool nonce_right_ = false;                           ///< of the search that was claimed
    std::multimap<std::uint32_t, wire::request> asked_;  ///< by number
    std::deque<bytes> kept_;                             ///< payloads: PONG and PIECE view into them
};

}  // namespace mogshare::fuzz
