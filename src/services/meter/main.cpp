// SPDX-License-Identifier: Apache-2.0
// Reads the energy meter of one EVSE, serves its newest reading, and pulses for each.
#include "kernel/os.hpp"
#include "kernel/service.hpp"
#include "services/meter/frames.hpp"
#include "services/meter/protocol.hpp"

namespace voltkeep::meter {
namespace {

constexpr Duration stale_after = 1s;

class Meter {
public:
    explicit Meter(kernel::Service& self) : self_(self) {
        self.on_device("meter", [this](int descriptor) { adopt(descriptor); });
        adopt(self.device("meter"));
        self.every(500ms, [this] {
            if (!end_) self_.reopen("meter");
        });
    }

    [[nodiscard]] Result<Sample> newest() const {
        if (!sample_ || now() - Instant{sample_->taken_ns} > stale_after) return fail(Errc::stale, "the meter does not answer");
        return *sample_;
    }

private:
    void adopt(int descriptor) {
        end_ = kernel::os::Descriptor(descriptor);
        if (end_) self_.watch(descriptor, false, [this](bool, bool) { take(); });
    }

    void take() {
        std::array<std::byte, kReadingSize + 1> buffer;
        const auto received = kernel::os::receive(end_.get(), buffer);
        if (!received) {
            self_.unwatch(end_.get());
            end_.reset();
            return self_.fault(Error(Errc::closed, "the meter's bus is gone"));
        }
        if (!*received) return;
        const auto reading = decode_reading(Bytes(buffer).first((*received)->size));
        if (!reading) return self_.fault(reading.error());
        accept(*reading);
    }

    /// Registers never fall, and one meter stays one meter: a reading that says otherwise is reported and not served.
    void accept(const ReadingFrame& r) {
        if (r.status != 0) return self_.fault(Error(Errc::integrity, "the meter reports a fault of its own"));
        if (sample_ && sample_->serial != r.serial) self_.fault(Error(Errc::integrity, "the meter was exchanged"));
        else if (sample_ && (r.import_mwh < sample_->import_mwh || r.export_mwh < sample_->export_mwh))
            return self_.fault(Error(Errc::integrity, "the meter's register fell"));
        sample_ = Sample{r.sequence, now().ns, wall_now().unix_ms, r.import_mwh, r.export_mwh, r.voltage, r.current, r.power, r.frequency, r.serial};
        self_.notify(Pulse::sample, r.sequence);
    }

    kernel::Service& self_;
    kernel::os::Descriptor end_;
    std::optional<Sample> sample_;
};

}  // namespace
}  // namespace voltkeep::meter

int main() {
    using namespace voltkeep;
    auto self = kernel::Service::start();
    meter::Meter meter(self);

    self.serve<meter::Interface>([&](const meter::Read&) -> Result<meter::Sample> { return meter.newest(); });

    self.seal();
    return self.run();
}
