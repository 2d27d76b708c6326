// SPDX-License-Identifier: Apache-2.0
// Messages to bytes and back: EXI (bit-packed, schema-informed, non-strict, no string tables) as ISO 15118-20 asks for.
// Pure functions. The decoder is total: any input gives a message or an Error (Errc::malformed; `why` has the fault and the bit
// position), in memory bounded by the schema's own maxima: no heap for a charge loop message, some kilobytes for a signed one,
// less than 4 MiB for the longest schedules that there can be. What decodes encodes to the same bytes, so signatures can be
// checked on a re-encoded fragment.
#pragma once

#include <span>

#include "base/result.hpp"
#include "wire/exi/failure.hpp"
#include "wire/iso15118/message.hpp"
#include "wire/iso15118/v2gtp.hpp"

namespace voltkeep::iso15118 {

/// The document of one message: bytes written. Errc::bad_argument if a field is outside its range, Errc::full if `out` is too
/// small.
[[nodiscard]] Result<std::size_t> encode(MessagePointer message, std::span<std::byte> out, exi::Failure* why = nullptr);
[[nodiscard]] Result<std::size_t> encode(const Message& message, std::span<std::byte> out, exi::Failure* why = nullptr);
template <IsMessage T>
[[nodiscard]] Result<std::size_t> encode(const T& message, std::span<std::byte> out, exi::Failure* why = nullptr) {
    return encode(MessagePointer(&message), out, why);
}

/// One document of this schema set, whatever message it is.
[[nodiscard]] Result<Message> decode(Schema schema, Bytes exi, exi::Failure* why = nullptr);
/// One document that must be this message.
[[nodiscard]] Result<> decode_into(MutableMessagePointer message, Bytes exi, exi::Failure* why = nullptr);
template <IsMessage T>
[[nodiscard]] Result<T> decode_as(Bytes exi, exi::Failure* why = nullptr) {
    Result<T> message(std::in_place);
    if (auto done = decode_into(&*message, exi, why); !done) message = std::unexpected(done.error());
    return message;
}

/// The schema set of a payload type. For schedule_renegotiation, whose type does not tell, the document's root code decides.
/// Errc::unsupported if it is no type that carries EXI.
[[nodiscard]] Result<Schema> schema_of_payload(PayloadType type, Bytes exi);
/// The main stream's payload type of a schema set.
[[nodiscard]] PayloadType payload_type_of(Schema schema) noexcept;

/// The payload of a V2GTP frame of this type.
[[nodiscard]] Result<Message> decode_payload(PayloadType type, Bytes payload, exi::Failure* why = nullptr);
/// A whole V2GTP frame, header and payload: bytes written. `type` is the message's main stream, or the side stream that it
/// answers.
[[nodiscard]] Result<std::size_t> encode_frame(const Message& message, PayloadType type, std::span<std::byte> out);
[[nodiscard]] Result<std::size_t> encode_frame(const Message& message, std::span<std::byte> out);

/// The grammar in which SignedInfo is made a fragment. The standard can be read both ways; what verifies in the field is xmldsig.
enum class SignedInfoGrammar : std::uint8_t {
    xmldsig,          ///< the stand-alone XML-Signature schema
    common_messages,  ///< the CommonMessages schema set
};
/// The bytes that a SignatureValue is made over.
[[nodiscard]] Result<std::size_t> encode_fragment(const xmldsig::SignedInfo& signed_info, SignedInfoGrammar grammar,
                                                  std::span<std::byte> out, exi::Failure* why = nullptr);
[[nodiscard]] Result<xmldsig::SignedInfo> decode_signed_info(SignedInfoGrammar grammar, Bytes exi, exi::Failure* why = nullptr);

/// The bytes that a DigestValue is made over: a signed element as a fragment of the CommonMessages schema set. T is one of
/// PnC_AReqAuthorizationMode, SignedCertificateChain (as OEMProvisioningCertificateChain), SignedInstallationData,
/// SignedMeteringData, AbsolutePriceSchedule, PriceLevelSchedule.
template <class T>
[[nodiscard]] Result<std::size_t> encode_fragment(const T& element, std::span<std::byte> out, exi::Failure* why = nullptr);
template <class T>
[[nodiscard]] Result<T> decode_fragment(Bytes exi, exi::Failure* why = nullptr);

}  // namespace voltkeep::iso15118
