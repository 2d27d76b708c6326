// SPDX-License-Identifier: Apache-2.0
#include "station.hpp"

#include <sys/random.h>

namespace voltkeep::session {

namespace {

/// A version 4 UUID (RFC 9562): never given twice in a station's life.
//= OCPP 2.1 E01.FR.08
TransactionId fresh_id() {
    std::array<std::uint8_t, 16> octets;
    CHECK(::getrandom(octets.data(), octets.size(), 0) == static_cast<ssize_t>(octets.size()));
    octets[6] = static_cast<std::uint8_t>(0x40 | (octets[6] & 0x0f));
    octets[8] = static_cast<std::uint8_t>(0x80 | (octets[8] & 0x3f));
    std::array<char, 36> text;
    std::size_t at = 0;
    for (std::size_t i = 0; i < octets.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text[at++] = '-';
        text[at++] = "0123456789abcdef"[octets[i] >> 4];
        text[at++] = "0123456789abcdef"[octets[i] & 15];
    }
    return *TransactionId::from({text.data(), text.size()});
}

charging::Configuration configuration_of(const Config& config, EvseId number) {
    charging::Configuration c;
    c.evse = number;
    CHECK(number.number >= 1 && number.number <= config.evses.size());   // written with the image that says which there are
    const Nameplate& nameplate = config.evses[number.number - 1u];
    c.digital = nameplate.is_digital;
    c.phases = nameplate.phases;
    c.price = {config.price_micro_per_kwh, config.currency};
    c.voltage_max = nameplate.voltage;
    c.voltage_min = nameplate.minimum_voltage;
    c.hardware = {nameplate.is_digital ? std::optional(nameplate.power) : std::nullopt, nameplate.current};
    c.discharge = nameplate.discharge;
    c.meter_interval = std::chrono::milliseconds(config.meter_interval_ms);
    if (!config.anybody.empty()) c.anybody = Identity{IdentificationKind::token, config.anybody, config.anybody_type};
    return c;
}

std::string_view word(charging::NoteKind kind) {
    constexpr std::string_view words[] = {"plugged",
                                          "unplugged",
                                          "authorized",
                                          "refused",
                                          "authorization_timeout",
                                          "late_answer_dropped",
                                          "connect_timeout",
                                          "tripped",
                                          "trips_cleared",
                                          "meter_lost",
                                          "power_lost",
                                          "resumed",
                                          "resume_refused",
                                          "register_fell",
                                          "reservation_ended",
                                          "store_fails",
                                          "store_is_back",
                                          "meter_not_good",
                                          "meter_exchanged",
                                          "meter_not_signed",
                                          "another_car"};
    static_assert(std::size(words) == static_cast<std::size_t>(charging::NoteKind::last_) + 1);
    return words[static_cast<std::size_t>(kind)];
}

/// "emergency_stop insulation"
std::string trip_names(std::uint32_t trips) {
    std::string names;
    for (std::uint8_t id = 0; id < PROTECTION_COUNT; ++id)
        if (trips >> id & 1u) names += (names.empty() ? "" : " ") + std::string(safety::protection_name(id));
    return names;
}

bool is_event(const charging::Action& action) {
    return std::holds_alternative<charging::Record>(action) || std::holds_alternative<charging::StatusChanged>(action) ||
           std::holds_alternative<charging::AskAuthorization>(action);
}

bool is_stored(const charging::Action& action) { return is_event(action) || std::holds_alternative<charging::Persist>(action); }

bool is_power(const charging::Action& action) {
    return std::holds_alternative<charging::SetPower>(action) || std::holds_alternative<charging::GiveConsent>(action);
}

/// Who charges, in the words of the bill (OCMF, table 17).
std::string_view identification_type(const Identity& identity) {
    constexpr std::pair<std::string_view, std::string_view> types[] = {{"Central", "CENTRAL"},   {"eMAID", "EMAID"},
                                                                       {"ISO14443", "ISO14443"}, {"ISO15693", "ISO15693"},
                                                                       {"KeyCode", "KEY_CODE"},  {"Local", "LOCAL"}};
    if (identity.kind == IdentificationKind::contract) return "EMAID";
    for (const auto& [ours, theirs] : types)
        if (identity.type.view() == ours) return theirs;
    return "NONE";
}

}  // namespace

Evse::Evse(kernel::Service& self, Store& store, audit::Journal& journal, const Config& config, EvseId number)
    : self_(self),
      store_(store),
      journal_(journal),
      config_(config),
      number_(number),
      configuration_(configuration_of(config, number)),
      state_(charging::initial(configuration_)),
      power_(self.connect<power::Interface>("power", number)),
      meter_(self.connect<meter::Interface>("meter", number)),
      flight_(self, store, number, configuration_),
      next_id_(fresh_id()) {}

charging::Context Evse::context() const { return {now(), wall_now(), next_id_, online_}; }

Result<> Evse::begin(bool same_boot) {
    const charging::Durable stored = TRY(store_.database().load(number_)).value_or(charging::Durable{});
    const auto [state, actions] =
        charging::resume(configuration_, stored, same_boot ? charging::Restart::process : charging::Restart::reboot, context());
    state_ = state;
    if (stored.transaction) stored_ = stored.transaction->id;
    //= OCPP 2.1 B01.FR.05 the CSMS is told what each EVSE is, also at the first start and after a store that could not be read
    carry_out(actions);
    flight_.begin(state_);
    feed(charging::LimitChanged{charging::LimitSource::fuse, {config_.fuse_share, std::nullopt}});
    look_at_power();   // at once: consent of a predecessor runs out, and nobody is to be told what is not known
    self_.every(50ms, [this] { look_at_power(); });
    self_.every(configuration_.tick, [this] { feed(charging::Ticked{}); });
    return {};
}

void Evse::feed(const charging::Event& event) {
    const charging::Context given = context();
    auto [state, actions] = charging::step(configuration_, state_, event, given);
    state_ = state;
    flight_.note(given, event, state_, actions);
    if (const auto& t = state_.durable.transaction; t && t->id == next_id_) next_id_ = fresh_id();
    carry_out(actions);
    sign_if_wanted();
}

void Evse::name_car(const Text<255>& evcc) {
    if (!evcc.empty() && evcc != state_.evcc) feed(charging::EvNamed{evcc});
}

void Evse::look_at_power() {
    const auto report = power_.call(power::Read{});
    if (report && report->latched == 0) told_trips_ = 0;
    if (report) feed(charging::PowerSeen{*report});
    else if (report.error().code != Errc::timeout && report.error().code != Errc::busy)
        feed(charging::PowerGone{});
}

void Evse::power_is_back() {
    feed(charging::PowerGone{});   // however quickly it came back
    look_at_power();
}

void Evse::look_at_meter() {
    const auto sample = meter_.call(meter::Read{});
    if (!sample) return feed(charging::MeterGone{});
    judge(*sample);
    metered_ = *sample;
    const auto& t = state_.durable.transaction;
    if (sample->condition != meter::Condition::good) return feed(charging::MeterFails{charging::MeterTrouble::not_good});
    if (t && sample->serial != t->begin.serial) return feed(charging::MeterFails{charging::MeterTrouble::exchanged});
    feed(charging::MeterAlive{});
}

/// What becomes of a meter is in the log, whether or not anybody charges.
void Evse::judge(const meter::Sample& sample) {
    constexpr std::string_view words[] = {"good", "faulty", "fell", "frozen", "jumped"};
    static_assert(std::size(words) == static_cast<std::size_t>(meter::Condition::last_) + 1);
    const bool is_new = !metered_ || metered_->serial != sample.serial;
    if (sample.condition != (metered_ ? metered_->condition : meter::Condition::good))
        journal_.append(audit::Type::meter, number_.number,
                        audit::Payload()
                            .put("step", words[static_cast<std::size_t>(sample.condition)])
                            .put("serial", sample.serial.view())
                            .put("import_mwh", sample.import_mwh));
    if (is_new && !sample.replaced.empty())
        journal_.append(
            audit::Type::meter, number_.number,
            audit::Payload().put("step", "exchanged").put("serial", sample.serial.view()).put("before", sample.replaced.view()));
}

/// What is billed is signed: the machine sees no other reading.
void Evse::sign_if_wanted() {
    using charging::ReadingWanted;
    const ReadingWanted wanted = charging::reading_wanted(configuration_, state_, now());
    if (wanted == ReadingWanted::none || is_signing_ || now() < sign_not_before_) return;
    const auto& t = state_.durable.transaction;
    const Identity& who = t ? t->identity : state_.authorizing->identity;
    meter::Sign sign;
    sign.mark = wanted == ReadingWanted::first  ? meter::Mark::begin
                : wanted == ReadingWanted::last ? meter::Mark::end
                                                : meter::Mark::intermediate;
    sign.transaction = t ? t->id : next_id_;
    sign.identification_type = Text<16>::cut(identification_type(who));
    sign.identification = who.token;
    is_signing_ = meter_
                      .request(sign, [this, wanted, of = sign.transaction,
                                      who](Result<meter::Sign::Signed> done) { take_signed(wanted, of, who, std::move(done)); })
                      .has_value();
    sign_not_before_ = now() + 200ms;
}

void Evse::take_signed(charging::ReadingWanted asked, const TransactionId& of, const Identity& who,
                       Result<meter::Sign::Signed> done) {
    is_signing_ = false;
    const auto& t = state_.durable.transaction;
    if (of != (t ? t->id : next_id_)) return;   // it has ended without this one
    if (done) {
        signed_.emplace(done->page, SignedReading{done->record, done->public_key});
        const meter::Sample& s = done->sample;
        return feed(charging::MeterSeen{
            {s.taken_wall_ms, s.import_mwh, s.export_mwh, s.voltage, s.current, s.power, s.serial, done->page}, asked, who});
    }
    switch (done.error().code) {
        case Errc::stale:
        case Errc::busy:
        case Errc::timeout:
        case Errc::gone_unread:
        case Errc::gone_unknown: return;  // asked again; without an answer the meter is lost
        default: break;
    }
    sign_not_before_ = now() + 1s;
    journal_.append(audit::Type::meter, number_.number,
                    audit::Payload().put("step", "not_signed").put("why", done.error().what.view()));
    feed(charging::MeterFails{charging::MeterTrouble::not_signed});
}

// ---- carrying out -----------------------------------------------------------------------------------------------------

/// Power is taken away, and goes on, at once; what an action of the rest says is said when it is on the disk, if it is stored at
/// all.
void Evse::carry_out(const charging::Actions& actions) {
    if (actions.empty()) return;
    take_away(actions);
    Backlog::Batch batch = batch_of(actions);
    if (batch.commit.durable || !batch.commit.events.empty()) {
        for (const charging::Action& action : actions)
            if (!is_stored(action) && !is_power(action) && !std::holds_alternative<charging::EvDecided>(action)) perform(action);
        backlog_.add(std::move(batch));
    } else
        for (const charging::Action& action : actions)
            if (!is_power(action)) perform(action);
    give(actions);
    submit();
    if (backlog_.is_full() && !is_full_told_) {
        is_full_told_ = true;
        feed(charging::StoreFails{true, true});
    }
}

Backlog::Batch Evse::batch_of(const charging::Actions& actions) const {
    Backlog::Batch batch{{number_, std::nullopt, {}}, {}, {}};
    for (const charging::Action& action : actions) {
        Event event{0, EventKind::status, number_, wall_now().unix_ms, {}, 0, {}, std::nullopt, std::nullopt};
        if (std::holds_alternative<charging::Persist>(action)) batch.commit.durable = state_.durable;
        if (const auto* record = std::get_if<charging::Record>(&action)) {
            event.kind = EventKind::transaction;
            event.record = *record;
            if (signed_ && record->reading && record->reading->page == signed_->first) event.signed_reading = signed_->second;
        }
        if (const auto* ask = std::get_if<charging::AskAuthorization>(&action)) {
            event.kind = EventKind::authorize;
            event.request = ask->request;
            event.identity = ask->identity;
        }
        if (const auto* status = std::get_if<charging::StatusChanged>(&action)) event.availability = status->availability;
        if (is_event(action)) batch.commit.events.push_back(event);
        if (is_stored(action) || std::holds_alternative<charging::EvDecided>(action)) batch.actions.push_back(action);
    }
    return batch;
}

/// What takes power away, or only goes on giving what was given, never waits for a disk.
void Evse::take_away(const charging::Actions& actions) {
    for (const charging::Action& action : actions) {
        if (const auto* acknowledged = std::get_if<charging::AcknowledgeTrips>(&action)) acknowledge(*acknowledged);
        if (const auto* wanted = std::get_if<charging::SetPower>(&action)) {
            if (wanted->demand == safety::Demand::none) {
                consent_ms_ = 0;   // the next consent is a gift again: after the disk
                backlog_.withdraw();
            }
            if (wanted->demand == safety::Demand::none || consent_ms_ > 0) send_power(*wanted);
        }
        if (const auto* consent = std::get_if<charging::GiveConsent>(&action); consent && (consent->ms == 0 || consent_ms_ > 0))
            send_consent(*consent);
    }
}

/// In the log's queue before power hears of it, once for what is acknowledged again and again until its cause is gone.
void Evse::acknowledge(const charging::AcknowledgeTrips& action) {
    const std::uint32_t untold = action.trips & ~told_trips_;
    if (untold != 0)
        journal_.append(audit::Type::safety, number_.number,
                        audit::Payload()
                            .put("step", "trips_acknowledged")
                            .put("by", action.by_somebody ? "operator" : "session")
                            .put("trips", trip_names(untold)));
    told_trips_ |= action.trips;
    (void)power_.call(power::Acknowledge{action.trips});   // lost: what stays latched is acknowledged again
}

/// The rest of it: power that did not flow before.
void Evse::give(const charging::Actions& actions) {
    for (const charging::Action& action : actions) {
        if (consent_ms_ > 0) continue;   // went on above
        if (const auto* wanted = std::get_if<charging::SetPower>(&action); wanted && wanted->demand != safety::Demand::none)
            backlog_.promise(*wanted);
        if (const auto* consent = std::get_if<charging::GiveConsent>(&action); consent && consent->ms > 0)
            backlog_.promise(*consent);
    }
    if (!charging::may_deliver(state_)) return backlog_.withdraw();   // power is gone, or stands: what was promised to it is void
    const Gift gift = backlog_.take_gift();
    if (gift.power) send_power(*gift.power);
    if (gift.consent) send_consent(*gift.consent);
}

/// One commit at a time: what is not on the disk has not happened, and nothing behind it goes on until it is.
void Evse::submit() {
    const Commit* next = backlog_.begin();
    if (!next) return;
    store_.commit(*next, [this](Result<> done) {
        if (done) return finish_first();
        if (!state_.store_fails) self_.fault(done.error());
        self_.after(1s, [this] {
            backlog_.failed();
            submit();
        });
        feed(charging::StoreFails{true, false});
    });
}

void Evse::finish_first() {
    Backlog::Batch batch = backlog_.done();
    if (const auto& durable = batch.commit.durable) stored_ = durable->transaction ? durable->transaction->id : TransactionId();
    for (const charging::Action& action : batch.actions) perform(action);
    for (Backlog::Then& then : batch.then) then();
    if (!batch.commit.events.empty()) self_.notify(Pulse::events);
    give({});
    submit();
    if (!state_.store_fails) return;
    is_full_told_ = false;
    feed(charging::StoreFails{false, false});
}

void Evse::send_power(const charging::SetPower& wanted) {
    (void)power_.call(power::Setpoint{wanted.demand, wanted.setpoint, wanted.lock, wanted.offer,
                                      wanted.digital});  // sent again with every consent
}

void Evse::send_consent(const charging::GiveConsent& consent) {
    consent_ms_ = consent.ms;
    (void)power_.call(power::Consent{consent.ms});   // its loss is a controlled stop, by itself
}

void Evse::perform(const charging::Action& action) {
    using audit::Payload;
    using audit::Type;
    std::visit(
        [this]<class A>(const A& a) {
            if constexpr (std::same_as<A, charging::EvDecided>) {
                self_.notify(Pulse::decided, 0, number_);
            } else if constexpr (std::same_as<A, charging::EvSetpointChanged>) {
                self_.notify(Pulse::setpoint, 0, number_);
            } else if constexpr (std::same_as<A, charging::StatusChanged>) {
                constexpr std::string_view words[] = {"Available", "Occupied", "Reserved", "Unavailable", "Faulted"};
                journal_.append(Type::session, number_.number,
                                Payload().put("step", "status").put("status", words[static_cast<std::size_t>(a.availability)]));
                self_.notify(Pulse::changed, number_.number);
            } else if constexpr (std::same_as<A, charging::Note>) {
                if (a.kind == charging::NoteKind::tripped) return;   // logged when power said it
                Payload payload;
                payload.put("step", word(a.kind));
                if (a.protection != PROTECTION_NONE) payload.put("protection", safety::protection_name(a.protection));
                journal_.append(Type::session, number_.number, payload);
            } else if constexpr (std::same_as<A, charging::Record>) {
                log_record(a);
            }
        },
        action);
}

void Evse::log_record(const Record& record) {
    constexpr std::string_view kinds[] = {"started", "updated", "ended"};
    audit::Payload payload;
    payload.put("step", kinds[static_cast<std::size_t>(record.kind)])
        .put("transaction", record.transaction.view())
        .put("sequence", record.sequence);
    payload.put("energy_mwh", record.energy_mwh).put("cost_micro", record.cost_micro).put("currency", config_.currency.view());
    if (record.reading) payload.put("register_mwh", record.reading->import_mwh).put("power_w", record.reading->power.value);
    if (record.state_of_charge.value >= 0) payload.put("soc_permille", record.state_of_charge.value);
    journal_.append(audit::Type::transaction, number_.number, payload);
}

// ---- what the others see ----------------------------------------------------------------------------------------------

Authorize::Authorization Evse::verdict() const {
    const auto [verdict, transaction] = charging::verdict_for_ev(state_);
    if (verdict == Verdict::accepted && transaction != stored_) return {};   // not on the disk yet: `decided` will come
    return {verdict, transaction};
}

TakeSetpoint::Setpoint Evse::setpoint() const {
    const charging::EvView view = charging::view_for_ev(configuration_, state_);
    TakeSetpoint::Setpoint s;
    s.phase = view.phase;
    s.progress = view.progress;
    s.stop_wanted = view.stop_wanted;
    s.present_voltage = view.present_voltage;
    s.present_current = view.present_current;
    s.maximum_voltage = view.maximum_voltage;
    s.minimum_voltage = view.minimum_voltage;
    s.maximum_current = view.maximum_current;
    s.maximum_power = view.maximum_power;
    s.maximum_discharge_current = view.maximum_discharge_current;
    s.maximum_discharge_power = power_of(view.maximum_voltage, view.maximum_discharge_current);
    s.available_power = view.available_power;
    s.present_power = power_of(view.present_voltage, view.present_current);
    s.current_limited = view.current_limited;
    s.limited_by = Text<40>::cut(charging::name(view.limited_by));
    s.contactor_closed = view.contactor_closed;
    s.verdict = verdict().verdict;
    s.customer_awaited =
        s.verdict == Verdict::pending && !state_.authorizing && !state_.durable.transaction && config_.anybody.empty();
    s.energy = {charging::energy_of(state_) / 1'000};
    s.energy_back = {charging::energy_back_of(state_) / 1'000};
    if (metered_) s.meter = Text<32>::cut(metered_->serial.view());
    s.evse = Text<255>::cut(std::string(config_.evse_prefix.view()) + std::to_string(number_.number));
    return s;
}

Snapshot::View Evse::snapshot() const {
    Snapshot::View v;
    v.evse = number_;
    v.availability = state_.told;
    v.charging = charging::charging_state(state_);
    v.state = Text<40>::cut(charging::name(state_.phase));
    if (const auto& t = state_.durable.transaction) {
        v.transaction = t->id;
        v.identity = t->identity;
        v.started_wall_ms = t->started_wall_ms;
        v.energy_mwh = charging::energy_of(state_);
        v.cost_micro = charging::cost_of(configuration_, state_);
    }
    v.currency = config_.currency;
    v.voltage = state_.power.voltage;
    v.current = state_.power.current;
    if (metered_) v.power = metered_->power;
    v.state_of_charge = state_.needs.state_of_charge;
    v.limit = state_.limit.power;
    v.limited_by = Text<40>::cut(charging::name(state_.limit.reason));
    if (state_.power.wait == safety::Wait::closings) v.fault = "the contactor has closed too often: it waits";
    if (state_.store_fails) v.fault = "the session store takes nothing";
    if (state_.power.latched != 0) v.fault = Text<80>::cut(safety::protection_name(state_.power.cause));
    v.latched = state_.power.latched;
    v.tripped = state_.power.tripped;
    v.wear_openings = state_.power.counters.openings_under_load;
    return v;
}

}  // namespace voltkeep::session
