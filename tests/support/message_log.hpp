#pragma once
// What travels over a virtual wire, decoded: every message that its reader took, in order.

#include "virtual_wire.hpp"

#include "mogshare/wire/framer.hpp"
#include "mogshare/wire/messages.hpp"

#include <map>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

namespace mogshare::testing {

/// A message as it arrived.
struct travelled {
    time_point at;
    node from = 0;
    node to = 0;
    std::uint64_t connection = 0;  ///< unique over the network
    wire::purpose why{};           ///< of its connection, from the dialler's HELLO
    wire::message what;            ///< the bulk data of PONG and PIECE is left out
    std::size_t bulk_bytes = 0;    ///< of PONG and PIECE
};

class message_log {
public:
    /// Fed with what the wire tells its tap.
    void take(const wire_event& seen, time_point now);

    const std::vector<travelled>& all() const { return all_; }
    template <class M>
    std::vector<const travelled*> of_type() const {
        std::vector<const travelled*> some;
        for (const travelled& one : all_)
            if (std::holds_alternative<M>(one.what)) some.push_back(&one);
        return some;
    }
    template <class M>
    std::vector<const travelled*> between(node from, node to) const {
        std::vector<const travelled*> some = of_type<M>();
        std::erase_if(some, [&](const travelled* one) { return one->from != from || one->to != to; });
        return some;
    }
    template <class M>
    std::size_t count() const {
        return of_type<M>().size();
    }
    template <class M>
    std::size_t count(node from, node to) const {
        return between<M>(from, to).size();
    }

    /// Who has received this search, with the lowest level at which it did.
    std::map<node, int> reach(const query_id& search) const;
    /// How many PESQUISA frames of this search arrived at each hop.
    std::map<int, std::size_t> frames_by_level(const query_id& search) const;

private:
    struct stream {
        wire::framer frames;
        bool lost = false;
    };
    void take_frame(const wire_event& seen, stream& from, const wire::frame& frame, time_point now);

    std::map<std::pair<std::uint64_t, node>, stream> streams_;        ///< by connection and end
    std::map<std::uint64_t, std::pair<node, wire::purpose>> opened_;  ///< dialler and purpose
    std::vector<travelled> all_;
};

}  // namespace mogshare::testing
