// SPDX-License-Identifier: Apache-2.0
#include "wire/iso15118/documents.hpp"

namespace voltkeep::iso15118 {

template exi::Failure decode_document<Schema::ac>(Bytes, Message&);
template exi::Failure decode_document_into<Schema::ac>(Bytes, MutableMessagePointer);
template std::size_t encode_document<Schema::ac>(MessagePointer, std::span<std::byte>, exi::Failure&);

}  // namespace voltkeep::iso15118
