// SPDX-License-Identifier: Apache-2.0
// The documents of a schema set. The code of a message is its place among all global elements of the set (imports included),
// sorted by name: so each set lists them, and nothing else about codes is written down. For the translation units of the codec.
#pragma once

#include "wire/exi/decode.hpp"
#include "wire/exi/encode.hpp"
#include "wire/iso15118/message.hpp"

namespace voltkeep::iso15118 {

//= ISO 15118-20 7.9.1.3 EXI with default options, bit-packed, not strict, no options in the header, value partition capacity 0
inline constexpr std::byte exi_header{0x80};  ///< distinguishing bits 10, no options, version 1

namespace detail {

inline constexpr std::array<std::string_view, 24> xmldsig_elements = {"CanonicalizationMethod",
                                                                      "DSAKeyValue",
                                                                      "DigestMethod",
                                                                      "DigestValue",
                                                                      "KeyInfo",
                                                                      "KeyName",
                                                                      "KeyValue",
                                                                      "Manifest",
                                                                      "MgmtData",
                                                                      "Object",
                                                                      "PGPData",
                                                                      "RSAKeyValue",
                                                                      "Reference",
                                                                      "RetrievalMethod",
                                                                      "SPKIData",
                                                                      "Signature",
                                                                      "SignatureMethod",
                                                                      "SignatureProperties",
                                                                      "SignatureProperty",
                                                                      "SignatureValue",
                                                                      "SignedInfo",
                                                                      "Transform",
                                                                      "Transforms",
                                                                      "X509Data"};
inline constexpr std::array<std::string_view, 2> common_types_elements = {"CLReqControlMode", "CLResControlMode"};

template <Schema S>
inline constexpr std::array<std::string_view, 0> other_elements{};
template <>
inline constexpr std::array<std::string_view, 2> other_elements<Schema::common_messages>{"SignedInstallationData",
                                                                                         "SignedMeteringData"};
template <>
inline constexpr std::array<std::string_view, 12> other_elements<Schema::ac>{
    "AC_CPDReqEnergyTransferMode",       "AC_CPDResEnergyTransferMode",       "BPT_AC_CPDReqEnergyTransferMode",
    "BPT_AC_CPDResEnergyTransferMode",   "BPT_Dynamic_AC_CLReqControlMode",   "BPT_Dynamic_AC_CLResControlMode",
    "BPT_Scheduled_AC_CLReqControlMode", "BPT_Scheduled_AC_CLResControlMode", "Dynamic_AC_CLReqControlMode",
    "Dynamic_AC_CLResControlMode",       "Scheduled_AC_CLReqControlMode",     "Scheduled_AC_CLResControlMode"};
template <>
inline constexpr std::array<std::string_view, 12> other_elements<Schema::dc>{
    "BPT_DC_CPDReqEnergyTransferMode", "BPT_DC_CPDResEnergyTransferMode",   "BPT_Dynamic_DC_CLReqControlMode",
    "BPT_Dynamic_DC_CLResControlMode", "BPT_Scheduled_DC_CLReqControlMode", "BPT_Scheduled_DC_CLResControlMode",
    "DC_CPDReqEnergyTransferMode",     "DC_CPDResEnergyTransferMode",       "Dynamic_DC_CLReqControlMode",
    "Dynamic_DC_CLResControlMode",     "Scheduled_DC_CLReqControlMode",     "Scheduled_DC_CLResControlMode"};

/// All global elements of a schema set, sorted.
template <Schema S>
inline constexpr auto global_elements = [] {
    constexpr std::size_t imported = S == Schema::app_protocol ? 0 : xmldsig_elements.size() + common_types_elements.size();
    std::array<std::string_view, imported + MessagesOf<S>::names.size() + other_elements<S>.size()> all{};
    auto end = std::ranges::copy(MessagesOf<S>::names, all.begin()).out;
    end = std::ranges::copy(other_elements<S>, end).out;
    if constexpr (imported > 0) {
        end = std::ranges::copy(xmldsig_elements, end).out;
        std::ranges::copy(common_types_elements, end);
    }
    std::ranges::sort(all);
    return all;
}();

}  // namespace detail

/// Bits of the root code: one more code than elements, for any other element.
template <Schema S>
inline constexpr auto root_width = static_cast<unsigned>(std::bit_width(detail::global_elements<S>.size()));

/// The event code of a message as the root of a document.
template <IsMessage T>
inline constexpr auto root_code = static_cast<unsigned>(std::ranges::find(detail::global_elements<schema_of<T>>, name_of<T>) -
                                                        detail::global_elements<schema_of<T>>.begin());

/// A stream's first byte.
inline void get_header(exi::BitReader& in) {
    if (in.get(8) != std::to_integer<std::uint64_t>(exi_header)) in.fail(exi::Fault::header);
}
inline void put_header(exi::BitWriter& out) { out.put(8, std::to_integer<std::uint64_t>(exi_header)); }

/// One document of this set, whatever message it is.
template <Schema S>
exi::Failure get_document(Bytes exi, Message& message) {
    exi::BitReader in(exi);
    get_header(in);
    auto code = static_cast<unsigned>(in.get(root_width<S>));
    bool is_known = [&]<class... T>(std::type_identity<std::variant<T...>>) {
        return in.ok() && ((root_code<T> == code && (exi::get(in, message.emplace<T>()), true)) || ...);
    }(std::type_identity<typename MessagesOf<S>::Types>{});
    if (!is_known) in.fail(exi::Fault::unknown_root);
    in.finish();
    return in.failure();
}

/// One document that must be this message.
template <IsMessage T>
exi::Failure get_document_as(Bytes exi, T& message) {
    exi::BitReader in(exi);
    get_header(in);
    if (in.get(root_width<schema_of<T>>) != root_code<T>) in.fail(exi::Fault::unknown_root);
    if (in.ok()) exi::get(in, message);
    in.finish();
    return in.failure();
}

/// The bytes of the document; 0 after a failure.
template <IsMessage T>
std::size_t put_document(const T& message, std::span<std::byte> bytes, exi::Failure& failure) {
    exi::BitWriter out(bytes);
    put_header(out);
    out.put(root_width<schema_of<T>>, root_code<T>);
    exi::put(out, message);
    std::size_t size = out.finish();
    failure = out.failure();
    return size;
}

/// What a translation unit per schema set (documents_*.cpp) gives to codec.cpp. The pointer is to a message of this set.
template <Schema S>
[[nodiscard]] exi::Failure decode_document(Bytes exi, Message& message);
template <Schema S>
[[nodiscard]] exi::Failure decode_document_into(Bytes exi, MutableMessagePointer message);
template <Schema S>
[[nodiscard]] std::size_t encode_document(MessagePointer message, std::span<std::byte> out, exi::Failure& failure);

}  // namespace voltkeep::iso15118
