// SPDX-License-Identifier: Apache-2.0
#include "simulated_station.hpp"

#include <algorithm>

namespace voltkeep::iso15118::testing {

SimulatedStation::SimulatedStation() {
    view.is_known = true;
    view.maximum_voltage = {920'000};
    view.minimum_voltage = {150'000};
    view.maximum_current = {125'000};
    view.maximum_power = view.available_power = {50'000};
    view.maximum_discharge_current = {40'000};
    view.maximum_discharge_power = {16'000};
    view.meter = "VLT-1";
}

void SimulatedStation::tell(const secc::Needs& needs, Instant now) {
    if (needs.phase != needs_.phase) since_ = now;
    if (phases.empty() || phases.back() != needs.phase) phases.push_back(needs.phase);
    needs_ = needs;
}

void SimulatedStation::authorize(Instant now) {
    ++authorizations;
    if (!asked_) asked_ = now;
}

void SimulatedStation::stop(const secc::Stop& stop) {
    stops.push_back(stop);
    needs_.phase = secc::Phase::idle;
    if (stop.cause != secc::StopCause::ev_pause) view.verdict = secc::Verdict::pending;
}

void SimulatedStation::pass(Instant now, Duration elapsed, const evcc::Inlet& inlet) {
    using secc::Phase;
    const bool is_over = std::ranges::any_of(stops, [](const secc::Stop& s) { return s.cause != secc::StopCause::ev_pause; });
    if (asked_ && now - *asked_ >= decision_time && !is_over) view.verdict = decision;
    const bool is_worked = now - since_ >= work_time;
    view.phase = needs_.phase;
    if (view.progress != secc::Progress::failed) view.progress = is_worked ? secc::Progress::finished : secc::Progress::ongoing;
    const MilliVolt battery = cable().battery_voltage;
    amperes_ = {};
    if (needs_.phase == Phase::precharge) {
        if (is_worked) volts_ = needs_.target_voltage;
    } else {
        volts_ = inlet.contactor ? battery : MilliVolt{0};
        if (needs_.phase == Phase::charge && inlet.contactor && !view.stop_wanted)
            amperes_ = std::min(needs_.target_current, view.maximum_current);
    }
    if (is_ac) {
        const bool draws = needs_.phase == Phase::charge && is_worked && inlet.contactor;
        view.present_power = draws ? std::min(needs_.maximum_power, view.maximum_power) : Watt{0};
        volts_ = {needs_.phase == Phase::charge && is_worked ? 230'000 : 0};
        amperes_ = draws ? MilliAmpere{view.present_power.value * 1'000 / 230} : MilliAmpere{0};
    }
    view.present_voltage = volts_;
    view.present_current = amperes_;
    const std::int64_t moved_mj = static_cast<std::int64_t>(power_of(volts_, amperes_).value) * elapsed.count() / 1'000'000;
    (moved_mj < 0 ? returned_mj : delivered_mj) += moved_mj < 0 ? -moved_mj : moved_mj;
    view.energy = {delivered_mj / 3'600'000};
    view.energy_back = {returned_mj / 3'600'000};
}

evcc::Cable SimulatedStation::cable() const { return {true, volts_, {400'000}, amperes_, {500}, delivered_mj / 3'600}; }

}  // namespace voltkeep::iso15118::testing
