#pragma once
// What values the fields of a message may have. One rule for both ways: the decoder refuses a message that breaks it
// (bad_value), the encoder asserts that it is kept. Bulk data is judged by its length alone; its bytes are not touched.

#include "mogshare/wire/messages.hpp"

namespace mogshare::wire {

bool within_limits(const hello& m);
bool within_limits(const entrada& m);
bool within_limits(const rows& m);
bool within_limits(const pesquisa& m);
bool within_limits(const claim& m);
bool within_limits(const nonce_shown& m);
bool within_limits(const existe& m);
bool within_limits(const ping& m);
bool within_limits(const pong& m);
bool within_limits(const get_hashes& m);
bool within_limits(const hashes& m);
bool within_limits(const request& m);
bool within_limits(const piece& m);
bool within_limits(const busy& m);
bool within_limits(const cancel& m);
bool within_limits(const keepalive& m);
bool within_limits(const bye& m);

}  // namespace mogshare::wire
