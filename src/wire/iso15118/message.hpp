// SPDX-License-Identifier: Apache-2.0
// All messages as one value. A Message is a few kilobytes; long lists and signatures are on the heap, bounded by the schema.
#pragma once

#include <array>
#include <string_view>
#include <variant>

#include "wire/iso15118/ac.hpp"
#include "wire/iso15118/acdp.hpp"
#include "wire/iso15118/app_protocol.hpp"
#include "wire/iso15118/common_messages.hpp"
#include "wire/iso15118/dc.hpp"
#include "wire/iso15118/wpt.hpp"

namespace voltkeep::iso15118 {

/// The schema sets: each has a grammar of its own.
enum class Schema : std::uint8_t { app_protocol, common_messages, ac, dc, acdp, wpt };

/// The messages of a schema set with their element names.
template <Schema>
struct MessagesOf;

template <>
struct MessagesOf<Schema::app_protocol> {
    using Types = std::variant<supportedAppProtocolReq, supportedAppProtocolRes>;
    static constexpr std::array<std::string_view, 2> names = {"supportedAppProtocolReq", "supportedAppProtocolRes"};
};

template <>
struct MessagesOf<Schema::common_messages> {
    using Types = std::variant<AuthorizationReq, AuthorizationRes, AuthorizationSetupReq, AuthorizationSetupRes,
                               CertificateInstallationReq, CertificateInstallationRes, MeteringConfirmationReq,
                               MeteringConfirmationRes, PowerDeliveryReq, PowerDeliveryRes, ScheduleExchangeReq,
                               ScheduleExchangeRes, ServiceDetailReq, ServiceDetailRes, ServiceDiscoveryReq, ServiceDiscoveryRes,
                               ServiceSelectionReq, ServiceSelectionRes, SessionSetupReq, SessionSetupRes, SessionStopReq,
                               SessionStopRes, VehicleCheckInReq, VehicleCheckInRes, VehicleCheckOutReq, VehicleCheckOutRes>;
    static constexpr std::array<std::string_view, 26> names = {"AuthorizationReq",
                                                               "AuthorizationRes",
                                                               "AuthorizationSetupReq",
                                                               "AuthorizationSetupRes",
                                                               "CertificateInstallationReq",
                                                               "CertificateInstallationRes",
                                                               "MeteringConfirmationReq",
                                                               "MeteringConfirmationRes",
                                                               "PowerDeliveryReq",
                                                               "PowerDeliveryRes",
                                                               "ScheduleExchangeReq",
                                                               "ScheduleExchangeRes",
                                                               "ServiceDetailReq",
                                                               "ServiceDetailRes",
                                                               "ServiceDiscoveryReq",
                                                               "ServiceDiscoveryRes",
                                                               "ServiceSelectionReq",
                                                               "ServiceSelectionRes",
                                                               "SessionSetupReq",
                                                               "SessionSetupRes",
                                                               "SessionStopReq",
                                                               "SessionStopRes",
                                                               "VehicleCheckInReq",
                                                               "VehicleCheckInRes",
                                                               "VehicleCheckOutReq",
                                                               "VehicleCheckOutRes"};
};

template <>
struct MessagesOf<Schema::ac> {
    using Types =
        std::variant<AC_ChargeLoopReq, AC_ChargeLoopRes, AC_ChargeParameterDiscoveryReq, AC_ChargeParameterDiscoveryRes>;
    static constexpr std::array<std::string_view, 4> names = {"AC_ChargeLoopReq", "AC_ChargeLoopRes",
                                                              "AC_ChargeParameterDiscoveryReq", "AC_ChargeParameterDiscoveryRes"};
};

template <>
struct MessagesOf<Schema::dc> {
    using Types = std::variant<DC_CableCheckReq, DC_CableCheckRes, DC_ChargeLoopReq, DC_ChargeLoopRes,
                               DC_ChargeParameterDiscoveryReq, DC_ChargeParameterDiscoveryRes, DC_PreChargeReq, DC_PreChargeRes,
                               DC_WeldingDetectionReq, DC_WeldingDetectionRes>;
    static constexpr std::array<std::string_view, 10> names = {"DC_CableCheckReq",
                                                               "DC_CableCheckRes",
                                                               "DC_ChargeLoopReq",
                                                               "DC_ChargeLoopRes",
                                                               "DC_ChargeParameterDiscoveryReq",
                                                               "DC_ChargeParameterDiscoveryRes",
                                                               "DC_PreChargeReq",
                                                               "DC_PreChargeRes",
                                                               "DC_WeldingDetectionReq",
                                                               "DC_WeldingDetectionRes"};
};

template <>
struct MessagesOf<Schema::acdp> {
    using Types = std::variant<ACDP_ConnectReq, ACDP_ConnectRes, ACDP_DisconnectReq, ACDP_DisconnectRes, ACDP_SystemStatusReq,
                               ACDP_SystemStatusRes, ACDP_VehiclePositioningReq, ACDP_VehiclePositioningRes>;
    static constexpr std::array<std::string_view, 8> names = {
        "ACDP_ConnectReq",      "ACDP_ConnectRes",      "ACDP_DisconnectReq",         "ACDP_DisconnectRes",
        "ACDP_SystemStatusReq", "ACDP_SystemStatusRes", "ACDP_VehiclePositioningReq", "ACDP_VehiclePositioningRes"};
};

template <>
struct MessagesOf<Schema::wpt> {
    using Types = std::variant<WPT_AlignmentCheckReq, WPT_AlignmentCheckRes, WPT_ChargeLoopReq, WPT_ChargeLoopRes,
                               WPT_ChargeParameterDiscoveryReq, WPT_ChargeParameterDiscoveryRes, WPT_FinePositioningReq,
                               WPT_FinePositioningRes, WPT_FinePositioningSetupReq, WPT_FinePositioningSetupRes, WPT_PairingReq,
                               WPT_PairingRes>;
    static constexpr std::array<std::string_view, 12> names = {
        "WPT_AlignmentCheckReq",           "WPT_AlignmentCheckRes",           "WPT_ChargeLoopReq",      "WPT_ChargeLoopRes",
        "WPT_ChargeParameterDiscoveryReq", "WPT_ChargeParameterDiscoveryRes", "WPT_FinePositioningReq", "WPT_FinePositioningRes",
        "WPT_FinePositioningSetupReq",     "WPT_FinePositioningSetupRes",     "WPT_PairingReq",         "WPT_PairingRes"};
};

namespace detail {

template <class... Variants>
struct Joined;
template <class... A, class... B, class... Rest>
struct Joined<std::variant<A...>, std::variant<B...>, Rest...> : Joined<std::variant<A..., B...>, Rest...> {};
template <class... A>
struct Joined<std::variant<A...>> {
    using type = std::variant<A...>;
};

/// Position of T in a variant; its size if it is not in it.
template <class T, class Variant>
inline constexpr std::size_t position = 0;
template <class T, class... A>
inline constexpr std::size_t position<T, std::variant<A...>> = [] {
    std::size_t i = 0;
    (void)((std::is_same_v<T, A> || (++i, false)) || ...);
    return i;
}();
template <class T, Schema S>
inline constexpr bool is_in = position<T, typename MessagesOf<S>::Types> < MessagesOf<S>::names.size();

}  // namespace detail

/// The types of the messages: what a Message is one of.
using AnyMessage = detail::Joined<MessagesOf<Schema::app_protocol>::Types, MessagesOf<Schema::common_messages>::Types,
                                  MessagesOf<Schema::ac>::Types, MessagesOf<Schema::dc>::Types, MessagesOf<Schema::acdp>::Types,
                                  MessagesOf<Schema::wpt>::Types>::type;
inline constexpr std::size_t message_types = std::variant_size_v<AnyMessage>;

namespace detail {
template <class Variant>
struct PointersTo;
template <class... T>
struct PointersTo<std::variant<T...>> {
    using Mutable = std::variant<T*...>;
    using Constant = std::variant<const T*...>;
};
}  // namespace detail

/// A pointer to a message of any type: what the codec's typed functions hand on.
using MessagePointer = detail::PointersTo<AnyMessage>::Constant;
using MutableMessagePointer = detail::PointersTo<AnyMessage>::Mutable;

/// T is one of the messages.
template <class T>
concept IsMessage = detail::position<T, AnyMessage> < message_types;

/// A message of any type. It is a std::variant, for std::get_if and std::visit too; that it is copied, moved and destroyed in
/// message.cpp alone saves each file that has one ten seconds of its compiler.
class Message : public AnyMessage {
public:
    Message();
    Message(const Message& other);
    Message(Message&& other) noexcept;
    Message& operator=(const Message& other);
    Message& operator=(Message&& other) noexcept;
    ~Message();

    template <class T>
        requires IsMessage<std::remove_cvref_t<T>>
    Message(T&& message) : Message() {
        std::remove_cvref_t<T> taken = std::forward<T>(message);
        take(&taken);
    }

private:
    void take(MutableMessagePointer message);
};

/// The schema set of a message type.
template <IsMessage T>
inline constexpr Schema schema_of = detail::is_in<T, Schema::app_protocol>      ? Schema::app_protocol
                                    : detail::is_in<T, Schema::common_messages> ? Schema::common_messages
                                    : detail::is_in<T, Schema::ac>              ? Schema::ac
                                    : detail::is_in<T, Schema::dc>              ? Schema::dc
                                    : detail::is_in<T, Schema::acdp>            ? Schema::acdp
                                                                                : Schema::wpt;
/// The element name of a message type, for example "DC_ChargeLoopReq".
template <IsMessage T>
inline constexpr std::string_view name_of =
    MessagesOf<schema_of<T>>::names[detail::position<T, typename MessagesOf<schema_of<T>>::Types>];

/// A pointer to what the variant holds.
[[nodiscard]] MessagePointer pointer_to(const Message& message);
/// The schema set of the message.
[[nodiscard]] Schema schema_of_message(MessagePointer message);
/// The element name of the message.
[[nodiscard]] std::string_view name(const Message& message);
[[nodiscard]] std::string_view name(MessagePointer message);
/// The header; null for the protocol negotiation, which has none.
[[nodiscard]] const MessageHeader* header_of(const Message& message);
/// The response code; null for requests and the protocol negotiation.
[[nodiscard]] const ResponseCode* response_code_of(const Message& message);

/// The session ends after this answer.
[[nodiscard]] constexpr bool is_failed(ResponseCode code) { return code >= ResponseCode::FAILED; }
[[nodiscard]] constexpr bool is_warning(ResponseCode code) {
    return code > ResponseCode::OK_PowerToleranceConfirmed && !is_failed(code);
}

}  // namespace voltkeep::iso15118
