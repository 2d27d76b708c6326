// SPDX-License-Identifier: Apache-2.0
// What a system-call filter of a policy image says to a call: the kernel's machine for classic BPF, in a screen.
#pragma once

#include "kernel/image.hpp"

namespace voltkeep::containment {

/// SECCOMP_RET_*: what the filter answers to this call of an x86-64 process. An instruction that the model does not know: broken
/// invariant.
[[nodiscard]] std::uint32_t verdict(const policy::Filter& filter, int number, std::array<std::uint64_t, 6> arguments);

/// True if neither filter of the service (the second only behind the seal) refuses it.
[[nodiscard]] bool is_let_through(const policy::Image& image, const policy::Service& service, bool is_sealed, int number,
                                  std::array<std::uint64_t, 6> arguments);

}  // namespace voltkeep::containment
