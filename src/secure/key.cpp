#include "mogshare/secure/key.hpp"

#include "mogshare/base/sha256.hpp"
#include "secure/handles.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <utility>

namespace mogshare::secure {

namespace {

constexpr std::string_view first_line = "-----BEGIN PRIVATE KEY-----";
constexpr std::size_t pem_bytes_max = 4096;
constexpr std::string_view base64_begin =
    "MC4CAQAwBQYDK2VwBCIEI";  // PKCS#8 of any Ed25519 key, up to the key itself (RFC 8410, 7)

/// The parts of a PEM block, wiped as they go.
struct pem_block {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long data_bytes = 0;

    pem_block() = default;
    pem_block(const pem_block&) = delete;
    pem_block& operator=(const pem_block&) = delete;
    ~pem_block() {
        OPENSSL_free(name);
        OPENSSL_free(header);
        if (data != nullptr) OPENSSL_clear_free(data, static_cast<std::size_t>(data_bytes));
    }
};

bool only_line_ends(byte_view rest) {
    return as_text(rest).find_first_not_of("\r\n") == std::string_view::npos;
}

/// The key in a PEM block; null when it is no PKCS#8 or something follows.
/// SubjectPublicKeyInfo of an Ed25519 key in DER, up to the key itself (RFC 8410, 4).
constexpr std::array<std::uint8_t, 12> spki_head{0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
constexpr std::size_t raw_key_bytes = 32;

owned_key key_in(const pem_block& block) {
    const unsigned char* at = block.data;
    const owned_pkcs8 read(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, block.data_bytes));
    if (!read || at != block.data + block.data_bytes) return nullptr;
    return owned_key(EVP_PKCS82PKEY(read.get()));
}

}  // namespace

peer_id id_of(const evp_pkey_st* key) {
    // What i2d_PUBKEY would write, which looks for an encoder first, and takes longer over that than a signature takes.
    std::array<std::uint8_t, spki_head.size() + raw_key_bytes> der{};
    std::copy(spki_head.begin(), spki_head.end(), der.begin());
    std::size_t count = raw_key_bytes;
    must(EVP_PKEY_get_raw_public_key(key, der.data() + spki_head.size(), &count) == 1 && count == raw_key_bytes);
    return id_cast<peer_id>(sha256(der));
}

private_key::private_key(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)), id_(id_of(key_.get())) {}

private_key private_key::generate() {
    std::shared_ptr<EVP_PKEY> made(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free);
    must(made != nullptr);
    return private_key(std::move(made));
}

result<private_key, std::string> private_key::from_pem(std::string_view text) {
    if (text.size() > pem_bytes_max) return failure{std::string("it is too long for a key")};
    if (text.find("ENCRYPTED") != std::string_view::npos) return failure{std::string("it is encrypted")};
    if (!text.starts_with(first_line)) return failure{"it does not begin with '" + std::string(first_line) + "'"};

    const owned_bio source(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    must(source != nullptr);
    pem_block block;
    const bool whole = PEM_read_bio(source.get(), &block.name, &block.header, &block.data, &block.data_bytes) == 1;
    owned_key key = whole && *block.header == '\0' ? key_in(block) : nullptr;
    ERR_clear_error();
    if (!whole) return failure{std::string("it is cut short or damaged")};
    if (!key) return failure{std::string("it is no PKCS#8 private key")};
    if (EVP_PKEY_is_a(key.get(), "ED25519") != 1) return failure{std::string("it is no Ed25519 key")};

    const char* rest = nullptr;
    const long rest_bytes = BIO_get_mem_data(source.get(), &rest);
    if (!only_line_ends(as_bytes({rest, static_cast<std::size_t>(rest_bytes)})))
        return failure{std::string("something follows the key")};
    return private_key(std::shared_ptr<EVP_PKEY>(key.release(), EVP_PKEY_free));
}

bool private_key::may_be_one(std::string_view begin_of_file) {
    const auto skip_blanks = [&] {
        begin_of_file.remove_prefix(std::min(begin_of_file.find_first_not_of(" \t\r\n"), begin_of_file.size()));
    };
    skip_blanks();
    if (!begin_of_file.starts_with(first_line)) return false;
    begin_of_file.remove_prefix(first_line.size());
    skip_blanks();
    return begin_of_file.starts_with(base64_begin);
}

std::string private_key::to_pem() const {
    const owned_bio text(BIO_new(BIO_s_secmem()));
    must(text && PEM_write_bio_PKCS8PrivateKey(text.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    const char* begin = nullptr;
    const long count = BIO_get_mem_data(text.get(), &begin);
    return {begin, static_cast<std::size_t>(count)};
}

}  // namespace mogshare::secure
