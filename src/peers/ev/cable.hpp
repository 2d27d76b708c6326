// SPDX-License-Identifier: Apache-2.0
// The car's end of the plant's cable socket: what the car does with pilot and contactor, and what it measures.
#pragma once

#include <optional>
#include <string>

#include "base/descriptor.hpp"
#include "peers/plant/cable.hpp"

namespace voltkeep::ev {

class CableSocket {
public:
    /// Errors: io (with the socket's path).
    [[nodiscard]] static Result<CableSocket> connect(const std::string& path);

    [[nodiscard]] int descriptor() const { return socket_.get(); }
    /// Says what the car does now; nothing is sent if it is what was said last. Errors: io, closed.
    [[nodiscard]] Result<> say(const plant::CarFrame& frame);
    /// The newest measurement, if one has come. Errors: closed (the plant is gone), io.
    [[nodiscard]] Result<std::optional<plant::CableFrame>> take();

private:
    Descriptor socket_;
    std::optional<plant::CarFrame> said_;
};

}  // namespace voltkeep::ev
