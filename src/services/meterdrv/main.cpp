// SPDX-License-Identifier: Apache-2.0
// Reads a meter five times a second over the connection that `net` has made, and hands each reading to `meter`. It judges nothing
// and keeps nothing: what cannot be read is no reading, and the meter goes stale.
#include "bus.hpp"
#include "kernel/config.hpp"
#include "kernel/service.hpp"
#include "retry.hpp"
#include "services/audit/client.hpp"
#include "services/meterdrv/protocol.hpp"
#include "services/net/protocol.hpp"

namespace voltkeep::meterdrv {
namespace {

constexpr Duration period = 200ms;

class Driver {
public:
    Driver(kernel::Service& self, const Config& config)
        : self_(self),
          config_(config),
          net_(self.connect<net::Interface>("net")),
          meter_(self.connect<meter::Interface>("meter", self.evse())),
          journal_(self) {
        self_.after(Duration::zero(), [this] { connect(); });
    }

private:
    void connect() {
        const auto asked = net_.request(net::Connect{}, [this](const Result<net::Connect::Connected>& connected) {
            if (!connected) return lost(connected.error());
            auto bus = Bus::open(kernel::os::Descriptor(connected->socket.descriptor), config_.unit);
            if (!bus) return lost(bus.error());
            bus_.emplace(std::move(*bus));
            take();
        });
        if (!asked) lost(asked.error());
    }

    void take() {
        const Instant begun = now();
        auto reading = bus_->read();
        if (!reading) return lost(reading.error());
        if (outage_) {
            journal_.append(audit::Type::meter, self_.evse().number,
                            audit::Payload().put("step", "bus_back").put("tries", retry_.tries()));
            outage_.reset();
        }
        retry_.succeeded();
        reading->asked_ns = begun.ns;
        // If the one before is not taken yet, this one is not handed in: the next will be newer.
        (void)!meter_.request(meter::Put{*reading}, [this](const Result<kernel::Done>& taken) { look_at(taken); });
        self_.after(std::max(Duration::zero(), begun + period - now()), [this] { take(); });
    }

    /// What `meter` does not take for what it is would be lost without a word; what is on its way to a new process is not.
    void look_at(const Result<kernel::Done>& taken) {
        const Errc code = taken ? Errc::ok : taken.error().code;
        const bool is_judged = code == Errc::ok || code == Errc::denied || code >= Errc::malformed;
        if (!is_judged || std::exchange(refused_, code) == code || code == Errc::ok) return;
        journal_.append(
            audit::Type::meter, self_.evse().number,
            audit::Payload().put("step", "reading_refused").put("code", name(code)).put("why", taken.error().what.view()));
    }

    /// Told once for each kind of trouble, however often it is tried.
    void lost(const Error& error) {
        if (bus_ && bus_->is_broken()) bus_.reset();
        if (!outage_ || *outage_ != error.code)
            journal_.append(audit::Type::meter, self_.evse().number,
                            audit::Payload().put("step", "bus_lost").put("code", name(error.code)).put("why", error.what.view()));
        outage_ = error.code;
        self_.after(retry_.next(), [this] { bus_ ? take() : connect(); });
    }

    kernel::Service& self_;
    Config config_;
    kernel::Client<net::Interface> net_;
    kernel::Client<meter::Interface> meter_;
    audit::Journal journal_;
    std::optional<Bus> bus_;
    std::optional<Errc> outage_;  ///< what was told of it
    Errc refused_ = Errc::ok;     ///< why `meter` has refused the last reading
    Retry retry_;
};

}  // namespace
}  // namespace voltkeep::meterdrv

int main() {
    using namespace voltkeep;
    auto self = kernel::Service::start();
    const auto config = MUST(kernel::read_config<meterdrv::Config>("config/" + std::string(self.name())));
    meterdrv::Driver driver(self, config);
    self.seal();
    return self.run();
}
