// SPDX-License-Identifier: Apache-2.0
// The way to a TPM that is an open descriptor: a device (/dev/tpmrm0) or a stream socket (swtpm). Nothing is opened or loaded
// here, so that it goes on after the seal. One command at a time; what does not answer within the patience is given up for good.
#pragma once

#include <tss2/tss2_tcti.h>

#include <memory>

#include "kernel/os.hpp"

namespace voltkeep::rot {

/// What the TPM software stack sends commands on. It is used by one thread, and ends with its owner.
class Wire {
public:
    Wire() = default;
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;
    virtual ~Wire() = default;
    [[nodiscard]] virtual TSS2_TCTI_CONTEXT* context() = 0;
};

/// The longest that a part may take for one command; the slowest on record (making a key) takes a few seconds.
inline constexpr Duration command_patience = 8s;

[[nodiscard]] std::unique_ptr<Wire> wire_on(kernel::os::Descriptor end, Duration patience = command_patience);

}  // namespace voltkeep::rot
