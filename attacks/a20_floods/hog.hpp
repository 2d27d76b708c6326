// SPDX-License-Identifier: Apache-2.0
// What the hog (hog.cpp) does when it is told: the value of the signal that it gets.
#pragma once

namespace voltkeep::attacks {

enum class Hunger : int {
    none,
    processor,    ///< spins in its one thread for four seconds, and beats in between
    memory,       ///< takes and fills memory, at most 512 MiB, and keeps it for a second
};

}  // namespace voltkeep::attacks
