// SPDX-License-Identifier: Apache-2.0
#include "services/registry/registry.hpp"

#include "services/audit/protocol.hpp"
#include "services/crypto/protocol.hpp"
#include "services/link/protocol.hpp"
#include "services/meter/protocol.hpp"
#include "services/net/protocol.hpp"
#include "services/plc/protocol.hpp"
#include "services/power/protocol.hpp"
#include "services/powerdrv/protocol.hpp"
#include "services/rot/protocol.hpp"
#include "services/session/protocol.hpp"

namespace voltkeep::registry {

std::vector<kernel::InterfaceDescription> interfaces() {
    using kernel::describe;
    return {
        describe<audit::Interface, audit::Pulse>("audit"),
        describe<crypto::Interface>("crypto"),
        describe<link::Interface, link::Pulse>("link"),
        describe<meter::Interface, meter::Pulse>("meter"),
        describe<net::Interface>("net"),
        describe<plc::Interface>("plc"),
        describe<power::Interface, power::Pulse>("power"),
        describe<powerdrv::Interface>("powerdrv"),
        describe<rot::Interface, rot::Pulse>("rot"),
        describe<session::Interface, session::Pulse>("session"),
    };
}

}  // namespace voltkeep::registry
