// SPDX-License-Identifier: Apache-2.0
// For tests: a stand-in for crypto, which has the key of a file and signs with it for link what crypto would.
#pragma once

#include <openssl/evp.h>

#include <fstream>

#include "kernel/service.hpp"
#include "pki/certificate.hpp"
#include "pki/shape.hpp"
#include "services/crypto/protocol.hpp"

namespace voltkeep::link::testing {

inline int serve_crypto(int control, const std::string& file, crypto::Key served, pki::TlsRole role) {
    auto self = kernel::Service::start(control);
    std::ifstream stream(file);
    const pki::Key key = MUST(pki::key_from_pem(std::string(std::istreambuf_iterator<char>(stream), {})));
    const EVP_MD* const digest = role == pki::TlsRole::client ? EVP_sha384() : EVP_sha512();
    self.serve<crypto::Interface>(
        [&](const crypto::Sign& m) -> Result<crypto::Sign::Signature> {
            if (m.key != served || !pki::is_tls13_certificate_verify(m.content, role)) return fail(Errc::refused);
            crypto::Sign::Signature signature;
            CHECK(signature.octets.resize(200));
            std::size_t size = 200;
            const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
            CHECK(EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key.get()) == 1);
            CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.octets.data()), &size,
                                 reinterpret_cast<const unsigned char*>(m.content.data()), m.content.size()) == 1);
            CHECK(signature.octets.resize(size));
            return signature;
        },
        [&](const crypto::GetPublic&) -> Result<crypto::GetPublic::Public> { return fail(Errc::unsupported); },
        [&](const crypto::GetState&) -> Result<crypto::GetState::State> { return fail(Errc::unsupported); });
    return self.run();
}

}  // namespace voltkeep::link::testing
