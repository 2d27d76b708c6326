/* SPDX-License-Identifier: Apache-2.0 */
/* For the control: a safety loop that believes that what was offered is what flows. Linked around the interlock; never part of a
 * station. */
#include "charging/safety/interlock.h"

struct interlock_outputs __real_interlock_step(struct interlock_state *state, const struct interlock_inputs *inputs);
struct interlock_outputs __wrap_interlock_step(struct interlock_state *state, const struct interlock_inputs *inputs);

struct interlock_outputs __wrap_interlock_step(struct interlock_state *state, const struct interlock_inputs *inputs) {
    struct interlock_inputs trusting = *inputs;
    trusting.conditions &= ~(UINT32_C(1) << PROTECTION_OVER_CURRENT | UINT32_C(1) << PROTECTION_OVER_CURRENT_LONG);
    return __real_interlock_step(state, &trusting);
}
