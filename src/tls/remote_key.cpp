// SPDX-License-Identifier: Apache-2.0
#include "tls/remote_key.hpp"

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "tls/details.hpp"

namespace voltkeep::tls {
namespace {

constexpr const char* name_parameter = "voltkeep-key";
constexpr std::size_t largest_point = 133;   // of P-521, uncompressed

struct Curve {
    const char* group;     ///< libssl knows curves by these names, and takes no others
    const char* digest;    ///< that belongs to it
    int bits, security_bits, largest_signature;
    std::size_t point;
};
constexpr Curve curves[] = {
    {"prime256v1", "SHA256", 256, 128, 72, 65},
    {"secp384r1", "SHA384", 384, 192, 104, 97},
    {"secp521r1", "SHA512", 521, 256, 139, 133},
};

/// What OpenSSL holds as a key: a name, and the public half.
struct KeyData {
    RemoteKeys* owner = nullptr;
    const Curve* curve = nullptr;
    std::string name;
    std::array<unsigned char, largest_point> point{};
};
struct Signing {
    KeyData* key = nullptr;
    std::string digest;
};

KeyData& key_of(void* data) { return *static_cast<KeyData*>(data); }
const KeyData& key_of(const void* data) { return *static_cast<const KeyData*>(data); }

// ---- keys

void* new_key(void* provider) { return new KeyData{.owner = static_cast<RemoteKeys*>(provider), .name = {}}; }
void free_key(void* data) { delete static_cast<KeyData*>(data); }

int has(const void* data, int selection) {
    const bool is_private_wanted = (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;
    return data != nullptr && key_of(data).curve != nullptr && (!is_private_wanted || !key_of(data).name.empty()) ? 1 : 0;
}

int match(const void* a, const void* b, int) {
    return key_of(a).curve == key_of(b).curve && key_of(a).point == key_of(b).point ? 1 : 0;
}

int import_key(void* data, int, const OSSL_PARAM parameters[]) {
    KeyData& key = key_of(data);
    const OSSL_PARAM* const group = OSSL_PARAM_locate_const(parameters, OSSL_PKEY_PARAM_GROUP_NAME);
    const OSSL_PARAM* const point = OSSL_PARAM_locate_const(parameters, OSSL_PKEY_PARAM_PUB_KEY);
    const char* text = nullptr;
    if (group == nullptr || point == nullptr || OSSL_PARAM_get_utf8_string_ptr(group, &text) != 1) return 0;
    const auto* const curve = std::ranges::find_if(curves, [&](const Curve& c) { return std::strcmp(c.group, text) == 0; });
    if (curve == std::end(curves) || point->data_size != curve->point) return 0;
    if (const OSSL_PARAM* const name = OSSL_PARAM_locate_const(parameters, name_parameter)) {
        const char* words = nullptr;
        if (OSSL_PARAM_get_utf8_string_ptr(name, &words) != 1) return 0;
        key.name = words;
    }
    key.curve = curve;
    std::memcpy(key.point.data(), point->data, point->data_size);
    return 1;
}

const OSSL_PARAM* import_types(int) {
    static const OSSL_PARAM types[] = {OSSL_PARAM_utf8_string(name_parameter, nullptr, 0),
                                       OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, nullptr, 0),
                                       OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, nullptr, 0), OSSL_PARAM_END};
    return types;
}

/// The public half, for who compares it with a certificate. There is no private half to give.
int export_key(void* data, int selection, OSSL_CALLBACK* take, void* argument) {
    KeyData& key = key_of(data);
    if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 || key.curve == nullptr) return 0;
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>(key.curve->group), 0), OSSL_PARAM_END,
        OSSL_PARAM_END};
    if ((selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) != 0)
        parameters[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, key.point.data(), key.curve->point);
    return take(parameters, argument);
}

int get_parameters(void* data, OSSL_PARAM parameters[]) {
    const KeyData& key = key_of(data);
    if (key.curve == nullptr) return 0;
    const auto set = [&](const char* name, auto give) {
        OSSL_PARAM* const parameter = OSSL_PARAM_locate(parameters, name);
        return parameter == nullptr || give(parameter) == 1;
    };
    const auto number = [](int value) { return [value](OSSL_PARAM* p) { return OSSL_PARAM_set_int(p, value); }; };
    const auto text = [](const char* value) { return [value](OSSL_PARAM* p) { return OSSL_PARAM_set_utf8_string(p, value); }; };
    const auto point = [&](OSSL_PARAM* p) { return OSSL_PARAM_set_octet_string(p, key.point.data(), key.curve->point); };
    return set(OSSL_PKEY_PARAM_BITS, number(key.curve->bits)) &&
                   set(OSSL_PKEY_PARAM_SECURITY_BITS, number(key.curve->security_bits)) &&
                   set(OSSL_PKEY_PARAM_MAX_SIZE, number(key.curve->largest_signature)) &&
                   set(OSSL_PKEY_PARAM_GROUP_NAME, text(key.curve->group)) &&
                   set(OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, text("uncompressed")) &&
                   set(OSSL_PKEY_PARAM_DEFAULT_DIGEST, text(key.curve->digest)) && set(OSSL_PKEY_PARAM_PUB_KEY, point) &&
                   set(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point)
               ? 1
               : 0;
}

const OSSL_PARAM* gettable(void*) {
    static const OSSL_PARAM types[] = {OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, nullptr),
                                       OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, nullptr),
                                       OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, nullptr),
                                       OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, nullptr, 0),
                                       OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, nullptr, 0),
                                       OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, nullptr, 0),
                                       OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, nullptr, 0),
                                       OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, nullptr, 0),
                                       OSSL_PARAM_END};
    return types;
}

const char* operation_name(int operation) { return operation == OSSL_OP_SIGNATURE ? "ECDSA" : nullptr; }

// ---- signatures: of a whole text at once, as TLS 1.3 and certificate requests have it

void* new_signing(void*, const char*) { return new Signing; }
void free_signing(void* data) { delete static_cast<Signing*>(data); }

int begin_signing(void* data, const char* digest, void* key, const OSSL_PARAM[]) {
    Signing& signing = *static_cast<Signing*>(data);
    if (key != nullptr) signing.key = static_cast<KeyData*>(key);
    if (signing.key == nullptr || signing.key->name.empty()) return 0;
    signing.digest = digest != nullptr ? digest : signing.key->curve->digest;
    return 1;
}

/// Without a place for it, only its largest size is asked for: nobody is asked then.
int sign(void* data, unsigned char* out, std::size_t* size, std::size_t room, const unsigned char* text, std::size_t text_size) {
    const Signing& signing = *static_cast<Signing*>(data);
    const auto largest = static_cast<std::size_t>(signing.key->curve->largest_signature);
    *size = out == nullptr ? largest
                           : signing.key->owner->forward(signing.key->name, signing.digest,
                                                         std::as_bytes(std::span(text, text_size)), out, std::min(room, largest));
    return *size > 0 ? 1 : 0;
}

int accept_parameters(void*, OSSL_PARAM[]) { return 1; }
int accept_settings(void*, const OSSL_PARAM[]) { return 1; }
const OSSL_PARAM* no_parameters(void*, void*) {
    static const OSSL_PARAM none[] = {OSSL_PARAM_END};
    return none;
}

// ---- the provider

template <class F>
OSSL_DISPATCH entry(int number, F* function) { return {number, reinterpret_cast<void (*)(void)>(function)}; }
const OSSL_DISPATCH end_of_list = {0, nullptr};

const OSSL_ALGORITHM* query(void*, int operation, int* no_cache) {
    static const OSSL_DISPATCH keys[] = {entry(OSSL_FUNC_KEYMGMT_NEW, new_key),
                                         entry(OSSL_FUNC_KEYMGMT_FREE, free_key),
                                         entry(OSSL_FUNC_KEYMGMT_HAS, has),
                                         entry(OSSL_FUNC_KEYMGMT_MATCH, match),
                                         entry(OSSL_FUNC_KEYMGMT_IMPORT, import_key),
                                         entry(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, import_types),
                                         entry(OSSL_FUNC_KEYMGMT_EXPORT, export_key),
                                         entry(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, import_types),
                                         entry(OSSL_FUNC_KEYMGMT_GET_PARAMS, get_parameters),
                                         entry(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, gettable),
                                         entry(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, operation_name),
                                         end_of_list};
    static const OSSL_DISPATCH signatures[] = {entry(OSSL_FUNC_SIGNATURE_NEWCTX, new_signing),
                                               entry(OSSL_FUNC_SIGNATURE_FREECTX, free_signing),
                                               entry(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, begin_signing),
                                               entry(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, sign),
                                               entry(OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, accept_parameters),
                                               entry(OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, no_parameters),
                                               entry(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, accept_settings),
                                               entry(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, no_parameters),
                                               end_of_list};
    static const OSSL_ALGORITHM all_keys[] = {{"EC:id-ecPublicKey:1.2.840.10045.2.1", "provider=voltkeep", keys, ""},
                                              {nullptr, nullptr, nullptr, nullptr}};
    static const OSSL_ALGORITHM all_signatures[] = {{"ECDSA", "provider=voltkeep", signatures, ""},
                                                    {nullptr, nullptr, nullptr, nullptr}};
    *no_cache = 0;
    return operation == OSSL_OP_KEYMGMT ? all_keys : operation == OSSL_OP_SIGNATURE ? all_signatures : nullptr;
}

/// Whose provider is being loaded: OpenSSL's call has no place for it.
thread_local RemoteKeys* being_made = nullptr;

int initialise(const OSSL_CORE_HANDLE*, const OSSL_DISPATCH*, const OSSL_DISPATCH** out, void** provider) {
    static const OSSL_DISPATCH functions[] = {entry(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query), end_of_list};
    if (being_made == nullptr) return 0;
    *out = functions;
    *provider = being_made;
    return 1;
}

std::unexpected<Error> refuse(std::string_view what) {
    return fail(Errc::tls, std::string(what) + ": " + std::string(last_openssl_error().view()));
}

}  // namespace

Result<std::unique_ptr<RemoteKeys>> RemoteKeys::make(Sign sign) {
    std::unique_ptr<RemoteKeys> keys(new RemoteKeys(std::move(sign)));
    keys->context_ = OSSL_LIB_CTX_new();
    // The default provider first: what is not one of our keys is its own.
    if (keys->context_ != nullptr) keys->standard_ = OSSL_PROVIDER_load(keys->context_, "default");
    being_made = keys.get();
    if (keys->standard_ != nullptr && OSSL_PROVIDER_add_builtin(keys->context_, "voltkeep", initialise) == 1)
        keys->own_ = OSSL_PROVIDER_load(keys->context_, "voltkeep");
    being_made = nullptr;
    if (keys->own_ == nullptr) return refuse("provider of remote keys");
    return keys;
}

RemoteKeys::~RemoteKeys() {
    if (own_ != nullptr) OSSL_PROVIDER_unload(own_);
    if (standard_ != nullptr) OSSL_PROVIDER_unload(standard_);
    OSSL_LIB_CTX_free(context_);
}

Result<RemoteKeys::Key> RemoteKeys::key(std::string_view name, const EVP_PKEY* public_half) const {
    std::array<char, 32> group{};
    std::array<unsigned char, largest_point> point{};
    std::size_t group_size = 0, point_size = 0;
    if (EVP_PKEY_get_utf8_string_param(public_half, OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size(), &group_size) != 1 ||
        EVP_PKEY_get_octet_string_param(public_half, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(), &point_size) != 1)
        return fail(Errc::unsupported, "a remote key is one of ECDSA");
    std::string words(name);
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(name_parameter, words.data(), 0),
                               OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
                               OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point_size),
                               OSSL_PARAM_construct_end()};
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> maker(
        EVP_PKEY_CTX_new_from_name(context_, "EC", "provider=voltkeep"), EVP_PKEY_CTX_free);
    EVP_PKEY* made = nullptr;
    if (!maker || EVP_PKEY_fromdata_init(maker.get()) != 1 ||
        EVP_PKEY_fromdata(maker.get(), &made, EVP_PKEY_KEYPAIR, parameters) != 1)
        return refuse("key " + words);
    return Key(made);
}

std::size_t RemoteKeys::forward(std::string_view name, std::string_view digest, std::span<const std::byte> content,
                                unsigned char* out, std::size_t room) {
    const auto signature = sign_(name, digest, content);
    last_error_ = signature ? Error(Errc::ok) : signature.error();
    if (!signature || signature->size() > room) return 0;
    std::memcpy(out, signature->data(), signature->size());
    return signature->size();
}

}  // namespace voltkeep::tls
