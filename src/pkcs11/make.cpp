// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/make.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "pki/certificate.hpp"

namespace voltkeep::pkcs11 {
namespace {

constexpr std::uint32_t longest_point = 160;  ///< octets: P-521's point is 133, as an OCTET STRING 136

Result<std::string> public_text(Bytes point) {
    // An OCTET STRING of PKCS #11 around the point: two octets, or three for a longer one.
    const std::size_t before = point.size() > 2 && point[1] == std::byte{0x81} ? 3 : 2;
    if (point.size() <= before) return fail(Errc::malformed, "the token's public half is not a point");
    const Bytes octets = point.subspan(before);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>("secp521r1"), 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, const_cast<std::byte*>(octets.data()), octets.size()),
        OSSL_PARAM_construct_end()};
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr),
                                                                              EVP_PKEY_CTX_free);
    EVP_PKEY* made = nullptr;
    if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        return fail(Errc::malformed, "the token's public half is no P-521 key");
    const pki::Key key(made);
    return pki::public_pem(key.get());
}

}  // namespace

Result<std::string> make_token(Program& token, std::string_view pin, std::string_view key) {
    const std::uint64_t session = TRY(begin_token(token, pin));
    using enum AttributeType;
    Call pair(Function::generate_key_pair);
    pair.number(session).mechanism(mechanism_ec_key_pair);
    pair.attributes({{object_class, object_public},
                     {key_type, key_type_ec},
                     {is_on_token, true},
                     {label, key},
                     {verifies, true},
                     {ec_parameters, secp521r1()}});
    pair.attributes({{object_class, object_private},
                     {key_type, key_type_ec},
                     {is_on_token, true},
                     {is_private, true},
                     {label, key},
                     {signs, true},
                     {is_sensitive, true},
                     {is_extractable, false}});
    Answer pair_made = TRY(token.ask(pair));
    const std::uint64_t made = TRY(pair_made.number());
    Answer point =
        TRY(token.ask(Call(Function::get_attribute_value).number(session).number(made).room_for(ec_point, longest_point)));
    return public_text(TRY(point.attribute(ec_point)));
}

}  // namespace voltkeep::pkcs11
