// SPDX-License-Identifier: Apache-2.0
// What a factory does with an empty token.
#pragma once

#include "pkcs11/program.hpp"

namespace voltkeep::pkcs11 {

/// Takes the module's first empty token, names it ours and gives it the PIN, which is the officer's too. The session in which its
/// user is logged in. Errors: full (no empty token), io.
[[nodiscard]] Result<std::uint64_t> begin_token(Program& token, std::string_view pin);

/// The same, and makes a P-521 key of that name in it that cannot leave. Its public half, as a PEM file has it.
[[nodiscard]] Result<std::string> make_token(Program& token, std::string_view pin, std::string_view key);

/// CKA_EC_PARAMS of P-521: its OBJECT IDENTIFIER.
inline Bytes secp521r1() {
    static constexpr unsigned char octets[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23};
    return std::as_bytes(std::span(octets));
}

}  // namespace voltkeep::pkcs11
