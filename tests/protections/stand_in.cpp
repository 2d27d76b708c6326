// SPDX-License-Identifier: Apache-2.0
// Stands in for the session of one EVSE: wants what the test tells it, renews the consent, and keeps what power reports. One
// command a packet, each answered: want DEMAND MILLIVOLT MILLIAMPERE EV_MILLIVOLT | consent 0|1 | acknowledge | forget | say ID |
// report
#include <cstdio>
#include <cstring>

#include "harness/commands.hpp"
#include "services/power/protocol.hpp"

namespace voltkeep {
namespace {

class StandIn {
public:
    explicit StandIn(kernel::Service& self) : power_(self.connect<power::Interface>("power")),
          commands_(self, [this](const std::string& command) { commands_.say(answer(command.c_str())); }) {
        self.on("power", power::Pulse::changed, [this](EvseId, std::uint64_t) { look(); });
        self.on("power", power::Pulse::tripped, [this](EvseId, std::uint64_t value) {
            if (value > 0 && value <= PROTECTION_COUNT) see(1u << (value - 1));
            look();
        });
        self.every(10ms, [this] { look(); });
        self.every(100ms, [this] { renew(); });
    }

private:
    void renew() {
        (void)power_.call(wanted_);
        if (consents_ && wanted_.demand != safety::Demand::none) (void)power_.call(power::Consent{500});
    }

    void see(std::uint32_t trips) {
        for (unsigned id = 0; id < PROTECTION_COUNT; ++id)
            if ((trips & ~seen_) >> id & 1u) seen_at_[id] = now();
        seen_ |= trips;
    }

    void look() {
        const auto report = power_.call(power::Read{});
        if (!report) return;
        if (report->stage != report_.stage) entered_[static_cast<std::size_t>(report->stage)] = now();
        report_ = *report;
        see(report->tripped | report->latched);
        if (report->stop >= STOP_CONTROLLED && report->cause < PROTECTION_COUNT) see(1u << report->cause);
    }

    /// "<stage> <latched> <seen> <milliseconds from `discharging` to the first sight of protection ID>"
    std::string said(unsigned id) {
        look();
        const auto took = (seen_at_[id] - entered_[static_cast<std::size_t>(safety::Stage::discharging)]) / 1ms;
        char text[96];
        std::snprintf(text, sizeof text, "%u %u %u %lld", static_cast<unsigned>(report_.stage), report_.latched, seen_,
                      static_cast<long long>(took));
        return text;
    }

    std::string report() {
        look();
        char text[200];
        std::snprintf(text, sizeof text,
                      "%s, pilot %u, ready %d, consent %d, locked %d, limit %d mA by %u, tripped %x, latched %x, stop %s by %s, "
                      "waits for %s",
                      safety::stage_name(report_.stage), static_cast<unsigned>(report_.pilot), report_.energy_ready,
                      report_.consent, report_.locked, report_.limit.value, static_cast<unsigned>(report_.limit_reason),
                      report_.tripped, report_.latched, safety::stop_name(report_.stop), safety::protection_name(report_.cause),
                      safety::wait_name(report_.wait));
        return text;
    }

    std::string answer(const char* line) {
        unsigned number = 0;
        int volts = 0, amperes = 0, limit = 0;
        if (std::sscanf(line, "want %u %d %d %d", &number, &volts, &amperes, &limit) == 4) {
            wanted_.demand = static_cast<safety::Demand>(number);
            wanted_.setpoint.voltage = {volts};
            wanted_.setpoint.current = {amperes};
            wanted_.setpoint.ev_voltage_max = {limit};
            wanted_.digital = limit > 0;
            renew();
        } else if (std::sscanf(line, "consent %u", &number) == 1) {
            consents_ = number != 0;
        } else if (std::strcmp(line, "acknowledge") == 0) {
            (void)power_.call(power::Acknowledge{UINT32_MAX});
        } else if (std::strcmp(line, "forget") == 0) {
            seen_ = 0;
        } else if (std::strcmp(line, "report") == 0) {
            return report();
        } else if (std::sscanf(line, "say %u", &number) == 1 && number < PROTECTION_COUNT) {
            return said(number);
        } else
            return "what?";
        return "done";
    }

    kernel::Client<power::Interface> power_;
    harness::Commands commands_;
    power::Setpoint wanted_;
    safety::Report report_;
    bool consents_ = true;
    std::uint32_t seen_ = 0;
    std::array<Instant, PROTECTION_COUNT> seen_at_{};
    std::array<Instant, static_cast<std::size_t>(safety::Stage::last_) + 1> entered_{};
};

}  // namespace
}  // namespace voltkeep

int main() {
    auto self = voltkeep::kernel::Service::start();
    const voltkeep::StandIn stand_in(self);
    self.seal();
    return self.run();
}
