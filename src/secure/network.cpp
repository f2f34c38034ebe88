#include "mogshare/secure/network.hpp"

#include "mogshare/base/sha256.hpp"
#include "secure/handles.hpp"

#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <zxcvbn.h>

#include <algorithm>
#include <cctype>
#include <initializer_list>

namespace mogshare::secure {

namespace {

constexpr std::string_view text_begin = "mogshare-network-1-";
constexpr std::size_t secret_digits = 32;
constexpr std::size_t checksum_digits = 8;
constexpr std::string_view secret_label = "mogShare network key from a secret, 1";
constexpr std::string_view passphrase_label = "mogShare network key from a passphrase, 1\n";
constexpr std::string_view tag_label = "mogShare tag of a network, 1";
constexpr std::size_t tag_bytes = 16;
constexpr std::uint64_t scrypt_memory_bytes_max = 160ULL * 1024 * 1024;  // 128 MiB and what goes with them

const std::array<std::uint8_t, 32>& published_key() {
    static const std::array<std::uint8_t, 32> value = sha256(as_bytes("the open mogShare network, 1")).value;
    return value;
}

proof_bytes hmac(byte_view key, std::initializer_list<byte_view> parts) {
    bytes data;  // nothing that is secret
    for (const byte_view part : parts) data.insert(data.end(), part.begin(), part.end());
    proof_bytes out{};
    unsigned int out_bytes = 0;
    must(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data.data(), data.size(), out.data(),
              &out_bytes) != nullptr &&
         out_bytes == out.size());
    return out;
}

bool has_scrypt() {
    EVP_KDF* const found = EVP_KDF_fetch(nullptr, "SCRYPT", nullptr);
    EVP_KDF_free(found);
    ERR_clear_error();
    return found != nullptr;
}

/// A copy of a text without spaces and line ends around it, in lower case; wiped as it goes.
class plain_line {
public:
    explicit plain_line(std::string_view text) {
        const std::size_t begin = text.find_first_not_of(" \t\r\n");
        if (begin == std::string_view::npos) return;
        line_ = text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
        std::transform(line_.begin(), line_.end(), line_.begin(),
                       [](char each) { return static_cast<char>(std::tolower(static_cast<unsigned char>(each))); });
    }
    plain_line(const plain_line&) = delete;
    plain_line& operator=(const plain_line&) = delete;
    ~plain_line() { OPENSSL_cleanse(line_.data(), line_.size()); }

    std::string_view get() const { return line_; }

private:
    std::string line_;
};

}  // namespace

network_key::network_key() : value(published_key()) {}

network_key::~network_key() {
    OPENSSL_cleanse(value.data(), value.size());
}

bool network_key::is_open() const {
    return CRYPTO_memcmp(value.data(), published_key().data(), value.size()) == 0;
}

network_secret::~network_secret() {
    OPENSSL_cleanse(value_.data(), value_.size());
}

network_secret network_secret::generate() {
    network_secret made;
    must(RAND_priv_bytes(made.value_.data(), static_cast<int>(made.value_.size())) == 1);
    return made;
}

bool network_secret::may_be_one(std::string_view begin_of_file) {
    return plain_line(begin_of_file).get().starts_with(text_begin);
}

result<network_secret, std::string> network_secret::parse(std::string_view text) {
    const plain_line copy(text);
    const std::string_view line = copy.get();
    if (line.empty()) return failure{std::string("it is empty")};
    if (line.find_first_of("\r\n") != std::string::npos) return failure{std::string("it has more than one line")};
    if (!line.starts_with(text_begin)) return failure{"it does not begin with '" + std::string(text_begin) + "'"};
    const std::string_view rest = line.substr(text_begin.size());
    if (rest.size() != secret_digits + 1 + checksum_digits || rest[secret_digits] != '-')
        return failure{std::string("it is not 32 digits, '-' and 8 digits: some are missing, or too many")};
    network_secret read;
    std::array<std::uint8_t, checksum_digits / 2> ignored{};
    if (!parse_hex(rest.substr(0, secret_digits), read.value_) || !parse_hex(rest.substr(secret_digits + 1), ignored))
        return failure{std::string("a character of it is no digit and no letter from a to f")};
    if (rest.substr(secret_digits + 1) != read.checksum())
        return failure{std::string("its last 8 digits do not fit the others: a typing error")};
    return read;
}

std::string network_secret::checksum() const {
    return to_hex(sha256({as_bytes(text_begin), value_})).substr(0, checksum_digits);
}

std::string network_secret::to_text() const {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(text_begin.size() + secret_digits + 1 + checksum_digits);  // never copied to a larger place
    text += text_begin;
    for (const std::uint8_t byte : value_) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    text += '-';
    text += checksum();
    return text;
}

network_key network_secret::key() const {
    return network_key(hmac(value_, {as_bytes(secret_label)}));
}

result<network_key, std::string> key_from_passphrase(std::string_view passphrase, std::string_view network_name) {
    const std::string salt = std::string(passphrase_label) + std::string(network_name);
    network_key made;
    const bool derived =
        EVP_PBE_scrypt(passphrase.data(), passphrase.size(), reinterpret_cast<const unsigned char*>(salt.data()),
                       salt.size(), 1U << 17, 8, 1, scrypt_memory_bytes_max, made.value.data(), made.value.size()) == 1;
    ERR_clear_error();
    if (!derived && !has_scrypt()) return failure{std::string("the OpenSSL of this machine has no scrypt")};
    if (!derived) return failure{std::string("there are not the 128 MiB of memory that it takes to make the key")};
    return made;
}

std::string network_tag(const network_key& key, const private_key& own) {
    if (key.is_open()) return {};
    std::array<std::uint8_t, 32> secret{};
    std::size_t count = secret.size();
    must(EVP_PKEY_get_raw_private_key(own.handle(), secret.data(), &count) == 1 && count == secret.size());
    const proof_bytes tag = hmac(secret, {as_bytes(tag_label), hmac(key.value, {as_bytes(tag_label)})});
    OPENSSL_cleanse(secret.data(), secret.size());
    return to_hex(byte_view(tag).first(tag_bytes));
}

double passphrase_bits(std::string_view passphrase) {
    std::string text(passphrase.substr(0, passphrase.find('\0')));
    const double bits = text.empty() ? 0 : ZxcvbnMatch(text.c_str(), nullptr, nullptr);
    OPENSSL_cleanse(text.data(), text.size());
    return bits;
}

proof_bytes proof(const network_key& key, role by, const exporter& of, const peer_id& dialler,
                  const peer_id& acceptor) {
    const std::array<std::uint8_t, 1> first{static_cast<std::uint8_t>(by)};
    return hmac(key.value, {first, of, dialler.view(), acceptor.view()});
}

bool same_proof(const proof_bytes& expected, const proof_bytes& shown) {
    return CRYPTO_memcmp(expected.data(), shown.data(), expected.size()) == 0;
}

}  // namespace mogshare::secure
