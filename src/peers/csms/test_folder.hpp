// SPDX-License-Identifier: Apache-2.0
// For tests: a new folder, in memory where the machine has such a place, so that a busy disk does not decide how long a test
// takes.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>

namespace voltkeep::csms::testing {

inline std::string make_folder() {
    const std::string in_memory = "/dev/shm/";
    std::string name = (::access(in_memory.c_str(), W_OK) == 0 ? in_memory : ::testing::TempDir()) + "voltkeep-csms-XXXXXX";
    return ::mkdtemp(name.data());
}

}  // namespace voltkeep::csms::testing
