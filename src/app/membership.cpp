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
    if (name.empty())
        made.warnings.push_back(
            "the network of the passphrase has no 'network.name': guesses that somebody has worked out once then fit "
            "all such "
            "networks; agree on a name");
    return made;
}

problem misuse(std::string what, std::string hint) {
    return {std::move(what), std::move(hint), problem::kind::usage};
}

// Who means a network to be private must not find himself in the open one.
std::optional<problem> meant_private(const config& chosen, bool with_variable) {
    if (with_variable)
        return misuse(
            "MOGSHARE_PASSPHRASE is set, but 'network.passphrase' is \"none\": the network would be the open one",
            "set 'network.passphrase' to \"environment\", or unset MOGSHARE_PASSPHRASE");
    if (!chosen.network_name.empty())
        return misuse("'network.name' is set, but nothing makes the network private: it would be the open one",
                      "set 'network.passphrase' or 'network.key_file', or leave the name out");
    return {};
}

}  // namespace

std::optional<problem> network_trouble(const config& chosen, const store::home_paths& paths, bool with_variable) {
    const bool passphrase_wanted = chosen.passphrase != passphrase_source::none;
    if (!paths.key_file) return passphrase_wanted ? std::nullopt : meant_private(chosen, with_variable);
    if (passphrase_wanted)
        return misuse("'network.key_file' and 'network.passphrase' exclude each other",
                      "a network has one key: leave one of them out");
    const auto secret = store::read_network_file(*paths.key_file);
    return secret ? std::nullopt : std::optional(secret.error());
}

result<membership, problem> find_membership(const config& chosen, const store::home_paths& paths) {
    auto variable = take_passphrase();
    if (auto wrong = network_trouble(chosen, paths, variable.has_value())) return failure{*std::move(wrong)};
    if (paths.key_file) {
        const auto secret = store::read_network_file(*paths.key_file);
        if (!secret) return failure{secret.error()};
        return membership{secret->key(), {}};
    }
    if (chosen.passphrase == passphrase_source::none) return membership{};
    const bool asks = chosen.passphrase == passphrase_source::ask;
    if (!asks && !variable)
        return failure{misuse("'network.passphrase' is \"environment\", but MOGSHARE_PASSPHRASE is not set",
                              "set it for this program, or set 'network.passphrase' to \"ask\"")};
    const auto given = asks ? ask_passphrase(chosen.network_name) : checked(*std::move(variable));
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

std::string network_text(const config& chosen, const std::optional<problem>& trouble) {
    return network_text(chosen) + (trouble ? "; no peer can start: " + trouble->what : "");
}

}  // namespace mogshare::app
