// SPDX-License-Identifier: Apache-2.0
// Drives the power hardware of one EVSE over its field bus. It decides nothing and waits for nothing: outputs are sent, the
// newest inputs are given. What is old is told by its sequence, and the safety loop treats it as a trip.
#include <sys/mman.h>

#include <cstdio>

#include "kernel/os.hpp"
#include "kernel/service.hpp"
#include "services/powerdrv/inbox.hpp"
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
        self.every(1s, [this] { tell_counts(); });
    }

    void put(const safety::Actuators& actuators) {
        if (!end_) return;
        const auto frame = encode(OutputsFrame{actuators});
        if (const auto sent = kernel::os::send(end_.get(), frame); !sent && sent.error().code != Errc::full) drop();
    }

    /// The newest of the frames that have come; the one before it if none has.
    const safety::Sensors& newest() {
        std::array<std::byte, kInputsSize + 1> buffer;
        const auto next = [&]() -> Result<std::optional<Bytes>> {
            const auto received = TRY(kernel::os::receive(end_.get(), buffer));
            return received ? std::optional(Bytes(buffer).first(received->size)) : std::nullopt;
        };
        if (end_ && !inbox_.take(next)) drop();
        return inbox_.newest();
    }

private:
    /// Once a second at most, however much comes: who breaks the bus does not also fill the log.
    void tell_counts() {
        const auto tell = [this](std::uint32_t now, std::uint32_t& told, Errc code, const char* what) {
            if (now == told) return;
            std::array<char, 96> text;
            std::snprintf(text.data(), text.size(), "%u %s", now - std::exchange(told, now), what);
            self_.fault(Error(code, text.data()));
        };
        tell(inbox_.refused(), told_refused_, Errc::malformed, "packets of the field bus that are no frame");
        tell(inbox_.full_turns(), told_full_, Errc::full, "turns in which the field bus sent more than one may hold");
    }

    void drop() {
        end_.reset();
        self_.fault(Error(Errc::closed, "the field bus is gone"));
    }

    kernel::Service& self_;
    kernel::os::Descriptor end_;
    Inbox inbox_;
    std::uint32_t told_refused_ = 0, told_full_ = 0;
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
