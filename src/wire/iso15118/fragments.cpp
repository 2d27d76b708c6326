// SPDX-License-Identifier: Apache-2.0
#include "wire/iso15118/fragments.hpp"

#include "wire/iso15118/codec.hpp"
#include "wire/iso15118/schema_set.hpp"

namespace voltkeep::iso15118 {
namespace {

template <class T>
constexpr FragmentRoot root_of = fragment_roots[detail::position<T, Fragment>];

template <class T>
Result<std::size_t> put_fragment(const T& element, FragmentGrammar grammar, FragmentRoot root, std::span<std::byte> bytes,
                                 exi::Failure* why) {
    exi::BitWriter out(bytes);
    put_header(out);
    out.put(grammar.width(), root.code);
    exi::put(out, element);
    out.put(grammar.width(), grammar.end_code());
    std::size_t size = out.finish();
    if (why != nullptr) *why = out.failure();
    if (out.ok()) return size;
    return std::unexpected(
        exi::to_error(out.failure(), out.failure().fault == exi::Fault::no_room ? Errc::full : Errc::bad_argument, root.name));
}

template <class T>
Result<T> get_fragment(Bytes bytes, FragmentGrammar grammar, FragmentRoot root, exi::Failure* why) {
    Result<T> element(std::in_place);
    exi::BitReader in(bytes);
    get_header(in);
    if (in.get(grammar.width()) != root.code) in.fail(exi::Fault::unknown_root);
    if (in.ok()) exi::get(in, *element);
    if (in.get(grammar.width()) != grammar.end_code()) in.fail(exi::Fault::escape);
    in.finish();
    if (why != nullptr) *why = in.failure();
    if (!in.ok()) element = std::unexpected(exi::to_error(in.failure(), Errc::malformed, root.name));
    return element;
}

}  // namespace

Result<std::size_t> encode_fragment(const xmldsig::SignedInfo& signed_info, SignedInfoGrammar grammar, std::span<std::byte> out,
                                    exi::Failure* why) {
    if (grammar == SignedInfoGrammar::xmldsig) return put_fragment(signed_info, xmldsig_fragment, xmldsig_signed_info, out, why);
    return put_fragment(signed_info, common_messages_fragment, root_of<xmldsig::SignedInfo>, out, why);
}

Result<xmldsig::SignedInfo> decode_signed_info(SignedInfoGrammar grammar, Bytes exi, exi::Failure* why) {
    if (grammar == SignedInfoGrammar::xmldsig)
        return get_fragment<xmldsig::SignedInfo>(exi, xmldsig_fragment, xmldsig_signed_info, why);
    return get_fragment<xmldsig::SignedInfo>(exi, common_messages_fragment, root_of<xmldsig::SignedInfo>, why);
}

template <class T>
Result<std::size_t> encode_fragment(const T& element, std::span<std::byte> out, exi::Failure* why) {
    return put_fragment(element, common_messages_fragment, root_of<T>, out, why);
}

template <class T>
Result<T> decode_fragment(Bytes exi, exi::Failure* why) {
    return get_fragment<T>(exi, common_messages_fragment, root_of<T>, why);
}

template Result<std::size_t> encode_fragment(const AbsolutePriceSchedule&, std::span<std::byte>, exi::Failure*);
template Result<std::size_t> encode_fragment(const SignedCertificateChain&, std::span<std::byte>, exi::Failure*);
template Result<std::size_t> encode_fragment(const PnC_AReqAuthorizationMode&, std::span<std::byte>, exi::Failure*);
template Result<std::size_t> encode_fragment(const PriceLevelSchedule&, std::span<std::byte>, exi::Failure*);
template Result<std::size_t> encode_fragment(const SignedInstallationData&, std::span<std::byte>, exi::Failure*);
template Result<std::size_t> encode_fragment(const SignedMeteringData&, std::span<std::byte>, exi::Failure*);
template Result<AbsolutePriceSchedule> decode_fragment(Bytes, exi::Failure*);
template Result<SignedCertificateChain> decode_fragment(Bytes, exi::Failure*);
template Result<PnC_AReqAuthorizationMode> decode_fragment(Bytes, exi::Failure*);
template Result<PriceLevelSchedule> decode_fragment(Bytes, exi::Failure*);
template Result<SignedInstallationData> decode_fragment(Bytes, exi::Failure*);
template Result<SignedMeteringData> decode_fragment(Bytes, exi::Failure*);

}  // namespace voltkeep::iso15118
