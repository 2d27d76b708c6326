// SPDX-License-Identifier: Apache-2.0
// The safety loop of one EVSE: every 10 ms the newest sensors, one step of the safety core, the new orders. It calls nobody but
// its own driver, allocates nothing in the loop, and lives on whatever happens above it.
#include <sys/mman.h>

#include <bit>

#include "kernel/config.hpp"
#include "kernel/service.hpp"
#include "services/power/protocol.hpp"
#include "ring.hpp"
#include "services/powerdrv/protocol.hpp"

namespace voltkeep::power {
namespace {

constexpr Duration period = 10ms;
/// Of 16 steps each: three times as fast as they come, and all that the ring holds at once.
constexpr std::uint32_t turns_a_take = 5, most_takes = 34;
constexpr std::uint32_t settling_frames = 20;   ///< of the sensors, 5 ms each: what the pilot shows is believed after them

class Loop {
public:
    Loop(kernel::Service& self, const safety::Configuration& configuration)
        : self_(self), configuration_(configuration), ring_(now()), driver_(self.connect<powerdrv::Interface>("powerdrv")) {}

    void consent(std::uint16_t ms) {
        inputs_.command.consent_ms = ms;
        if (ms == 0) want(safety::Demand::none);   // withdrawn: as if nothing had been wanted
    }

    void want(const Setpoint& wanted) {
        safety::Command& command = inputs_.command;
        want(wanted.demand);
        command.setpoint = wanted.setpoint;
        command.lock = wanted.lock;
        command.offer = wanted.offer;
        command.digital = wanted.digital;
    }

    void acknowledge(std::uint32_t trips) { inputs_.command.acknowledge |= trips; }

    [[nodiscard]] const safety::Report& report() const { return report_; }
    /// A copy of many steps costs more than the quota counts for a message: who asks without end must not take the loop's time.
    [[nodiscard]] Result<TakeSteps::Steps> take(const TakeSteps& m) {
        if (takes_left_ == 0) return fail(Errc::busy, "steps are given so often only");
        --takes_left_;
        return ring_.take(m, configuration_, state_);
    }

    void turn() {
        if (++turns_ % turns_a_take == 0 && takes_left_ < most_takes) ++takes_left_;
        if (const auto sensors = driver_.call(powerdrv::Take{})) {
            if (sensors->sequence != inputs_.sensors.sequence && frames_ < settling_frames) ++frames_;
            inputs_.sensors = *sensors;
        }
        // No reply: the sensors stay as they were, their sequence does not count on, and the core trips on stale inputs.
        inputs_.command.demand = is_withdrawn_ ? safety::Demand::none : demand_;
        is_withdrawn_ = false;
        const safety::Tick at{now().ns / 1000};
        const auto [state, outputs] = safety::step(configuration_, state_, inputs_, at);
        ring_.note(at, inputs_, outputs);
        inputs_.command.consent_ms = 0;
        inputs_.command.acknowledge = 0;
        state_ = state;
        // Not acknowledged: the hardware's echo stays behind, and the core trips on that; its watchdog opens without us.
        (void)driver_.call(powerdrv::Put{outputs.actuators});
        tell(outputs.report);
    }

private:
    /// A withdrawal is seen by a step, however soon something is wanted again: after a stop nothing closes before.
    void want(safety::Demand demand) {
        is_withdrawn_ = is_withdrawn_ || demand == safety::Demand::none;
        demand_ = demand;
    }

    void tell(safety::Report report) {
        // A loop that has just been started in the middle of a charge has not seen that nobody is plugged in.
        if (frames_ < settling_frames && report.pilot == safety::Pilot::a) report.pilot = safety::Pilot::between;
        const std::uint32_t tripped = report.tripped & ~report_.tripped;
        const bool is_changed = report.pilot != report_.pilot || report.stage != report_.stage ||
                                report.latched != report_.latched || report.contactor_closed != report_.contactor_closed ||
                                report.stop != report_.stop || report.blocked != report_.blocked || report.wait != report_.wait;
        // Whoever wants what nobody may want is in the log, whatever becomes of session: 32 lines in all, so that none can make
        // us wait.
        const std::uint32_t refused = report.counters.refused_setpoints;
        if (refused != report_.counters.refused_setpoints && std::has_single_bit(refused))
            self_.fault(Error(Errc::bad_argument, "absurd setpoints were refused"));
        const std::uint32_t waits = report.counters.waits_for_closings;
        if (waits != report_.counters.waits_for_closings && std::has_single_bit(waits))
            self_.fault(Error(Errc::busy, "the contactor has closed too often: it waits"));
        report_ = report;
        // What has just tripped, and not what began the stop: that may be another one, of long ago. Of several, the cause, else
        // the first.
        const bool is_cause = report.cause < PROTECTION_COUNT && (tripped >> report.cause & 1u);
        if (tripped)
            self_.notify(Pulse::tripped, (is_cause ? report.cause : static_cast<unsigned>(std::countr_zero(tripped))) + 1u);
        if (is_changed) self_.notify(Pulse::changed);
    }

    kernel::Service& self_;
    const safety::Configuration configuration_;
    Ring ring_;
    kernel::Client<powerdrv::Interface> driver_;
    safety::State state_{};
    safety::Inputs inputs_{};
    safety::Demand demand_ = safety::Demand::none;
    bool is_withdrawn_ = false;   ///< since the last step
    safety::Report report_{.pilot = safety::Pilot::between};
    std::uint32_t frames_ = 0;
    std::uint32_t turns_ = 0, takes_left_ = most_takes;
};

}  // namespace
}  // namespace voltkeep::power

int main() {
    using namespace voltkeep;
    auto self = kernel::Service::start();
    const auto config = MUST(kernel::read_config<power::Config>("config/" + std::string(self.name())));
    power::Loop loop(self, config.safety);

    self.serve<power::Interface>(
        [&](const power::Consent& m) -> Result<kernel::Done> {
            loop.consent(m.ms);
            return kernel::Done{};
        },
        [&](const power::Setpoint& m) -> Result<kernel::Done> {
            loop.want(m);
            return kernel::Done{};
        },
        [&](const power::Acknowledge& m) -> Result<kernel::Done> {
            loop.acknowledge(m.trips);
            return kernel::Done{};
        },
        [&](const power::Read&) -> Result<safety::Report> { return loop.report(); },
        [&](const power::TakeSteps& m) -> Result<power::TakeSteps::Steps> { return loop.take(m); });

    self.every(power::period, [&] { loop.turn(); });
    if (::mlockall(MCL_CURRENT | MCL_FUTURE) != 0) self.fault(fail_errno("mlockall").error());   // loud in status, and it goes on
    self.seal();
    return self.run();
}
