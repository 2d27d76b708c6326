/* SPDX-License-Identifier: Apache-2.0 */
#include "interlock.h"

#define MILLISECONDS(n) ((uint32_t)(n)*1000u)

/* Times are from "seen" to "tripped". The command to open follows within interlock_stop_bound_us(), one period and one frame
 * later at the hardware; each row leaves that much room below the time of its clause. */
const struct interlock_protection interlock_protections[PROTECTION_COUNT] = {
    {"inputs_stale", 30, "ms", 0, STOP_EMERGENCY, LATCH_UNDER_POWER, "own rule: a sensor that is not seen does not protect"},
    {"bus_late", 60, "ms", 0, STOP_EMERGENCY, LATCH_UNDER_POWER, "own rule: inputs must answer outputs of the last 60 ms"},
    {"loop_overrun", 100, "ms", 0, STOP_EMERGENCY, LATCH_UNDER_POWER, "own rule: the hardware's watchdog has acted by then"},
    {"watchdog", 0, "", 0, STOP_EMERGENCY, LATCH_UNDER_POWER, "own rule: the hardware opened because the heartbeat was missing"},
    {"emergency_stop", 0, "", 0, STOP_EMERGENCY, LATCH_ALWAYS, "IEC 61851-23, emergency shutdown; IEC 60204-1 stop category 0"},
    {"earth_lost", 0, "", MILLISECONDS(20), STOP_EMERGENCY, LATCH_ALWAYS,
     "IEC 61851-1 6.3.1.2, continuity of the protective conductor"},
    {"pilot_lost", 0, "", 0, STOP_EMERGENCY, LATCH_UNDER_POWER, "IEC 61851-23 CC, loss of state C or D under charge"},
    {"pilot_fault", 0, "", MILLISECONDS(60), STOP_EMERGENCY, LATCH_NEVER,
     "IEC 61851-1 Annex A, states E and F and levels between states"},
    {"diode", -12000, "mV", MILLISECONDS(60), STOP_EMERGENCY, LATCH_NEVER, "IEC 61851-1 Annex A, negative half -12 V +-1 V"},
    {"lock_open", 0, "", 0, STOP_EMERGENCY, LATCH_UNDER_POWER, "IEC 61851-1 and IEC 61851-23, connector unlocked under charge"},
    {"residual_dc_6", 6000, "uA", MILLISECONDS(5000), STOP_EMERGENCY, LATCH_UNDER_POWER, "IEC 62955: 6 mA DC, 10 s"},
    {"residual_dc_60", 60000, "uA", MILLISECONDS(150), STOP_EMERGENCY, LATCH_UNDER_POWER, "IEC 62955: 60 mA DC, 0.3 s"},
    {"residual_dc_200", 200000, "uA", MILLISECONDS(20), STOP_EMERGENCY, LATCH_UNDER_POWER, "IEC 62955: 200 mA DC, 0.1 s"},
    {"residual_ac_30", 30000, "uA", MILLISECONDS(150), STOP_EMERGENCY, LATCH_UNDER_POWER, "IEC 61008-1 type A: 30 mA, 0.3 s"},
    {"residual_ac_150", 150000, "uA", 0, STOP_EMERGENCY, LATCH_UNDER_POWER, "IEC 61008-1 type A: 5 x 30 mA, 0.04 s"},
    {"insulation", 100, "ohm/V", MILLISECONDS(200), STOP_EMERGENCY, LATCH_ALWAYS, "IEC 61851-23 CC.4.1: below 100 ohm/V"},
    {"short_circuit", 40000, "mV", 0, STOP_EMERGENCY, LATCH_ALWAYS, "IEC 61851-23 CC, short-circuit test before the cable check"},
    {"over_current", 110, "%", MILLISECONDS(50), STOP_EMERGENCY, LATCH_UNDER_POWER,
     "IEC 61851-23, output over-current, by the station's own sensor"},
    {"over_current_long", 110, "%", MILLISECONDS(100000), STOP_CONTROLLED, LATCH_NEVER,
     "IEC 61851-1: 1.1 x the offered current, 100 s"},
    {"inrush", 2500, "mA", MILLISECONDS(50), STOP_EMERGENCY, LATCH_UNDER_POWER,
     "IEC 61851-23 CC.5.2: inrush at most 2 A, and the sensor's error"},
    {"reverse_current", -2000, "mA", MILLISECONDS(50), STOP_EMERGENCY, LATCH_UNDER_POWER,
     "IEC 61851-23, reverse current; ISO 15118-20 no discharge without BPT"},
    {"over_voltage_ev", 2000, "mV over the EV's limit", MILLISECONDS(300), STOP_EMERGENCY, LATCH_UNDER_POWER,
     "IEC 61851-23 CC.6.2: 400 ms over the EV's limit"},
    {"over_voltage", 110, "% of nameplate", MILLISECONDS(10), STOP_EMERGENCY, LATCH_ALWAYS, "IEC 61851-23, output over-voltage"},
    {"over_temperature", 1100, "0.1 degC", MILLISECONDS(1000), STOP_EMERGENCY, LATCH_UNDER_POWER,
     "IEC 61851-23-3 and IEC 62196-3-1, derating from 90 degC"},
    {"sensor_implausible", 0, "", MILLISECONDS(100), STOP_EMERGENCY, LATCH_UNDER_POWER,
     "own rule: a sensor outside its range or against another is a fault"},
    {"contactor_not_closed", 0, "", MILLISECONDS(120), STOP_EMERGENCY, LATCH_UNDER_POWER,
     "own rule: auxiliary contact against command"},
    {"contactor_welded", 0, "", MILLISECONDS(120), STOP_EMERGENCY, LATCH_ALWAYS,
     "IEC 61851-23, welded contactor; auxiliary contact or voltage behind it"},
    {"discharge_failed", 60000, "mV", MILLISECONDS(1000), STOP_EMERGENCY, LATCH_ALWAYS, "IEC 61851-23 CC: below 60 V within 1 s"},
    {"setup_timeout", 10, "s", MILLISECONDS(10000), STOP_CONTROLLED, LATCH_NEVER,
     "ISO 15118-20 V2G_EVCC_PreCharge_Timer: 10 s; the insulation test as long"},
    {"supply_fault", 0, "", 0, STOP_EMERGENCY, LATCH_UNDER_POWER, "own rule: the power modules report a fault"},
    {"mains", 20, "% of 230 V or 5 % of 50 Hz", MILLISECONDS(200), STOP_CONTROLLED, LATCH_NEVER,
     "EN 50160; EN 50549-1 when feeding back"},
    {"consent_expired", 500, "ms", 0, STOP_CONTROLLED, LATCH_NEVER,
     "own rule: power flows only while the session renews its consent"},
};

/* A closing wears the contacts even without load. A relay in the main path is made for 50,000 of them: 14 a day for ten years, or
 * at one a second half a day. Ten at once is a car that tries again, several times over; one in two minutes is a low duty class,
 * and leaves somebody who switches without end 69 days to be noticed in. */
const struct interlock_closing interlock_closings[CLOSING_COUNT] = {
    {"pause", CLOSING_PAUSE_MS, "ms",
     "own rule: the contacts have come to rest; below the 3 s from B to C to closed of IEC 61851-1 Annex A"},
    {"at once", CLOSINGS_AT_ONCE, "closings", "own rule: a car that tries again; a third of an hour's of the duty class"},
    {"regained, one each", CLOSING_REGAINED_MS / 1000, "s",
     "IEC 60947-4-1 intermittent duty, class 30: 30 an hour; IEC 61851-1 and IEC 61810-1: 50,000 in its life"},
};

/* Found by the interlock itself from its own inputs. */
#define BIT(id) (UINT32_C(1) << (id))
#define OWN (BIT(PROTECTION_PILOT_LOST) | BIT(PROTECTION_LOCK_OPEN) | BIT(PROTECTION_CONTACTOR_NOT_CLOSED) | \
             BIT(PROTECTION_CONSENT_EXPIRED))

static uint32_t saturating_add(uint32_t a, uint32_t b) { return a > UINT32_MAX - b ? UINT32_MAX : a + b; }

uint32_t interlock_stop_bound_us(uint8_t path, uint8_t stop) {
    if (stop == STOP_EMERGENCY) return path == PATH_AC ? 0 : MILLISECONDS(50);
    if (path == PATH_AC) return MILLISECONDS(6000);  /* after X1 the EV has 3 s; from 6 s on it may be opened under load */
    return stop == STOP_CONTROLLED ? MILLISECONDS(1000) : MILLISECONDS(5000);
}

int32_t interlock_open_below_ma(uint8_t stop) { return stop == STOP_NORMAL ? 1000 : 5000; }

static int has_load(const struct interlock_inputs *inputs, int32_t below_ma) {
    return !inputs->current_known || inputs->current_ma >= below_ma || inputs->current_ma <= -below_ma;
}

static uint32_t own_conditions(const struct interlock_state *state, const struct interlock_inputs *inputs) {
    uint32_t found = 0;
    if (state->phase == INTERLOCK_OPEN) {
        /* A frame from before the opening says nothing about it: whether it has followed is seen in a fresh one. */
        if (inputs->contactor_closed && !(inputs->conditions & BIT(PROTECTION_INPUTS_STALE)))
            found |= BIT(PROTECTION_CONTACTOR_WELDED);
        return found;
    }
    if (!inputs->contactor_closed) found |= BIT(PROTECTION_CONTACTOR_NOT_CLOSED);
    if (!inputs->locked) found |= BIT(PROTECTION_LOCK_OPEN);
    /* On AC, C to B is how the car pauses, answered by opening at once and not by a trip. On DC the car may leave C when a stop
     * has brought the current down, and not before. */
    const int may_leave = state->phase == INTERLOCK_STOPPING && !has_load(inputs, interlock_open_below_ma(STOP_EMERGENCY));
    if (!inputs->energy_ready && inputs->path == PATH_DC && !may_leave) found |= BIT(PROTECTION_PILOT_LOST);
    /* While a stop is running, nobody consents any more: no fault then. */
    if (!inputs->consent && state->phase == INTERLOCK_RUNNING) found |= BIT(PROTECTION_CONSENT_EXPIRED);
    return found;
}

int interlock_begins_anew(uint8_t id) {
    switch (id) {
        case PROTECTION_CONTACTOR_NOT_CLOSED:
        case PROTECTION_CONTACTOR_WELDED:
        case PROTECTION_DISCHARGE_FAILED:
        case PROTECTION_SETUP_TIMEOUT:
        case PROTECTION_RESIDUAL_DC_6:
        case PROTECTION_OVER_CURRENT_LONG:
            return 1;
        default:
            return 0;
    }
}

/* Times the conditions; returns those that are over their time. One that has just come began somewhere in this period: half of it
 * counts. One that comes and goes is timed through its gaps: in them its time runs back, a quarter as fast, so that what is there
 * for more than a fifth of the time trips. */
static uint32_t trips(struct interlock_state *state, uint32_t conditions, uint32_t elapsed_us) {
    uint32_t tripped = 0;
    for (unsigned id = 0; id < PROTECTION_COUNT; ++id) {
        const uint32_t time_us = interlock_protections[id].time_us;
        uint32_t held_us = state->held_us[id];
        if (!(conditions & BIT(id))) {
            held_us = interlock_begins_anew((uint8_t)id) || held_us < elapsed_us / 4u ? 0 : held_us - elapsed_us / 4u;
        } else {
            const uint32_t lasted_us = state->conditions & BIT(id) ? elapsed_us : elapsed_us / 2u;
            held_us = lasted_us >= time_us - held_us ? time_us : held_us + lasted_us;
            if (held_us >= time_us) tripped |= BIT(id);
        }
        state->held_us[id] = held_us;
    }
    state->conditions = conditions;
    return tripped;
}

static uint8_t first_of(uint32_t set) {
    for (uint8_t id = 0; id < PROTECTION_COUNT; ++id)
        if (set & BIT(id)) return id;
    return PROTECTION_NONE;
}

static uint32_t with_stop(uint32_t set, uint8_t stop) {
    uint32_t found = 0;
    for (unsigned id = 0; id < PROTECTION_COUNT && set >> id; ++id)
        if ((set & BIT(id)) && interlock_protections[id].stop == stop) found |= BIT(id);
    return found;
}

static uint32_t that_latch(uint32_t set, uint8_t at_least) {
    uint32_t found = 0;
    for (unsigned id = 0; id < PROTECTION_COUNT && set >> id; ++id)
        if ((set & BIT(id)) && interlock_protections[id].latches >= at_least) found |= BIT(id);
    return found;
}

static int has_rested(const struct interlock_state *state) { return state->rested_us >= MILLISECONDS(CLOSING_PAUSE_MS); }

static int has_closing_left(const struct interlock_state *state, const struct interlock_inputs *inputs) {
    return state->spent < inputs->closings_most;
}

/* One at a time, and one a step at most. */
static void regain(struct interlock_state *state, const struct interlock_inputs *inputs) {
    if (state->spent == 0) return;
    if (state->regain_left_us > inputs->elapsed_us) {
        state->regain_left_us -= inputs->elapsed_us;
        return;
    }
    state->spent = (uint8_t)(state->spent - 1u);
    state->regain_left_us = state->spent ? inputs->regained_us : 0;
}

static void spend(struct interlock_state *state, const struct interlock_inputs *inputs) {
    if (state->spent == 0) state->regain_left_us = inputs->regained_us;
    state->spent = (uint8_t)(state->spent + 1u);
    state->operations = saturating_add(state->operations, 1);
}

static int may_close(const struct interlock_state *state, const struct interlock_inputs *inputs) {
    return state->armed && inputs->request && inputs->consent && inputs->energy_ready && inputs->locked &&
           inputs->voltage_matched && inputs->current_known && !state->latched && !state->conditions && has_rested(state) &&
           has_closing_left(state, inputs);
}

/* Starts a stop, or makes the running one more severe. Its time left only ever shrinks. */
static void begin_stop(struct interlock_state *state, uint8_t path, uint8_t stop, uint8_t cause) {
    const uint32_t bound = interlock_stop_bound_us(path, stop);
    if (state->phase == INTERLOCK_STOPPING) {
        if (stop <= state->stop) return;
        if (bound < state->stop_left_us) state->stop_left_us = bound;
    } else {
        state->stop_left_us = bound;
    }
    state->phase = INTERLOCK_STOPPING;
    state->stop = stop;
    state->cause = cause;
}

struct interlock_outputs interlock_step(struct interlock_state *state, const struct interlock_inputs *inputs) {
    struct interlock_outputs outputs = {0, 0, 0, STOP_NONE, 0};
    const uint32_t conditions = (inputs->conditions & ~OWN) | own_conditions(state, inputs);
    const uint32_t tripped = trips(state, conditions, inputs->elapsed_us);
    outputs.tripped = tripped;

    state->latched &= conditions | ~inputs->acknowledge;
    state->latched |= that_latch(tripped, state->phase == INTERLOCK_OPEN ? LATCH_ALWAYS : LATCH_UNDER_POWER);
    const uint32_t emergency = with_stop(tripped, STOP_EMERGENCY) | state->latched;
    const uint32_t controlled = with_stop(tripped, STOP_CONTROLLED);

    regain(state, inputs);
    if (state->phase == INTERLOCK_OPEN) {
        state->rested_us = saturating_add(state->rested_us, inputs->elapsed_us);
        if (may_close(state, inputs)) {
            state->phase = INTERLOCK_RUNNING;
            state->armed = 0;
            state->stop = STOP_NONE;
            state->cause = PROTECTION_NONE;
            spend(state, inputs);
        } else if (!inputs->request) {
            state->armed = 1;
        }
        if (state->phase == INTERLOCK_OPEN && emergency && state->stop != STOP_EMERGENCY) {
            state->stop = STOP_EMERGENCY;
            state->cause = first_of(emergency);
        }
    } else {
        if (state->phase == INTERLOCK_STOPPING)
            state->stop_left_us = state->stop_left_us > inputs->elapsed_us ? state->stop_left_us - inputs->elapsed_us : 0;

        if (emergency) begin_stop(state, inputs->path, STOP_EMERGENCY, first_of(emergency));
        else if (controlled) begin_stop(state, inputs->path, STOP_CONTROLLED, first_of(controlled));
        else if (!inputs->request) begin_stop(state, inputs->path, STOP_NORMAL, PROTECTION_NONE);

        if (!inputs->energy_ready && inputs->path == PATH_AC) {
            begin_stop(state, inputs->path, STOP_NORMAL, PROTECTION_NONE);
            state->stop_left_us = 0;
        }
        if (state->phase == INTERLOCK_STOPPING &&
            (state->stop_left_us == 0 || !has_load(inputs, interlock_open_below_ma(state->stop)))) {
            outputs.opened_under_load = has_load(inputs, interlock_open_below_ma(STOP_EMERGENCY)) ? 1 : 0;
            state->openings_under_load = saturating_add(state->openings_under_load, outputs.opened_under_load);
            state->phase = INTERLOCK_OPEN;
            state->stop_left_us = 0;
            state->rested_us = 0;
            state->armed = inputs->request ? 0 : 1;
        }
    }

    outputs.close = state->phase != INTERLOCK_OPEN;
    outputs.energy = state->phase == INTERLOCK_RUNNING && inputs->contactor_closed;
    outputs.stop = state->phase == INTERLOCK_STOPPING ? state->stop : (uint8_t)STOP_NONE;
    return outputs;
}

int interlock_holds(const struct interlock_state* after, const struct interlock_inputs* inputs,
                    const struct interlock_outputs* outputs) {
    switch (after->phase) {
        case INTERLOCK_OPEN:
            return !outputs->close && !outputs->energy;
        case INTERLOCK_RUNNING:
            return outputs->close && !outputs->tripped && !after->latched && inputs->consent && inputs->energy_ready &&
                   inputs->request && inputs->locked;
        case INTERLOCK_STOPPING:
            return outputs->close && !outputs->energy && after->stop != STOP_NONE && after->stop_left_us > 0 &&
                   after->stop_left_us <= interlock_stop_bound_us(inputs->path, after->stop);
        default:
            return 0;
    }
}
