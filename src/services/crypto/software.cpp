// SPDX-License-Identifier: Apache-2.0
#include "software.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include "base/file.hpp"
#include "pki/certificate.hpp"

namespace voltkeep::crypto {
namespace {

constexpr std::size_t seed_size = 32;   // of ML-DSA (FIPS 204)

/// The key that this seed gives, for one use.
Result<pki::Key> key_from(const char* algorithm, const Secret& seed) {
    Bytes view = seed.view();
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_ML_DSA_SEED, const_cast<std::byte*>(view.data()), view.size()),
        OSSL_PARAM_construct_end()};
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
        EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr), EVP_PKEY_CTX_free);
    EVP_PKEY* key = nullptr;
    if (seed.size() == seed_size && context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters) == 1)
        return pki::Key(key);
    ERR_clear_error();
    return fail(Errc::integrity, std::string("a seed gives no key of ") + algorithm);
}

Result<Secret> make_seed() {
    Secret seed = TRY(Secret::make(seed_size));
    if (RAND_priv_bytes(reinterpret_cast<unsigned char*>(seed.bytes().data()), static_cast<int>(seed_size)) != 1)
        return fail(Errc::io, "no random bytes");
    return seed;
}

}  // namespace

Result<std::optional<Kept>> read_kept(const std::string& file) {
    const auto bytes = read_file(file, kernel::bound<Kept>);
    if (!bytes && bytes.error().code == Errc::not_found) return std::nullopt;
    if (!bytes) return std::unexpected(bytes.error());
    auto kept = kernel::decode<Kept>(*bytes);
    if (!kept || kept->format != 1) return fail(Errc::integrity, file + " is not what was written there");
    return *kept;
}

Result<SoftwareKeys> SoftwareKeys::open(const Secret& wrapping_key, Kept kept, std::uint8_t meters, std::uint32_t profile) {
    SoftwareKeys keys;
    keys.kept_ = std::move(kept);
    for (const KeyName name : keys_of(std::min(meters, most_meters))) {
        if (place_of(name.key) != Place::software) continue;
        const std::string id = id_of(name);
        const auto found =
            std::ranges::find(keys.kept_.keys, std::string_view(id), [](const Kept::One& k) { return k.id.view(); });
        const bool is_there = found != keys.kept_.keys.end();
        Secret seed = is_there ? TRY(unwrap_key(wrapping_key, {found->id, found->version, found->profile}, found->wrapped))
                               : TRY(make_seed());
        if (!is_there) {
            const WrappedAs as{*Text<32>::from(id), 1, profile};
            const auto octets = TRY(wrap_key(wrapping_key, as, seed.view()));
            const auto wrapped = Blob<128>::from(octets);
            if (!wrapped || !keys.kept_.keys.push({as.id, as.version, as.profile, *wrapped}))
                return fail(Errc::full, "no room for one more software key");
            keys.is_new_ = true;
        }
        (void)TRY(key_from(algorithm_of(name.key), seed));
        keys.seeds_.insert_or_assign(id, std::move(seed));
    }
    return keys;
}

Result<> SoftwareKeys::write(const std::string& file) const {
    std::vector<std::byte> buffer(kernel::bound<Kept>);
    return write_file(file, kernel::encode(kept_, buffer));
}

Result<Sign::Signature> SoftwareKeys::sign(KeyName name, Bytes content) const {
    const auto seed = seeds_.find(id_of(name));
    if (seed == seeds_.end()) return fail(Errc::not_found, "there is no key " + id_of(name));
    const pki::Key key = TRY(key_from(algorithm_of(name.key), seed->second));
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    Sign::Signature signature;
    std::size_t size = decltype(signature.octets)::capacity;
    CHECK(signature.octets.resize(size));
    if (!context || EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key.get(), nullptr) != 1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.octets.data()), &size,
                       reinterpret_cast<const unsigned char*>(content.data()), content.size()) != 1 ||
        !signature.octets.resize(size)) {
        ERR_clear_error();
        return fail(Errc::io, "key " + id_of(name) + " could not sign");
    }
    return signature;
}

Result<GetPublic::Public> SoftwareKeys::get_public(KeyName name) const {
    const auto seed = seeds_.find(id_of(name));
    if (seed == seeds_.end()) return fail(Errc::not_found, "there is no key " + id_of(name));
    const pki::Key key = TRY(key_from(algorithm_of(name.key), seed->second));
    const auto spki = Blob<2048>::from(pki::public_der(key.get()));
    if (!spki) return fail(Errc::io, "the public half of " + id_of(name) + " is too long");
    return GetPublic::Public{*spki};
}

}  // namespace voltkeep::crypto
