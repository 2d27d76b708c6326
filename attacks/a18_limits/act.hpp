// SPDX-License-Identifier: Apache-2.0
// What the tyrant in the session's loop does when it is told: the value of the signal that it gets.
#pragma once

namespace voltkeep::attacks {

enum class Tyranny : int {
    none,
    reversed,    ///< wants current out of the car, of a station that is not bidirectional
    enormous,    ///< currents, voltages and ramps of the size of the largest number
    doubled,     ///< twice the nameplate, as steeply as may be asked for
    swinging,    ///< nothing and everything in turn, three times a second and then in every message
    switching,   ///< power wanted and not wanted, in every message and then four times a second
};

}  // namespace voltkeep::attacks
