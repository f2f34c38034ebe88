#pragma once
// The views for people.

#include "mogshare/app/views.hpp"

namespace mogshare::app {

class text_view final : public views {
public:
    lines ready(const ready_view& about) const override;
    lines status(const status_view& about) const override;
    lines failed(const problem& what, exit_code code) const override;

    lines answer(const core::search_state& of, std::size_t index) const override;
    lines pinged(const core::search_state& of, std::size_t index) const override;
    lines results(const core::search_state& of) const override;
    lines reach(const core::search_state& of) const override;
    lines why(const core::search_state& of, std::size_t number, core::election_reading reading) const override;

    lines begun(const core::download_state& of) const override;
    lines source_failed(const core::download_state& of, std::size_t source) const override;
    lines cancelled(const core::download_state& of) const override;
    lines landed(const core::download_state& of, const std::string& folder) const override;
    lines here(const content_id& content, const std::string& path) const override;
    lines transfers(const transfers_view& about) const override;

    lines peers(const peers_view& about) const override;
    lines shares(const content::catalog& all) const override;
    lines scanned(const scan_view& about) const override;
    lines stats(const core::counters& counts) const override;
    lines settings(const std::vector<setting_view>& all) const override;
    lines home_status(const home_view& about) const override;
    lines network_founded(const std::string& path) const override;
    lines replayed(const trace::verdict& of) const override;
    lines file_id(const content_id& content, std::uint64_t size_bytes, const std::string& path) const override;
    lines help(std::span<const command> about) const override;
};

}  // namespace mogshare::app
