// SPDX-License-Identifier: Apache-2.0
#include "wire/iso15118/documents.hpp"

namespace voltkeep::iso15118 {

static_assert(root_code<AuthorizationReq> == 0 && root_code<VehicleCheckOutRes> == 52 &&
              root_width<Schema::common_messages> == 6);
static_assert(exi::width_before<xmldsig::SignatureMethod>(1) == 3 && exi::width_before<xmldsig::Transform>(1) == 3);
static_assert(exi::width_before<xmldsig::CanonicalizationMethod>(1) == 2 && exi::width_before<xmldsig::SignatureValue>(0) == 2);

// Three schedules for each direction, all lists full, and the block that a list outgrows: what the decoder may take of the heap.
constexpr std::size_t longest_schedules =
    3 * 2 * (1024 * sizeof(PriceRuleStack) + 1024 * sizeof(PowerScheduleEntry)) + 512 * sizeof(PriceRuleStack);
static_assert(longest_schedules < 4 * 1024 * 1024);

template exi::Failure decode_document<Schema::common_messages>(Bytes, Message&);
template exi::Failure decode_document_into<Schema::common_messages>(Bytes, MutableMessagePointer);
template std::size_t encode_document<Schema::common_messages>(MessagePointer, std::span<std::byte>, exi::Failure&);

}  // namespace voltkeep::iso15118
