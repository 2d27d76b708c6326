// SPDX-License-Identifier: Apache-2.0
// What is wrong with an OCPP message, in the words of OCPP-J (Part 4, 4.3): the code that the peer is told, and the place.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace voltkeep::ocpp {

/// The codes of a CALLERROR and a CALLRESULTERROR. OCPP 2.1 Part 4, table 8.
enum class ErrorCode : std::uint8_t {
    FormatViolation,                ///< not JSON as we accept it, or a property that the message does not have
    GenericError,                   ///< none of the others
    InternalError,                  ///< the receiver could not do it, the request was good
    MessageTypeNotSupported,        ///< the number that opens the message is none of 2 to 6
    NotImplemented,                 ///< no such action
    NotSupported,                   ///< an action that this side does not take
    OccurrenceConstraintViolation,  ///< a property is missing, a list is too short or too long
    PropertyConstraintViolation,    ///< right type, wrong value: length, range, enumeration, date and time
    ProtocolError,                  ///< a message that may not come now
    RpcFrameworkError,              ///< not a message of OCPP-J at all
    SecurityError,                  ///< refused for security, for example before BootNotification was accepted
    TypeConstraintViolation,        ///< a number where a text belongs, and the like
};

/// The word that travels, in the spelling of 2.1.
[[nodiscard]] std::string_view name(ErrorCode code) noexcept;
/// Nothing for a word that is not in the list: a peer may send any, so those are kept as text by who reads them.
[[nodiscard]] std::optional<ErrorCode> error_code(std::string_view word) noexcept;

struct OcppError {
    ErrorCode code = ErrorCode::GenericError;
    std::string where;  ///< JSON pointer (RFC 6901) into the payload, "" for the whole: "/chargingStation/model"
    std::string what;   ///< one sentence, at most 255 characters, without anything the peer sent

    /// For code that knows no OCPP.
    operator Error() const;  // NOLINT: an OcppError is an error
    friend bool operator==(const OcppError&, const OcppError&) = default;
};

/// A value, or why it is none. TRY works on it.
template <class T = void>
using Checked = std::expected<T, OcppError>;

}  // namespace voltkeep::ocpp
