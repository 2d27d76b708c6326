// SPDX-License-Identifier: Apache-2.0
// What this folder does again and again: paths without allocating, a descriptor or the error of the call that should have given
// it, and the small files through which a kernel is told and asked.
#pragma once

#include "kernel/os.hpp"

namespace voltkeep::kernel::os {

/// A path or a line of text, put together without allocating; what does not fit is left off.
using Words = std::array<char, 512>;
Words join(std::initializer_list<std::string_view> parts);

/// What the call gave, or its error: opened(system<::epoll_create1>(0), "epoll_create1").
[[nodiscard]] inline Result<Descriptor> opened(int number, std::string_view call, std::string_view subject = {}) {
    if (number < 0) return fail_errno(call, subject);
    return Descriptor(number);
}
/// Nothing, or the error of a call that does not give 0.
[[nodiscard]] inline Result<> done(long result, std::string_view call, std::string_view subject = {}) {
    if (result != 0) return fail_errno(call, subject);
    return {};
}

/// Writes the text whole, at once. False if it could not; errno says why.
[[nodiscard]] bool write_text(int folder, const char* path, std::string_view text);
/// What is in a file, at most one octet less than the buffer, which ends in 0; empty if it cannot be read.
[[nodiscard]] std::string_view read_text(int folder, const char* path, std::span<char> buffer);

}  // namespace voltkeep::kernel::os
