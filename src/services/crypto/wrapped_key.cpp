// SPDX-License-Identifier: Apache-2.0
#include "wrapped_key.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <memory>
#include <string>

namespace voltkeep::crypto {
namespace {

constexpr std::array<std::byte, 4> format{std::byte{'V'}, std::byte{'K'}, std::byte{'W'}, std::byte{1}};
constexpr std::size_t nonce_size = 12, tag_size = 16;

const unsigned char* octets_of(Bytes bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* octets_of(std::span<std::byte> bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

/// Each part says how long it is, so that no two descriptions are the same bytes.
std::string described(const WrappedAs& as) {
    return "voltkeep wrapped key\n" + std::to_string(as.id.size()) + ":" + std::string(as.id) + "\n" +
           std::to_string(as.version) + "\n" + std::to_string(as.profile) + "\n";
}

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

/// A cipher with its key, its nonce, and what is authenticated beside the secret.
Cipher begin(const Secret& key, Bytes nonce, const std::string& beside, bool encrypts) {
    Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    int size = 0;
    if (!cipher ||
        EVP_CipherInit_ex2(cipher.get(), EVP_aes_256_gcm(), octets_of(key.view()), octets_of(nonce), encrypts ? 1 : 0, nullptr) !=
            1 ||
        EVP_CipherUpdate(cipher.get(), nullptr, &size, reinterpret_cast<const unsigned char*>(beside.data()),
                         static_cast<int>(beside.size())) != 1)
        cipher.reset();
    return cipher;
}

}  // namespace

Result<std::vector<std::byte>> wrap_key(const Secret& wrapping_key, const WrappedAs& as, Bytes secret) {
    if (wrapping_key.size() != wrapping_key_size) return fail(Errc::bad_argument, "a wrapping key has 32 bytes");
    std::vector<std::byte> wrapped(wrapped_overhead + secret.size());
    const std::span<std::byte> all(wrapped);
    std::ranges::copy(format, wrapped.begin());
    const auto nonce = all.subspan(format.size(), nonce_size), body = all.subspan(format.size() + nonce_size, secret.size()),
               tag = all.last(tag_size);
    // Random nonces under one key are good for 2^32 of them; a station wraps a few keys in its life.
    if (RAND_bytes(octets_of(nonce), nonce_size) != 1) return fail(Errc::io, "no random bytes");
    const Cipher cipher = begin(wrapping_key, nonce, described(as), true);
    int size = 0, rest = 0;
    if (!cipher ||
        EVP_EncryptUpdate(cipher.get(), octets_of(body), &size, octets_of(secret), static_cast<int>(secret.size())) != 1 ||
        EVP_EncryptFinal_ex(cipher.get(), octets_of(body) + size, &rest) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, tag.data()) != 1)
        return fail(Errc::io, "a key could not be wrapped");
    return wrapped;
}

Result<Secret> unwrap_key(const Secret& wrapping_key, const WrappedAs& as, Bytes wrapped) {
    if (wrapping_key.size() != wrapping_key_size) return fail(Errc::bad_argument, "a wrapping key has 32 bytes");
    if (wrapped.size() < wrapped_overhead + 1 || !std::ranges::equal(wrapped.first(format.size()), format))
        return fail(Errc::malformed, "no wrapped key");
    const Bytes nonce = wrapped.subspan(format.size(), nonce_size),
                body = wrapped.subspan(format.size() + nonce_size, wrapped.size() - wrapped_overhead);
    std::array<std::byte, tag_size> tag{};
    std::ranges::copy(wrapped.last(tag_size), tag.begin());
    Secret secret = TRY(Secret::make(body.size()));
    const Cipher cipher = begin(wrapping_key, nonce, described(as), false);
    int size = 0, rest = 0;
    if (!cipher ||
        EVP_DecryptUpdate(cipher.get(), octets_of(secret.bytes()), &size, octets_of(body), static_cast<int>(body.size())) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) != 1 ||
        EVP_DecryptFinal_ex(cipher.get(), octets_of(secret.bytes()) + size, &rest) != 1) {
        ERR_clear_error();
        return fail(Errc::integrity, "wrapped key " + std::string(as.id) + " does not open: it was changed, or is another one");
    }
    return secret;
}

}  // namespace voltkeep::crypto
