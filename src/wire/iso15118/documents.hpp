// SPDX-License-Identifier: Apache-2.0
// The three functions of a schema set, for the one translation unit that instantiates them.
#pragma once

#include "wire/iso15118/schema_set.hpp"

namespace voltkeep::iso15118 {

template <Schema S>
exi::Failure decode_document(Bytes exi, Message& message) {
    return get_document<S>(exi, message);
}

template <Schema S>
exi::Failure decode_document_into(Bytes exi, MutableMessagePointer pointer) {
    return std::visit(
        [&]<class T>(T* message) {
            if constexpr (schema_of<T> == S) return get_document_as(exi, *message);
            return exi::Failure{exi::Fault::unknown_root, 0, {}};
        },
        pointer);
}

template <Schema S>
std::size_t encode_document(MessagePointer pointer, std::span<std::byte> out, exi::Failure& failure) {
    return std::visit(
        [&]<class T>(const T* message) {
            if constexpr (schema_of<T> == S) return put_document(*message, out, failure);
            failure.fault = exi::Fault::unknown_root;
            return std::size_t{0};
        },
        pointer);
}

}  // namespace voltkeep::iso15118
