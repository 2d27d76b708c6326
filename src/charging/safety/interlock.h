/* SPDX-License-Identifier: Apache-2.0
 *
 * The interlock: who may close the contactor, which protection trips after which time, and how a stop ends.
 * Pure integer C11 without heap, library or clock, in one file, so that a model checker can read exactly what runs.
 * The safety core calls interlock_step() once a period; nothing else may decide about the contactor.
 *
 * What holds in every reachable state (interlock_holds() says it in code):
 *  - running: no protection has tripped, consent is fresh, the car is ready for energy, the lock is closed;
 *  - stopping: the contactor opens when the current is gone, and at the latest when stop_left_us has run down; on DC a car that
 * leaves C or D before the current is gone makes it an emergency;
 *  - open: it closes only when all of the above is true, the voltages on both sides match, no condition of any
 *    protection is present, the request to close was seen withdrawn since the contactor opened, the contactor has rested for
 *    CLOSING_PAUSE_MS since then, and a closing is left: it has so many at once, and regains one at a time. Nothing of this
 * delays an opening.
 */
#ifndef VOLTKEEP_CHARGING_SAFETY_INTERLOCK_H
#define VOLTKEEP_CHARGING_SAFETY_INTERLOCK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One bit a protection, at most 32. The order is the order of the table and is stored in logs: append only. */
enum interlock_protection_id {
    PROTECTION_INPUTS_STALE,
    PROTECTION_BUS_LATE,
    PROTECTION_LOOP_OVERRUN,
    PROTECTION_WATCHDOG,
    PROTECTION_EMERGENCY_STOP,
    PROTECTION_EARTH_LOST,
    PROTECTION_PILOT_LOST,
    PROTECTION_PILOT_FAULT,
    PROTECTION_DIODE,
    PROTECTION_LOCK_OPEN,
    PROTECTION_RESIDUAL_DC_6,
    PROTECTION_RESIDUAL_DC_60,
    PROTECTION_RESIDUAL_DC_200,
    PROTECTION_RESIDUAL_AC_30,
    PROTECTION_RESIDUAL_AC_150,
    PROTECTION_INSULATION,
    PROTECTION_SHORT_CIRCUIT,
    PROTECTION_OVER_CURRENT,
    PROTECTION_OVER_CURRENT_LONG,
    PROTECTION_INRUSH,
    PROTECTION_REVERSE_CURRENT,
    PROTECTION_OVER_VOLTAGE_EV,
    PROTECTION_OVER_VOLTAGE,
    PROTECTION_OVER_TEMPERATURE,
    PROTECTION_SENSOR_IMPLAUSIBLE,
    PROTECTION_CONTACTOR_NOT_CLOSED,
    PROTECTION_CONTACTOR_WELDED,
    PROTECTION_DISCHARGE_FAILED,
    PROTECTION_SETUP_TIMEOUT,
    PROTECTION_SUPPLY_FAULT,
    PROTECTION_MAINS,
    PROTECTION_CONSENT_EXPIRED,
    PROTECTION_COUNT,
    PROTECTION_NONE = 255
};

/* The classes of stop, in the order of their severity: a stop may become more severe, never less. */
enum interlock_stop { STOP_NONE, STOP_NORMAL, STOP_CONTROLLED, STOP_EMERGENCY };

/* A latched trip stays until its cause is gone and someone acknowledges: never, when it ended a delivery, or also at rest. */
enum interlock_latch { LATCH_NEVER, LATCH_UNDER_POWER, LATCH_ALWAYS };

enum interlock_phase { INTERLOCK_OPEN, INTERLOCK_RUNNING, INTERLOCK_STOPPING };

enum interlock_path { PATH_DC, PATH_AC };

/* One row of the table of protections. */
struct interlock_protection {
    const char *name;    /* the word in logs and status */
    int32_t limit;       /* in `unit`; what the measured value is compared with */
    const char *unit;
    uint32_t time_us;    /* how long the condition must last before it trips, microseconds */
    uint8_t stop;        /* enum interlock_stop: STOP_CONTROLLED or STOP_EMERGENCY */
    uint8_t latches;     /* enum interlock_latch */
    const char *clause;  /* where limit and time come from; to be checked against the paid standard before a product */
};

extern const struct interlock_protection interlock_protections[PROTECTION_COUNT];

/* How often the contactor closes. The pause is for every station; the other two are what a station has unless its contactor is
 * made for another number. */
enum interlock_closing_limit { CLOSING_PAUSE_MS = 1000, CLOSINGS_AT_ONCE = 10, CLOSING_REGAINED_MS = 120000 };

/* One row of the table of these limits, as it stands in the documents. */
struct interlock_closing {
    const char *name;
    int32_t limit;
    const char *unit;
    const char *clause;
};

#define CLOSING_COUNT 3
extern const struct interlock_closing interlock_closings[CLOSING_COUNT];

/* Zero-initialised: open since now, not armed, nothing latched, no closing spent. */
struct interlock_state {
    uint32_t held_us[PROTECTION_COUNT];  /* how long each condition has lasted, up to its time; a quarter of its gaps taken off */
    uint32_t conditions;                 /* the conditions of the last step, one bit a protection */
    uint32_t latched;                    /* tripped, and not yet acknowledged with the cause gone */
    uint32_t stop_left_us;               /* stopping: when it has run down, the contactor opens under whatever load */
    uint32_t rested_us;                  /* how long it has been open, saturating; meaningless while it is closed */
    uint32_t regain_left_us;             /* until one of the closings that were spent is regained; 0: none is spent */
    uint32_t operations;                 /* times closed, saturating */
    uint32_t openings_under_load;        /* wear, saturating */
    uint8_t phase;                       /* enum interlock_phase */
    uint8_t stop;                        /* enum interlock_stop: the class of the running or last stop */
    uint8_t armed;                       /* the request was seen withdrawn since the contactor opened */
    uint8_t cause;                       /* enum interlock_protection_id: the first cause of the running or last stop */
    uint8_t spent;                       /* closings that are not yet regained */
};

struct interlock_inputs {
    uint32_t elapsed_us;      /* since the last step */
    uint32_t conditions;      /* one bit a protection, as measured now; those that the interlock finds itself are ignored */
    int32_t current_ma;       /* through the contactor, either direction */
    uint8_t path;             /* enum interlock_path, constant in a station's life */
    uint8_t request;          /* the sequence of charging wants the contactor closed */
    uint8_t consent;          /* the session's consent is fresh */
    uint8_t energy_ready;     /* the car is ready to take energy: pilot C or D, or CE for MCS */
    uint8_t locked;           /* the connector is locked */
    uint8_t voltage_matched;  /* both sides of the contactor are within 20 V (DC) */
    uint8_t current_known;    /* the current is fresh and plausible */
    uint8_t contactor_closed; /* the auxiliary contact */
    uint32_t acknowledge;     /* the trips that someone has acknowledged, one bit a protection */
    uint32_t regained_us; /* a spent closing is regained after so long, one after the other; constant in a station's life. 0: at
                             once */
    uint8_t closings_most;    /* so many closings may be spent at once; constant in a station's life. 0: it never closes */
};

struct interlock_outputs {
    uint32_t tripped;         /* protections that are over their time in this step, one bit each */
    uint8_t close;            /* the command to the contactor */
    uint8_t energy;           /* the supply may deliver: running, and the auxiliary contact agrees */
    uint8_t stop;             /* enum interlock_stop: the class of the running stop, STOP_NONE when not stopping */
    uint8_t opened_under_load;/* the contactor was told to open in this step, with current through it */
};

/* Whether the time of this protection begins anew each time its condition comes: it times what the station itself has begun, or
 * has a time of many seconds without a break in its clause, and a higher limit with a short one beside it. All others are timed
 * through gaps. */
int interlock_begins_anew(uint8_t id);

/* Bounds of a stop, microseconds from its start to the command to open. */
uint32_t interlock_stop_bound_us(uint8_t path, uint8_t stop);

/* Below this current the contactor opens without wear, milliamperes. */
int32_t interlock_open_below_ma(uint8_t stop);

struct interlock_outputs interlock_step(struct interlock_state *state, const struct interlock_inputs *inputs);

/* The invariants between a step's inputs, its outputs and the state after it: 1 if they hold. */
int interlock_holds(const struct interlock_state* after, const struct interlock_inputs* inputs,
                    const struct interlock_outputs* outputs);

#ifdef __cplusplus
}
#endif

#endif
