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
    /// Transfers that hold a slot.
    std::size_t active() const;
    /// The load that answers tell (C8).
    std::uint16_t slots_free() const;
    void stop();

private:
    struct session {
        bool has_slot = false;
        std::deque<wire::request> asked;  ///< not yet read; the first may be under way
        job_id reading = 0;               ///< 0: nothing
        std::string path;                 ///< of the file being read
        content::file_stamp stamp;
    };
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
