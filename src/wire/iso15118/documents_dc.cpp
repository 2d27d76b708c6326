// SPDX-License-Identifier: Apache-2.0
#include "wire/iso15118/documents.hpp"

namespace voltkeep::iso15118 {

// Widths that are known from the standard's own examples hold the derivation in place.
static_assert(exi::width_before<DC_ChargeLoopReq>(4) == 3);
static_assert(root_code<DC_ChargeLoopReq> == 13 && root_width<Schema::dc> == 6);

template exi::Failure decode_document<Schema::dc>(Bytes, Message&);
template exi::Failure decode_document_into<Schema::dc>(Bytes, MutableMessagePointer);
template std::size_t encode_document<Schema::dc>(MessagePointer, std::span<std::byte>, exi::Failure&);

}  // namespace voltkeep::iso15118
