#include "relay_scene.hpp"

#include <array>
#include <stdexcept>
#include <utility>

namespace mogshare::bench {

namespace {

peer_id numbered_peer(std::uint64_t number) {
    return random_source::from_number(number).id<peer_id>();
}

core::conn_id conn_of(std::size_t neighbour) {
    return 2 * (neighbour + 1);
}

endpoint site(std::size_t number) {
    return {host::v4({10, 1, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)}), 7000};
}

}  // namespace

std::vector<std::string> some_names(std::size_t count) {
    constexpr std::array<const char*, 16> words{"winter", "report", "Holiday", "draft",   "live",  "Sketches",
                                                "final",  "garden", "night",   "Lecture", "notes", "sample",
                                                "summer", "Backup", "mixing",  "letters"};
    constexpr std::array<const char*, 6> endings{".mp3", ".pdf", ".jpg", ".flac", ".tar.gz", ".txt"};
    random_source chance = random_source::from_number(1);
    const auto word = [&] { return words[chance.below(words.size())]; };
    std::vector<std::string> names;
    for (std::size_t at = 0; at < count; ++at) {
        names.push_back(std::string(word()) + "/" + word() + " " + std::to_string(chance.below(40)) + "/" +
                        std::to_string(at) + " - " + word() + " " + word() + endings[chance.below(endings.size())]);
    }
    return names;
}

content::share named_share(const std::string& path, std::uint64_t number) {
    content::share made;
    made.path = path;
    made.stamp = {1 + number, 0, number};
    made.content = random_source::from_number(number).id<content_id>();
    made.layer = std::make_shared<content::piece_layer>();
    return made;
}

/// One neighbour brings more searches than any honest one would.
core::settings unbound() {
    core::settings made;
    made.budget.searches_per_s = 100'000'000;
    made.budget.frames_per_s = 100'000'000;
    return made;
}

relay_scene::relay_scene(std::size_t names, std::size_t neighbours)
    : peer_({numbered_peer(0), 7000}, unbound(), random_source::from_number(7)),
      neighbours_(neighbours),
      queued_bytes_(neighbours) {
    feed(core::input::start{});
    std::uint64_t number = 0;
    for (const std::string& name : some_names(names)) feed(core::input::share_found{named_share(name, ++number)});
    for (std::size_t each = 0; each < neighbours; ++each) enter(each);
    if (peer_.both_tables().primary.rows.size() != neighbours) throw std::logic_error("the neighbours did not enter");
}

void relay_scene::enter(std::size_t neighbour) {
    feed(core::input::accepted{conn_of(neighbour), {site(neighbour).address, 50'000}, site(9999).address});
    feed(core::input::secured{conn_of(neighbour), numbered_peer(neighbour + 1)});
    wire::hello said;
    said.listen_port = 7000;
    hear(neighbour, wire::encode(said));
    hear(neighbour, wire::encode(wire::entrada{4}));
}

bytes relay_scene::relayed(std::uint64_t number, wire::query_kind kind, const std::string& text) const {
    wire::pesquisa said;
    said.id = random_source::from_number(number).id<query_id>();
    said.origin_id = numbered_peer(1'000'000 + number % 5000);
    said.origin = site(1000 + number % 5000);
    said.level = 2;
    said.kind = kind;
    said.name = text;
    return wire::encode(said);
}

void relay_scene::hear(std::size_t neighbour, byte_view data) {
    feed(core::input::received{conn_of(neighbour), data});
}

void relay_scene::pass(duration span) {
    now_ += span;
    const auto due = peer_.next_deadline();
    if (!due || *due > now_) return;
    peer_.handle_time(now_);
    drain();
}

void relay_scene::feed(core::any_input in) {
    peer_.handle(now_, std::move(in));
    drain();
}

void relay_scene::drain() {
    for (;;) {
        while (const auto out = peer_.poll()) {
            const auto* send = std::get_if<core::output::send>(&*out);
            if (send == nullptr || send->conn % 2 != 0) continue;
            queued_bytes_[send->conn / 2 - 1] += send->data.size();
            bytes_out_ += send->data.size();
        }
        bool told = false;
        for (std::size_t each = 0; each < neighbours_; ++each) {
            const std::size_t count_bytes = std::exchange(queued_bytes_[each], 0);
            if (count_bytes == 0) continue;
            told = true;
            peer_.handle(now_, core::input::sent{conn_of(each), count_bytes});
        }
        if (!told) return;
    }
}

}  // namespace mogshare::bench
