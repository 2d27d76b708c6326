// SPDX-License-Identifier: Apache-2.0
// Keys for tests: made anew, both halves at hand.
#pragma once

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include <memory>

#include "wire/audit_log/checkpoint.hpp"

namespace voltkeep::audit_log {

class TestSigner {
public:
    TestSigner(std::string name, SignatureType type) : key_(make(type), EVP_PKEY_free) {
        public_.name = std::move(name);
        public_.type = type;
        if (type == SignatureType::ecdsa_p256) {
            std::array<std::byte, 65> point;
            std::size_t written = 0;
            CHECK(EVP_PKEY_get_octet_string_param(key_.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                                  reinterpret_cast<unsigned char*>(point.data()), point.size(), &written) == 1);
            public_.key = p256_key(Bytes(point).first(written));
            return;
        }
        std::size_t size = 0;
        CHECK(EVP_PKEY_get_raw_public_key(key_.get(), nullptr, &size) == 1);
        public_.key.resize(size);
        CHECK(EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(public_.key.data()), &size) == 1);
    }

    [[nodiscard]] const VerifierKey& key() const { return public_; }
    [[nodiscard]] Sign sign() const {
        return [this](Bytes message) -> Result<std::vector<std::byte>> {
            const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
            const char* digest = public_.type == SignatureType::ecdsa_p256 ? "SHA256" : nullptr;
            const auto* octets = reinterpret_cast<const unsigned char*>(message.data());
            std::size_t size = 0;
            CHECK(EVP_DigestSignInit_ex(context.get(), nullptr, digest, nullptr, nullptr, key_.get(), nullptr) == 1);
            CHECK(EVP_DigestSign(context.get(), nullptr, &size, octets, message.size()) == 1);
            std::vector<std::byte> signature(size);
            CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, octets,
                                 message.size()) == 1);
            signature.resize(size);
            return signature;
        };
    }
    /// The checkpoint as a note with this one signature.
    [[nodiscard]] std::string note(const Checkpoint& checkpoint, std::uint64_t unix_s = 1'763'000'000) const {
        return write_note({write_checkpoint(checkpoint), {MUST(sign_checkpoint(checkpoint, public_, unix_s, sign()))}});
    }

private:
    static EVP_PKEY* make(SignatureType type) {
        switch (type) {
            case SignatureType::ed25519: return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
            case SignatureType::ml_dsa_44: return EVP_PKEY_Q_keygen(nullptr, nullptr, "ML-DSA-44");
            case SignatureType::ecdsa_p256: return EVP_EC_gen("P-256");
        }
        return nullptr;
    }

    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
    VerifierKey public_;
};

}  // namespace voltkeep::audit_log
