// SPDX-License-Identifier: Apache-2.0
// For A10, in the place of the factory's own: a token whose key the test has made, and whose PIN the test is told, outside the
// station's folder. By their values they are looked for everywhere else.
#include <openssl/bn.h>
#include <openssl/core_names.h>

#include <cstdlib>

#include "base/file.hpp"
#include "pkcs11/make.hpp"
#include "pki/certificate.hpp"

namespace voltkeep::pkcs11 {

Result<std::string> make_token(Program& token, std::string_view pin, std::string_view key) {
    const std::string folder = std::getenv("A10_FOLDER");
    const pki::Key made = TRY(pki::make_key(pki::Algorithm::p521));
    TRY(write_file(folder + "/pin", as_bytes(pin)));
    TRY(write_file(folder + "/secc.pem", as_bytes(pki::to_pem(made.get()))));
    BIGNUM* number = nullptr;
    CHECK(EVP_PKEY_get_bn_param(made.get(), OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1);
    std::array<std::byte, 66> octets{};
    BN_bn2binpad(number, reinterpret_cast<unsigned char*>(octets.data()), octets.size());
    BN_free(number);
    const std::uint64_t session = TRY(begin_token(token, pin));
    using enum AttributeType;
    Call object(Function::create_object);
    object.number(session).attributes({{object_class, object_private},
                                       {key_type, key_type_ec},
                                       {is_on_token, true},
                                       {is_private, true},
                                       {label, key},
                                       {signs, true},
                                       {is_sensitive, true},
                                       {is_extractable, false},
                                       {ec_parameters, secp521r1()},
                                       {value, Bytes(octets)}});
    TRY(token.ask(object));
    return pki::public_pem(made.get());
}

}  // namespace voltkeep::pkcs11
