// SPDX-License-Identifier: Apache-2.0
// What a turncoat (turncoat.cpp) does when it is told: the value of the signal that it gets.
#pragma once

namespace voltkeep::attacks {

enum class Act : int {
    none,
    unlisted,     ///< every message that the policy does not let it send, to each of its servers
    malformed,    ///< bodies that are no messages
    absurd,       ///< to power: enumerators and booleans that there are none of
    flood,        ///< messages as fast as they are taken, for 0.4 s, answers read
    deaf_flood,   ///< the same, answers not read
};

}  // namespace voltkeep::attacks
