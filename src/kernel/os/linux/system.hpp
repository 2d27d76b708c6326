// SPDX-License-Identifier: Apache-2.0
// The way down: every system call of this folder is made as system<::open>(path, flags), so that a test can count the calls and
// make each of them fail. This is all that production has of it; the torture test is built with a second file of this name
// (os/linux/torture), found first on its include path. Calls that cannot fail (getpid, umask, _exit) need not go this way.
#pragma once

// A constant argument converts here as it would in the call itself, where Clang sees that it is one.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"

namespace voltkeep::kernel::os {

/// The function's result, and errno if it failed.
template <auto function, class... A>
inline auto system(A... arguments) {
    return function(arguments...);
}

}  // namespace voltkeep::kernel::os

#pragma GCC diagnostic pop
