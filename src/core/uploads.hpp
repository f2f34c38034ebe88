#pragma once
// The uploader's side of transfers: hashes and pieces for those who dial for them (R12).

#include "upload_gate.hpp"

#include <deque>
#include <map>

namespace mogshare::core {

class uploads final : public conversation {
public:
    uploads(context& shared, connections& conns, upload_gate& gate) : ctx_(shared), conns_(conns), gate_(gate) {}

    void opened(connection& with) override;
    void message(connection& with, wire::message& said) override;
    void ended(connection& with, const ending& why) override;
    void overdue(connection& with) override;
    void drained(connection& with) override;

    /// True when the job was one of these.
    bool take(input::range_read& in);
    /// Transfers that hold a slot. One lapses when nothing is asked or sent for `slot_idle`, and the next REQUEST takes another.
    std::size_t active() const;
    /// The load that answers tell (C8).
    std::uint16_t slots_free() const;
    void stop();

private:
    struct session {
        bool has_slot = false;             ///< it may have lapsed since: holds_slot() knows
        time_point moved_at{};             ///< it took the slot, or a leaf's bytes had left since the last time
        std::uint64_t moved_to_bytes = 0;  ///< that had left then
        std::deque<wire::request> asked;   ///< not yet read; the first may be under way
        job_id reading = 0;                ///< 0: nothing
        time_point read_at{};              ///< that read was begun
        std::string path;                  ///< of the file being read
        content::file_stamp stamp;
    };
    /// Its bytes have not moved for a while, and not because of us.
    bool idle(const session& of) const;
    bool holds_slot(const connection& with, const session& of) const;
    void note_moved(const connection& with, session& of);
    /// Where none is free, another one may have to give way.
    bool take_slot(const connection& with, session& own);
    /// Of those that hold a slot, who has to leave it to somebody that waits: whose bytes do not move; else one of a peer that
    /// has several; else one of the owner of addresses that has most. Never so that the one that waits has more than they.
    std::optional<conn_id> gives_way_to(const connection& waiting) const;
    void give_up_slot(conn_id from);
    void serve_hashes(connection& with, const wire::get_hashes& asked);
    void take_request(connection& with, const wire::request& asked);
    void take_cancel(session& of, const wire::cancel& said);
    /// Starts the next read where nothing is being read and the network has room.
    void pump(connection& with, session& of);
    void serve_piece(connection& with, const wire::request& asked, bytes data);
    void refuse(connection& with, std::uint32_t number, wire::busy_reason why);
    const content::share* share_of(const content_id& id) const;

    context& ctx_;
    connections& conns_;
    upload_gate& gate_;
    std::map<conn_id, session> sessions_;
    std::map<job_id, conn_id> jobs_;
};

}  // namespace mogshare::core
