// SPDX-License-Identifier: Apache-2.0
// Private keys that are in another process: an OpenSSL provider that holds no cryptography and forwards what is to be signed.
// What is signed comes whole (of TLS 1.3 the text of the CertificateVerify), so that who has the key can see what it is. If no
// signature comes, the handshake ends before any application byte. One thread.
#pragma once

#include <openssl/evp.h>
#include <openssl/provider.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace voltkeep::tls {

/// An OpenSSL library context of its own; contexts and keys that come of it end before it.
class RemoteKeys {
public:
    /// `name`: of the key; `digest`: OpenSSL's name of the hash, "SHA2-384". The signature as the algorithm has it:
    /// ECDSA-Sig-Value.
    using Sign = std::function<Result<std::vector<std::byte>>(std::string_view name, std::string_view digest,
                                                              std::span<const std::byte> content)>;

    struct FreeKey {
        void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    };
    using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

    /// Errors: tls.
    static Result<std::unique_ptr<RemoteKeys>> make(Sign sign);
    RemoteKeys(const RemoteKeys&) = delete;
    RemoteKeys& operator=(const RemoteKeys&) = delete;
    ~RemoteKeys();

    /// For SSL_CTX_new_ex and everything else that shall find these keys. It loads no configuration.
    [[nodiscard]] OSSL_LIB_CTX* context() const { return context_; }

    /// The key of that name; its public half is known (ECDSA P-256, P-384 or P-521). Errors: unsupported (another kind of key),
    /// tls.
    [[nodiscard]] Result<Key> key(std::string_view name, const EVP_PKEY* public_half) const;

    /// Why the last signature did not come.
    [[nodiscard]] const Error& last_error() const { return last_error_; }

    /// For the provider alone: asks for a signature of at most `room` bytes. Its size; 0 if there is none.
    std::size_t forward(std::string_view name, std::string_view digest, std::span<const std::byte> content, unsigned char* out,
                        std::size_t room);

private:
    explicit RemoteKeys(Sign sign) : sign_(std::move(sign)) {}

    Sign sign_;
    Error last_error_{Errc::ok};
    OSSL_LIB_CTX* context_ = nullptr;
    OSSL_PROVIDER* standard_ = nullptr;
    OSSL_PROVIDER* own_ = nullptr;
};

}  // namespace voltkeep::tls
