// SPDX-License-Identifier: Apache-2.0
// The service rot: everything but where its TPM comes from.
#pragma once

#include <functional>

#include "kernel/service.hpp"
#include "services/rot/protocol.hpp"
#include "wire.hpp"

namespace voltkeep::rot {

/// Where a TPM comes from. Called in the service's loop.
class Source {
public:
    virtual ~Source() = default;
    /// From here on `arrived(wire)` is called with every way to the TPM that there is: at once, later, and after `again`.
    virtual void begin(std::move_only_function<void(std::unique_ptr<Wire>)> arrived) = 0;
    /// The wire broke.
    virtual void again() = 0;
};

/// Returns the exit status. `file`: what the TPM's keys are kept in.
int run(kernel::Service& self, const Config& config, std::string file, Source& source);

}  // namespace voltkeep::rot
