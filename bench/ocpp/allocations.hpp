// SPDX-License-Identifier: Apache-2.0
// Counts what this program allocates: the global operators new of allocations.cpp do it, in a file of their own, where no caller
// sees through them.
#pragma once

#include <cstddef>

/// Calls of operator new since the start of the program.
extern std::size_t allocations;
