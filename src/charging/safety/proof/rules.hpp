// SPDX-License-Identifier: Apache-2.0
// What must be true of the safety core in every period, said by an observer who sees only what goes in and what comes out:
// sensors, the session's words, orders, report. It knows the clauses' times and nothing of how the core keeps them.
#pragma once

#include "charging/safety/proof/world.hpp"

namespace voltkeep::safety::proof {

/// What the observer has written down. Times in milliseconds, each cut where longer makes no difference.
struct Observer {
    bool was_closed = false;
    std::int32_t consent_age = 10'000;  ///< since it was last renewed
    std::array<std::int32_t, 2> fault_while_closed{};   ///< how long each fault has been there with the contactor ordered closed
    std::array<std::int32_t, 2> fault_age{};            ///< how long it has been there
    std::int32_t not_ready = 0;         ///< how long the car has not been in state C, contactor ordered closed
    std::int32_t unwanted = 0;          ///< how long nobody has wanted power, contactor ordered closed
    std::int32_t against_order = 0;     ///< how long the auxiliary contact has said closed, ordered open
    std::int32_t after_stall = -1;      ///< since a period that took far too long with the contactor closed; -1: none
    std::int32_t tested =
        0;  ///< DC: how long this closing has stood at the test voltage; 600 only with the insulation good at the end
    bool stood = false;                 ///< DC: this closing has been seen to hold a low voltage
    bool matched = false;               ///< DC: this closing has been within 20 V of what was wanted
    std::int32_t not_bled = 0;          ///< DC: how long the output has stood although it was to be bled
    std::int32_t broken_pilot = 0;      ///< how long the pilot has been at no state's level while it could be read
    std::uint8_t setpoint = 0;          ///< the class of the last period
    std::uint8_t accepted = 0;          ///< the class that was last not refused
    bool was_locked = false;
    std::uint8_t owes_acknowledgement =
        0;  ///< this fault (1, 2) ended a delivery by an emergency, and nobody has acknowledged it since it went
    bool owes_withdrawal = false;       ///< a stop that nobody asked for: the demand must be seen withdrawn
    std::int32_t last_current = 0;      ///< what was ordered
    std::int32_t over_cable = 0;        ///< AC: how long more has been offered than the cable's coding says
    std::int32_t willing = 0;           ///< how long nothing at all has stood against closing
    std::int32_t rested = 0;            ///< how long the contactor has been open, or the loop there
    std::int32_t wear = 0;              ///< milliseconds until every closing is regained
    std::uint32_t openings = 0, operations = 0, refused = 0, clamped = 0;
};

/// Looks at one period. Returns the rule that it breaks, or nullptr.
[[nodiscard]] const char* observe(Observer& observer, const World& world, Scene scene, const Configuration& configuration,
                                  const Command& command, const Outputs& outputs, Stage stage_before, std::int32_t elapsed_ms);

}  // namespace voltkeep::safety::proof
