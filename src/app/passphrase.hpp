#pragma once
// Where a passphrase comes from: never from the command line, which every user of the machine can read.

#include "mogshare/base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mogshare::app {

inline constexpr const char* passphrase_variable = "MOGSHARE_PASSPHRASE";

/// A text that is wiped as it goes.
class passphrase {
public:
    explicit passphrase(std::string text) : text_(std::move(text)) {}
    passphrase(passphrase&&) noexcept = default;
    passphrase& operator=(passphrase&&) = delete;
    ~passphrase();

    const std::string& get() const { return text_; }

private:
    std::string text_;
};

/// Whether MOGSHARE_PASSPHRASE is set, to whatever.
bool passphrase_is_set();
/// What MOGSHARE_PASSPHRASE says, if it is set; it is then no longer in the environment, nor where /proc shows it. Before there are
/// threads.
std::optional<passphrase> take_passphrase();
/// Refuses what is empty or longer than 1024 bytes.
result<passphrase, problem> checked(passphrase given);

/// Asks at the terminal, without showing what is typed; however it ends, the terminal is as it was. A signal that would end the
/// program does so afterwards.
result<passphrase, problem> ask_passphrase(std::string_view network_name);

}  // namespace mogshare::app
