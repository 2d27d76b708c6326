// SPDX-License-Identifier: Apache-2.0
// Drives the power hardware of one EVSE over its field bus. It decides nothing and waits for nothing: outputs are sent, the newest
// inputs are given. What is old is told by its sequence, and the safety loop treats it as a trip.
#include <sys/mman.h>

#include "kernel/os.hpp"
#include "kernel/service.hpp"
#include "services/powerdrv/frames.hpp"
#include "services/powerdrv/protocol.hpp"

namespace voltkeep::powerdrv {
namespace {

/// The field bus, which may be gone at any time.
class Bus {
public:
    explicit Bus(kernel::Service& self) : self_(self), end_(self.device("powertrain")) {
        self.on_device("powertrain", [this](int descriptor) { end_ = kernel::os::Descriptor(descriptor); });
        self.every(200ms, [this] {
            if (!end_) self_.reopen("powertrain");
        });
    }

    void put(const safety::Actuators& actuators) {
        if (!end_) return;
        const auto frame = encode(OutputsFrame{actuators});
        if (const auto sent = kernel::os::send(end_.get(), frame); !sent && sent.error().code != Errc::full) drop();
    }

    /// The newest of all frames that have come; the one before it if none has.
    const safety::Sensors& newest() {
        std::array<std::byte, kInputsSize + 1> buffer;
        while (end_) {
            const auto received = kernel::os::receive(end_.get(), buffer);
            if (!received) {
                drop();
                break;
            }
            if (!*received) break;
            if (const auto frame = decode_inputs(Bytes(buffer).first((*received)->size))) newest_ = frame->sensors;
            else
                self_.fault(frame.error());
        }
        return newest_;
    }

private:
    void drop() {
        end_.reset();
        self_.fault(Error(Errc::closed, "the field bus is gone"));
    }

    kernel::Service& self_;
    kernel::os::Descriptor end_;
    safety::Sensors newest_;
};

}  // namespace
}  // namespace voltkeep::powerdrv

int main() {
    using namespace voltkeep;
    auto self = kernel::Service::start();
    powerdrv::Bus bus(self);

    self.serve<powerdrv::Interface>([&](const powerdrv::Take&) -> Result<safety::Sensors> { return bus.newest(); },
                                    [&](const powerdrv::Put& m) -> Result<kernel::Done> {
                                        bus.put(m.actuators);
                                        return kernel::Done{};
                                    });

    if (::mlockall(MCL_CURRENT | MCL_FUTURE) != 0) self.fault(fail_errno("mlockall").error());   // loud in status, and it goes on
    self.seal();
    return self.run();
}
