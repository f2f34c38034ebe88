// The key as PEM, and a line with the id that belongs to it: a changed digit of an Ed25519 key would be a key as good as any.
#include "mogshare/store/identity.hpp"

#include "store/errors.hpp"
#include "store/owned_descriptor.hpp"
#include "store/private_file.hpp"
#include "store/state_file.hpp"

#include <fcntl.h>

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mogshare::store {

namespace {

using secure::private_key;

constexpr const char* key_name = "key.pem";
constexpr std::string_view id_label = "peer id: ";

private_file key_file(const home_paths& paths) {
    return {paths.state / key_name, "this peer's key",
            "put a copy of the right file there, or move this one away: then the peer gets another identity",
            "move it away, and the peer gets another identity, since whoever has read it can be this one"};
}

secret_text encode(const private_key& key) {
    secret_text pem(key.to_pem());
    std::string text;
    text.reserve(pem.get().size() + id_label.size() + 2 * id_bytes + 1);
    text += pem.get();
    text += id_label;
    text += to_hex(key.id());
    text += '\n';
    return secret_text(std::move(text));
}

// The error is a reason for people.
result<private_key, std::string> decode(const std::string& text) {
    const std::size_t pem_bytes = text.rfind(id_label);
    auto key = private_key::from_pem(std::string_view(text).substr(0, pem_bytes));
    if (!key) return key;
    if (pem_bytes == std::string::npos) return failure{std::string("the line with the peer's id is missing")};
    if (encode(*key).get() != text) return failure{std::string("the key and the peer's id do not fit together")};
    return key;
}

// Nothing where there is no key.
result<std::optional<private_key>, problem> load(const home_paths& paths) {
    const private_file wanted = key_file(paths);
    const auto text = read_private_file(wanted);
    if (!text) return failure{text.error()};
    if (!text->has_value()) return std::optional<private_key>{};
    auto key = decode((*text)->get());
    if (!key) return failure{unusable(wanted, "it is damaged: " + key.error(), problem::kind::failed)};
    return std::optional(std::move(*key));
}

// 0 or errno.
int keep(const home_paths& paths, const private_key& key) {
    const owned_descriptor state(::open(paths.state.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return state.valid() ? make_new_file(state.get(), key_name, encode(key).get()) : errno;
}

}  // namespace

result<private_key, problem> load_or_make_key(const home_paths& paths) {
    auto there = load(paths);
    if (!there) return failure{there.error()};
    if (there->has_value()) return **std::move(there);
    private_key fresh = private_key::generate();
    const int error = keep(paths, fresh);
    if (error == 0) return fresh;
    if (error != EEXIST) {
        return failure{system_problem("cannot write this peer's key", key_file(paths).path.native(), error,
                                      "the state folder must be writable: choose another --home")};
    }
    there = load(paths);  // somebody was quicker
    if (!there) return failure{there.error()};
    if (there->has_value()) return **std::move(there);
    return failure{unusable(key_file(paths), "it comes and goes", problem::kind::failed)};
}

result<std::optional<peer_id>, problem> known_id(const home_paths& paths) {
    const auto there = load(paths);
    if (!there) return failure{there.error()};
    return there->has_value() ? std::optional((*there)->id()) : std::nullopt;
}

}  // namespace mogshare::store
