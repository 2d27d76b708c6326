// SPDX-License-Identifier: Apache-2.0
// The way down in the torture test's build of os/linux: each call asks first whether it is the one to fail.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <type_traits>

#include "kernel/os/linux/torture/faults.hpp"

// A constant argument converts here as it would in the call itself, where Clang sees that it is one.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"

namespace voltkeep::kernel::os {

template <auto function> constexpr bool is_close = false;
template <> inline constexpr bool is_close<::close> = true;
template <auto function> constexpr bool is_recvmsg = false;
template <> inline constexpr bool is_recvmsg<::recvmsg> = true;
template <auto function> constexpr bool is_raw = false;
template <> inline constexpr bool is_raw<::syscall> = true;

/// The system closes the descriptors that do not fit, and says so in the flags.
inline ssize_t receive_without_descriptors(int end, msghdr* header, int flags) {
    header->msg_controllen = 0;
    return ::recvmsg(end, header, flags);
}

/// Fails as the system would: a close that fails has closed.
template <auto function, class... A>
auto fail_like_the_system(int error, A... arguments) {
    using Outcome = decltype(function(arguments...));
    if constexpr (is_close<function>) (void)function(arguments...);
    if constexpr (is_recvmsg<function>)
        if (error == EMFILE) return receive_without_descriptors(arguments...);
    errno = error;
    if constexpr (std::is_pointer_v<Outcome>) return Outcome{nullptr};
    else return static_cast<Outcome>(-1);
}

template <auto function, class... A>
[[gnu::noinline]] auto system(A... arguments) {
    long number = -1;
    if constexpr (is_raw<function>) number = [](long first, auto...) { return first; }(arguments...);
    const int error = torture::fault(reinterpret_cast<const void*>(function), number, __builtin_return_address(0));
    if (error != 0) return fail_like_the_system<function>(error, arguments...);
    return function(arguments...);
}

}  // namespace voltkeep::kernel::os

#pragma GCC diagnostic pop
