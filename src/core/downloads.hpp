#pragma once
// The downloader's side of transfers: one source at a time in the order of the election, the next one as fall-back, pieces
// verified before they are kept (R11, R12).

#include "gathering.hpp"

#include "mogshare/core/download.hpp"
#include "mogshare/core/pieces.hpp"

#include <list>
#include <map>

namespace mogshare::core {

class downloads final : public conversation {
public:
    downloads(context& shared, connections& conns, const gathering& found)
        : ctx_(shared), conns_(conns), found_(found) {}

    void begin(const input::get& wanted);
    void cancel(download_id id);
    const download_state* find(download_id id) const;
    std::vector<const download_state*> all() const;

    void opened(connection& with) override;
    void message(connection& with, wire::message& said) override;
    void ended(connection& with, const ending& why) override;
    void overdue(connection& with) override;

    void take(const input::partial_opened& in);
    void take(const input::piece_stored& in);
    void take(const input::download_landed& in);
    /// A source that was busy may be asked again.
    void timer_due(download_id id);
    /// More may run at once now, or fewer.
    void reconfigure() { start_waiting(); }
    void stop();

private:
    /// A REQUEST under way: a run of a piece that is being put together.
    struct asked_run {
        std::uint64_t piece = 0;
        byte_run run;
        std::uint32_t arrived = 0;
    };
    struct own_download {
        download_state state;
        conn_id conn = 0;
        std::shared_ptr<content::piece_layer> layer = std::make_shared<content::piece_layer>();
        bool layer_whole = false;
        bool partial_asked = false;
        std::optional<piece_book> book;                     ///< once the partial file is open
        std::map<std::uint64_t, piece_assembly> under_way;  ///< being put together
        std::map<std::uint32_t, asked_run> asked;           ///< by number of REQUEST
        std::uint32_t last_number = 0;
        std::map<std::uint64_t, std::size_t> storing;  ///< pieces given to the disk, with the source they came from
        time_point piece_at{};                         ///< the latest PIECE came
        struct mark {
            time_point at;
            std::uint64_t bytes = 0;
        };
        std::optional<mark> progress;  ///< when so many bytes had come, moved on by `creeping_bytes` at least
        unsigned busy_rounds = 0;
        std::map<std::size_t, time_point> busy_until;  ///< sources that asked us to come back
    };

    std::optional<problem> why_not(const input::get& wanted, const found_content*& result,
                                   const search_state*& search) const;
    void make(const search_state& search, const found_content& result, const std::vector<std::size_t>& order);
    void start_waiting();
    void connect(own_download& d);
    void next_source(own_download& d, const std::string& reason, const std::string& hint = {});
    /// Ends it: none of its sources is fit any more.
    void no_source_left(own_download& d);
    std::optional<std::size_t> fit_source(const own_download& d) const;
    void await_busy(own_download& d);
    void advance(connection& with, own_download& d);
    /// Length of the run of piece hashes that is asked for next.
    static std::uint64_t hashes_to_ask(const own_download& d);
    void ask_hashes(connection& with, own_download& d);
    void take_hashes(connection& with, own_download& d, const wire::hashes& said);
    void open_partial(own_download& d);
    void fill(connection& with, own_download& d);
    bool start_piece(connection& with, own_download& d);
    bool creeps(const connection& from, own_download& d);
    void take_piece(connection& with, own_download& d, const wire::piece& said);
    void take_busy(connection& with, own_download& d, const wire::busy& said);
    void store_if_whole(own_download& d, std::uint64_t piece);
    void piece_was_wrong(own_download& d, std::uint64_t piece, std::size_t from);
    /// Every byte has come; what is not verified yet is being checked.
    bool all_with_disk(const own_download& d) const;
    void finish_if_whole(own_download& d);
    void drop_connection(own_download& d);
    void over(own_download& d, download_phase how, problem trouble = {});
    void changed(const own_download& d) { ctx_.emit(output::download_changed{d.state.id}); }
    own_download* active(download_id id);
    own_download* of(const connection& with);

    context& ctx_;
    connections& conns_;
    const gathering& found_;
    std::list<own_download> all_;
    std::map<conn_id, download_id> by_conn_;
    download_id last_id_ = 0;
};

}  // namespace mogshare::core
