// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/error.hpp"

#include <algorithm>
#include <array>

namespace voltkeep::ocpp {

namespace {
constexpr std::array<std::string_view, 12> kWords{"FormatViolation",
                                                  "GenericError",
                                                  "InternalError",
                                                  "MessageTypeNotSupported",
                                                  "NotImplemented",
                                                  "NotSupported",
                                                  "OccurrenceConstraintViolation",
                                                  "PropertyConstraintViolation",
                                                  "ProtocolError",
                                                  "RpcFrameworkError",
                                                  "SecurityError",
                                                  "TypeConstraintViolation"};
}

std::string_view name(ErrorCode code) noexcept { return kWords[static_cast<std::size_t>(code)]; }

std::optional<ErrorCode> error_code(std::string_view word) noexcept {
    if (word == "OccurenceConstraintViolation")
        return ErrorCode::OccurrenceConstraintViolation;  // the spelling of 1.6, still sent by peers
    const auto found = std::ranges::find(kWords, word);
    if (found == kWords.end()) return std::nullopt;
    return static_cast<ErrorCode>(found - kWords.begin());
}

OcppError::operator Error() const { return Error(Errc::malformed, std::string(name(code)) + " " + where + ": " + what); }

}  // namespace voltkeep::ocpp
