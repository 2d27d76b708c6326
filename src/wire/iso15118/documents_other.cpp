// SPDX-License-Identifier: Apache-2.0
#include "wire/iso15118/documents.hpp"

namespace voltkeep::iso15118 {

template exi::Failure decode_document<Schema::app_protocol>(Bytes, Message&);
template exi::Failure decode_document_into<Schema::app_protocol>(Bytes, MutableMessagePointer);
template std::size_t encode_document<Schema::app_protocol>(MessagePointer, std::span<std::byte>, exi::Failure&);

template exi::Failure decode_document<Schema::acdp>(Bytes, Message&);
template exi::Failure decode_document_into<Schema::acdp>(Bytes, MutableMessagePointer);
template std::size_t encode_document<Schema::acdp>(MessagePointer, std::span<std::byte>, exi::Failure&);

template exi::Failure decode_document<Schema::wpt>(Bytes, Message&);
template exi::Failure decode_document_into<Schema::wpt>(Bytes, MutableMessagePointer);
template std::size_t encode_document<Schema::wpt>(MessagePointer, std::span<std::byte>, exi::Failure&);

}  // namespace voltkeep::iso15118
