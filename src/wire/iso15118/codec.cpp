// SPDX-License-Identifier: Apache-2.0
#include "wire/iso15118/codec.hpp"

#include "wire/iso15118/schema_set.hpp"

namespace voltkeep::iso15118 {
namespace {

using Size = std::size_t;

exi::Failure decode_document_of(Schema schema, Bytes exi, Message& message) {
    switch (schema) {
        case Schema::app_protocol: return decode_document<Schema::app_protocol>(exi, message);
        case Schema::common_messages: return decode_document<Schema::common_messages>(exi, message);
        case Schema::ac: return decode_document<Schema::ac>(exi, message);
        case Schema::dc: return decode_document<Schema::dc>(exi, message);
        case Schema::acdp: return decode_document<Schema::acdp>(exi, message);
        case Schema::wpt: return decode_document<Schema::wpt>(exi, message);
    }
    return {exi::Fault::unknown_root, 0, {}};
}

exi::Failure decode_document_into_of(Schema schema, Bytes exi, MutableMessagePointer message) {
    switch (schema) {
        case Schema::app_protocol: return decode_document_into<Schema::app_protocol>(exi, message);
        case Schema::common_messages: return decode_document_into<Schema::common_messages>(exi, message);
        case Schema::ac: return decode_document_into<Schema::ac>(exi, message);
        case Schema::dc: return decode_document_into<Schema::dc>(exi, message);
        case Schema::acdp: return decode_document_into<Schema::acdp>(exi, message);
        case Schema::wpt: return decode_document_into<Schema::wpt>(exi, message);
    }
    return {exi::Fault::unknown_root, 0, {}};
}

Size encode_document_of(Schema schema, MessagePointer message, std::span<std::byte> out, exi::Failure& failure) {
    switch (schema) {
        case Schema::app_protocol: return encode_document<Schema::app_protocol>(message, out, failure);
        case Schema::common_messages: return encode_document<Schema::common_messages>(message, out, failure);
        case Schema::ac: return encode_document<Schema::ac>(message, out, failure);
        case Schema::dc: return encode_document<Schema::dc>(message, out, failure);
        case Schema::acdp: return encode_document<Schema::acdp>(message, out, failure);
        case Schema::wpt: return encode_document<Schema::wpt>(message, out, failure);
    }
    failure.fault = exi::Fault::unknown_root;
    return 0;
}

std::string_view name_of_schema(Schema schema) {
    switch (schema) {
        case Schema::app_protocol: return "supportedAppProtocol";
        case Schema::common_messages: return "CommonMessages";
        case Schema::ac: return "AC";
        case Schema::dc: return "DC";
        case Schema::acdp: return "ACDP";
        case Schema::wpt: return "WPT";
    }
    return "?";
}

/// The root code of a document, whatever set it is of: all sets but the protocol negotiation have 6 bits of it.
unsigned root_code_in(Bytes exi) { return exi.size() < 2 ? ~0u : std::to_integer<unsigned>(exi[1]) >> 2; }

template <class... T>
bool is_root_of_any(unsigned code) {
    return ((code == root_code<T>) || ...);
}

}  // namespace

Result<Size> encode(MessagePointer message, std::span<std::byte> out, exi::Failure* why) {
    exi::Failure failure;
    Size size = encode_document_of(schema_of_message(message), message, out, failure);
    if (why != nullptr) *why = failure;
    if (failure.fault == exi::Fault::none) return size;
    return std::unexpected(
        exi::to_error(failure, failure.fault == exi::Fault::no_room ? Errc::full : Errc::bad_argument, name(message)));
}

Result<Size> encode(const Message& message, std::span<std::byte> out, exi::Failure* why) {
    return encode(pointer_to(message), out, why);
}

Result<Message> decode(Schema schema, Bytes exi, exi::Failure* why) {
    Result<Message> message(std::in_place);
    exi::Failure failure = decode_document_of(schema, exi, *message);
    if (why != nullptr) *why = failure;
    if (failure.fault != exi::Fault::none)
        message = std::unexpected(exi::to_error(failure, Errc::malformed, name_of_schema(schema)));
    return message;
}

Result<> decode_into(MutableMessagePointer message, Bytes exi, exi::Failure* why) {
    MessagePointer constant = std::visit([](auto* m) { return MessagePointer(m); }, message);
    exi::Failure failure = decode_document_into_of(schema_of_message(constant), exi, message);
    if (why != nullptr) *why = failure;
    if (failure.fault == exi::Fault::none) return {};
    return std::unexpected(exi::to_error(failure, Errc::malformed, name(constant)));
}

Result<Schema> schema_of_payload(PayloadType type, Bytes exi) {
    switch (type) {
        case PayloadType::app_protocol: return Schema::app_protocol;
        case PayloadType::common:
        case PayloadType::metering_confirmation:
        case PayloadType::parking_status: return Schema::common_messages;
        case PayloadType::ac: return Schema::ac;
        case PayloadType::dc: return Schema::dc;
        case PayloadType::acdp:
        case PayloadType::acdp_system_status: return Schema::acdp;
        case PayloadType::wpt: return Schema::wpt;
        case PayloadType::schedule_renegotiation: break;
        case PayloadType::sdp_request:
        case PayloadType::sdp_response: return fail(Errc::unsupported, "a discovery datagram holds no EXI");
    }
    // No two of these messages share a root code, so the code tells the schema set.
    unsigned code = root_code_in(exi);
    if (is_root_of_any<AC_ChargeParameterDiscoveryReq, AC_ChargeParameterDiscoveryRes>(code)) return Schema::ac;
    if (is_root_of_any<DC_ChargeParameterDiscoveryReq, DC_ChargeParameterDiscoveryRes>(code)) return Schema::dc;
    if (is_root_of_any<WPT_ChargeParameterDiscoveryReq, WPT_ChargeParameterDiscoveryRes>(code)) return Schema::wpt;
    return Schema::common_messages;
}

PayloadType payload_type_of(Schema schema) noexcept {
    switch (schema) {
        case Schema::app_protocol: return PayloadType::app_protocol;
        case Schema::common_messages: return PayloadType::common;
        case Schema::ac: return PayloadType::ac;
        case Schema::dc: return PayloadType::dc;
        case Schema::acdp: return PayloadType::acdp;
        case Schema::wpt: return PayloadType::wpt;
    }
    return PayloadType::common;
}

Result<Message> decode_payload(PayloadType type, Bytes payload, exi::Failure* why) {
    return decode(TRY(schema_of_payload(type, payload)), payload, why);
}

Result<Size> encode_frame(const Message& message, PayloadType type, std::span<std::byte> out) {
    if (out.size() < v2gtp_header_size) return fail(Errc::full, "no room for a V2GTP header");
    Size size = TRY(encode(message, out.subspan(v2gtp_header_size)));
    if (size > v2gtp_max_payload) return fail(Errc::full, "the message is longer than a V2GTP frame may be");
    std::ranges::copy(make_v2gtp_header({type, static_cast<std::uint32_t>(size)}), out.begin());
    return v2gtp_header_size + size;
}

Result<Size> encode_frame(const Message& message, std::span<std::byte> out) {
    return encode_frame(message, payload_type_of(schema_of_message(pointer_to(message))), out);
}

}  // namespace voltkeep::iso15118
