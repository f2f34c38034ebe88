#include "app/membership.hpp"

#include "app/passphrase.hpp"
#include "mogshare/store/network_file.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace mogshare::app {

namespace {

constexpr double bits_enough = 60;

result<membership, problem> by_passphrase(const passphrase& given, const std::string& name) {
    auto key = secure::key_from_passphrase(given.get(), name);
    if (!key)
        return failure{problem{"cannot make the network's key from its passphrase: " + key.error(),
                               "free some memory, or use a 'network.key_file', which takes none",
                               problem::kind::failed}};
    membership made{std::move(*key), {}};
    const double bits = secure::passphrase_bits(given.get());
    if (bits < bits_enough)
        made.warnings.push_back(fmt::format(
            "the passphrase of the network is weak: about {:.0f} bits, where {:.0f} are needed; choose a longer one, "
            "or a key file ('mogshare network new FILE')",
            bits, bits_enough));
    return made;
}

}  // namespace

result<membership, problem> find_membership(const config& chosen, const store::home_paths& paths) {
    const bool by_file = paths.key_file.has_value();
    if (by_file && chosen.passphrase != passphrase_source::none)
        return failure{problem{"'network.key_file' and 'network.passphrase' exclude each other",
                               "a network has one key: leave one of them out", problem::kind::usage}};
    if (by_file) {
        const auto secret = store::read_network_file(*paths.key_file);
        if (!secret) return failure{secret.error()};
        return membership{secret->key(), {}};
    }
    if (chosen.passphrase == passphrase_source::none) return membership{};
    const auto given =
        chosen.passphrase == passphrase_source::ask ? ask_passphrase(chosen.network_name) : take_passphrase();
    if (!given) return failure{given.error()};
    return by_passphrase(*given, chosen.network_name);
}

std::string network_text(const config& chosen) {
    std::string text = "open";
    if (!chosen.key_file.empty()) text = fmt::format("private, by the key file '{}'", chosen.key_file);
    if (chosen.passphrase != passphrase_source::none)
        text = chosen.network_name.empty() ? "private, by a passphrase"
                                           : fmt::format("private, by a passphrase for '{}'", chosen.network_name);
    const bool internet = chosen.protocol.profile == core::network_profile::internet;
    return text + (internet ? "; profile internet" : "; profile lan");
}

}  // namespace mogshare::app
