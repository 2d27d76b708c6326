// SPDX-License-Identifier: Apache-2.0
// The protocol negotiation that precedes every session: schema urn:iso:15118:2:2010:AppProtocol.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/exi/fields.hpp"

namespace voltkeep::iso15118 {

using exi::operator==;

using ProtocolNamespace = exi::String<100>;         ///< for example "urn:iso:std:iso:15118:-20:DC"
using SchemaID = std::uint8_t;                      ///< a handle that the car chose
using Priority = exi::Within<std::uint8_t, 1, 20>;  ///< 1 is the highest

/// Outcome of the protocol negotiation.
enum class AppProtocolResponseCode : std::uint8_t {
    OK_SuccessfulNegotiation,
    OK_SuccessfulNegotiationWithMinorDeviation,
    Failed_NoNegotiation
};
constexpr auto names(exi::of<AppProtocolResponseCode>) {
    return exi::enumeration<AppProtocolResponseCode::Failed_NoNegotiation>(
        "OK_SuccessfulNegotiation", "OK_SuccessfulNegotiationWithMinorDeviation", "Failed_NoNegotiation");
}

/// One protocol that the car speaks.
struct AppProtocol {
    ProtocolNamespace protocol_namespace{};
    std::uint32_t version_number_major = 0;
    std::uint32_t version_number_minor = 0;
    SchemaID schema_id{};
    Priority priority{};
};
constexpr auto fields(exi::of<AppProtocol>) {
    return exi::list(exi::element("ProtocolNamespace", &AppProtocol::protocol_namespace),
                     exi::element("VersionNumberMajor", &AppProtocol::version_number_major),
                     exi::element("VersionNumberMinor", &AppProtocol::version_number_minor),
                     exi::element("SchemaID", &AppProtocol::schema_id), exi::element("Priority", &AppProtocol::priority));
}

/// The protocols that the car speaks, in no particular order: each entry has its own priority.
struct supportedAppProtocolReq {
    exi::Many<AppProtocol, 20> app_protocol{};
};
constexpr auto fields(exi::of<supportedAppProtocolReq>) {
    return exi::list(exi::element("AppProtocol", &supportedAppProtocolReq::app_protocol));
}

/// The protocol that the charger chose, by the SchemaID of the request.
struct supportedAppProtocolRes {
    AppProtocolResponseCode response_code{};
    std::optional<SchemaID> schema_id{};
};
constexpr auto fields(exi::of<supportedAppProtocolRes>) {
    return exi::list(exi::element("ResponseCode", &supportedAppProtocolRes::response_code),
                     exi::element("SchemaID", &supportedAppProtocolRes::schema_id));
}

}  // namespace voltkeep::iso15118
