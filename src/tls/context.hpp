// SPDX-License-Identifier: Apache-2.0
// What both ends of every connection of ours agree on: TLS 1.3 alone, mutual, with the lists of the profile and nothing of a
// machine's configuration. For link and for peers. It reads its files once; nothing is opened afterwards.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/result.hpp"

namespace voltkeep::tls {

class RemoteKeys;

enum class Side : std::uint8_t { client, server };

/// All names are OpenSSL's. An empty list is an error: a default is nobody's decision.
struct Profile {
    Side side = Side::client;
    std::string certificates;           ///< PEM file: own certificate, then its sub-CAs, without the root
    std::string key;                    ///< PEM file; with `keys` its name there
    const RemoteKeys* keys = nullptr;   ///< where the key is, if it is in another process; outlives the context
    std::string trust;                  ///< PEM file: the roots that the peer's chain must end in
    std::string suites;                 ///< "TLS_AES_256_GCM_SHA384"
    std::string groups;                 ///< "SecP384r1MLKEM1024:X25519MLKEM768/P-384": a slash parts what is equally good
    std::string signature_algorithms;   ///< "ecdsa_secp384r1_sha384:mldsa87": what the peer may sign with, and its chain
    bool names_authorities = false;     ///< a client says which roots it trusts (a server always does): ISO 15118-20 [V2G20-1006]
    std::size_t longest_chain = 65536;  ///< bytes of the peer's chain; a longer one ends the handshake
};

struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;

/// Errors: tls, with the file or the list that is at fault.
[[nodiscard]] Result<Context> make_context(const Profile& profile);

/// The client's end: the name that is asked for (SNI) and that the server's certificate must carry. A DNS name in
/// subjectAltName counts, and so does the common name: OCPP discourages subjectAltName and extended key usage.
//= OCPP 2.1 A00.FR.412
[[nodiscard]] Result<> expect_name(SSL* connection, std::string_view name);

}  // namespace voltkeep::tls
