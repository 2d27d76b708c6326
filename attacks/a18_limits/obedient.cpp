// SPDX-License-Identifier: Apache-2.0
// For the control: a safety core that takes every setpoint, and has no limits of its own. The linker puts it in front of the
// core's functions.
#include "charging/safety/parts.hpp"

using namespace voltkeep::safety;

extern "C" void __wrap__ZN8voltkeep6safety15accept_setpointERNS0_4WorkE(Work& work);
extern "C" Limit __wrap__ZN8voltkeep6safety9limit_nowERKNS0_4WorkE(const Work& work);

void __wrap__ZN8voltkeep6safety15accept_setpointERNS0_4WorkE(Work& work) { work.state.wanted = work.command.setpoint; }
Limit __wrap__ZN8voltkeep6safety9limit_nowERKNS0_4WorkE(const Work& work) {
    return {work.state.wanted.current, LimitReason::setpoint};
}
