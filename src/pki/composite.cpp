// SPDX-License-Identifier: Apache-2.0
#include "pki/composite.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <array>
#include <string>

namespace voltkeep::pki {
namespace {

using Octets = std::span<const std::byte>;

constexpr std::string_view prefix = "CompositeAlgorithmSignatures2025";
constexpr std::string_view label = "COMPSIG-MLDSA65-Ed25519-SHA512";
constexpr std::size_t seed_half = 32, ml_dsa_public_size = 1952, ml_dsa_signature_size = 3309, ed25519_signature_size = 64;
static_assert(composite_seed_size == 2 * seed_half);
static_assert(composite_signature_size == ml_dsa_signature_size + ed25519_signature_size);

const unsigned char* octets_of(Octets bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

std::unexpected<Error> refuse(std::string_view what) {
    std::array<char, 160> reason{};
    ERR_error_string_n(ERR_peek_last_error(), reason.data(), reason.size());
    ERR_clear_error();
    return fail(Errc::tls, std::string(what) + ": " + reason.data());
}

/// The label that ML-DSA takes as its context string.
struct Labelled {
    std::array<char, label.size()> text{};
    OSSL_PARAM list[2];
    Labelled() {
        std::ranges::copy(label, text.begin());
        list[0] = OSSL_PARAM_construct_octet_string(OSSL_SIGNATURE_PARAM_CONTEXT_STRING, text.data(), text.size());
        list[1] = OSSL_PARAM_construct_end();
    }
};

/// What both halves sign: prefix, label, length of the context, context, SHA-512 of the message.
std::vector<std::byte> signed_text(Octets message, std::string_view context) {
    std::vector<std::byte> text;
    const auto add = [&](Octets more) { text.insert(text.end(), more.begin(), more.end()); };
    add(as_bytes(prefix));
    add(as_bytes(label));
    text.push_back(static_cast<std::byte>(context.size()));
    add(as_bytes(context));
    std::array<unsigned char, SHA512_DIGEST_LENGTH> digest{};
    SHA512(octets_of(message), message.size(), digest.data());
    add(std::as_bytes(std::span(digest)));
    return text;
}

using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
Context new_context() { return {EVP_MD_CTX_new(), EVP_MD_CTX_free}; }

Result<> sign_half(EVP_PKEY* key, const OSSL_PARAM* parameters, Octets text, std::span<std::byte> signature) {
    const Context context = new_context();
    std::size_t size = signature.size();
    if (!context || EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key, parameters) != 1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, octets_of(text), text.size()) !=
            1 ||
        size != signature.size())
        return refuse("sign");
    return {};
}

bool verifies(EVP_PKEY* key, const OSSL_PARAM* parameters, Octets text, Octets signature) {
    const Context context = new_context();
    const bool is_good =
        context && EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key, parameters) == 1 &&
        EVP_DigestVerify(context.get(), octets_of(signature), signature.size(), octets_of(text), text.size()) == 1;
    if (!is_good) ERR_clear_error();
    return is_good;
}

Result<Key> ml_dsa_from_seed(Octets seed) {
    std::vector<std::byte> copy(seed.begin(), seed.end());
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_ML_DSA_SEED, copy.data(), copy.size()),
                               OSSL_PARAM_construct_end()};
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
        EVP_PKEY_CTX_new_from_name(nullptr, "ML-DSA-65", nullptr), EVP_PKEY_CTX_free);
    EVP_PKEY* key = nullptr;
    const bool is_made = context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
                         EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters) == 1;
    OPENSSL_cleanse(copy.data(), copy.size());
    if (!is_made) return refuse("ML-DSA-65 key");
    return Key(key);
}

/// A raw part of a key, of exactly this size.
Result<> get_part(EVP_PKEY* key, const char* name, std::span<std::byte> out) {
    std::size_t size = 0;
    if (EVP_PKEY_get_octet_string_param(key, name, reinterpret_cast<unsigned char*>(out.data()), out.size(), &size) != 1 ||
        size != out.size())
        return refuse(name);
    return {};
}

}  // namespace

Result<CompositeKey> make_composite_key() {
    std::array<std::byte, composite_seed_size> seed{};
    if (RAND_priv_bytes(reinterpret_cast<unsigned char*>(seed.data()), static_cast<int>(seed.size())) != 1)
        return refuse("random bytes");
    auto key = composite_from_seed(seed);
    OPENSSL_cleanse(seed.data(), seed.size());
    return key;
}

Result<CompositeKey> composite_from_seed(Octets seed) {
    if (seed.size() != composite_seed_size) return fail(Errc::malformed, "the seed of a composite key has 64 bytes");
    CompositeKey key;
    key.ml_dsa = TRY(ml_dsa_from_seed(seed.first(seed_half)));
    key.ed25519.reset(
        EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, octets_of(seed.subspan(seed_half)), seed_half));
    if (!key.ed25519) return refuse("Ed25519 key");
    return key;
}

Result<CompositeKey> composite_from_public(Octets octets) {
    if (octets.size() != composite_public_size) return fail(Errc::malformed, "a composite public key has 1984 bytes");
    CompositeKey key;
    key.ml_dsa.reset(EVP_PKEY_new_raw_public_key_ex(nullptr, "ML-DSA-65", nullptr, octets_of(octets), ml_dsa_public_size));
    key.ed25519.reset(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, octets_of(octets.subspan(ml_dsa_public_size)),
                                                     octets.size() - ml_dsa_public_size));
    if (!key.ml_dsa || !key.ed25519) {
        ERR_clear_error();
        return fail(Errc::malformed, "no composite public key");
    }
    return key;
}

Result<std::vector<std::byte>> composite_seed(const CompositeKey& key) {
    std::vector<std::byte> seed(composite_seed_size);
    TRY(get_part(key.ml_dsa.get(), OSSL_PKEY_PARAM_ML_DSA_SEED, std::span(seed).first(seed_half)));
    TRY(get_part(key.ed25519.get(), OSSL_PKEY_PARAM_PRIV_KEY, std::span(seed).subspan(seed_half)));
    return seed;
}

Result<std::vector<std::byte>> composite_public(const CompositeKey& key) {
    std::vector<std::byte> octets(composite_public_size);
    TRY(get_part(key.ml_dsa.get(), OSSL_PKEY_PARAM_PUB_KEY, std::span(octets).first(ml_dsa_public_size)));
    TRY(get_part(key.ed25519.get(), OSSL_PKEY_PARAM_PUB_KEY, std::span(octets).subspan(ml_dsa_public_size)));
    return octets;
}

Result<std::vector<std::byte>> composite_sign(const CompositeKey& key, Octets message, std::string_view context) {
    if (context.size() > composite_context_bound)
        return fail(Errc::bad_argument, "the context of a signature has at most 255 bytes");
    const auto text = signed_text(message, context);
    const Labelled labelled;
    std::vector<std::byte> signature(composite_signature_size);
    TRY(sign_half(key.ml_dsa.get(), labelled.list, text, std::span(signature).first(ml_dsa_signature_size)));
    TRY(sign_half(key.ed25519.get(), nullptr, text, std::span(signature).subspan(ml_dsa_signature_size)));
    return signature;
}

Result<> composite_verify(const CompositeKey& key, Octets message, Octets signature, std::string_view context) {
    if (context.size() > composite_context_bound)
        return fail(Errc::bad_argument, "the context of a signature has at most 255 bytes");
    if (signature.size() != composite_signature_size) return fail(Errc::integrity, "a composite signature has 3373 bytes");
    const auto text = signed_text(message, context);
    const Labelled labelled;
    const bool is_ml_dsa = verifies(key.ml_dsa.get(), labelled.list, text, signature.first(ml_dsa_signature_size));
    const bool is_ed25519 = verifies(key.ed25519.get(), nullptr, text, signature.subspan(ml_dsa_signature_size));
    if (!is_ml_dsa && !is_ed25519) return fail(Errc::integrity, "it is not signed by this key");
    if (!is_ml_dsa)
        return fail(Errc::integrity,
                    "the ML-DSA-65 half of the signature does not fit: it was made by who has only the other key");
    if (!is_ed25519)
        return fail(Errc::integrity, "the Ed25519 half of the signature does not fit: it was made by who has only the other key");
    return {};
}

}  // namespace voltkeep::pki
