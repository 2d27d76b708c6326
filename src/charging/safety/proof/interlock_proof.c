/* SPDX-License-Identifier: Apache-2.0
 *
 * The proof of the interlock, for the bounded model checker CBMC: an induction over its steps. Nothing here is compiled into the
 * core.
 *
 * prove_base: the zero state, which is what the core starts with, satisfies the invariant.
 * prove_step: from ANY state that satisfies the invariant, reachable or not, with ANY inputs, one step leads to a state that
 * satisfies it, and everything that the interlock promises is true of that step. Together: it is true of every step of every run,
 * however long. The only loops are those over the table of protections, so the bound on unwinding is exact, and CBMC checks that
 * too.
 *
 * Ghosts are what an observer with a clock would have written down; the code under proof does not know them.
 */
#include "charging/safety/interlock.h"

#define BIT(id) (UINT32_C(1) << (id))
/* Stand for any value at all: CBMC gives these, by their names, every possible result. */
struct interlock_state nondet_state(void);
struct interlock_inputs nondet_inputs(void);
uint32_t nondet_uint32(void);
uint8_t nondet_uint8(void);

/* What an observer has written down. */
struct ghost {
    uint32_t stopping_us;  /* how long the running stop has been of its present class */
    uint32_t seen_us; /* how long one protection's condition has been there, up to its time, less a quarter of the gaps between */
    uint8_t watched;       /* that protection: any */
    uint8_t most;          /* how many closings this station has at once: any */
    uint32_t regained_us;  /* and how long until one of them is regained: any */
    uint32_t rested_us;    /* how long the contactor has been open, or this loop there */
    uint32_t regaining_us; /* since a closing was regained, or the first of those that are spent was spent */
};

/* What the station itself has begun, and what its clause lets stand for many seconds, is timed anew each time. */
static int is_timed_anew(unsigned id) {
    return id == PROTECTION_SETUP_TIMEOUT || id == PROTECTION_DISCHARGE_FAILED || id == PROTECTION_CONTACTOR_WELDED ||
           id == PROTECTION_CONTACTOR_NOT_CLOSED || id == PROTECTION_RESIDUAL_DC_6 || id == PROTECTION_OVER_CURRENT_LONG;
}

static uint32_t saturating_sum(uint32_t a, uint32_t b) { return a > UINT32_MAX - b ? UINT32_MAX : a + b; }
static int is_flag(uint8_t value) { return value <= 1; }

/* What a caller owes: flags are 0 or 1, the path is one of the two and stays the same as the limits of closings do, time passes.
 */
static int are_possible(const struct interlock_inputs *in, const struct ghost *ghost, uint8_t path) {
    return in->path == path && in->closings_most == ghost->most && in->regained_us == ghost->regained_us && in->elapsed_us > 0 &&
           is_flag(in->request) && is_flag(in->consent) && is_flag(in->energy_ready) && is_flag(in->locked) &&
           is_flag(in->voltage_matched) && is_flag(in->current_known) && is_flag(in->contactor_closed);
}

static int latches_at_least(uint32_t set, uint8_t latch) {
    for (unsigned id = 0; id < PROTECTION_COUNT; ++id)
        if ((set & BIT(id)) && interlock_protections[id].latches < latch) return 0;
    return 1;
}

/* The inductive invariant of the state between two steps. */
static int invariant(const struct interlock_state *s, const struct ghost *ghost, uint8_t path) {
    if (s->cause >= PROTECTION_COUNT && s->cause != PROTECTION_NONE) return 0;
    if (!is_flag(s->armed) || s->stop > STOP_EMERGENCY) return 0;
    if (!latches_at_least(s->latched, LATCH_UNDER_POWER)) return 0;
    for (unsigned id = 0; id < PROTECTION_COUNT; ++id) {
        if (s->held_us[id] > interlock_protections[id].time_us) return 0;
        if (is_timed_anew(id) && !(s->conditions & BIT(id)) && s->held_us[id] != 0) return 0;
        /* While running, what is present has not yet lasted too long. */
        if (s->phase == INTERLOCK_RUNNING && (s->conditions & BIT(id)) && s->held_us[id] >= interlock_protections[id].time_us)
            return 0;
    }
    if (s->held_us[ghost->watched] < ghost->seen_us) return 0;
    if (s->spent > ghost->most || s->regain_left_us > ghost->regained_us) return 0;
    if (s->spent == 0 ? s->regain_left_us != 0 : ghost->regained_us - s->regain_left_us > ghost->regaining_us) return 0;
    switch (s->phase) {
        case INTERLOCK_OPEN: return s->stop_left_us == 0 && s->rested_us <= ghost->rested_us;
        case INTERLOCK_RUNNING: return !s->latched && s->stop == STOP_NONE && s->cause == PROTECTION_NONE && !s->armed;
        case INTERLOCK_STOPPING: {
            const uint32_t bound = interlock_stop_bound_us(path, s->stop);
            return s->stop != STOP_NONE && !s->armed && s->stop_left_us > 0 && s->stop_left_us <= bound &&
                   ghost->stopping_us <= bound - s->stop_left_us;
        }
        default: return 0;
    }
}

void prove_base(void) {
    struct interlock_state state = {0};
    struct ghost ghost = {0, 0, nondet_uint8(), nondet_uint8(), nondet_uint32(), 0, 0};
    const uint8_t path = nondet_uint8();
    __CPROVER_assume(ghost.watched < PROTECTION_COUNT && path <= PATH_AC);
    /* Zero means a cause that is not shown, because there was no stop. */
    __CPROVER_assert(invariant(&state, &ghost, path), "the state of the start satisfies the invariant");
    __CPROVER_assert(state.phase == INTERLOCK_OPEN && !state.armed,
                     "it starts open, and a request that stands at the start closes nothing");
}

void prove_step(void) {
    struct interlock_state before = nondet_state();
    const struct interlock_inputs in = nondet_inputs();
    struct ghost ghost = {nondet_uint32(), nondet_uint32(), nondet_uint8(), nondet_uint8(),
                          nondet_uint32(), nondet_uint32(), nondet_uint32()};
    const uint8_t path = nondet_uint8();
    __CPROVER_assume(ghost.watched < PROTECTION_COUNT && path <= PATH_AC);
    __CPROVER_assume(are_possible(&in, &ghost, path));
    __CPROVER_assume(invariant(&before, &ghost, path));

    struct interlock_state after = before;
    const struct interlock_outputs out = interlock_step(&after, &in);

    /* The observer writes down what it saw. */
    const int was_seen = (before.conditions & BIT(ghost.watched)) != 0;
    const int is_seen = (after.conditions & BIT(ghost.watched)) != 0;
    const struct interlock_protection *const row = &interlock_protections[ghost.watched];
    if (is_seen) ghost.seen_us = saturating_sum(ghost.seen_us, was_seen ? in.elapsed_us : in.elapsed_us / 2);
    else
        ghost.seen_us = is_timed_anew(ghost.watched) || ghost.seen_us < in.elapsed_us / 4 ? 0 : ghost.seen_us - in.elapsed_us / 4;
    if (ghost.seen_us > row->time_us) ghost.seen_us = row->time_us;
    const int same_stop = before.phase == INTERLOCK_STOPPING && after.phase == INTERLOCK_STOPPING && after.stop == before.stop;
    ghost.stopping_us = same_stop ? saturating_sum(ghost.stopping_us, in.elapsed_us) : 0;
    const int is_over_time = is_seen && ghost.seen_us >= row->time_us;
    const int was_closed = before.phase != INTERLOCK_OPEN;
    const int closes = !was_closed && out.close;
    const int opens = was_closed && !out.close;
    ghost.rested_us = opens || was_closed ? 0 : saturating_sum(ghost.rested_us, in.elapsed_us);
    const uint32_t regaining_us = saturating_sum(ghost.regaining_us, in.elapsed_us);
    const int regains = before.spent > 0 && after.spent == before.spent + (closes ? 1 : 0) - 1;
    ghost.regaining_us = regains || before.spent == 0 ? 0 : regaining_us;
    const int has_current = !in.current_known || in.current_ma >= 5000 || in.current_ma <= -5000;

    __CPROVER_assert(invariant(&after, &ghost, path), "the invariant is inductive");
    __CPROVER_assert(interlock_holds(&after, &in, &out), "what the tests check of a step is true of every step");

    /* Who may hold the contactor closed. Closed, and not on the way to open: */
    const int held = out.close && out.stop == STOP_NONE;
    __CPROVER_assert(!held || after.phase == INTERLOCK_RUNNING, "closed means running or stopping");
    __CPROVER_assert(!held || !out.tripped, "never held closed with a tripped protection");
    __CPROVER_assert(!held || !is_over_time, "never held closed with a condition that has lasted its time");
    __CPROVER_assert(!held || !after.latched, "never held closed with a latched trip");
    __CPROVER_assert(!held || in.consent, "never held closed without fresh consent");
    __CPROVER_assert(!held || in.energy_ready, "never held closed unless the car is ready for energy");
    __CPROVER_assert(!held || in.locked, "never held closed with the lock open");
    __CPROVER_assert(!held || in.request, "never held closed when nobody asks for it");
    __CPROVER_assert(!out.energy || (held && in.contactor_closed),
                     "no energy but through a contactor that is held, and says that it is closed");
    __CPROVER_assert(out.close == (after.phase != INTERLOCK_OPEN), "the command follows the phase");

    /* Who may close it. */
    __CPROVER_assert(!closes || before.armed, "closes only if the request was seen withdrawn since it opened");
    __CPROVER_assert(!closes || in.voltage_matched, "closes only onto the same voltage");
    __CPROVER_assert(!closes || in.current_known, "closes only with a current sensor that can be believed");
    __CPROVER_assert(!closes || !(in.conditions & ~(BIT(PROTECTION_PILOT_LOST) | BIT(PROTECTION_LOCK_OPEN) |
                                                    BIT(PROTECTION_CONTACTOR_NOT_CLOSED) | BIT(PROTECTION_CONSENT_EXPIRED))),
                     "closes only when no condition is present, tripped or not");
    __CPROVER_assert(!closes || !in.contactor_closed, "closes only what the auxiliary contact says is open");
    __CPROVER_assert(!closes || out.stop == STOP_NONE, "closes only to run");
    __CPROVER_assert(!closes || ghost.rested_us >= 1000000, "closes only what has been open for a second");

    /* How often it closes. In any time T it is at most ghost.most + T / ghost.regained_us: each closing is paid with one that was
     * left. */
    __CPROVER_assert(after.spent == before.spent + (closes ? 1 : 0) - (regains ? 1 : 0),
                     "every closing is paid for, and regained one at a time");
    __CPROVER_assert(!closes || before.spent - (regains ? 1 : 0) < ghost.most, "closes only if a closing is left");
    __CPROVER_assert(!regains || regaining_us >= ghost.regained_us, "a closing is regained after its time, and not before");
    __CPROVER_assert(before.spent == 0 || regains || after.regain_left_us == before.regain_left_us - in.elapsed_us,
                     "a closing that is spent is regained some time");
    __CPROVER_assert(!after.armed || !in.request || (before.armed && !was_closed), "is armed by a withdrawn request alone");

    /* Trips. */
    __CPROVER_assert(!is_over_time || (out.tripped & BIT(ghost.watched)),
                     "a condition that lasts its time trips, also one that comes and goes");
    __CPROVER_assert(!(out.tripped & ~after.conditions), "nothing trips that is not there");
    const uint32_t reported = in.conditions & ~(BIT(PROTECTION_PILOT_LOST) | BIT(PROTECTION_LOCK_OPEN) |
                                                BIT(PROTECTION_CONTACTOR_NOT_CLOSED) | BIT(PROTECTION_CONSENT_EXPIRED));
    __CPROVER_assert((after.conditions & reported) == reported, "every condition that is reported is counted");
    const int running = before.phase == INTERLOCK_RUNNING;
    __CPROVER_assert(!running || in.consent || (out.tripped & BIT(PROTECTION_CONSENT_EXPIRED)),
                     "consent lost while running is a trip");
    __CPROVER_assert(!running || in.energy_ready || path == PATH_AC || (out.tripped & BIT(PROTECTION_PILOT_LOST)),
                     "DC: a car that leaves C or D while running is a trip");
    __CPROVER_assert(
        !was_closed || in.energy_ready || path == PATH_AC || !has_current || (out.tripped & BIT(PROTECTION_PILOT_LOST)),
        "DC: and so is one that leaves while a stop has not brought the current down");
    __CPROVER_assert(!was_closed || in.locked || (out.tripped & BIT(PROTECTION_LOCK_OPEN)),
                     "a lock that opens on a closed contactor is a trip");
    __CPROVER_assert(!was_closed || in.contactor_closed || (after.conditions & BIT(PROTECTION_CONTACTOR_NOT_CLOSED)),
                     "a contactor that does not follow is seen");
    const int is_stale = (in.conditions & BIT(PROTECTION_INPUTS_STALE)) != 0;
    __CPROVER_assert(was_closed || !in.contactor_closed || is_stale || (after.conditions & BIT(PROTECTION_CONTACTOR_WELDED)),
                     "a contactor that is closed against its command is seen");

    /* Stops. */
    __CPROVER_assert(!(out.tripped & BIT(ghost.watched)) || !out.close || (out.stop >= row->stop && row->stop >= STOP_CONTROLLED),
                     "a trip stops by its class, or a more severe one");
    __CPROVER_assert(!out.close || out.stop == STOP_NONE || ghost.stopping_us < interlock_stop_bound_us(path, out.stop),
                     "a stop has opened the contactor when its bound is over");
    __CPROVER_assert(!same_stop || after.stop_left_us <= before.stop_left_us - in.elapsed_us, "the time left runs down");
    __CPROVER_assert(before.phase != INTERLOCK_STOPPING || after.phase != INTERLOCK_RUNNING, "a stop is not taken back");
    __CPROVER_assert(before.phase != INTERLOCK_OPEN || after.phase != INTERLOCK_STOPPING,
                     "a stop begins only under a closed contactor");
    __CPROVER_assert(before.phase != INTERLOCK_STOPPING || after.phase != INTERLOCK_STOPPING || after.stop >= before.stop,
                     "a stop never gets less severe");
    __CPROVER_assert(!opens || out.stop == STOP_NONE, "an opening ends the stop");
    __CPROVER_assert(!(opens && has_current && in.energy_ready && after.stop == STOP_NORMAL) ||
                     (before.phase == INTERLOCK_STOPPING && before.stop_left_us <= in.elapsed_us),
                     "a normal stop waits for the current to go, as long as it may");
    __CPROVER_assert(path == PATH_DC || !was_closed || in.energy_ready || !out.close,
                     "AC: a car that leaves C or D is opened at once");
    __CPROVER_assert(out.opened_under_load == (opens && has_current), "every opening under load is told");
    __CPROVER_assert(after.openings_under_load == saturating_sum(before.openings_under_load, out.opened_under_load),
                     "and counted");
    __CPROVER_assert(after.operations == saturating_sum(before.operations, closes ? 1 : 0), "every closing is counted");

    /* Latches. */
    const int latches = row->latches == LATCH_ALWAYS || (row->latches == LATCH_UNDER_POWER && was_closed);
    __CPROVER_assert(!(out.tripped & BIT(ghost.watched)) || !latches || (after.latched & BIT(ghost.watched)),
                     "a trip that latches is latched");
    const uint32_t released = before.latched & ~after.latched;
    __CPROVER_assert(!(released & ~in.acknowledge), "no latch goes without its own acknowledgement");
    __CPROVER_assert(!(released & after.conditions), "no latch goes while its cause is there");
    __CPROVER_assert(!(before.latched & in.acknowledge & ~after.conditions & after.latched),
                     "an acknowledged latch goes when its cause is gone");

    /* The facts of the classes of stop, said once more in numbers that are not the code's. */
    __CPROVER_assert(row->stop == STOP_EMERGENCY || row->stop == STOP_CONTROLLED, "every protection has a class of stop");
    __CPROVER_assert(
        interlock_stop_bound_us(PATH_DC, STOP_EMERGENCY) <= 80000 && interlock_stop_bound_us(PATH_AC, STOP_EMERGENCY) <= 80000,
        "an emergency stop opens within 100 ms, one period and one frame included");
    __CPROVER_assert(
        interlock_stop_bound_us(path, STOP_CONTROLLED) <= 6000000 && interlock_stop_bound_us(path, STOP_NORMAL) <= 6000000,
        "no stop lasts longer than 6 s");
}

/* The proof is not empty: CBMC must find a run of every kind. Each assertion here must FAIL. */
void show_not_empty(void) {
    struct interlock_state before = nondet_state();
    const struct interlock_inputs in = nondet_inputs();
    struct ghost ghost = {nondet_uint32(), nondet_uint32(), nondet_uint8(), nondet_uint8(),
                          nondet_uint32(), nondet_uint32(), nondet_uint32()};
    const uint8_t path = nondet_uint8();
    __CPROVER_assume(ghost.watched < PROTECTION_COUNT && path <= PATH_AC);
    __CPROVER_assume(are_possible(&in, &ghost, path));
    __CPROVER_assume(invariant(&before, &ghost, path));
    struct interlock_state after = before;
    const struct interlock_outputs out = interlock_step(&after, &in);
    __CPROVER_assert(!(before.phase == INTERLOCK_OPEN && out.close), "possible: it closes");
    __CPROVER_assert(!(before.phase == INTERLOCK_RUNNING && out.energy), "possible: it goes on delivering");
    __CPROVER_assert(!(before.phase == INTERLOCK_RUNNING && out.stop == STOP_EMERGENCY), "possible: an emergency stop begins");
    __CPROVER_assert(!(before.phase == INTERLOCK_RUNNING && out.stop == STOP_CONTROLLED), "possible: a controlled stop begins");
    __CPROVER_assert(!(before.phase == INTERLOCK_STOPPING && out.close), "possible: a stop goes on");
    __CPROVER_assert(!(before.phase == INTERLOCK_STOPPING && out.opened_under_load), "possible: it opens under load");
    __CPROVER_assert(!(before.latched && !after.latched), "possible: a latch goes");
    __CPROVER_assert(!(before.spent > 1 && after.spent == before.spent - 1), "possible: a closing is regained");
    __CPROVER_assert(!(before.phase == INTERLOCK_OPEN && before.armed && in.request && in.consent && in.energy_ready &&
                       in.locked && in.voltage_matched && in.current_known && !after.latched && !after.conditions &&
                       before.rested_us > 1000000 && !out.close),
                     "possible: it waits for a closing");
}
