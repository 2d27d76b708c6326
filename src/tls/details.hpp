// SPDX-License-Identifier: Apache-2.0
// What was negotiated, and why a handshake failed: values for the log, for status, and for decisions.
#pragma once

#include <openssl/ssl.h>

#include "base/result.hpp"

namespace voltkeep::tls {

/// Of an open connection.
struct Details {
    Text<24> protocol;                                     ///< "TLSv1.3"
    Text<32> group;                                        ///< "SecP384r1MLKEM1024"
    Text<40> cipher;                                       ///< "TLS_AES_256_GCM_SHA384"
    Text<200> peer_subject;                                ///< of the peer's leaf certificate, RFC 2253; cut at 200 bytes
    Text<80> own_subject;                                  ///< cut at 80 bytes
    std::array<std::uint8_t, 64> peer_certificate_hash{};  ///< SHA-512 over the peer's leaf certificate, DER
};

/// Errors: tls (the handshake is not finished, or the peer showed no certificate).
[[nodiscard]] Result<Details> details_of(SSL* connection);

/// The negotiated group is `required`, or anything if that is empty. Errors: tls.
[[nodiscard]] Result<> check_group(const Details& details, std::string_view required);

/// Why this handshake failed, as the words of a security event of OCPP 2.1 (appendix 1) where there is one.
enum class Failure : std::uint8_t { other, peer_certificate, protocol_version, cipher_suite };
[[nodiscard]] Failure failure_of(SSL* connection, unsigned long openssl_error);

/// In OpenSSL's words, with the verification's own where that failed.
[[nodiscard]] Text<220> describe_failure(SSL* connection, std::string_view what);

/// The newest entry of this thread's error queue, which is emptied.
[[nodiscard]] Text<160> last_openssl_error();

}  // namespace voltkeep::tls
