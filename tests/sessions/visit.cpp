// SPDX-License-Identifier: Apache-2.0
#include "visit.hpp"

#include <algorithm>
#include <cmath>

namespace voltkeep::sessions {

using namespace charging;

namespace {

const Identity card{IdentificationKind::token, "CARD-1", "ISO14443"};
const Identity other{IdentificationKind::token, "CARD-2", "ISO14443"};

constexpr std::int64_t end_of_consent_ms = 1'000 + 60;   ///< a controlled stop (DC) and a few periods
constexpr std::int64_t ramp_ms = 1'500;                  ///< 125 A at 100 A/s, and what was on its way

/// What a visit may meet. Not here: a meter that lies or is exchanged, which no comparison with that meter can find.
constexpr std::array menu{plant::Fault::emergency_stop,
                          plant::Fault::earth_lost,
                          plant::Fault::pilot_short,
                          plant::Fault::pilot_between,
                          plant::Fault::diode_missing,
                          plant::Fault::lock_open,
                          plant::Fault::contactor_stuck_open,
                          plant::Fault::auxiliary_stuck_closed,
                          plant::Fault::auxiliary_stuck_open,
                          plant::Fault::residual_dc,
                          plant::Fault::insulation,
                          plant::Fault::cable_short,
                          plant::Fault::over_current,
                          plant::Fault::over_voltage,
                          plant::Fault::reverse_current,
                          plant::Fault::supply_fault,
                          plant::Fault::discharge_broken,
                          plant::Fault::current_sensor_zero,
                          plant::Fault::voltage_sensor_offset,
                          plant::Fault::mains_voltage,
                          plant::Fault::mains_frequency,
                          plant::Fault::frames_stop,
                          plant::Fault::frames_frozen,
                          plant::Fault::frames_corrupt,
                          plant::Fault::echo_frozen,
                          plant::Fault::meter_stop,
                          plant::Fault::meter_frozen,
                          plant::Fault::meter_jumps_back,
                          plant::Fault::meter_fault,
                          plant::Fault::meter_corrupt};

bool is_of_meter(plant::Fault fault) { return fault >= plant::Fault::meter_stop; }

}  // namespace

Visit::Visit(std::uint64_t seed, Flaw flaw)
    : flaw_(flaw),
      random_(seed),
      plant_({.outlet = safety::Outlet::ccs, .seed = seed}),
      backlog_(std::make_unique<session::Backlog>()) {
    configuration_.price = {490'000, "EUR"};
    configuration_.authorization_timeout = 5s;
    configuration_.reconnect_timeout = 8s;
    if (dice(2)) configuration_.anybody = card;
    start_session();
}

void Visit::complain(const std::string& what) {
    if (problem_.empty()) problem_ = "at " + std::to_string(ms_) + " ms: " + what;
}

// ---- power ------------------------------------------------------------------------------------------------------------

void Visit::power_period() {
    if (ms_ < power_back_ms_) return;
    if (const auto frame = plant_.inputs()) {
        if (const auto decoded = powerdrv::decode_inputs(*frame)) {
            if (decoded->sensors.sequence != inputs_.sensors.sequence && frames_ < 20) ++frames_;
            inputs_.sensors = decoded->sensors;
        }
    }
    if (flaw_ == Flaw::power_needs_no_consent && report_.stage == safety::Stage::delivering) {
        inputs_.command.consent_ms = 500;
        inputs_.command.demand = safety::Demand::energy;
    }
    const auto [state, outputs] = safety::step(limits_, core_, inputs_, {ms_ * 1'000});
    inputs_.command.consent_ms = 0;
    inputs_.command.acknowledge = 0;
    core_ = state;
    plant_.order(outputs.actuators);
    if (outputs.report.tripped & ~report_.tripped) ++tally_->trips;
    report_ = outputs.report;
    if (frames_ < 20 && report_.pilot == safety::Pilot::a) report_.pilot = safety::Pilot::between;
    mix(power::digest_of(outputs));
}

void Visit::kill_power(int for_ms) {
    ++tally_->power_deaths;
    core_ = {};
    inputs_ = {};
    report_ = {.pilot = safety::Pilot::between};
    frames_ = 0;
    power_back_ms_ = ms_ + for_ms;
    power_was_away_ = true;
    disturbed_until_ms_ = std::max(disturbed_until_ms_, ms_ + for_ms + 500);
}

// ---- session ----------------------------------------------------------------------------------------------------------

Context Visit::context() {
    char text[40];
    std::snprintf(text, sizeof text, "00000000-0000-4000-8000-%012d", ++fresh_);
    return {Instant{1'000'000'000'000 + ms_ * 1'000'000}, WallTime{1'800'000'000'000 + ms_}, Text<36>::cut(text), dice(8) != 0};
}

void Visit::start_session() {
    session_lives_ = true;
    ++life_;
    for (const Event& stop : std::exchange(unanswered_, {})) mail_.emplace_back(ms_ + 50, stop);
    backlog_ = std::make_unique<session::Backlog>();
    disk_due_ms_ = -1;
    is_full_told_ = false;
    consent_ms_ = 0;
    state_ = initial(configuration_);
    if (has_stored_ && flaw_ != Flaw::session_forgets) {
        auto [state, actions] = resume(configuration_, stored_, restart_, context());
        state_ = state;
        // What it had heard and not stored did not happen, and nobody was told that it had: who was not answered says it again.
        allowed_ = (stored_.transaction && !stored_.transaction->stopping) || stored_.granted;
        carry_out(actions);
    }
    feed(LimitChanged{LimitSource::fuse, {Watt{50'000}, std::nullopt}});
}

void Visit::kill_session(int for_ms, Restart as) {
    if (!session_lives_) return;
    ++(as == Restart::process ? tally_->session_deaths : tally_->reboots);
    session_lives_ = false;
    session_back_ms_ = ms_ + for_ms;
    restart_ = as;
    if (disk_due_ms_ >= 0 && ms_ >= disk_fails_until_ms_ && dice(2))
        look_at_disk();  // it was on the disk, and nobody heard of it
}

void Visit::feed(const Event& event) {
    if (!session_lives_) return;
    // A stop that the session has heard is final; so is a withdrawal. Only somebody's yes afterwards brings energy back.
    const auto [state, actions] = step(configuration_, state_, event, context());
    const auto& before = state_.authorizing;
    const bool is_new = state.authorizing && state.authorizing->accepted && (!before || !before->accepted);
    const bool has_begun = state.durable.transaction && !state_.durable.transaction;
    const auto* answered = std::get_if<AuthorizationAnswered>(&event);
    const auto* remote = std::get_if<RemoteStarted>(&event);
    const bool is_yes =
        (answered && answered->accepted && before && !before->accepted && before->request == answered->request) || remote;
    if (is_yes && (is_new || has_begun)) allowed_ = true;
    state_ = state;
    if (state_.durable.transaction && state_.durable.transaction->stopping) allowed_ = false;
    const bool is_stop = std::holds_alternative<RemoteStopped>(event) || std::holds_alternative<AuthorizationWithdrawn>(event);
    if (is_stop) unanswered_.push_back(event);
    if (flaw_ == Flaw::stops_are_forgotten && state_.durable.transaction) state_.durable.transaction->stopping = false;
    mix(power::digest_of(actions));
    carry_out(actions);
    if (is_stop)
        backlog_->when_durable([this, life = life_] {
            if (life == life_) unanswered_.pop_front();
        });
}

void Visit::carry_out(const Actions& actions) {
    session::Backlog::Batch batch{{EvseId{1}, std::nullopt, {}}, {}, {}};
    for (const Action& action : actions) {
        if (const auto* wanted = std::get_if<SetPower>(&action)) {
            if (wanted->demand == safety::Demand::none) {
                consent_ms_ = 0;
                backlog_->withdraw();
            }
            if (wanted->demand == safety::Demand::none || consent_ms_ > 0) send_power(*wanted);
        }
        if (const auto* consent = std::get_if<GiveConsent>(&action); consent && consent_ms_ > 0) send_consent(*consent);
        if (const auto* trips = std::get_if<AcknowledgeTrips>(&action); trips && ms_ >= power_back_ms_)
            inputs_.command.acknowledge |= trips->trips;
        if (std::holds_alternative<Persist>(action)) batch.commit.durable = state_.durable;
        session::Event event;
        if (const auto* record = std::get_if<Record>(&action)) {
            event.kind = session::EventKind::transaction;
            event.record = *record;
            batch.commit.events.push_back(event);
        }
        if (std::holds_alternative<StatusChanged>(action)) batch.commit.events.push_back(event);
        if (const auto* ask = std::get_if<AskAuthorization>(&action)) {
            event.kind = session::EventKind::authorize;
            event.request = ask->request;
            batch.commit.events.push_back(event);
        }
    }
    if (batch.commit.durable || !batch.commit.events.empty()) backlog_->add(std::move(batch));
    for (const Action& action : actions) {
        if (consent_ms_ > 0) break;
        if (const auto* wanted = std::get_if<SetPower>(&action); wanted && wanted->demand != safety::Demand::none)
            backlog_->promise(*wanted);
        if (const auto* consent = std::get_if<GiveConsent>(&action); consent && consent->ms > 0) backlog_->promise(*consent);
    }
    give();
    submit();
    if (backlog_->is_full() && !std::exchange(is_full_told_, true)) feed(StoreFails{true, true});
}

void Visit::give() {
    if (!may_deliver(state_)) return backlog_->withdraw();
    const session::Gift gift = backlog_->take_gift();
    if (gift.power) send_power(*gift.power);
    if (gift.consent) send_consent(*gift.consent);
}

void Visit::submit() {
    if (const session::Commit* next = backlog_->begin()) {
        in_flight_ = *next;
        disk_due_ms_ = ms_ + 1 + dice(dice(10) == 0 ? 300 : 30);
    }
}

/// The disk answers: it has taken it, or it fails and is asked again a second later.
void Visit::look_at_disk() {
    disk_due_ms_ = -1;
    if (ms_ < disk_fails_until_ms_) {
        feed(StoreFails{true, false});
        backlog_->failed();
        if (session_lives_) {
            (void)backlog_->begin();
            disk_due_ms_ = ms_ + 1'000;
        }
        return;
    }
    if (in_flight_.durable) {
        stored_ = *in_flight_.durable;
        has_stored_ = true;
    }
    for (const session::Event& event : in_flight_.events) {
        if (event.record) hear(*event.record);
        if (event.kind == session::EventKind::authorize) answer({event.request, {}});
    }
    if (!session_lives_) return;
    for (session::Backlog::Then& then : backlog_->done().then) then();
    give();
    submit();
    if (!state_.store_fails) return;
    is_full_told_ = false;
    feed(StoreFails{false, false});
}

void Visit::send_power(const SetPower& wanted) {
    if (wanted.demand == safety::Demand::energy) {
        // What protects is kept by every word to power, without a ramp.
        Allowances protecting{};
        for (const LimitSource source : {LimitSource::hardware, LimitSource::cable, LimitSource::fuse})
            protecting[source] = state_.durable.allowances[source];
        const MilliVolt voltage = state_.power.voltage.value >= 150'000 ? state_.power.voltage : MilliVolt{150'000};
        if (wanted.setpoint.current.value > limit_of(protecting, voltage).current.value)
            complain("a setpoint above what protects");
    }
    if (ms_ < power_back_ms_) return;
    safety::Command& command = inputs_.command;
    command.demand = wanted.demand;
    command.setpoint = wanted.setpoint;
    if (flaw_ == Flaw::setpoints_are_exceeded) command.setpoint.current.value += wanted.setpoint.current.value / 5;
    command.lock = wanted.lock;
    command.offer = wanted.offer;
    command.digital = wanted.digital;
    setpoints_.emplace_back(ms_, wanted.demand == safety::Demand::energy ? wanted.setpoint.current.value : 2'500);
}

void Visit::send_consent(const GiveConsent& consent) {
    consent_ms_ = consent.ms;
    if (!may_deliver(state_)) complain("consent while nothing may be delivered");
    if (!allowed_) complain("consent without an authorization since the last stop");
    if (!stored_.transaction || !state_.durable.transaction || stored_.transaction->id != state_.durable.transaction->id)
        complain("consent for a transaction that is not on the disk");
    consent_until_ms_ = ms_ + consent.ms;
    if (ms_ >= power_back_ms_) inputs_.command.consent_ms = consent.ms;
}

// ---- meter, CSMS, car ---------------------------------------------------------------------------------------------------

/// As services/meter: a reading with a fault, or with registers that fell, is not served.
void Visit::read_meter() {
    const auto frame = plant_.reading(0);
    const auto reading = frame ? meter::decode_reading(*frame) : Result<meter::ReadingFrame>(fail(Errc::stale, "silent"));
    if (!reading || reading->status != 0 || reading->import_mwh < last_import_ || reading->export_mwh < last_export_)
        return feed(MeterGone{});
    last_import_ = reading->import_mwh;
    last_export_ = reading->export_mwh;
    const std::int64_t import = flaw_ == Flaw::meter_counts_too_little ? reading->import_mwh * 9 / 10 : reading->import_mwh;
    const ReadingWanted wanted = reading_wanted(configuration_, state_, Instant{1'000'000'000'000 + ms_ * 1'000'000});
    feed(MeterSeen{{1'800'000'000'000 + ms_, import, reading->export_mwh, reading->voltage, reading->current, reading->power},
                   wanted});
}

void Visit::answer(const AskAuthorization& ask) {
    if (dice(20) == 0) return;   // lost
    const bool yes = dice(8) != 0;
    mail_.emplace_back(ms_ + 20 + dice(dice(10) == 0 ? 7'000 : 400), AuthorizationAnswered{ask.request, yes, {}});
    if (dice(6) == 0) mail_.emplace_back(ms_ + 500 + dice(8'000), AuthorizationAnswered{ask.request, true, {}});  // and once more
}

/// A record that is on the disk reaches the CSMS, in order, whoever dies.
void Visit::hear(const Record& record) {
    Told& told = told_[std::string(record.transaction.view())];
    if (record.sequence != told.records.size())
        complain("record " + std::to_string(record.sequence) + " of a transaction is number " +
                 std::to_string(told.records.size()));
    if ((record.kind == RecordKind::started) != told.records.empty())
        complain("a transaction that begins in its middle, or twice");
    if (!told.records.empty() && told.records.back().kind == RecordKind::ended) complain("a record behind the end");
    if (!told.records.empty() && record.energy_mwh < told.records.back().energy_mwh) complain("energy that becomes less");
    if (record.kind == RecordKind::started) {
        told.delivered_begin = plant_.truth().delivered_mwh;
        ++tally_->transactions;
    }
    if (record.kind == RecordKind::ended) told.delivered_end = plant_.truth().delivered_mwh;
    told.records.push_back(record);
}

void Visit::come() {
    body_ = {.plugged = true,
             .pilot = plant::CarPilot::b,
             .battery = {60'000},
             .state_of_charge = {static_cast<std::int16_t>(100 + dice(700))}};
    car_ = Car::waiting;
    car_name_ = Text<255>::cut("EVCC-" + std::to_string(ms_));
    car_until_ms_ = ms_ + 6'000 + dice(12'000);
    car_wants_ma_ = 5'000 + dice(200'000);
    plant_.set_car(body_);
}

void Visit::leave() {
    body_.plugged = body_.contactor = false;
    car_ = Car::away;
    plant_.set_car(body_);
}

/// The car's side of ISO 15118, as iso15118 translates it.
void Visit::drive_car() {
    if (car_ == Car::away) return;
    const plant::CableFrame cable = plant_.cable();
    const bool has_power = car_ >= Car::precharge && car_ <= Car::charge;
    if (!has_power || cable.steady) body_.contactor = false;
    else if (std::abs(cable.inlet_voltage.value - cable.battery_voltage.value) < 10'000 && cable.battery_voltage.value > 100'000)
        body_.contactor = true;
    body_.pilot = car_ >= Car::cable_check && car_ <= Car::charge ? plant::CarPilot::c : plant::CarPilot::b;
    plant_.set_car(body_);
    if (!session_lives_ || is_car_silent_ || ms_ < car_next_ms_) return;
    car_next_ms_ = ms_ + 50 + dice(150);

    const auto need = [&](EvPhase phase, std::int32_t ma) {
        feed(EvNeeds{.phase = phase,
                     .target_voltage = cable.battery_voltage,
                     .target_current = {ma},
                     .present_voltage = cable.inlet_voltage,
                     .maximum_voltage = {cable.battery_voltage.value + 40'000},
                     .maximum_current = {200'000},
                     .maximum_power = {150'000}});
    };
    const auto turn = [&](Car next) {
        car_ = next;
        car_phase_ms_ = ms_;
    };
    const auto begin_anew = [&] {
        feed(StoppedByEv{StopCause::ev_communication_lost});
        turn(Car::waiting);
    };
    const EvView view = view_for_ev(configuration_, state_);
    if (car_ >= Car::cable_check && car_ <= Car::charge) {
        if (view.stop_wanted || ms_ >= car_until_ms_) return turn(Car::leaving);
        if (view.progress == Progress::failed || (car_ != Car::charge && ms_ - car_phase_ms_ > 15'000)) return begin_anew();
    }
    switch (car_) {
        case Car::waiting: {
            const EvVerdict verdict = verdict_for_ev(state_);
            const bool is_stored = stored_.transaction && stored_.transaction->id == verdict.transaction;
            if (verdict.verdict == Verdict::accepted && is_stored) turn(Car::cable_check);
            else {
                if (state_.evcc != car_name_) feed(EvNamed{car_name_});
                feed(EvAuthorizes{dice(2) ? card : Identity{}});
            }
            break;
        }
        case Car::cable_check:
            need(EvPhase::cable_check, 0);
            if (view.phase == EvPhase::cable_check && view.progress == Progress::finished) turn(Car::precharge);
            break;
        case Car::precharge:
            need(EvPhase::precharge, 0);
            if (view.phase == EvPhase::precharge && view.progress == Progress::finished && body_.contactor) turn(Car::charge);
            break;
        case Car::charge:
            if (dice(30) == 0) car_wants_ma_ = dice(220'000);
            need(EvPhase::charge, car_wants_ma_);
            break;
        case Car::leaving:
            need(EvPhase::stopping, 0);
            feed(StoppedByEv{dice(6) ? StopCause::ev_terminate : StopCause::ev_pause});
            turn(Car::done);
            break;
        default: break;
    }
}

// ---- what goes wrong ----------------------------------------------------------------------------------------------------

void Visit::clear_fault() {
    if (!fault_) return;
    plant_.faults.set(*fault_, std::nullopt);
    disturbed_until_ms_ = ms_ + 1'000;
    acknowledge_ms_ = ms_ + 500 + dice(1'000);
    fault_.reset();
}

void Visit::something_happens() {
    const auto id = state_.durable.transaction && dice(5) ? state_.durable.transaction->id : TransactionId("another");
    const auto post = [&](const Event& event) { mail_.emplace_back(ms_ + dice(dice(4) ? 50 : 3'000), event); };
    switch (dice(22)) {
        case 0:
        case 1: return kill_session(20 + dice(dice(5) ? 200 : 3'000), Restart::process);
        case 2:
        case 3: return kill_power(20 + dice(300));
        case 4:
            kill_power(200 + dice(2'000));
            return kill_session(500 + dice(2'000), Restart::reboot);
        case 5:
            ++tally_->disk_failures;
            disk_fails_until_ms_ = ms_ + 200 + dice(6'000);
            return;
        case 6: return post(RemoteStopped{id});
        case 7: return post(AuthorizationWithdrawn{id});
        case 8: return post(StoppedByUser{});
        case 9: return post(RemoteStarted{dice(2) ? card : other, dice(100) - 50});
        case 10: return post(IdentityPresented{dice(2) ? card : other});
        case 11: return post(LimitChanged{LimitSource::csms, {Watt{dice(60'000)}, std::nullopt}});
        case 12: return post(LimitChanged{LimitSource::fuse, {Watt{10'000 + dice(40'000)}, std::nullopt}});
        case 13: return post(AvailabilityWanted{dice(3) != 0});
        case 14: return post(Reserved{dice(3), dice(2) ? card : other, 1'800'000'000'000 + ms_ + dice(20'000)});
        case 15: return post(AuthorizationAnswered{static_cast<std::uint64_t>(dice(6)), true, {}});
        case 16: return post(StoppedByEv{static_cast<StopCause>(dice(4))});
        case 17: return car_ == Car::away ? come() : leave();
        case 18:
            is_car_silent_ = !is_car_silent_;
            return;
        default:
            if (fault_) return;
            ++tally_->faults;
            fault_ = menu[static_cast<std::size_t>(dice(static_cast<std::int32_t>(menu.size())))];
            meter_lied_ = meter_lied_ || is_of_meter(*fault_);
            plant_.faults.set(*fault_, plant::kFaultMenu[static_cast<std::size_t>(*fault_)].usual);
            fault_ends_ms_ = ms_ + 50 + dice(4'000);
    }
}

void Visit::happen() {
    if (!session_lives_ && ms_ >= session_back_ms_) start_session();
    if (power_was_away_ && ms_ >= power_back_ms_) {
        power_was_away_ = false;
        feed(PowerGone{});   // it is back, and told at once
    }
    if (fault_ && ms_ >= fault_ends_ms_) clear_fault();
    if (acknowledge_ms_ > 0 && ms_ >= acknowledge_ms_) {
        acknowledge_ms_ = 0;
        feed(TripsAcknowledged{UINT32_MAX});
    }
    for (std::size_t i = 0; i < mail_.size();) {
        if (mail_[i].first > ms_ || !session_lives_) {
            ++i;
            continue;
        }
        const Event event = mail_[i].second;
        mail_.erase(mail_.begin() + static_cast<std::ptrdiff_t>(i));
        feed(event);
    }
}

void Visit::millisecond() {
    ++ms_;
    plant_.step();
    if (ms_ % 10 == 0) power_period();
    happen();
    if (disk_due_ms_ >= 0 && ms_ >= disk_due_ms_ && session_lives_) look_at_disk();
    if (ms_ % 50 == 7) feed(ms_ < power_back_ms_ ? Event(PowerGone{}) : Event(PowerSeen{report_}));
    if (ms_ % 200 == 11) read_meter();
    if (ms_ % 100 == 13) feed(Ticked{});
    if (ms_ % 10 == 3) drive_car();
    observe();
}

// ---- the observer -------------------------------------------------------------------------------------------------------

void Visit::observe() {
    const auto& t = state_.durable.transaction;
    if (session_lives_ && t && !t->stopping) permitted_ms_ = ms_;
    while (setpoints_.size() > 1 && setpoints_[1].first < ms_ - ramp_ms)
        setpoints_.pop_front();  // the one that was in force then stays
    if (ms_ % 5 != 0) return;
    const plant::Truth truth = plant_.truth();
    mix(static_cast<std::uint64_t>(truth.delivered_mwh));
    if (fault_) disturbed_until_ms_ = std::max(disturbed_until_ms_, ms_ + 200);
    if (truth.amperes < 3 || !truth.contactor) return;
    if (ms_ > consent_until_ms_ + end_of_consent_ms) complain("power without consent");
    if (ms_ > permitted_ms_ + 500 + end_of_consent_ms && session_lives_) complain("power without a transaction that may charge");
    if (ms_ < disturbed_until_ms_) return;  // the supply, or a sensor, is what is wrong: the safety core's own tests ask how long
    std::int32_t most = 0;
    for (const auto& [when, ma] : setpoints_) most = std::max(most, ma);
    if (truth.amperes * 1'000 > most * 1.02 + 3'000)
        complain("more current than anybody allowed: " + std::to_string(truth.amperes) + " A");
}

void Visit::compare() {
    std::int64_t billed = 0;
    const std::int64_t delivered = plant_.truth().delivered_mwh;
    for (const auto& [name, told] : told_) {
        if (told.records.back().kind != RecordKind::ended) complain("a transaction without an end");
        const std::int64_t energy = told.records.back().energy_mwh;
        billed += energy;
        if (energy > 1'000) ++tally_->energised;
    }
    // The meter's class is 1 %; a reading is a fifth of a second old at most.
    const std::int64_t tolerance = delivered / 100 + 3'000;
    if (billed > delivered + tolerance)
        complain("billed " + std::to_string(billed) + " mWh, delivered " + std::to_string(delivered));
    if (meter_lied_) return;
    ++tally_->compared;
    if (billed < delivered - tolerance)
        complain("billed only " + std::to_string(billed) + " mWh, delivered " + std::to_string(delivered));
}

std::string Visit::run(Tally& tally) {
    tally_ = &tally;
    const std::int64_t length = 12'000 + dice(14'000);
    std::vector<std::int64_t> incidents;
    for (int count = dice(6); count > 0; --count) incidents.push_back(dice(static_cast<std::int32_t>(length)));
    std::ranges::sort(incidents);
    const std::int64_t arrival = 300 + dice(1'500);
    std::size_t next = 0;
    while (ms_ < length && problem_.empty()) {
        millisecond();
        if (ms_ == arrival && car_ == Car::away) come();
        if (ms_ == arrival + 100 && !configuration_.anybody && dice(4)) feed(IdentityPresented{card});
        if (next < incidents.size() && ms_ >= incidents[next]) {
            ++next;
            something_happens();
        }
    }
    // Everything is made good again, and the car leaves: whatever began comes to its end.
    is_car_silent_ = false;
    disk_fails_until_ms_ = ms_;
    clear_fault();
    leave();
    for (int i = 0; i < 16'000 && problem_.empty(); ++i) {
        millisecond();
        if (i == 12'000) feed(TripsAcknowledged{UINT32_MAX});
    }
    if (problem_.empty()) compare();
    return problem_;
}

}  // namespace voltkeep::sessions
