#pragma once
// Many query ids with a small number each, in little memory: at 10,000 searches a second more than a million are remembered.

#include "mogshare/base/ids.hpp"

#include <cstdint>
#include <vector>

namespace mogshare::core {

/// A flat table of 16 bytes a place, doubled when it is three quarters full. Of an id 120 bits are kept: who would have two
/// searches taken for one must find a nonce whose SHA-256 agrees in all of them.
class id_memory {
public:
    explicit id_memory(std::uint64_t hash_seed) : hash_(hash_seed) {}

    /// The number of a remembered id, which may be changed to another up to `number_max`; null for an id that is not. Valid until
    /// the next add() or clear().
    std::uint8_t* find(const query_id& id);
    /// `id` is not in yet; `number` is at most `number_max`.
    void add(const query_id& id, std::uint8_t number);
    std::size_t size() const { return used_; }
    /// Forgets all, and gives the memory back.
    void clear();

    static constexpr std::uint8_t number_max = 254;

private:
    static constexpr std::size_t kept_bytes = 15;
    static constexpr std::uint8_t vacant = 255;
    struct place {
        std::array<std::uint8_t, kept_bytes> id{};
        std::uint8_t number = vacant;
    };
    static_assert(sizeof(place) == 16);

    static query_id kept_part(const query_id& id);
    /// Where `id` is, or would be put. The table has a vacant place.
    place& place_of(const query_id& id);
    void grow();

    seeded_hash hash_;
    std::vector<place> places_;  ///< a power of two, or none
    std::size_t used_ = 0;
};

}  // namespace mogshare::core
