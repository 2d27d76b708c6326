// SPDX-License-Identifier: Apache-2.0
#include "services/iso15118/secc/refusal.hpp"

#include "services/iso15118/secc/offers.hpp"

namespace voltkeep::iso15118::secc {
namespace {

// In Message each request is followed by its response.
template <class Req>
using ResponseTo = std::variant_alternative_t<iso15118::detail::position<Req, AnyMessage> + 1, AnyMessage>;

template <class T>
constexpr bool is_request = name_of<T>.ends_with("Req");
static_assert(std::is_same_v<ResponseTo<SessionSetupReq>, SessionSetupRes>);
static_assert(std::is_same_v<ResponseTo<DC_WeldingDetectionReq>, DC_WeldingDetectionRes>);

template <class T>
constexpr bool is_answerable = is_request<T> && schema_of<T> != Schema::acdp && schema_of<T> != Schema::wpt;

}  // namespace

template <>
SessionSetupRes blank(const Settings& settings) {
    SessionSetupRes response;
    response.evse_id = Identifier::from(settings.evse.view()).value_or(Identifier("unnamed"));
    return response;
}

template <>
AuthorizationSetupRes blank(const Settings&) {
    AuthorizationSetupRes response;
    response.authorization_services = {Authorization::EIM};
    return response;
}

template <>
ServiceDiscoveryRes blank(const Settings& settings) {
    ServiceDiscoveryRes response;
    response.service_renegotiation_supported = true;
    response.energy_transfer_service_list = energy_services(settings);
    return response;
}

template <>
ServiceDetailRes blank(const Settings& settings) {
    ServiceDetailRes response;
    response.service_id = energy_services(settings).service[0].service_id;
    response.service_parameter_list = parameter_sets(settings, response.service_id);
    return response;
}

template <>
CertificateInstallationRes blank(const Settings&) {
    CertificateInstallationRes response;
    response.signed_installation_data.id = xmldsig::ID("none");
    CHECK(response.signed_installation_data.contract_certificate_chain.sub_certificates.certificate.resize(1));
    return response;
}

std::optional<Message> refusal(const Settings& settings, const Message& request, ResponseCode code) {
    return std::visit(
        [&]<class Req>(const Req&) -> std::optional<Message> {
            if constexpr (std::is_same_v<Req, supportedAppProtocolReq>) {
                return Message(supportedAppProtocolRes{AppProtocolResponseCode::Failed_NoNegotiation, {}});
            } else if constexpr (is_answerable<Req>) {
                auto response = blank<ResponseTo<Req>>(settings);
                response.response_code = code;
                return Message(std::move(response));
            } else {
                return std::nullopt;
            }
        },
        request);
}

}  // namespace voltkeep::iso15118::secc
