// SPDX-License-Identifier: Apache-2.0
// The words of session and of the state machine: one to one, and nothing else.
#pragma once

#include "services/iso15118/protocol.hpp"
#include "services/iso15118/secc/state.hpp"
#include "services/session/protocol.hpp"

namespace voltkeep::iso15118 {

[[nodiscard]] secc::Settings settings_of(const Config& config);
[[nodiscard]] secc::Station station_of(const session::TakeSetpoint::Setpoint& setpoint);
[[nodiscard]] session::SetEvNeeds needs_of(const secc::Session& session);
[[nodiscard]] session::StopByEv stop_of(const secc::Stop& stop);

}  // namespace voltkeep::iso15118
