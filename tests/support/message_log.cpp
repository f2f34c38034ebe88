#include "message_log.hpp"

#include <algorithm>

namespace mogshare::testing {

void message_log::take(const wire_event& seen, time_point now) {
    if (seen.what == wire_event::kind::opened) {
        opened_[seen.connection] = {seen.from, wire::purpose{}};
        return;
    }
    if (seen.what != wire_event::kind::data) return;
    stream& of = streams_[{seen.connection, seen.from}];
    if (of.lost) return;
    of.frames.feed(seen.data);
    for (;;) {
        const auto next = of.frames.next();
        if (!next) of.lost = true;
        if (!next || !*next) return;
        take_frame(seen, of, **next, now);
        if (of.lost) return;
    }
}

void message_log::take_frame(const wire_event& seen, stream& from, const wire::frame& frame, time_point now) {
    auto decoded = wire::decode(frame.type, frame.payload);
    if (!decoded) {
        from.lost = true;
        return;
    }
    travelled one;
    one.at = now;
    one.from = seen.from;
    one.to = seen.to;
    one.connection = seen.connection;
    one.what = std::move(*decoded);
    auto& [dialler, why] = opened_[seen.connection];
    if (const auto* hello = std::get_if<wire::hello>(&one.what); hello != nullptr && dialler == seen.from)
        why = hello->why;
    one.why = why;
    const auto leave_out_bulk = [&](auto& bulky) {
        one.bulk_bytes = bulky.data.size();
        bulky.data = {};
    };
    if (auto* pong = std::get_if<wire::pong>(&one.what)) leave_out_bulk(*pong);
    if (auto* piece = std::get_if<wire::piece>(&one.what)) leave_out_bulk(*piece);
    all_.push_back(std::move(one));
}

std::map<node, int> message_log::reach(const query_id& search) const {
    std::map<node, int> lowest;
    for (const travelled* one : of_type<wire::pesquisa>()) {
        const auto& said = std::get<wire::pesquisa>(one->what);
        if (said.id != search) continue;
        const auto [known, fresh] = lowest.try_emplace(one->to, said.level);
        if (!fresh) known->second = std::min(known->second, int{said.level});
    }
    return lowest;
}

std::map<int, std::size_t> message_log::frames_by_level(const query_id& search) const {
    std::map<int, std::size_t> counts;
    for (const travelled* one : of_type<wire::pesquisa>()) {
        const auto& said = std::get<wire::pesquisa>(one->what);
        if (said.id == search) ++counts[said.level];
    }
    return counts;
}

}  // namespace mogshare::testing
