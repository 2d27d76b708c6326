// SPDX-License-Identifier: Apache-2.0
#include "pilot_drive.hpp"

#include <poll.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <format>

#include "charging/safety/pilot.hpp"

namespace voltkeep::ev {

namespace {

constexpr Duration tick_time = 10ms;
constexpr Duration offer_time = 90s;     ///< for somebody to be authorized
constexpr Duration patience = 10s;       ///< of the driver, when the charger has stopped and offers nothing any more
constexpr Duration let_go_time = 3s;     ///< IEC 61851-1: so long after X1 the car's own switch may still be closed
constexpr Duration breath_time = 500ms;  ///< between state B and the hand at the plug

bool flows(const plant::CableFrame& frame) { return frame.current.value > 500; }

}  // namespace

Result<PilotDrive> PilotDrive::prepare(const Options& options) {
    PilotDrive drive(options, TRY(Report::open(options.is_json, options.trace)), TRY(CableSocket::connect(options.plant)));
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    drive.signals_ = Descriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!drive.signals_) return fail_errno("signalfd");
    return drive;
}

bool PilotDrive::run() {
    report_.say("plugged", "plugged in");
    while (phase_ != Phase::gone) {
        show();
        wait();
        turn();
    }
    const double energy_wh = measured_ ? static_cast<double>(measured_->received_mwh) / 1'000.0 : 0;
    if (error_.empty() && energy_wh <= 0) error_ = "no energy came";
    show();
    report_.say("unplugged", "unplugged");
    Line fields;
    fields.put("ok", error_.empty())
        .put_raw("energy_wh", std::format("{:.3f}", energy_wh))
        .put("messages", 0)
        .put("worst_turnaround_us", 0);
    fields.put("stopped_by", is_stopped_by_evse_ ? "evse" : "ev").put("tls_group", "none");
    if (!error_.empty()) fields.put("error", error_);
    report_.say("ev_summary", std::format("{}: {:.1f} Wh by the pilot alone{}", error_.empty() ? "good" : "NOT good", energy_wh,
                                          error_.empty() ? "" : "; " + error_), fields);
    return error_.empty();
}

void PilotDrive::enter(Phase phase) {
    phase_ = phase;
    since_ = now();
}

void PilotDrive::wait() {
    std::array<pollfd, 2> ready{pollfd{signals_.get(), POLLIN, 0}, pollfd{cable_.descriptor(), POLLIN, 0}};
    const timespec limit{0, tick_time.count()};
    (void)::ppoll(ready.data(), ready.size(), &limit, nullptr);
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
        if (!is_leaving_) report_.say("stop_wanted", "the driver wants to leave");
        is_leaving_ = true;
    }
}

void PilotDrive::turn() {
    const auto frame = cable_.take();
    if (!frame) return end(false, frame.error().what.view());
    if (*frame) measured_ = **frame;
    if (!measured_) return;
    switch (phase_) {
        case Phase::waiting: return wait_for_offer();
        case Phase::charging: return charge();
        case Phase::letting_go: return let_go();
        case Phase::gone: return;
    }
}

MilliAmpere PilotDrive::offered() const {
    const bool invites = measured_ && !measured_->steady && !measured_->pilot_fault;
    return invites ? safety::current_for(measured_->duty_permille) : MilliAmpere{0};
}

bool PilotDrive::has_enough() const {
    const bool is_over =
        options_.plan.duration > Duration::zero() && charging_since_ && now() - *charging_since_ > options_.plan.duration;
    return is_over || measured_->state_of_charge >= options_.plan.target_soc;
}

void PilotDrive::wait_for_offer() {
    if (is_leaving_) return enter(Phase::letting_go);
    if (offered().value > 0) {
        report_.say(charging_since_ ? "back" : "offered", std::format("the pilot offers {:.1f} A", offered().value / 1'000.0));
        return enter(Phase::charging);
    }
    if (charging_since_ && now() - since_ > patience) {
        is_stopped_by_evse_ = true;
        return end(true, "");
    }
    if (!charging_since_ && now() - since_ > offer_time) end(false, "the charger's pilot does not invite the car");
}

void PilotDrive::charge() {
    if (flows(*measured_) && !charging_since_) charging_since_ = now();
    is_leaving_ = is_leaving_ || has_enough();
    if (is_leaving_ || offered().value == 0) {
        if (!is_leaving_) report_.say("suspended", "the pilot invites no more");
        return enter(Phase::letting_go);
    }
    tell_charging();
}

void PilotDrive::let_go() {
    const bool has_let_go = !flows(*measured_) && now() - since_ > breath_time;
    if (!has_let_go && now() - since_ < let_go_time) return;
    if (!has_let_go) return end(false, "current flows although the car's own switch is open");
    if (is_leaving_) return end(true, "");
    enter(Phase::waiting);
}

void PilotDrive::end(bool is_ok, std::string_view why) {
    if (!is_ok) {
        error_ = why;
        report_.say("failed", why);
    }
    enter(Phase::gone);
}

void PilotDrive::show() {
    plant::CarFrame frame;
    frame.plugged = phase_ != Phase::gone;
    frame.contactor = phase_ == Phase::charging;
    const bool shows_c = phase_ == Phase::charging || (phase_ == Phase::letting_go && measured_ && flows(*measured_));
    frame.pilot = shows_c ? plant::CarPilot::c : plant::CarPilot::b;
    frame.battery = options_.plan.capacity;
    frame.state_of_charge = options_.state_of_charge;
    frame.ac_draw = options_.ac_current;
    if (const auto said = cable_.say(frame); !said && phase_ != Phase::gone) end(false, said.error().what.view());
}

void PilotDrive::tell_charging() {
    if (!flows(*measured_) || now() - told_ < 1s) return;
    told_ = now();
    Line fields;
    const double energy_wh = static_cast<double>(measured_->received_mwh) / 1'000.0;
    fields.put("current_ma", measured_->current.value).put_raw("energy_wh", std::format("{:.1f}", energy_wh));
    fields.put("soc_permille", measured_->state_of_charge.value);
    report_.say("charging",
                std::format("charging with {:.1f} A of {:.1f} A, {:.1f} Wh so far", measured_->current.value / 1'000.0,
                            offered().value / 1'000.0, energy_wh),
                fields);
}

}  // namespace voltkeep::ev
