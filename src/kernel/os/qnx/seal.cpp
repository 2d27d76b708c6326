// SPDX-License-Identifier: Apache-2.0
#include <secpol/secpol.h>
#include <unistd.h>

#include "kernel/os.hpp"

namespace voltkeep::kernel::os {

/// The seccomp program of the image says nothing here: what the sealed service may do is its type <service>_t__run in the
/// security policy that is made from the same manifests, and this is the one way into it. There is none back.
Result<> seal(Bytes filter) {
    if (filter.empty()) return {};
    if (::secpol_transition_type(nullptr, nullptr, 0) != 0) return fail_errno("secpol_transition_type");
    return {};
}

void end_broken() noexcept { ::_exit(broken_status); }

/// Nothing to do: the kernel refuses the call with EPERM, and its trace (_NTO_TRACE_SEC) names it.
void report_refused_calls(void (*)(int) noexcept) {}

/// Nothing to do: the allocator there has one heap.
void share_one_heap() {}

}  // namespace voltkeep::kernel::os
